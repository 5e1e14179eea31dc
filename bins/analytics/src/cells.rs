//! Values as they stand in a CSV cell: plain decimals, ISO dates, and text that no spreadsheet
//! takes for a formula.

use std::borrow::Cow;

use anyhow::Context as _;
use chrono::NaiveDate;
use rust_decimal::Decimal;
use tokio_postgres::Row;
use tokio_postgres::types::Type;

/// What spreadsheets take for the start of a formula, and the full-width twins of the signs.
/// After OWASP's page on CSV injection.
const FORMULA_STARTS: [char; 10] = [
    '=', '+', '-', '@', '\t', '\r', '\u{ff1d}', '\u{ff0b}', '\u{ff0d}', '\u{ff20}',
];

/// The cell of one column; null is an empty cell. Only text is neutralised: a negative number is
/// one.
///
/// # Errors
/// A column of a type that no export has.
pub(crate) fn cell(row: &Row, index: usize) -> anyhow::Result<String> {
    let column = &row.columns()[index];
    let text = match *column.type_() {
        Type::TEXT | Type::VARCHAR => row
            .try_get::<_, Option<&str>>(index)?
            .map(|text| neutral(text).into_owned()),
        Type::INT4 => row
            .try_get::<_, Option<i32>>(index)?
            .map(|number| number.to_string()),
        Type::INT8 => row
            .try_get::<_, Option<i64>>(index)?
            .map(|number| number.to_string()),
        Type::NUMERIC => row
            .try_get::<_, Option<Decimal>>(index)?
            .map(|number| number.to_string()),
        Type::DATE => row
            .try_get::<_, Option<NaiveDate>>(index)?
            .map(|date| date.to_string()),
        ref other => {
            return Err(anyhow::anyhow!("type {other} has no form in a CSV file"))
                .with_context(|| format!("failed to export column `{}`", column.name()));
        }
    };
    Ok(text.unwrap_or_default())
}

/// Text that a spreadsheet shows and does not run.
fn neutral(text: &str) -> Cow<'_, str> {
    if text.starts_with(FORMULA_STARTS) {
        Cow::Owned(format!("'{text}"))
    } else {
        Cow::Borrowed(text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_that_starts_like_a_formula_is_neutralised() {
        for text in [
            "=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", "＝1", "＋1", "－1", "＠a",
        ] {
            assert_eq!(neutral(text), format!("'{text}"), "{text:?}");
        }
    }

    #[test]
    fn other_text_stays_as_it_is() {
        for text in ["", "Ada", "a=b", " =1", "'=1", "$0-$1,000", "5-10"] {
            assert_eq!(neutral(text), text, "{text:?}");
        }
    }
}
