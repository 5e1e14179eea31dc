//! What no table of `source.toml` may say: keys that contradict each other, or that would be passed
//! over in silence.

use std::path::Path;

use common::Failure;

use super::column_checks::check_columns;
use super::{Format, Mode, RepeatedHeader, Table};
use crate::columns::declared_names;

/// Longest field separator.
const DELIMITER_BYTES_MAX: usize = 8;
/// Most lines of a header; more are a preamble.
const HEADER_LINES_MAX: u64 = 16;
/// Most lines before a header.
const PREAMBLE_LINES_MAX: u64 = 1_000_000;
/// Most lines after the records; they are held back while a file is read.
const FOOTER_LINES_MAX: usize = 1_000;
/// Endings of files that are never read.
const ENDINGS_LEFT_ALONE: [&str; 2] = [".part", ".manifest.json"];

/// Whether a table can be read as it is declared.
///
/// # Errors
/// Exit code 2: the first thing that is wrong, with table and key.
pub(super) fn check_table(table_name: &str, table: &Table) -> anyhow::Result<()> {
    check_files(table)
        .and_then(|()| check_delimiter(table))
        .and_then(|()| check_quotes(table))
        .and_then(|()| check_lines(table))
        .and_then(|()| check_header(table))
        .and_then(|()| check_json(table))
        .and_then(|()| check_key(table))
        .and_then(|()| check_ignored(table))
        .map_err(|reason| format!("table `{table_name}`: {reason}"))
        .and_then(|()| check_columns(table_name, table))
        .map_err(|reason| Failure::usage(reason).into())
}

type Checked = Result<(), String>;

fn check_files(table: &Table) -> Checked {
    if table.files.is_empty() {
        return Err("`files` names no pattern".to_owned());
    }
    for pattern in &table.files {
        if Path::new(pattern).is_absolute() || pattern.split('/').any(|part| part == "..") {
            return Err(format!("pattern `{pattern}` leaves the folder"));
        }
        let parts: Vec<&str> = pattern
            .split('/')
            .filter(|it| !it.is_empty() && *it != ".")
            .collect();
        if parts.is_empty() {
            return Err(format!("pattern `{pattern}` names no file"));
        }
        if let Some(hidden) = parts.iter().find(|it| it.starts_with('.')) {
            return Err(format!(
                "pattern `{pattern}`: `{hidden}` is hidden, and what is hidden is never read"
            ));
        }
        if ENDINGS_LEFT_ALONE.iter().any(|it| pattern.ends_with(it)) {
            return Err(format!(
                "pattern `{pattern}` names files that are never read, because they are still \
                 being written or are manifests"
            ));
        }
        for part in parts {
            glob::Pattern::new(part).map_err(|error| format!("pattern `{pattern}`: {error}"))?;
        }
    }
    Ok(())
}

fn check_delimiter(table: &Table) -> Checked {
    let delimiter = &table.delimiter;
    if delimiter.is_empty() || delimiter.len() > DELIMITER_BYTES_MAX {
        return Err(format!(
            "the delimiter must be one to {DELIMITER_BYTES_MAX} bytes"
        ));
    }
    if delimiter.contains(['\n', '\r', '\0']) {
        return Err("`delimiter` cannot hold a line break or a NUL character".to_owned());
    }
    if !table.quote.is_empty() && delimiter.contains(&table.quote) {
        return Err(format!(
            "`delimiter` holds the quote `{}`; give one of them another character, or say quote = \
             \"\"",
            table.quote
        ));
    }
    Ok(())
}

fn check_quotes(table: &Table) -> Checked {
    let is_mark = |it: char| it.is_ascii() && !matches!(it, '\n' | '\r' | '\0');
    let mut quote = table.quote.chars();
    let (first, second) = (quote.next(), quote.next());
    if second.is_some() || first.is_some_and(|it| !is_mark(it)) {
        return Err("`quote` must be one ASCII character, or \"\" for none".to_owned());
    }
    let Some(escape) = table.escape else {
        return Ok(());
    };
    // Some programs escape with the NUL character, which the escaped text does not keep.
    if !is_mark(escape) && escape != '\0' {
        return Err("`escape` must be one ASCII character that is no line break".to_owned());
    }
    if Some(escape) == first {
        return Err(format!(
            "`escape` is the quote `{escape}` itself; a quote in a quoted field is doubled anyway, \
             so leave `escape` out"
        ));
    }
    if table.delimiter.contains(escape) {
        return Err(format!("`escape` is `{escape}`, which the delimiter holds"));
    }
    Ok(())
}

fn check_lines(table: &Table) -> Checked {
    let limits = [
        ("preamble_lines", table.preamble_lines, PREAMBLE_LINES_MAX),
        ("header_lines", table.header_lines, HEADER_LINES_MAX),
        (
            "footer_lines",
            table.footer_lines as u64,
            FOOTER_LINES_MAX as u64,
        ),
    ];
    for (key, value, limit) in limits {
        if value > limit {
            return Err(format!("`{key}` is {value}, at most {limit} are allowed"));
        }
    }
    let Some(comment) = &table.comment else {
        return Ok(());
    };
    if comment.is_empty() || comment.contains(['\n', '\r']) {
        return Err(
            "`comment` must be the text that comment lines begin with; every line begins with \
             nothing"
                .to_owned(),
        );
    }
    let is_field = (!table.quote.is_empty() && comment.starts_with(&table.quote))
        || comment.starts_with(&table.delimiter);
    if is_field && table.format == Format::Csv {
        return Err(format!(
            "`comment` is `{comment}`, with which records begin too: the quote or the delimiter"
        ));
    }
    Ok(())
}

fn check_header(table: &Table) -> Checked {
    if table.format == Format::Ndjson || table.header_lines > 0 {
        if table.header.is_empty() {
            return Ok(());
        }
        return Err(
            "`header` gives names to files without any; say header_lines = 0, or leave `header` \
             out"
            .to_owned(),
        );
    }
    if table.repeated_header != RepeatedHeader::Refuse {
        return Err(
            "`repeated_header` says what to do with a header that comes again, but header_lines is \
             0"
                .to_owned(),
        );
    }
    for (index, name) in table.header.iter().enumerate() {
        if name.is_empty() {
            return Err(format!("`header`: name {} is empty", index + 1));
        }
        if table.header[..index].contains(name) {
            return Err(format!("`header` names `{name}` twice"));
        }
    }
    if table.header.is_empty() {
        return Ok(());
    }
    let unnamed = Table {
        header: Vec::new(),
        ..table.clone()
    };
    let known = declared_names(&unnamed);
    let unknown = table
        .header
        .iter()
        .find(|it| !known.contains(it) && !table.ignored_columns.contains(it));
    match unknown {
        None => Ok(()),
        Some(name) => Err(format!(
            "`header` names `{name}`, of which no column is made; add it to `columns` or to \
             `ignored_columns`"
        )),
    }
}

/// What would seem to change how JSON is read.
fn check_json(table: &Table) -> Checked {
    if table.format == Format::Csv {
        return Ok(());
    }
    let misleading = [
        ("quote", table.quote != "\""),
        ("escape", table.escape.is_some()),
        ("header_lines", table.header_lines > 1),
        (
            "repeated_header",
            table.repeated_header != RepeatedHeader::Refuse,
        ),
        ("quoted_line_breaks", !table.quoted_line_breaks),
        ("quoted_nulls", !table.quoted_nulls),
    ];
    match misleading.iter().find(|(_, is_set)| *is_set) {
        None => Ok(()),
        Some((key, _)) => Err(format!(
            "`{key}` means nothing to format = \"ndjson\"; leave it out"
        )),
    }
}

fn check_key(table: &Table) -> Checked {
    let key = &table.key;
    match (table.mode, &table.entity) {
        (Mode::Upsert, None) if key.is_empty() => {
            return Err(
                "mode = \"upsert\" needs `key`, the columns that tell a row from every other"
                    .to_owned(),
            );
        }
        (Mode::Upsert, Some(entity)) if !key.is_empty() => {
            return Err(format!(
                "entity `{entity}` has a key of its own; leave `key` out"
            ));
        }
        (Mode::Snapshot | Mode::Append, _) if !key.is_empty() => {
            return Err("`key` is for mode = \"upsert\"; say so, or leave it out".to_owned());
        }
        _ => {}
    }
    for (index, name) in key.iter().enumerate() {
        let Some(column) = table.columns.get(name) else {
            let known = table.columns.keys().map(String::as_str);
            let hint = common::config::nearest_hint(name, known);
            return Err(format!("`key` names `{name}`, which is no column{hint}"));
        };
        if key[..index].contains(name) {
            return Err(format!("`key` names `{name}` twice"));
        }
        let options = column.options();
        // All rows of a file without it would be one and the same.
        if options.optional || (options.constant.is_some() && key.len() == 1) {
            return Err(format!(
                "`key` names `{name}`, which does not tell rows apart: it is optional or constant"
            ));
        }
    }
    Ok(())
}

fn check_ignored(table: &Table) -> Checked {
    for name in &table.ignored_columns {
        let by_name = table.columns.get(name).map(super::Column::options);
        let is_read = by_name.is_some_and(|it| it.from.is_empty() && it.constant.is_none())
            || table
                .columns
                .values()
                .any(|it| it.options().from.contains(name));
        if is_read {
            return Err(format!(
                "`ignored_columns` names `{name}`, which a column is made of; keep one of them"
            ));
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    const COLUMNS: &str = "[columns]\nid = \"text\"\nprice = \"decimal\"\n";

    fn check(keys: &str) -> Result<(), String> {
        let files = if keys.contains("files") {
            ""
        } else {
            "files = [\"*.csv\"]\n"
        };
        let columns = if keys.contains("[columns]") {
            ""
        } else {
            COLUMNS
        };
        let text = format!("{files}{keys}\n{columns}");
        let table: Table = toml::from_str(&text).map_err(|error| error.to_string())?;
        check_table("orders", &table).map_err(|error| error.to_string())
    }

    #[test]
    fn what_contradicts_itself_is_refused_by_its_key() {
        for (keys, part) in [
            ("files = []", "`files` names no pattern"),
            ("files = [\"/etc/*\"]", "leaves the folder"),
            ("files = [\"a/../../*\"]", "leaves the folder"),
            ("files = [\"./\"]", "names no file"),
            ("files = [\".old/*\"]", "`.old` is hidden"),
            ("files = [\"*.part\"]", "never read"),
            ("files = [\"*.manifest.json\"]", "never read"),
            ("files = [\"**.csv\"]", "pattern `**.csv`"),
            ("delimiter = \"\"", "one to 8 bytes"),
            ("delimiter = \"123456789\"", "one to 8 bytes"),
            (
                "delimiter = \"\\n\"",
                "`delimiter` cannot hold a line break",
            ),
            ("delimiter = \"\\\"\"", "`delimiter` holds the quote"),
            ("quote = \"''\"", "`quote` must be one ASCII character"),
            ("quote = \"„\"", "`quote` must be one ASCII character"),
            ("escape = \"é\"", "`escape` must be one ASCII character"),
            ("escape = \"\\\"\"", "`escape` is the quote"),
            ("escape = \",\"", "which the delimiter holds"),
            ("header_lines = 17", "`header_lines` is 17, at most 16"),
            ("footer_lines = 1001", "`footer_lines` is 1001"),
            ("preamble_lines = 1000001", "`preamble_lines` is 1000001"),
            ("comment = \"\"", "`comment` must be"),
            ("comment = \"\\\"\"", "with which records begin too"),
            ("header = [\"id\"]", "say header_lines = 0"),
            (
                "header_lines = 0\nheader = [\"id\", \"id\"]",
                "names `id` twice",
            ),
            ("header_lines = 0\nheader = [\"\"]", "name 1 is empty"),
            (
                "header_lines = 0\nheader = [\"id\", \"note\"]",
                "`header` names `note`",
            ),
            (
                "header_lines = 0\nrepeated_header = \"skip\"",
                "`repeated_header`",
            ),
            (
                "format = \"ndjson\"\nescape = \"\\\\\"",
                "`escape` means nothing",
            ),
            ("format = \"ndjson\"\nquote = \"\"", "`quote` means nothing"),
            ("format = \"ndjson\"\nheader = [\"id\"]", "leave `header`"),
            ("mode = \"upsert\"", "needs `key`"),
            ("key = [\"id\"]", "`key` is for mode"),
            (
                "mode = \"upsert\"\nkey = [\"ident\"]",
                "no column; did you mean `id`?",
            ),
            ("mode = \"upsert\"\nkey = [\"id\", \"id\"]", "`id` twice"),
            (
                "mode = \"upsert\"\nentity = \"products\"\nkey = [\"id\"]",
                "a key of its own",
            ),
            (
                "mode = \"upsert\"\nkey = [\"id\"]\n[columns]\nid = { type = \"text\", optional = \
                 true }",
                "does not tell rows apart",
            ),
            (
                "ignored_columns = [\"price\"]",
                "`ignored_columns` names `price`",
            ),
        ] {
            let error = check(keys).expect_err(keys);
            assert!(error.contains(part), "{keys}: {error}");
            assert!(error.starts_with("table `orders`: "), "{error}");
        }
    }

    #[test]
    fn what_is_only_unusual_is_taken() {
        for keys in [
            "",
            "files = [\"**/*.csv\", \"year=*/month=*/day=*/[ab].csv.gz\"]",
            "delimiter = \"||\"",
            "delimiter = \"\\t\"\nquote = \"\"\nescape = \"\\\\\"",
            "escape = \"\\u0000\"",
            "delimiter = \"\\\"\"\nquote = \"\"",
            "comment = \"#\"\npreamble_lines = 3\nfooter_lines = 1\nheader_lines = 2",
            "header_lines = 0\nheader = [\"note\", \"price\", \"id\"]\nignored_columns = [\"note\"]",
            "format = \"ndjson\"\nheader_lines = 0\ndelimiter = \";\"",
            "mode = \"upsert\"\nkey = [\"id\"]",
            "mode = \"upsert\"\nentity = \"products\"",
            "ignored_columns = [\"id\"]\n[columns]\nid = { type = \"text\", from = [\"ID\"] }",
        ] {
            assert_eq!(check(keys), Ok(()), "{keys}");
        }
    }
}
