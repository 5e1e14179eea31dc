//! Predicates over the columns of one row, true where the row fails. Null passes every rule but
//! "required", as it does in SQL's own constraints.

use serde_json::Value;

use crate::check::Rule;
use crate::contract::LogicalType;
use crate::sql_text::{all_known, columns, identifier, literal, value};

pub(crate) fn is_null(column: &str) -> String {
    format!("{} is null", identifier(column))
}

/// Null or one of the texts that stand for "nothing".
pub(crate) fn is_missing(column: &str, missing: &[Value]) -> String {
    let column = identifier(column);
    let texts: Vec<String> = missing
        .iter()
        .filter_map(|it| match it {
            Value::String(text) => Some(literal(text)),
            other => value(other).map(|number| literal(&number)),
        })
        .collect();
    let mut parts = Vec::new();
    if missing.contains(&Value::Null) {
        parts.push(format!("{column} is null"));
    }
    if !texts.is_empty() {
        parts.push(format!("{column}::text in ({})", texts.join(", ")));
    }
    if parts.is_empty() {
        "false".to_owned()
    } else {
        parts.join(" or ")
    }
}

/// A value outside the list; an empty list allows nothing.
pub(crate) fn not_in(column: &str, valid: &[Value]) -> String {
    let column = identifier(column);
    let valid: Vec<String> = valid.iter().filter_map(value).collect();
    if valid.is_empty() {
        return format!("{column} is not null");
    }
    format!("{column} not in ({})", valid.join(", "))
}

pub(crate) fn not_like(column: &str, pattern: &str) -> String {
    format!("{} !~ {}", identifier(column), literal(pattern))
}

pub(crate) fn length(column: &str, operator: &str, bound: u32) -> String {
    format!("char_length({}) {operator} {bound}", identifier(column))
}

/// A bound that fits the column's type: a number, or a date or time as text.
pub(crate) fn beyond(
    column: &str,
    logical_type: LogicalType,
    operator: &str,
    bound: &Value,
) -> Option<String> {
    // `infinity`, `today` and their like are no bounds.
    let is_plain = |text: &str| text.starts_with(|first: char| first.is_ascii_digit());
    let bound = match (logical_type, bound) {
        (LogicalType::Number | LogicalType::Integer, Value::Number(number)) => number.to_string(),
        (LogicalType::Date, Value::String(text)) if is_plain(text) => {
            format!("date {}", literal(text))
        }
        (LogicalType::Timestamp, Value::String(text)) if is_plain(text) => {
            format!("timestamptz {}", literal(text))
        }
        (LogicalType::Time, Value::String(text)) if is_plain(text) => {
            format!("time {}", literal(text))
        }
        _ => return None,
    };
    Some(format!("{} {operator} {bound}", identifier(column)))
}

/// A predicate that a good row satisfies, turned round. It stands on lines of its own, so that a
/// comment at its end ends there.
pub(crate) fn breaks(good: &str) -> String {
    if good.contains("--") {
        format!("(\n{good}\n) is false")
    } else {
        format!("({good}) is false")
    }
}

/// Fills in the standard's `{property}`, which may be written `{column}` and with a dollar;
/// `{object}`, or `{table}`, waits for the batch.
pub(crate) fn with_column(query: &str, column: Option<&str>) -> String {
    let mut query = query.to_owned();
    for (written, meant) in [
        ("object", "object"),
        ("table", "object"),
        ("column", "property"),
    ] {
        query = query.replace(&format!("${{{written}}}"), &format!("{{{meant}}}"));
        query = query.replace(&format!("{{{written}}}"), &format!("{{{meant}}}"));
    }
    query = query.replace("${property}", "{property}");
    match column {
        Some(column) => query.replace("{property}", &identifier(column)),
        None => query,
    }
}

/// A query for the number of rows that a rule finds, or their share in percent; none for rules that
/// look beyond the table.
pub(crate) fn counted(rule: &Rule, is_percent: bool) -> Option<String> {
    let found = match rule {
        Rule::Row { fails } => {
            format!("select count(*) filter (where {fails}) from {{object}} as staged")
        }
        Rule::Unique { columns: names } => {
            let values = columns("staged", names);
            let known = all_known("staged", names);
            format!(
                "select coalesce(sum(repeated.copies - 1), 0) from (
    select count(*) as copies from {{object}} as staged where {known} group by {values}
) as repeated"
            )
        }
        _ => return None,
    };
    Some(if is_percent {
        format!("select 100.0 * ({found}) / nullif((select count(*) from {{object}}), 0)")
    } else {
        found
    })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_list_compares_by_value_and_leaves_null_alone() {
        assert_eq!(
            not_in("kind", &[json!("it's"), json!(null)]),
            r#""kind" not in ('it''s')"#
        );
        assert_eq!(
            not_in("size", &[json!(1), json!(2.5)]),
            r#""size" not in (1, 2.5)"#
        );
    }

    #[test]
    fn missing_values_may_be_null_or_text() {
        let missing = [json!(null), json!("N/A")];
        assert_eq!(
            is_missing("a", &missing),
            r#""a" is null or "a"::text in ('N/A')"#
        );
    }

    #[test]
    fn a_bound_must_fit_the_type() {
        let bound = beyond("price", LogicalType::Number, "<", &json!(0));
        assert_eq!(bound.as_deref(), Some(r#""price" < 0"#));
        assert_eq!(beyond("price", LogicalType::Number, "<", &json!("x")), None);
    }
}
