//! `slaProperties`: how old the newest row of a batch may be.
//!
//! `freshness` and `latency` are executed where they name an element, `<object>.<column>`: `value`
//! is the age from which on it is a warning, `valueExt` the age beyond which it is an error (the
//! same where it is absent), `unit` one of d, h, m (minutes), s and their longer names, d where it
//! is absent, as other readers of the standard have it. All others are documentation.
//!
//! The age is taken from the end of the batch's business day (UTC), or from the start of the run
//! that staged it where that is earlier, so that a backfill of an old day is judged as of that day
//! and a night's run is not blamed for the rest of the day. The newest time counts that is not in
//! the future (as contracts have it: after both); a date counts as the end of its day.

use serde_json::Value;
use serde_saphyr::Spanned;

use super::compile::{Checks, Facts, Outcome};
use super::document::{LogicalType, Property, SchemaObject, ServiceLevel};
use super::problem::{Problem, suggestion};
use crate::check::{Assertion, Dimension, Operator, Rule, Threshold};
use crate::sql_text::identifier;

const EXECUTED: [&str; 2] = ["freshness", "latency"];
const DAY_S: f64 = 86_400.0;
const UNITS: [(&str, f64); 14] = [
    ("d", DAY_S),
    ("day", DAY_S),
    ("days", DAY_S),
    ("h", 3_600.0),
    ("hr", 3_600.0),
    ("hour", 3_600.0),
    ("hours", 3_600.0),
    ("m", 60.0),
    ("min", 60.0),
    ("minute", 60.0),
    ("minutes", 60.0),
    ("s", 1.0),
    ("second", 1.0),
    ("seconds", 1.0),
];

pub(super) fn add(
    checks: &mut Checks,
    object: &SchemaObject,
    level: &Spanned<ServiceLevel>,
) -> Outcome<()> {
    let line = level.referenced.line();
    let level = &level.value;
    if !EXECUTED.contains(&level.property.as_str()) {
        return Ok(());
    }
    let property = element(line, object, level)?;
    let unit_s = unit_s(line, level.unit.as_deref())?;
    let warn_s = seconds(line, "value", &level.value, unit_s)?;
    let error_s = match &level.value_ext {
        Some(value) => seconds(line, "valueExt", value, unit_s)?,
        None => warn_s,
    };
    if error_s < warn_s {
        let message = "`valueExt` (error) must not be under `value` (warning)";
        return Err(Problem::new(line, message));
    }
    let text = age(property).ok_or_else(|| {
        let message = format!("`{}` is neither a date nor a timestamp", property.name);
        Problem::new(line, message)
    })?;
    let facts = Facts {
        description: level.description.clone(),
        ..Facts::error(line, Assertion::Freshness, Dimension::Timeliness)
    };
    let name = level.id.as_deref().unwrap_or(&level.property);
    let check = checks.add(Some(&property.name), name, facts, Rule::Query { text });
    check.threshold = Some(Threshold {
        operator: Operator::Age { warn_s, error_s },
        is_percent: false,
    });
    Ok(())
}

fn element<'a>(line: u64, object: &'a SchemaObject, level: &ServiceLevel) -> Outcome<&'a Property> {
    let wanted = format!(
        "`{}` needs an `element`, such as `{}.updated_at`",
        level.property, object.name
    );
    let element = level.element.as_deref().unwrap_or_default();
    let Some((entity, column)) = element.split_once('.') else {
        return Err(Problem::new(line, wanted));
    };
    if entity != object.name {
        let message = format!("`{element}` is not of `{}`", object.name);
        return Err(Problem::new(line, message));
    }
    let mut properties = object.properties.iter().map(|it| &it.value);
    properties.find(|it| it.name == column).ok_or_else(|| {
        let known = object.properties.iter().map(|it| it.value.name.as_str());
        let near = suggestion(column, known);
        Problem::new(
            line,
            format!("`{element}` is no property of this contract{near}"),
        )
    })
}

fn unit_s(line: u64, unit: Option<&str>) -> Outcome<f64> {
    let Some(unit) = unit else { return Ok(DAY_S) };
    let unit = unit.to_lowercase();
    let known = UNITS.iter().find(|(name, _)| *name == unit);
    known.map(|(_, seconds)| *seconds).ok_or_else(|| {
        let message = format!("unknown unit `{unit}` of an age; known are d, h, m (minutes) and s");
        Problem::new(line, message)
    })
}

fn seconds(line: u64, key: &str, value: &Value, unit_s: f64) -> Outcome<f64> {
    let amount = value.as_f64().filter(|it| *it >= 0.0 && it.is_finite());
    amount.map(|it| it * unit_s).ok_or_else(|| {
        let message = format!("`{key}` of an age is a number, not below 0");
        Problem::new(line, message)
    })
}

/// The age in seconds; −1 where rows are there but none with a time, nothing where there is no row.
fn age(property: &Property) -> Option<String> {
    let column = identifier(&property.name);
    let time = match property.logical_type {
        LogicalType::Timestamp => format!("staged.{column}"),
        LogicalType::Date => format!("(staged.{column} + 1)::timestamp at time zone 'UTC'"),
        _ => return None,
    };
    Some(format!(
        "select case
    when newest.row_count = 0 then null
    when newest.seen_at is null then -1
    else greatest(0, extract(epoch from newest.due_at - newest.seen_at))
end
from (
    select count(*) as row_count, min(limits.due_at) as due_at,
        max({time}) filter (where {time} <= limits.future_at) as seen_at
    from {{object}} as staged
    cross join (
        select
            least(batch.started_at, (batch.business_date + 1)::timestamp at time zone 'UTC')
                as due_at,
            greatest(batch.started_at, (batch.business_date + 1)::timestamp at time zone 'UTC')
                as future_at
        from staging.batch
    ) as limits
) as newest"
    ))
}
