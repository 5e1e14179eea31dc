//! The top of the page: may the data be trusted today, and why (not)?

use common::console::grouped;
use maud::{Markup, html};

use crate::report::{BatchReport, Report, TableReport};
use crate::verdict::Decision;

use super::text;

/// Reasons, tables and overrides that are listed; there are rarely as many.
const LINES_MAX: usize = 30;

/// What a reader wants to know first.
pub(super) struct Standing {
    /// A class of the style sheet.
    pub(super) class: &'static str,
    pub(super) word: &'static str,
    sentence: String,
}

impl Standing {
    pub(super) fn of(report: &Report<'_>) -> Self {
        let all = report.batches.len();
        let closed = report
            .batches
            .iter()
            .filter(|batch| batch.gate.is_closed())
            .count();
        let failed = report.statistics.unsuccessful_expectations;
        let (class, word, sentence) = if all > 0 && closed == all {
            let sentence = "Nothing of this data is published: consumers keep what they had.";
            ("fail", "blocked", sentence.to_owned())
        } else if closed > 0 {
            let sentence =
                format!("{closed} of {all} sources are blocked; the others may be published.");
            ("fail", "partly blocked", sentence)
        } else if report.gate.accepted_because.is_some() {
            let sentence = "The gate was closed, and a person let the data pass all the same.";
            ("warn", "accepted by a person", sentence.to_owned())
        } else if report.gate.decision == Decision::Pass {
            let sentence = "Every check passed: the data may be trusted.";
            ("pass", "open", sentence.to_owned())
        } else {
            let sentence = format!(
                "The data may be trusted but for what {failed} checks found: rows with errors are \
                 held back, rows with warnings are published."
            );
            ("warn", "open, with warnings", sentence)
        };
        Self {
            class,
            word,
            sentence,
        }
    }
}

/// The verdict in one box.
pub(super) fn verdict(report: &Report<'_>, standing: &Standing) -> Markup {
    let gate = &report.gate;
    let shape = match standing.class {
        "pass" => "●",
        "warn" => "▲",
        _ => "✕",
    };
    html! {
        header class=(standing.class) data-gate=(gate.decision.name()) {
            h1 { "Data quality: " b class=(standing.class) { (shape) " gate " (standing.word) } }
            p { (standing.sentence) }
            @if let Some(reason) = &gate.accepted_because {
                p { b { "Accepted because: " } bdi { (text::short(reason)) } }
            }
            @if !gate.blocking_failures.is_empty() {
                p { b { "What closes the gate:" } }
                ul {
                    @for failure in gate.blocking_failures.iter().take(LINES_MAX) {
                        li { code { (text::short(failure)) } }
                    }
                    (more(gate.blocking_failures.len()))
                }
            }
            (figures(report))
            p.muted { "Judged " (text::time(&report.check_timestamp)) }
            @if let Some(time) = &report.repeated_from {
                p.note data-repeated-from=(time) {
                    b { "Nothing to judge in this run." } " This repeats the verdict of "
                    (text::time(time)) "."
                }
            }
        }
    }
}

fn figures(report: &Report<'_>) -> Markup {
    let (rows, statistics) = (&report.rows, &report.statistics);
    let score = report.overall_quality_score;
    let counts = [
        ("Rows staged", "rows_staged", rows.staged),
        ("Fit to publish", "rows_publishable", rows.publishable),
        ("Quarantined", "rows_quarantined", rows.quarantined),
        ("Held as consequence", "rows_consequence", rows.consequence),
        ("Superseded", "rows_superseded", rows.superseded),
        ("With a warning", "rows_warned", rows.warned),
    ];
    html! {
        dl {
            div { dt { "Score, at least " (report.gate.min_score) } dd {
                (text::figure("overall_quality_score", &score.to_string(), &text::score(score)))
            } }
            div { dt { "Grade" } dd {
                (text::figure("quality_grade", report.quality_grade, report.quality_grade))
            } }
            div { dt { "Checks passed" } dd {
                (text::count_figure("checks_passed", statistics.successful_expectations as u64))
                " of "
                (text::count_figure("checks_made", statistics.evaluated_expectations as u64))
            } }
            @for (name, figure, count) in counts {
                div { dt { (name) } dd { (text::count_figure(figure, count)) } }
            }
        }
    }
}

/// Dimensions with the weights that make a table's score.
pub(super) fn dimensions(report: &Report<'_>) -> Markup {
    html! {
        div.scroll { table {
            caption { "Dimensions: mean over the tables, by their criticality" }
            thead { tr {
                th scope="col" { "Dimension" }
                th scope="col" class="number" { "Score" }
                th scope="col" class="number" { "Weight" }
                th scope="col" class="number" { "Checks" }
            } }
            tbody { @for (name, part) in &report.dimension_scores {
                tr {
                    th scope="row" { (name.replace('_', " ")) }
                    td class="number" data-dimension=(name) { (text::score(part.score)) }
                    td class="number" { (text::score(part.weight)) }
                    td class="number" { (grouped(part.checks)) }
                }
            } }
        } }
    }
}

/// Every table of every source.
pub(super) fn tables(report: &Report<'_>) -> Markup {
    let all = || {
        let batches = report.batches.iter();
        batches.flat_map(|batch| batch.tables.iter().map(move |table| (batch, table)))
    };
    html! {
        div.scroll { table {
            caption { "Tables: their scores weigh by criticality, not by rows" }
            thead { tr {
                th scope="col" { "Table" }
                th scope="col" { "Source" }
                th scope="col" class="number" { "Score" }
                th scope="col" class="number" { "Criticality" }
                th scope="col" class="number" { "Staged" }
                th scope="col" class="number" { "Quarantined" }
                th scope="col" class="number" { "Held as consequence" }
                th scope="col" class="number" { "Superseded" }
                th scope="col" class="number" { "With a warning" }
            } }
            tbody { @for (batch, table) in all().take(LINES_MAX) { (table_row(batch, table)) } }
        } }
        (more(all().count()))
    }
}

fn table_row(batch: &BatchReport<'_>, table: &TableReport) -> Markup {
    let counts = [
        table.rows_staged,
        table.rows_quarantined,
        table.rows_consequence,
        table.rows_superseded,
        table.rows_warned,
    ];
    html! {
        tr {
            th scope="row" { (text::short(&table.dataset)) }
            td { (text::short(batch.source)) }
            td class="number" { (table.score.map_or_else(|| "–".to_owned(), text::score)) }
            td class="number" { (table.criticality) }
            @for count in counts { td class="number" { (grouped(count)) } }
        }
    }
}

/// One line for each source, where there are several.
pub(super) fn sources(report: &Report<'_>) -> Markup {
    html! {
        div.scroll { table {
            caption { "Sources: each has a gate of its own" }
            thead { tr {
                th scope="col" { "Source" }
                th scope="col" { "Batch" }
                th scope="col" { "Gate" }
                th scope="col" class="number" { "Score" }
                th scope="col" { "Grade" }
                th scope="col" { "Judged" }
            } }
            tbody { @for batch in report.batches.iter().take(LINES_MAX) {
                tr {
                    th scope="row" { (text::short(batch.source)) }
                    td { (batch.batch_id) }
                    td { (gate_of(batch)) }
                    td class="number" { (text::score(batch.overall_quality_score)) }
                    td { (text::short(batch.quality_grade)) }
                    td { (text::time(batch.judged_at)) }
                }
            } }
        } }
        (more(report.batches.len()))
    }
}

fn gate_of(batch: &BatchReport<'_>) -> Markup {
    let gate = batch.gate;
    html! {
        @if gate.is_closed() { b.fail { "✕ blocked" } }
        @else if gate.accepted_because.is_some() { b.warn { "▲ accepted by a person" } }
        @else if gate.decision == Decision::Warn { b.warn { "▲ open, with warnings" } }
        @else { b.pass { "● open" } }
    }
}

/// What the sources' own rules changed.
pub(super) fn overrides(report: &Report<'_>) -> Markup {
    html! {
        section id="overrides" {
            h2 { "Changed by sources' own rules (" (report.overrides.len()) ")" }
            @if report.overrides.is_empty() { p { "None." } }
            ul {
                @for change in report.overrides.iter().take(LINES_MAX) {
                    li { bdi { (text::short(change.source)) } ": "
                        bdi { (text::short(change.change)) } }
                }
            }
            (more(report.overrides.len()))
        }
    }
}

fn more(count: usize) -> Markup {
    html! {
        @if count > LINES_MAX {
            p.muted { "and " (count - LINES_MAX) " more in data_quality_report.json" }
        }
    }
}
