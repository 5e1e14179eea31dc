//! What no column of `source.toml` may say.

use super::{ColumnOptions, Format, Percent, Table, Type};
use crate::columns::{IDENTIFIER_BYTES_MAX, inputs, is_reserved};
use crate::target::STAGING_COLUMNS;

/// Most columns of a table of PostgreSQL, without those that every landing table has.
pub(crate) const COLUMNS_MAX: usize = 1_590;

type Checked = Result<(), String>;

/// Whether every column can be read as it is declared.
///
/// # Errors
/// The first thing that is wrong, with the column and its option.
pub(super) fn check_columns(table_name: &str, table: &Table) -> Checked {
    let count = table.columns.len();
    if count == 0 || count > COLUMNS_MAX {
        return Err(format!(
            "table `{table_name}`: it has {count} columns; 1 to {COLUMNS_MAX} are possible"
        ));
    }
    let marks = (table.decimal_mark, table.thousands_mark);
    check_marks(marks.0, marks.1).map_err(|reason| format!("table `{table_name}`: {reason}"))?;
    for (name, column) in &table.columns {
        let options = column.options();
        check_name(name, table)
            .and_then(|()| check_origin(name, table, &options))
            .and_then(|()| check_kind(&options))
            .and_then(|()| check_numbers(table, &options))
            .map_err(|reason| format!("column `{table_name}.{name}`: {reason}"))?;
    }
    Ok(())
}

fn check_name(name: &str, table: &Table) -> Checked {
    if name.is_empty() || name.len() > IDENTIFIER_BYTES_MAX || name.contains('\0') {
        return Err(format!(
            "its name must be 1 to {IDENTIFIER_BYTES_MAX} bytes; give it another one and name the \
             file's column with `from`"
        ));
    }
    let is_taken = match &table.entity {
        Some(_) => STAGING_COLUMNS.contains(&name),
        None => is_reserved(name),
    };
    if is_taken {
        return Err(
            "a column of this name is written beside every row; give it another one and name the \
             file's column with `from`"
                .to_owned(),
        );
    }
    Ok(())
}

/// Where its text comes from.
fn check_origin(name: &String, table: &Table, options: &ColumnOptions) -> Checked {
    let is_constant = options.constant.is_some();
    if is_constant && !options.from.is_empty() {
        return Err("it has both `constant` and `from`; keep one".to_owned());
    }
    if is_constant && options.optional {
        return Err("`optional` is for a column of the file, and `constant` is none".to_owned());
    }
    if options.from.iter().any(String::is_empty) {
        return Err("`from` holds an empty name".to_owned());
    }
    let has_no_names =
        table.format == Format::Csv && table.header_lines == 0 && table.header.is_empty();
    if options.optional && has_no_names {
        return Err(
            "`optional` needs names in the file: without a header, which column is absent is a \
             guess"
                .to_owned(),
        );
    }
    let absent = inputs(name, options)
        .iter()
        .find(|it| !table.header.contains(it));
    match absent {
        Some(absent) if !table.header.is_empty() && !options.optional => Err(format!(
            "it is made of `{absent}`, which `header` does not name"
        )),
        _ => Ok(()),
    }
}

/// Options that only some types have.
fn check_kind(options: &ColumnOptions) -> Checked {
    let kind = options.kind;
    let is_number = matches!(kind, Type::Integer | Type::Decimal);
    let is_time = matches!(kind, Type::Date | Type::Timestamp);
    let rules = [
        ("format", options.format.is_some(), is_time),
        ("formats", !options.formats.is_empty(), is_time),
        (
            "time_zone",
            options.time_zone.is_some(),
            kind == Type::Timestamp,
        ),
        ("digits", options.digits, kind == Type::Integer),
        ("decimal_mark", options.decimal_mark.is_some(), is_number),
        (
            "thousands_mark",
            options.thousands_mark.is_some(),
            is_number,
        ),
        (
            "currency_signs",
            !options.currency_signs.is_empty(),
            is_number,
        ),
        ("percent", options.percent.is_some(), is_number),
    ];
    for (key, is_set, is_possible) in rules {
        if is_set && !is_possible {
            return Err(format!(
                "`{key}` means nothing to a column of type {}; leave it out",
                format!("{kind:?}").to_lowercase()
            ));
        }
    }
    if options.format.is_some() && !options.formats.is_empty() {
        return Err("it has both `format` and `formats`; keep one".to_owned());
    }
    let mut formats = options.format.iter().chain(&options.formats);
    if formats.any(String::is_empty) {
        return Err("a format is empty".to_owned());
    }
    Ok(())
}

fn check_numbers(table: &Table, options: &ColumnOptions) -> Checked {
    if !matches!(options.kind, Type::Integer | Type::Decimal) {
        return Ok(());
    }
    let decimal_mark = options.decimal_mark.unwrap_or(table.decimal_mark);
    let thousands_mark = options.thousands_mark.or(table.thousands_mark);
    check_marks(decimal_mark, thousands_mark)?;
    if options.percent == Some(Percent::Fraction) && options.kind == Type::Integer {
        return Err(
            "`percent` = \"fraction\" makes no whole numbers; its type is decimal".to_owned(),
        );
    }
    let is_marked = options.decimal_mark.is_some()
        || options.thousands_mark.is_some()
        || options.percent.is_some()
        || !options.currency_signs.is_empty();
    if options.digits && is_marked {
        return Err("`digits` passes over all marks and signs; keep it, or them".to_owned());
    }
    for sign in &options.currency_signs {
        let is_sign = !sign.trim().is_empty()
            && !sign.contains(|it: char| it.is_ascii_digit() || matches!(it, '+' | '-'));
        if !is_sign {
            return Err(format!(
                "`currency_signs` holds `{sign}`, which is no sign of a currency"
            ));
        }
    }
    Ok(())
}

fn check_marks(decimal_mark: char, thousands_mark: Option<char>) -> Checked {
    if Some(decimal_mark) == thousands_mark {
        return Err(format!(
            "`decimal_mark` and `thousands_mark` are both `{decimal_mark}`"
        ));
    }
    let is_mark = |it: char| !it.is_alphanumeric() && !matches!(it, '+' | '-' | '%' | '(' | ')');
    if !is_mark(decimal_mark) || decimal_mark.is_whitespace() {
        return Err(format!("`decimal_mark` cannot be `{decimal_mark}`"));
    }
    match thousands_mark {
        Some(mark) if !is_mark(mark) => Err(format!("`thousands_mark` cannot be `{mark}`")),
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(keys: &str, column: &str) -> Checked {
        let text = format!("files = [\"*.csv\"]\n{keys}\n[columns]\nx = {column}\n");
        let table: Table = toml::from_str(&text).map_err(|error| error.to_string())?;
        check_columns("orders", &table)
    }

    #[test]
    fn a_text_that_comes_from_nowhere_or_twice_is_refused() {
        let no_names = "header_lines = 0";
        for (keys, column, part) in [
            (
                "",
                "{ type = \"text\", constant = \"1\", from = [\"y\"] }",
                "both `constant` and `from`",
            ),
            (
                "",
                "{ type = \"text\", constant = \"1\", optional = true }",
                "`optional` is for",
            ),
            ("", "{ type = \"text\", from = [\"\"] }", "an empty name"),
            (
                no_names,
                "{ type = \"text\", optional = true }",
                "`optional` needs names",
            ),
            (
                "header_lines = 0\nheader = [\"x\"]",
                "{ type = \"text\", from = [\"y\"] }",
                "made of `y`, which `header`",
            ),
            (
                "header_lines = 0\nheader = [\"y\"]",
                "\"text\"",
                "made of `x`, which `header`",
            ),
        ] {
            let error = check(keys, column).expect_err(column);
            assert!(error.contains(part), "{keys} {column}: {error}");
        }
    }

    #[test]
    fn options_of_another_type_are_refused() {
        for (keys, column, part) in [
            (
                "",
                "{ type = \"text\", format = \"%d\" }",
                "`format` means nothing to a column of type text",
            ),
            (
                "",
                "{ type = \"date\", format = \"%F\", formats = [\"%F\"] }",
                "both `format` and `formats`",
            ),
            (
                "",
                "{ type = \"date\", formats = [\"\"] }",
                "a format is empty",
            ),
            (
                "",
                "{ type = \"date\", time_zone = \"UTC\" }",
                "`time_zone`",
            ),
            (
                "",
                "{ type = \"text\", digits = true }",
                "`digits` means nothing",
            ),
            (
                "",
                "{ type = \"decimal\", digits = true }",
                "`digits` means nothing",
            ),
            (
                "",
                "{ type = \"date\", percent = \"number\" }",
                "`percent` means nothing",
            ),
            (
                "",
                "{ type = \"integer\", percent = \"fraction\" }",
                "makes no whole numbers",
            ),
            (
                "",
                "{ type = \"integer\", digits = true, currency_signs = [\"€\"] }",
                "`digits` passes over",
            ),
            (
                "",
                "{ type = \"decimal\", currency_signs = [\"-\"] }",
                "no sign of a currency",
            ),
        ] {
            let error = check(keys, column).expect_err(column);
            assert!(error.contains(part), "{keys} {column}: {error}");
        }
    }

    #[test]
    fn marks_of_numbers_that_are_none_are_refused() {
        for (keys, column, part) in [
            (
                "thousands_mark = \".\"",
                "\"text\"",
                "`decimal_mark` and `thousands_mark` are both `.`",
            ),
            (
                "thousands_mark = \",\"",
                "{ type = \"decimal\", decimal_mark = \",\" }",
                "are both `,`",
            ),
            (
                "decimal_mark = \"5\"",
                "\"text\"",
                "`decimal_mark` cannot be `5`",
            ),
            (
                "thousands_mark = \"-\"",
                "\"text\"",
                "`thousands_mark` cannot be `-`",
            ),
        ] {
            let error = check(keys, column).expect_err(column);
            assert!(error.contains(part), "{keys} {column}: {error}");
        }
    }

    #[test]
    fn names_that_a_row_has_already_are_refused() {
        let check = |entity: &str, name: &str| {
            let text = format!("files = [\"*\"]\n{entity}\n[columns]\n\"{name}\" = \"text\"\n");
            check_columns("orders", &toml::from_str(&text).expect("a table"))
        };
        let entity = "entity = \"products\"";
        assert!(check("", "file_id").is_err() && check("", "ctid").is_err());
        assert!(check("", "").is_err() && check("", &"ä".repeat(32)).is_err());
        assert!(check(entity, "batch_id").is_err());
        assert_eq!(check("", "batch_id"), Ok(()));
        assert_eq!(check("", "Order ID"), Ok(()));
        let text = check("", "file_id").expect_err("a refusal");
        assert!(text.starts_with("column `orders.file_id`: "), "{text}");
    }

    #[test]
    fn options_that_fit_are_taken() {
        for (keys, column) in [
            ("", "\"json\""),
            ("", "{ type = \"text\", constant = \"\" }"),
            (
                "header_lines = 0\nheader = [\"y\"]",
                "{ type = \"text\", from = [\"y\"] }",
            ),
            (
                "decimal_mark = \",\"\nthousands_mark = \".\"",
                "{ type = \"decimal\", currency_signs = [\"R$\", \"€\"], percent = \"fraction\" }",
            ),
            (
                "thousands_mark = \"\u{a0}\"",
                "{ type = \"integer\", digits = true }",
            ),
            (
                "",
                "{ type = \"timestamp\", formats = [\"%F %T\", \"unix\"], time_zone = \"UTC\" }",
            ),
            (
                "format = \"ndjson\"\nheader_lines = 0",
                "{ type = \"text\", optional = true }",
            ),
        ] {
            assert_eq!(check(keys, column), Ok(()), "{keys} {column}");
        }
    }
}
