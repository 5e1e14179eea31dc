//! From what was seen to what a contract asks for.
//!
//! - `required` where no value was missing; else the share of nulls, up to a whole percent, as a
//!   warning.
//! - The key of the contract, or of the published table, where it was whole and did not repeat.
//! - `unique` where no value repeated among at least 20 rows and the column is named after its table
//!   (`event_id` of `web_events`): a foreign key that happens not to repeat is not unique.
//! - Numbers: from zero, or a negative power of ten, to a power of ten. Dates and times: whole
//!   decades. Texts: a length from a row of steps, and not empty where none was.
//! - Ids whose values are one prefix, digits and one suffix: that pattern.
//! - Texts with at most 20 different values, each in five rows on average: that list, as a warning.
//! - The number of rows: between half and twice of what was seen, as a warning.

use indexmap::IndexMap;
use serde::Serialize;
use serde_json::{Value, json};

use super::profile::{Kind, Profile, Seen, Target, TargetColumn};
use crate::check::{Check, Entity, Rule, Severity};

/// Fewer rows prove nothing unique.
const UNIQUE_ROWS_MIN: u64 = 20;
/// Lengths that people choose for columns.
const LENGTHS: [u64; 10] = [1, 2, 5, 10, 20, 50, 100, 255, 1_000, 10_000];
/// The column that is the same in a whole batch, and the first of every key.
const SOURCE: &str = "source";
const DECADE: i32 = 10;

/// Keys in the order of our own contracts.
pub(super) type Keys = IndexMap<&'static str, Value>;

/// The schema object of the contract.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Draft {
    name: String,
    physical_type: &'static str,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    custom_properties: Vec<Keys>,
    properties: Vec<Property>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    relationships: Vec<Keys>,
    quality: Vec<Keys>,
    /// What a person should know of it.
    #[serde(skip)]
    pub(super) warnings: Vec<String>,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct Property {
    name: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    description: Option<String>,
    logical_type: &'static str,
    physical_type: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    primary_key: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    primary_key_position: Option<usize>,
    #[serde(skip_serializing_if = "Option::is_none")]
    required: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    unique: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    classification: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    logical_type_options: Option<Keys>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    relationships: Vec<Keys>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    quality: Vec<Keys>,
}

pub(super) fn contract(target: &Target, profile: &Profile) -> Draft {
    let has_key = !target.key.is_empty() && profile.keys == profile.rows;
    let mut warnings = Vec::new();
    if !target.key.is_empty() && !has_key {
        warnings.push(format!(
            "the key ({}) repeats, or has nulls, in these rows: the contract has none",
            target.key.join(", ")
        ));
    }
    let key: &[String] = if has_key { &target.key } else { &[] };
    let columns = target.columns.iter().zip(&profile.columns);
    Draft {
        name: target.entity.clone(),
        physical_type: "table",
        custom_properties: target
            .contract
            .as_ref()
            .map_or_else(Vec::new, custom_properties),
        properties: columns
            .map(|(column, seen)| property(target, profile, key, column, seen))
            .collect(),
        relationships: relationships(target.contract.as_ref(), None),
        quality: vec![row_count(profile.rows)],
        warnings,
    }
}

fn custom_properties(contract: &Entity) -> Vec<Keys> {
    let mut properties = vec![custom_property("criticality", json!(contract.criticality))];
    if contract.has_history {
        properties.push(custom_property("history", json!(true)));
    }
    properties
}

fn custom_property(name: &str, value: Value) -> Keys {
    Keys::from([("property", json!(name)), ("value", value)])
}

fn property(
    target: &Target,
    profile: &Profile,
    key: &[String],
    column: &TargetColumn,
    seen: &Seen,
) -> Property {
    let is_source = column.name == SOURCE;
    let position = match key.iter().position(|name| *name == column.name) {
        // The source comes first in every key.
        Some(index) => Some(index + 2),
        None => (is_source && !key.is_empty()).then_some(1),
    };
    let is_whole = seen.filled == profile.rows;
    let options = if is_source {
        Keys::new()
    } else {
        type_options(column, seen)
    };
    let mut quality = Vec::new();
    if !is_source {
        quality.extend(null_share(profile.rows, seen.filled));
        quality.extend(
            profile
                .values
                .get(&column.name)
                .map(|values| accepted(values)),
        );
    }
    let is_unique = position.is_none() && is_named_after(&target.entity, &column.name);
    let is_unique = is_unique && is_whole && seen.distinct == profile.rows;
    let is_unique = is_unique && profile.rows >= UNIQUE_ROWS_MIN;
    Property {
        name: column.name.clone(),
        description: column.description.clone(),
        logical_type: column.kind.logical_type(),
        physical_type: column.physical_type.clone(),
        primary_key: position.is_some().then_some(true),
        primary_key_position: position,
        required: is_whole.then_some(true),
        unique: is_unique.then_some(true),
        classification: column.is_personal.then_some("personal"),
        logical_type_options: (!options.is_empty()).then_some(options),
        relationships: relationships(target.contract.as_ref(), Some(&column.name)),
        quality,
    }
}

/// `event_id` of `web_events`, `order_number` of `orders`.
fn is_named_after(entity: &str, column: &str) -> bool {
    let stem = ["_id", "_number", "_code"]
        .into_iter()
        .find_map(|ending| column.strip_suffix(ending));
    let singular = entity.strip_suffix('s').unwrap_or(entity);
    stem.is_some_and(|stem| singular == stem || singular.ends_with(&format!("_{stem}")))
}

fn type_options(column: &TargetColumn, seen: &Seen) -> Keys {
    let mut options = Keys::new();
    match column.kind {
        Kind::Text => {
            if seen.length_min.is_some_and(|it| it > 0) {
                options.insert("minLength", json!(1));
            }
            let length = seen.length_max.and_then(|seen| {
                let mut steps = LENGTHS.into_iter();
                steps.find(|step| *step >= seen)
            });
            if let Some(length) = length {
                options.insert("maxLength", json!(length));
            }
            if let Some(pattern) = pattern(seen) {
                options.insert("pattern", json!(pattern));
            }
        }
        Kind::Number | Kind::Integer => {
            let bounds = number_bounds(seen);
            for (name, bound) in ["minimum", "maximum"].into_iter().zip(bounds) {
                options.extend(bound.map(|bound| (name, bound)));
            }
        }
        Kind::Date | Kind::Timestamp => {
            if let Some([first, last]) = decades(seen) {
                let suffixes = match column.kind {
                    Kind::Timestamp => ["T00:00:00Z", "T23:59:59.999999Z"],
                    _ => ["", ""],
                };
                let first = format!("{first:04}-01-01{}", suffixes[0]);
                let last = format!("{last:04}-12-31{}", suffixes[1]);
                options.insert("minimum", json!(first));
                options.insert("maximum", json!(last));
            }
        }
        Kind::Time | Kind::Boolean | Kind::Array | Kind::Object => {}
    }
    options
}

/// From zero, or a negative power of ten, to a power of ten, or zero.
fn number_bounds(seen: &Seen) -> [Option<Value>; 2] {
    let finite = |text: &Option<String>| {
        let number = text.as_deref().and_then(|text| text.parse::<f64>().ok());
        number.filter(|it| it.is_finite())
    };
    let (Some(lowest), Some(highest)) = (finite(&seen.lowest), finite(&seen.highest)) else {
        return [None, None];
    };
    let minimum = if lowest < 0.0 {
        power_of_ten(-lowest).map(|it| number(-it))
    } else {
        Some(number(0.0))
    };
    // Zeros alone say nothing about how high the others may be.
    let maximum = if highest > 0.0 {
        power_of_ten(highest).map(number)
    } else {
        (lowest < 0.0).then(|| number(0.0))
    };
    [minimum, maximum]
}

/// The least power of ten that is not below a positive number.
fn power_of_ten(number: f64) -> Option<f64> {
    (-12..=15)
        .filter_map(|exponent| format!("1e{exponent}").parse::<f64>().ok())
        .find(|power| *power >= number)
}

/// Without a fraction where there is none.
#[expect(
    clippy::cast_possible_truncation,
    reason = "powers of ten up to 10^15 fit"
)]
fn number(value: f64) -> Value {
    if value.fract() == 0.0 {
        json!(value as i64)
    } else {
        json!(value)
    }
}

/// First and last year of the decades that the days lie in.
fn decades(seen: &Seen) -> Option<[i32; 2]> {
    let year = |day: &Option<String>| -> Option<i32> {
        let (year, _) = day.as_deref()?.split_once('-')?;
        year.parse().ok().filter(|year| (1..9_990).contains(year))
    };
    let (first, last) = (year(&seen.lowest)?, year(&seen.highest)?);
    let first = (first / DECADE * DECADE).max(1);
    Some([first, last / DECADE * DECADE + DECADE - 1])
}

/// `^CUST-[0-9]+$`, where all values are digits between one prefix and one suffix.
fn pattern(seen: &Seen) -> Option<String> {
    let shape = seen.shape_min.as_ref()?;
    if seen.shape_max.as_ref() != Some(shape) || seen.has_hash != Some(false) {
        return None;
    }
    let (prefix, suffix) = shape.split_once('#')?;
    let is_plain = |part: &str| {
        part.chars()
            .all(|it| it.is_ascii_alphanumeric() || "-_/:. ".contains(it))
    };
    if !is_plain(prefix) || !is_plain(suffix) {
        return None;
    }
    let escaped = |part: &str| part.replace('.', "\\.");
    Some(format!("^{}[0-9]+{}$", escaped(prefix), escaped(suffix)))
}

/// Nulls as they were, up to a whole percent. As a query: a rule about rows would count each null
/// against the score, and hold it back.
fn null_share(rows: u64, filled: u64) -> Option<Keys> {
    let missing = rows.saturating_sub(filled);
    if missing == 0 || filled == 0 {
        return None;
    }
    let percent = (missing * 100).div_ceil(rows);
    let query = "select 100.0 * count(*) filter (where {property} is null) \
                 / nullif(count(*), 0) from {object}";
    Some(Keys::from([
        ("id", json!("null_share")),
        ("type", json!("sql")),
        ("query", json!(query)),
        ("mustBeLessOrEqualTo", json!(percent)),
        ("unit", json!("percent")),
        ("severity", json!("warning")),
        ("dimension", json!("completeness")),
    ]))
}

fn accepted(values: &[Value]) -> Keys {
    Keys::from([
        ("metric", json!("invalidValues")),
        ("arguments", json!({"validValues": values})),
        ("mustBe", json!(0)),
        ("severity", json!("warning")),
        ("dimension", json!("conformity")),
    ])
}

fn row_count(rows: u64) -> Keys {
    Keys::from([
        ("metric", json!("rowCount")),
        // The bounds themselves are outside, as the standard says.
        ("mustBeBetween", json!([rows.div_ceil(2) - 1, rows * 2 + 1])),
        ("severity", json!("warning")),
        ("dimension", json!("coverage")),
    ])
}

/// Relationships of a column, or those of several columns, as the contract has them.
fn relationships(contract: Option<&Entity>, column: Option<&str>) -> Vec<Keys> {
    let checks = contract.into_iter().flat_map(|it| &it.checks);
    checks
        .filter(|check| check.column.as_deref() == column)
        .filter_map(relationship)
        .collect()
}

fn relationship(check: &Check) -> Option<Keys> {
    let Rule::Reference(reference) = &check.rule else {
        return None;
    };
    let target = &reference.target;
    let columns = reference.target_columns.iter();
    let to: Vec<String> = columns.map(|name| format!("{target}.{name}")).collect();
    let mut relationship = match (&check.column, to.as_slice()) {
        (Some(_), [only]) => Keys::from([("to", json!(only))]),
        _ => Keys::from([("from", json!(reference.columns)), ("to", json!(to))]),
    };
    if check.severity != Severity::Error {
        let severity = custom_property("severity", json!(check.severity.name()));
        relationship.insert("customProperties", json!([severity]));
    }
    Some(relationship)
}
