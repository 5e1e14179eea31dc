//! The star as a picture: facts, dimensions, and the keys that join them.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use super::catalog::Relation;

/// A picture in Mermaid's language, which pages of the repository show as such.
pub(super) fn render(relations: &[Relation]) -> String {
    let of_kind = |prefix: &'static str| {
        relations
            .iter()
            .filter(move |it| it.schema == "warehouse" && it.name.starts_with(prefix))
    };
    let dimensions: Vec<&Relation> = of_kind("dim_").collect();
    let mut text = String::from("```mermaid\nerDiagram\n");
    for fact in of_kind("fact_") {
        let mut joins: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
        for column in &fact.columns {
            if let Some(dimension) = dimension_of(&column.name, &dimensions) {
                joins.entry(&dimension.name).or_default().push(&column.name);
            }
        }
        for (dimension, columns) in joins {
            let label = columns.join(", ");
            let _ = writeln!(text, "    {dimension} ||--o{{ {} : \"{label}\"", fact.name);
        }
    }
    for fact in of_kind("fact_") {
        let _ = writeln!(text, "    {} {{", fact.name);
        for column in fact.columns.iter().filter(|it| it.is_key) {
            let kind = column.kind.replace(' ', "_");
            let _ = writeln!(text, "        {kind} {} PK", column.name);
        }
        text.push_str("    }\n");
    }
    text.push_str("```\n");
    text
}

/// The dimension whose key ends the column's name; facts carry no foreign keys.
fn dimension_of<'a>(column: &str, dimensions: &[&'a Relation]) -> Option<&'a Relation> {
    let points_to = |key: &str| column == key || column.ends_with(&format!("_{key}"));
    dimensions
        .iter()
        .copied()
        .filter(|it| it.surrogate_key().is_some_and(points_to))
        .max_by_key(|it| it.surrogate_key().map(str::len))
}
