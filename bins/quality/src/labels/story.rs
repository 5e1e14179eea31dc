//! The comparison as a person reads it: one screen of 40 lines and 100 columns.

use comfy_table::{CellAlignment, LineStyle, Table, TableStyle};

use super::outcome::{Comparison, FalseAlarm, Kind, Unmet};

const LINES_MAX: usize = 40;
/// Title, head and foot of the table with the sum, and what its columns mean.
const FRAME_LINES: usize = 7;
/// Most lines of each list below the table.
const LISTED_MAX: usize = 3;
const COLUMNS_MAX: u16 = 100;
/// Lines across only: eleven columns are wide enough.
const STYLE: TableStyle = TableStyle::new()
    .top_border(LineStyle::none().fill('─').junction('─'))
    .header_separator(LineStyle::none().fill('═').junction('═'))
    .bottom_border(LineStyle::none().fill('─').junction('─'));
/// What stands before a line below the table.
const LABEL_COLUMNS: usize = 14;

/// All of it, without a line break at the end.
pub(crate) fn text(comparison: &Comparison) -> String {
    let below = below(comparison);
    let mut lines = vec![title(comparison)];
    if comparison.total.planted + comparison.total.false_alarms > 0 {
        let body_lines_max = LINES_MAX.saturating_sub(FRAME_LINES + below.len());
        lines.push(table(comparison, body_lines_max).trim_fmt());
        lines.push(
            "held: quarantined, a second copy, or with its order; other: a milder verdict than \
             expected"
                .to_owned(),
        );
    }
    lines.extend(below);
    lines.join("\n")
}

/// What stands below the table.
fn below(comparison: &Comparison) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    lines.extend(
        comparison
            .refusal
            .as_ref()
            .map(|it| labelled("refused", it)),
    );
    lines.extend(whole(comparison));
    lines.extend(listed("not met", comparison.unmet.iter().map(unmet)));
    let alarms = comparison.false_alarms.iter().map(false_alarm);
    lines.extend(listed("false alarms", alarms));
    if comparison.labels_not_read > 0 {
        let text = format!(
            "{} labels are of files that this batch did not read; they are not counted",
            grouped(comparison.labels_not_read)
        );
        lines.push(labelled("not read", &text));
    }
    if comparison.batch.is_some() {
        lines.extend(cost(comparison));
    }
    lines
}

fn title(comparison: &Comparison) -> String {
    let source = &comparison.source;
    match &comparison.batch {
        Some(batch) => format!(
            "planted faults of {source} and verdicts on batch {}",
            batch.batch_id
        ),
        None => format!("planted faults of {source}, whose files were refused: no row was judged"),
    }
}

fn table(comparison: &Comparison, body_lines_max: usize) -> Table {
    let header = [
        "fault",
        "expected",
        "planted",
        "rejected",
        "held",
        "warned",
        "missed",
        "other",
        "false",
        "recall",
        "precision",
    ];
    let mut table = Table::new();
    table
        .load_style(STYLE)
        .set_width(COLUMNS_MAX)
        .set_header(header);
    let body_lines: usize = comparison
        .kinds
        .iter()
        .map(|it| it.expected.len().max(1))
        .sum();
    let is_short = body_lines > body_lines_max;
    for kind in &comparison.kinds {
        let name = kind.kind.as_deref().unwrap_or("(none of them)");
        table.add_row(cells(name, &expected(kind, is_short), kind));
    }
    table.add_row(cells("all", "", &comparison.total));
    for (index, column) in table.column_iter_mut().enumerate() {
        column.set_padding((0, 0));
        if index > 1 {
            column.set_cell_alignment(CellAlignment::Right);
        }
    }
    table
}

fn cells(name: &str, expected: &str, kind: &Kind) -> [String; 11] {
    let held = kind.quarantined + kind.superseded + kind.consequence;
    [
        name.to_owned(),
        expected.to_owned(),
        grouped(kind.planted),
        grouped(kind.rejected),
        grouped(held),
        grouped(kind.warned),
        grouped(kind.missed),
        grouped(kind.otherwise),
        grouped(kind.false_alarms),
        share(kind.recall),
        share(kind.precision),
    ]
}

/// A line for each verdict that labels of the kind expect, or the most frequent and how many more.
fn expected(kind: &Kind, is_short: bool) -> String {
    let mut names: Vec<(&str, i64)> = kind
        .expected
        .iter()
        .map(|(name, labels)| (name.as_str(), *labels))
        .collect();
    names.sort_by_key(|(_, labels)| -labels);
    match names.as_slice() {
        [(first, _), rest @ ..] if is_short && !rest.is_empty() => {
            format!("{first} +{}", rest.len())
        }
        all => all
            .iter()
            .map(|(name, _)| *name)
            .collect::<Vec<_>>()
            .join("\n"),
    }
}

fn whole(comparison: &Comparison) -> Vec<String> {
    let lines = comparison.whole.iter().map(|it| {
        let day = it.day.as_ref().map(|day| format!(" of {day}"));
        format!(
            "{} of {}{}: {} (expected: {})",
            it.kind,
            it.file,
            day.unwrap_or_default(),
            it.verdict,
            it.expected
        )
    });
    listed("whole files", lines)
}

fn unmet(unmet: &Unmet) -> String {
    let place = place(Some(&unmet.file), unmet.line);
    let field = unmet.field.as_deref().or(unmet.dataset.as_deref());
    format!(
        "{} {} of {}: {}, not {}; first at {place}",
        grouped(unmet.labels),
        unmet.kind,
        field.unwrap_or("a row"),
        unmet.verdict.as_deref().unwrap_or("nothing"),
        unmet.expected,
    )
}

fn false_alarm(alarm: &FalseAlarm) -> String {
    let place = place(alarm.file.as_deref(), alarm.line);
    let rules = alarm.rules.join(", ");
    format!(
        "{} {} by {rules}; first at {place}",
        grouped(alarm.rows),
        alarm.verdict
    )
}

fn place(file: Option<&str>, line: Option<i64>) -> String {
    match (file, line) {
        (Some(file), Some(line)) => format!("{file}:{line}"),
        (Some(file), None) => file.to_owned(),
        (None, _) => "a row without a file".to_owned(),
    }
}

/// The first lines of a list, and whether there are more.
fn listed(label: &str, lines: impl Iterator<Item = String>) -> Vec<String> {
    let all: Vec<String> = lines.collect();
    let is_cut = all.len() > LISTED_MAX;
    let kept = if is_cut { LISTED_MAX - 1 } else { all.len() };
    let mut shown: Vec<String> = all.iter().take(kept).cloned().collect();
    if is_cut {
        shown.push("and more (--output json)".to_owned());
    }
    let is_first = |index: usize| if index == 0 { label } else { "" };
    shown
        .iter()
        .enumerate()
        .map(|(index, line)| labelled(is_first(index), line))
        .collect()
}

fn cost(comparison: &Comparison) -> Vec<String> {
    let cost = &comparison.cost;
    let mut lines = vec![
        labelled(
            "consequences",
            &format!(
                "sound rows held: {} with their order, {} for a faulty row; warned: {}",
                grouped(comparison.rows_held_with_orders),
                grouped(comparison.rows_held_for_others),
                grouped(comparison.rows_warned_for_others)
            ),
        ),
        labelled(
            "rows",
            &format!(
                "{} read: {} rejected, {} quarantined, {} copies, {} with orders",
                grouped(cost.rows_read),
                grouped(cost.rows_rejected),
                grouped(cost.rows_quarantined),
                grouped(cost.rows_superseded),
                grouped(cost.rows_consequence)
            ),
        ),
        labelled("orders", &orders(comparison)),
    ];
    let Some(batch) = &comparison.batch else {
        return lines;
    };
    let mut end = match (batch.score, &batch.grade) {
        (Some(score), Some(grade)) => format!("score {score:.2} of 100, grade {grade}"),
        _ => "blocked while it was read: no row was judged".to_owned(),
    };
    end.push_str(&format!("; batch {}", batch.state));
    if let Some(seconds) = batch.run_s {
        end.push_str(&format!("; the run took {seconds:.1} s"));
    }
    lines.push(labelled("verdict", &end));
    if !batch.blocking_failures.is_empty() {
        lines.push(labelled("blocked by", &batch.blocking_failures.join(", ")));
    }
    lines
}

fn orders(comparison: &Comparison) -> String {
    let cost = &comparison.cost;
    let percent = super::outcome::share(cost.orders_held, cost.orders_in_all)
        .map_or(0.0, |share| 100.0 * share);
    format!(
        "{} of {} wait ({percent:.1} %), with {} of {} {} revenue ({:.1} %)",
        grouped(cost.orders_held),
        grouped(cost.orders_in_all),
        money(&cost.revenue_held),
        money(&cost.revenue_in_all),
        cost.currency.as_deref().unwrap_or(""),
        cost.revenue_held_percent.unwrap_or(0.0),
    )
}

fn labelled(label: &str, text: &str) -> String {
    let line = format!("{label:LABEL_COLUMNS$}{text}");
    let columns_max = usize::from(COLUMNS_MAX);
    if line.chars().count() <= columns_max {
        return line;
    }
    let mut cut: String = line.chars().take(columns_max - 1).collect();
    cut.push('…');
    cut
}

/// Never rounded up: 1.000 is all of them.
fn share(share: Option<f64>) -> String {
    share.map_or_else(String::new, |it| {
        format!("{:.3}", (it * 1_000.0).floor() / 1_000.0)
    })
}

/// `1234567` → `1,234,567`.
fn grouped(number: i64) -> String {
    grouped_digits(&number.to_string())
}

/// `1234.50` → `1,234.50`.
fn money(text: &str) -> String {
    match text.split_once('.') {
        Some((whole, cents)) => format!("{}.{cents}", grouped_digits(whole)),
        None => grouped_digits(text),
    }
}

fn grouped_digits(digits: &str) -> String {
    let mut text = String::new();
    for (index, digit) in digits.chars().enumerate() {
        let is_behind_digit = text.chars().last().is_some_and(|it| it.is_ascii_digit());
        if is_behind_digit && (digits.len() - index).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn thousands_are_grouped_also_of_what_is_owed() {
        assert_eq!(grouped(1_234_567), "1,234,567");
        assert_eq!(money("-123456.70"), "-123,456.70");
        assert_eq!(money("0"), "0");
    }

    #[test]
    fn a_share_is_one_only_when_nothing_is_missing() {
        assert_eq!(share(Some(0.9999)), "0.999");
        assert_eq!(share(Some(1.0)), "1.000");
        assert_eq!(share(None), "");
    }
}
