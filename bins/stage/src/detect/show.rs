//! Findings for people, on stdout, and for programs.

use std::fmt::Write as _;

use comfy_table::presets::UTF8_FULL_CONDENSED;
use comfy_table::{ContentArrangement, Table};
use serde_json::{Value, json};

use super::column::{Column, Eyes};
use super::conclude::Conclusion;
use super::declare::encoding_name;
use super::inspect::{Inspected, Make};
use super::oddities::Oddity;
use super::split::Dialect;
use super::survey::{Breaks, Packed};

/// Widest table on a terminal whose width is not known.
const TABLE_WIDTH: u16 = 120;

/// All findings as text; a few values of the file are among them.
pub(crate) fn text(inspected: &Inspected, eyes: &Eyes) -> String {
    let mut lines = facts(inspected);
    let conclusions = inspected.conclusions(eyes);
    let columns = || inspected.profile.columns.iter().zip(&conclusions);
    let mut table = Table::new();
    table
        .load_style(UTF8_FULL_CONDENSED)
        .set_content_arrangement(ContentArrangement::Dynamic)
        .set_width(TABLE_WIDTH)
        .set_header(["", "column", "type", "no value", "width", "samples"]);
    for (index, ((name, column), conclusion)) in columns().enumerate() {
        table.add_row([
            (index + 1).to_string(),
            visible(name),
            describe_type(conclusion),
            count(empty(column, conclusion)),
            widths(column),
            column.samples.join(" · "),
        ]);
    }
    let _ = writeln!(lines, "\n{table}");
    let notes: Vec<String> = columns()
        .flat_map(|((name, _), conclusion)| {
            let notes = conclusion.notes.iter();
            notes.map(move |note| format!("  {}: {note}", visible(name)))
        })
        .collect();
    add_section(&mut lines, "decided, and worth a look", &notes);
    add_section(&mut lines, "odd", &oddities(inspected));
    lines.trim_end().to_owned()
}

fn add_section(text: &mut String, title: &str, lines: &[String]) {
    if !lines.is_empty() {
        let _ = writeln!(text, "\n{title}\n{}", lines.join("\n"));
    }
}

fn facts(inspected: &Inspected) -> String {
    let survey = &inspected.survey;
    let mut lines = format!("{}\n", inspected.path.display());
    let mut fact = |name: &str, value: String| {
        let _ = writeln!(lines, "  {name:<12}{value}");
    };
    let packed = match survey.packed {
        None => String::new(),
        Some(packed) => format!(
            ", {} of {} bytes",
            packed_name(packed),
            count(survey.unpacked_bytes)
        ),
    };
    fact("size", format!("{} bytes{packed}", count(survey.bytes)));
    let mark = if survey.has_mark {
        ", with a byte-order mark"
    } else {
        ""
    };
    let encoding = encoding_name(survey.encoding);
    fact("encoding", format!("{encoding}{mark}"));
    let open = if survey.last_line_is_open {
        "; the last one is open"
    } else {
        ""
    };
    fact("lines", format!("{}{open}", describe_breaks(survey.breaks)));
    match &inspected.make {
        Make::Ndjson => fact("format", "one JSON object a line".to_owned()),
        Make::Csv {
            dialect,
            has_quotes,
            layout,
            ..
        } => {
            fact("dialect", describe_dialect(dialect, *has_quotes));
            let doubt = if layout.is_header_certain {
                ""
            } else {
                "; a guess, for all is text"
            };
            let header = match layout.header_lines {
                0 if inspected.is_named() => "1 line, a field shorter than the records".to_owned(),
                0 => "none".to_owned(),
                1 => "1 line".to_owned(),
                lines => format!("{lines} lines, joined"),
            };
            fact("header", format!("{header}{doubt}"));
            if layout.preamble_lines > 0 {
                fact("preamble", format!("{} lines", layout.preamble_lines));
            }
            if let Some(comment) = &layout.comment {
                fact("comments", format!("lines that begin with `{comment}`"));
            }
        }
    }
    let profile = &inspected.profile;
    if profile.footer_lines > 0 {
        fact("footer", format!("{} lines", profile.footer_lines));
    }
    let all = if profile.is_cut {
        "the first ones; see --records"
    } else {
        "all of them looked at"
    };
    let records = count(profile.records);
    fact("records", format!("{records}, {all}"));
    lines
}

fn packed_name(packed: Packed) -> &'static str {
    match packed {
        Packed::Gzip => "gzip",
        Packed::Zstd => "zstd",
    }
}

fn describe_breaks(breaks: Breaks) -> String {
    let kinds = [("LF", breaks.lf), ("CRLF", breaks.crlf), ("CR", breaks.cr)];
    let found: Vec<String> = kinds
        .into_iter()
        .filter(|(_, times)| *times > 0)
        .map(|(name, times)| format!("{} with {name}", count(times)))
        .collect();
    if found.is_empty() {
        "one".to_owned()
    } else {
        found.join(", ")
    }
}

fn describe_dialect(dialect: &Dialect, has_quotes: bool) -> String {
    let delimiter = match dialect.delimiter.as_str() {
        "\t" => "tab".to_owned(),
        " " => "space".to_owned(),
        other => format!("`{}`", other.escape_debug()),
    };
    let quotes = match (dialect.quote, dialect.escape) {
        (None, _) => "no quotes".to_owned(),
        (Some(_), _) if !has_quotes => "no field is quoted".to_owned(),
        (Some(quote), None) => format!("quoted with `{quote}`"),
        (Some(quote), Some(escape)) => {
            format!(
                "quoted with `{quote}`, escaped with `{}`",
                escape.escape_debug()
            )
        }
    };
    format!("fields end with {delimiter}, {quotes}")
}

fn describe_type(conclusion: &Conclusion) -> String {
    let kind = format!("{:?}", conclusion.kind).to_lowercase();
    let mut details = conclusion.formats.clone();
    if let Some(marks) = conclusion.marks {
        let thousands = marks
            .thousands
            .map(|it| format!("{it:?} "))
            .unwrap_or_default();
        if thousands != String::new() || marks.decimal != '.' {
            details.push(format!("marks {thousands}{:?}", marks.decimal));
        }
    }
    details.extend(conclusion.currency_signs.iter().map(|it| (*it).to_owned()));
    if conclusion.is_percent {
        details.push("%".to_owned());
    }
    if details.is_empty() {
        kind
    } else {
        format!("{kind} ({})", details.join(", "))
    }
}

/// Values that are none, tokens included where they are taken for such.
fn empty(column: &Column, conclusion: &Conclusion) -> u64 {
    column.empty + column.tokens_among(&conclusion.null_tokens)
}

fn widths(column: &Column) -> String {
    match column.widths {
        None => String::new(),
        Some((least, greatest)) if least == greatest => least.to_string(),
        Some((least, greatest)) => format!("{least} to {greatest}"),
    }
}

fn visible(name: &str) -> String {
    if name.is_empty() {
        "(no name)".to_owned()
    } else {
        name.escape_debug().to_string()
    }
}

fn oddities(inspected: &Inspected) -> Vec<String> {
    let mut lines: Vec<String> = inspected
        .oddities
        .iter()
        .map(|(oddity, places)| {
            let times = match (oddity, places.count) {
                (Oddity::Refused | Oddity::Footer, _) | (_, 1) => String::new(),
                (_, times) => format!("{} times: ", count(times)),
            };
            let place = places.describe();
            let place = if place.is_empty() {
                place
            } else {
                format!(", {place}")
            };
            let reasons = if places.reasons.is_empty() {
                String::new()
            } else {
                format!(" ({})", places.reasons.join("; "))
            };
            format!("  {times}{}{place}{reasons}", oddity.describe())
        })
        .collect();
    lines.extend(
        inspected
            .name_faults()
            .into_iter()
            .map(|it| format!("  {it}")),
    );
    lines
}

/// A number with commas between its thousands.
pub(crate) fn count(number: u64) -> String {
    let digits = number.to_string();
    let mut text = String::new();
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// All findings for programs; values of the file only where they are asked for.
pub(crate) fn json(inspected: &Inspected, eyes: &Eyes, with_samples: bool) -> Value {
    let survey = &inspected.survey;
    let profile = &inspected.profile;
    let columns: Vec<Value> = profile
        .columns
        .iter()
        .zip(inspected.conclusions(eyes))
        .map(|((name, column), conclusion)| {
            let (least, greatest) = column.widths.unwrap_or_default();
            let mut shown = json!({
                "name": name,
                "values": column.values,
                "no_value": empty(column, &conclusion),
                "width_min": least,
                "width_max": greatest,
                "declaration": conclusion,
            });
            if let Some(marks) = conclusion.marks {
                shown["decimal_mark"] = json!(marks.decimal);
                shown["thousands_mark"] = json!(marks.thousands);
            }
            if with_samples {
                shown["samples"] = json!(column.samples);
            }
            shown
        })
        .collect();
    let table: serde_json::Map<String, Value> = inspected
        .keys()
        .into_iter()
        .map(|it| (it.name.to_owned(), json!(it.value)))
        .collect();
    let oddities: serde_json::Map<String, Value> = inspected
        .oddities
        .iter()
        .map(|(oddity, places)| (oddity.name(), json!(places)))
        .collect();
    json!({
        "file": inspected.path.to_string_lossy(),
        "bytes": survey.bytes,
        "packed": survey.packed,
        "unpacked_bytes": survey.unpacked_bytes,
        "encoding": encoding_name(survey.encoding),
        "has_byte_order_mark": survey.has_mark,
        "line_breaks": survey.breaks,
        "last_line_is_open": survey.last_line_is_open,
        "header_lines": inspected.header_lines(),
        "records": profile.records,
        "all_records_looked_at": !profile.is_cut,
        "table": table,
        "columns": columns,
        "oddities": oddities,
        "names": inspected.name_faults(),
    })
}

#[cfg(test)]
mod tests {
    use super::count;

    #[cfg(target_os = "linux")]
    #[test]
    fn a_path_that_is_no_text_is_told_as_far_as_it_is() {
        use std::os::unix::ffi::OsStrExt as _;

        use crate::detect::describe;
        use crate::read::Limits;

        let folder = tempfile::tempdir().expect("a folder");
        let path = folder
            .path()
            .join(std::ffi::OsStr::from_bytes(b"n\xff.csv"));
        std::fs::write(&path, "id,n\n1,2\n").expect("a file");
        let (text, json) = describe(&path, &Limits::default(), 10).expect("findings");
        assert!(text.contains("n\u{fffd}.csv"), "{text}");
        let file = json["file"].as_str().expect("a path");
        assert!(file.ends_with("n\u{fffd}.csv"), "{file}");
    }

    #[test]
    fn thousands_are_set_apart() {
        let texts = [0, 12, 123, 1_234, 1_234_567].map(count);
        assert_eq!(texts, ["0", "12", "123", "1,234", "1,234,567"]);
    }
}
