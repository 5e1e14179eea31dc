//! Custom properties: what the standard leaves to us.

use serde_saphyr::Spanned;

use super::compile::Outcome;
use super::document::{CustomProperty, SchemaObject};
use super::problem::{Problem, suggestion};

pub(super) fn expect_property(property: &Spanned<CustomProperty>, known: &[&str]) -> Outcome<()> {
    let name = property.value.property.as_str();
    if known.contains(&name) {
        return Ok(());
    }
    let near = suggestion(name, known.iter().copied());
    let message = format!("unknown custom property `{name}`{near}");
    Err(Problem {
        line: property.referenced.line(),
        message,
    })
}

fn custom_value<'a>(
    object: &'a SchemaObject,
    name: &str,
) -> Outcome<Option<&'a Spanned<CustomProperty>>> {
    for property in &object.custom_properties {
        expect_property(property, &["criticality", "history"])?;
    }
    Ok(object
        .custom_properties
        .iter()
        .find(|property| property.value.property == name))
}

pub(super) fn criticality(object: &SchemaObject) -> Outcome<u32> {
    let Some(property) = custom_value(object, "criticality")? else {
        return Ok(1);
    };
    match property.value.value.as_u64() {
        Some(1) => Ok(1),
        Some(2) => Ok(2),
        Some(3) => Ok(3),
        _ => {
            let message = "`criticality` is 1, 2 or 3".to_owned();
            Err(Problem {
                line: property.referenced.line(),
                message,
            })
        }
    }
}

pub(super) fn flag(object: &SchemaObject, name: &str) -> Outcome<bool> {
    let Some(property) = custom_value(object, name)? else {
        return Ok(false);
    };
    property.value.value.as_bool().ok_or_else(|| Problem {
        line: property.referenced.line(),
        message: format!("`{name}` is true or false"),
    })
}
