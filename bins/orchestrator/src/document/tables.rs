//! Every table and view with its columns, schema by schema. An entity stands once: `staging` and
//! `production` have most of its columns in common.

use std::fmt::Write as _;

use super::catalog::{Column, Relation};

/// Schemas in the order of the data's way.
const SCHEMAS: [(&str, &str); 4] = [
    ("production", "Entities: `staging` and `production`"),
    ("warehouse", "`warehouse`"),
    ("analytics", "`analytics`"),
    ("ops", "`ops`"),
];

/// All of them as Markdown.
pub(super) fn render(relations: &[Relation]) -> String {
    let staged = |name: &str| {
        relations
            .iter()
            .find(|it| it.schema == "staging" && it.name == name)
    };
    let mut text = String::new();
    for (schema, title) in SCHEMAS {
        let _ = writeln!(text, "### {title}\n");
        for relation in relations.iter().filter(|it| it.schema == schema) {
            let twin = staged(&relation.name).filter(|_| schema == "production");
            text.push_str(&table(relation, twin));
        }
        if schema == "production" {
            let is_alone = |it: &&Relation| {
                it.schema == "staging"
                    && relations
                        .iter()
                        .all(|other| other.schema != "production" || other.name != it.name)
            };
            for relation in relations.iter().filter(is_alone) {
                text.push_str(&table(relation, None));
            }
        }
    }
    text
}

fn table(relation: &Relation, twin: Option<&Relation>) -> String {
    let name = format!("{}.{}", relation.schema, relation.name);
    let mut text = match twin {
        Some(twin) => format!("#### `{}.{}`, `{name}`\n\n", twin.schema, twin.name),
        None => format!("#### `{name}`\n\n"),
    };
    let kind = if relation.is_view { "A view. " } else { "" };
    let _ = writeln!(text, "{kind}{}.\n", relation.comment.trim_end_matches('.'));
    text.push_str("| column | type | key | meaning |\n|---|---|---|---|\n");
    for column in &relation.columns {
        let is_shared = twin.is_none_or(|it| has(it, &column.name));
        text.push_str(&row(
            column,
            if is_shared {
                ""
            } else {
                " (`production` only)"
            },
        ));
    }
    for column in twin.iter().flat_map(|it| &it.columns) {
        if !has(relation, &column.name) {
            text.push_str(&row(column, " (`staging` only)"));
        }
    }
    text.push('\n');
    text
}

fn has(relation: &Relation, column: &str) -> bool {
    relation.columns.iter().any(|it| it.name == column)
}

fn row(column: &Column, note: &str) -> String {
    let key = match (column.is_surrogate, column.is_key) {
        (true, _) => "surrogate",
        (false, true) => "natural",
        (false, false) => "",
    };
    format!(
        "| `{}` | {} | {key} | {}{note} |\n",
        column.name, column.kind, column.comment
    )
}
