//! What no table of `source.toml` may say: keys that contradict each other, or that would be passed
//! over in silence.

use std::path::Path;

use common::Failure;

use super::column_checks::check_columns;
use super::{Format, Mode, RepeatedHeader, Table};
use crate::columns::declared_names;
use crate::read;

/// Endings of files that are never read.
const ENDINGS_LEFT_ALONE: [&str; 2] = [".part", ".manifest.json"];

/// Whether a table can be read as it is declared.
///
/// # Errors
/// Exit code 2: the first thing that is wrong, with table and key.
pub(super) fn check_table(table_name: &str, table: &Table) -> anyhow::Result<()> {
    read::check(table_name, table)?;
    check_files(table)
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

fn check_header(table: &Table) -> Checked {
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
        check_table("orders", &table).map_err(|error| format!("{error:#}"))
    }

    fn refuses(cases: &[(&str, &str)]) {
        for (keys, part) in cases {
            let error = check(keys).expect_err(keys);
            assert!(error.contains(part), "{keys}: {error}");
            assert!(error.starts_with("table `orders`: "), "{error}");
        }
    }

    #[test]
    fn patterns_that_could_name_no_file_are_refused() {
        refuses(&[
            ("files = []", "`files` names no pattern"),
            ("files = [\"/etc/*\"]", "leaves the folder"),
            ("files = [\"a/../../*\"]", "leaves the folder"),
            ("files = [\"./\"]", "names no file"),
            ("files = [\".old/*\"]", "`.old` is hidden"),
            ("files = [\"*.part\"]", "never read"),
            ("files = [\"*.manifest.json\"]", "never read"),
            ("files = [\"**.csv\"]", "pattern `**.csv`"),
        ]);
    }

    #[test]
    fn a_dialect_or_header_that_cannot_work_is_refused() {
        refuses(&[
            ("delimiter = \"\"", "one to 8 bytes"),
            ("header_lines = 17", "`header_lines` is 17, at most 16"),
            ("footer_lines = 101", "`footer_lines` is 101, at most 100"),
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
                "format = \"ndjson\"\nescape = \"\\\\\"",
                "`escape` means nothing",
            ),
            ("format = \"ndjson\"\nquote = \"\"", "`quote` means nothing"),
            ("format = \"ndjson\"\nheader = [\"id\"]", "leave `header`"),
        ]);
    }

    #[test]
    fn a_key_that_tells_no_rows_apart_is_refused() {
        refuses(&[
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
        ]);
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
            "header_lines = 0\nrepeated_header = \"skip\"",
            "header_lines = 0\nrepeated_header = \"load\"",
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
