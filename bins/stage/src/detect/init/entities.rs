//! The entities of staging, and which of them a file already looks like.

use crate::source::Type;
use crate::target::STAGING_COLUMNS;

/// The migrations that make the tables of staging.
const STAGING: &str = concat!(
    include_str!("../../../../../sql/migrations/0003_staging.sql"),
    include_str!("../../../../../sql/migrations/0012_deletes.sql"),
);

/// Entities that files bring, with their keys beside `source`.
const KEYS: [(&str, &[&str]); 14] = [
    ("customers", &["customer_id"]),
    ("categories", &["category_id"]),
    ("products", &["product_id"]),
    ("suppliers", &["supplier_id"]),
    ("stores", &["store_id"]),
    ("sales_representatives", &["sales_rep_id"]),
    ("transactions", &["transaction_id"]),
    ("transaction_items", &["transaction_id", "line_number"]),
    ("payments", &["transaction_id", "payment_sequence"]),
    ("shipments", &["transaction_id", "shipment_id"]),
    ("inventory_movements", &["movement_id"]),
    (
        "inventory_snapshots",
        &["snapshot_date", "product_id", "store_id"],
    ),
    ("web_events", &["event_id"]),
    ("deletes", &["entity", "key", "deleted_at"]),
];

/// An entity that a file looks like, and the types that its columns have there.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Match {
    /// The entity.
    pub entity: &'static str,
    /// Types, in the order of the file's columns.
    pub types: Vec<Type>,
}

/// Entities that a shop needs to show up in the warehouse.
pub(crate) const NEEDED: [&str; 2] = ["transactions", "transaction_items"];

/// The entity whose keys a file has, and none but whose columns; a type that is open fits any.
pub(crate) fn find(columns: &[(&str, Option<Type>)]) -> Option<Match> {
    KEYS.iter()
        .filter_map(|(entity, keys)| {
            let has_key = |key: &&str| columns.iter().any(|it| it.0 == *key);
            if !keys.iter().all(has_key) {
                return None;
            }
            let known = columns_of(entity);
            let types = columns.iter().map(|(name, kind)| {
                let (_, needed) = known.iter().find(|it| it.0 == *name)?;
                fits(*kind, *needed).then_some(*needed)
            });
            let types = types.collect::<Option<Vec<Type>>>()?;
            Some((keys.len(), Match { entity, types }))
        })
        .max_by_key(|it| it.0)
        .map(|it| it.1)
}

fn fits(kind: Option<Type>, needed: Type) -> bool {
    match (kind, needed) {
        (None, _) | (_, Type::Text) | (Some(Type::Integer), Type::Decimal) => true,
        (Some(kind), needed) => kind == needed,
    }
}

/// Names and types of an entity's columns, as the migration has them.
fn columns_of(entity: &str) -> Vec<(&'static str, Type)> {
    let begin = format!("create table staging.{entity} (");
    let Some((_, rest)) = STAGING.split_once(&begin) else {
        return Vec::new();
    };
    let body = rest.split_once("\n);").map_or(rest, |it| it.0);
    body.lines()
        .filter_map(|line| {
            let mut words = line.trim().trim_end_matches(',').split(' ');
            let (name, kind) = (words.next()?, words.next()?);
            let kind = match kind {
                "text" => Type::Text,
                "bigint" => Type::Integer,
                "numeric" => Type::Decimal,
                "date" => Type::Date,
                "timestamptz" => Type::Timestamp,
                "boolean" => Type::Boolean,
                "jsonb" => Type::Json,
                _ => return None,
            };
            (!STAGING_COLUMNS.contains(&name)).then_some((name, kind))
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_table_of_staging_is_known_with_its_key() {
        for (entity, keys) in KEYS {
            let columns = columns_of(entity);
            assert!(!columns.is_empty(), "{entity}");
            for key in keys {
                assert!(columns.iter().any(|it| it.0 == *key), "{entity}.{key}");
            }
        }
        // The others are the run's own and the shop's own.
        let tables = STAGING.matches("create table staging.").count();
        assert_eq!(tables, KEYS.len() + 2);
    }

    #[test]
    fn a_file_with_an_entitys_columns_is_that_entity() {
        let found = find(&[
            ("product_id", Some(Type::Integer)),
            ("product_name", Some(Type::Text)),
            ("price", Some(Type::Integer)),
            ("brand", None),
        ]);
        let types = vec![Type::Text, Type::Text, Type::Decimal, Type::Text];
        let entity = "products";
        assert_eq!(found, Some(Match { entity, types }));
    }

    #[test]
    fn a_missing_key_a_strange_column_or_another_type_is_no_entity() {
        let text = Some(Type::Text);
        assert_eq!(find(&[("product_name", text)]), None);
        assert_eq!(find(&[("product_id", text), ("colour", text)]), None);
        assert_eq!(find(&[("product_id", text), ("price", text)]), None);
        let found = find(&[
            ("transaction_id", text),
            ("payment_sequence", Some(Type::Integer)),
        ]);
        assert_eq!(found.map(|it| it.entity), Some("payments"));
    }
}
