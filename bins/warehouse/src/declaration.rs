//! Which attributes of a dimension keep their history: `[warehouse.dimensions]`.
//!
//! Every attribute is of type 2 (a change begins a version) or of type 1 (all versions show the
//! latest value). `warehouse.dimension_attributes` mirrors what the last load was told, so that a
//! load which is told otherwise computes all versions anew from the log.

use std::collections::BTreeMap;

use chrono::{DateTime, NaiveDate, NaiveTime, Utc};
use common::config::nearest_hint;
use common::{Failure, Sql, Step, db, sql};
use deadpool_postgres::GenericClient;
use serde::Deserialize;

use crate::load::{Load, rows_of};

const FIND_CHANGED_DIMENSIONS: Sql = sql!("warehouse/find_changed_dimensions.sql");
const UPSERT_ATTRIBUTES: Sql = sql!("warehouse/upsert_dimension_attributes.sql");
const RELATION: &str = "warehouse.dimension_attributes";

/// A dimension's name and its attributes, as its columns are called.
type Known = (&'static str, &'static [&'static str]);

const CUSTOMERS: Known = (
    "customers",
    &[
        "full_name",
        "email",
        "phone",
        "gender",
        "birth_date",
        "age_group",
        "customer_segment",
        "city",
        "state",
        "postal_code",
        "country",
        "registration_date",
    ],
);
const PRODUCTS: Known = (
    "products",
    &[
        "product_name",
        "category_id",
        "category",
        "sub_category",
        "brand",
        "supplier_id",
        "currency",
        "price",
        "cost",
        "is_active",
    ],
);
const STORES: Known = (
    "stores",
    &[
        "store_name",
        "store_type",
        "manager",
        "city",
        "state",
        "country",
        "region",
        "opened_date",
    ],
);

/// What a configuration that is silent means; a list that it has replaces the one here.
pub(crate) const DEFAULTS: &str = r#"
[dimensions.customers]
type_2 = [
    "full_name", "email", "phone", "gender", "birth_date", "age_group", "customer_segment", "city",
    "state", "postal_code", "country", "registration_date",
]
[dimensions.products]
type_2 = ["price", "cost", "currency", "category_id", "category", "sub_category"]
[dimensions.stores]
type_2 = ["manager"]
"#;

/// The dimensions that can have history.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Dimensions {
    customers: Declaration,
    products: Declaration,
    stores: Declaration,
}

/// Attributes of type 2, and those that a source began to deliver later on.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
struct Declaration {
    type_2: Vec<String>,
    /// Before this day (UTC) the attribute counts as unknown.
    #[serde(default)]
    known_since: BTreeMap<String, Day>,
}

/// A day of the configuration, whose mistakes are told with what was written.
#[derive(Debug, Clone, Copy, Deserialize)]
#[serde(try_from = "String")]
struct Day(NaiveDate);

impl TryFrom<String> for Day {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        match text.parse() {
            Ok(day) => Ok(Self(day)),
            Err(_) => Err(format!("known_since: `{text}` is no day like `2026-01-31`")),
        }
    }
}

/// One column per parameter of the statements, one element per attribute.
#[derive(Debug, Default)]
struct Columns {
    dimensions: Vec<&'static str>,
    attributes: Vec<&'static str>,
    types: Vec<i16>,
    known_since: Vec<Option<DateTime<Utc>>>,
}

impl Dimensions {
    /// # Errors
    /// An attribute that its dimension does not have, or one of type 1 that is known since a day,
    /// with exit code 2.
    pub(crate) fn check(&self) -> anyhow::Result<()> {
        for ((dimension, attributes), declared) in self.all() {
            for name in declared.type_2.iter().chain(declared.known_since.keys()) {
                if !attributes.contains(&name.as_str()) {
                    let hint = nearest_hint(name, attributes.iter().copied());
                    return Err(Failure::usage(format!(
                        "[warehouse.dimensions.{dimension}] has no attribute `{name}`{hint}"
                    ))
                    .into());
                }
            }
            let mut since = declared.known_since.keys();
            if let Some(name) = since.find(|name| !declared.type_2.contains(name)) {
                return Err(Failure::usage(format!(
                    "in [warehouse.dimensions.{dimension}] `{name}` is known_since a day, which \
                     only means something for an attribute of type_2"
                ))
                .into());
            }
        }
        Ok(())
    }

    /// The dimensions that the warehouse was last loaded under another declaration of.
    pub(crate) async fn find_changed(
        &self,
        client: &impl GenericClient,
    ) -> anyhow::Result<Vec<String>> {
        let columns = self.columns();
        let rows = db::rows(
            client,
            FIND_CHANGED_DIMENSIONS,
            &[
                &columns.dimensions,
                &columns.attributes,
                &columns.types,
                &columns.known_since,
            ],
        )
        .await?;
        let names = rows.iter().map(|row| row.try_get("dimension"));
        Ok(names.collect::<Result<_, _>>()?)
    }

    /// Remembers the declaration that this load follows.
    pub(crate) async fn write(&self, load: &mut Load<'_>) -> anyhow::Result<()> {
        let step = Step::begin(format!("upsert {RELATION}")).relation(RELATION);
        let columns = self.columns();
        let row = db::row(
            load.tx,
            UPSERT_ATTRIBUTES,
            &[
                &load.ctx.started_at,
                &columns.dimensions,
                &columns.attributes,
                &columns.types,
                &columns.known_since,
            ],
        )
        .await?;
        let rows = rows_of(&row)?;
        load.report.finish(step, rows);
        Ok(())
    }

    fn all(&self) -> [(Known, &Declaration); 3] {
        [
            (CUSTOMERS, &self.customers),
            (PRODUCTS, &self.products),
            (STORES, &self.stores),
        ]
    }

    fn columns(&self) -> Columns {
        let mut columns = Columns::default();
        for ((dimension, attributes), declared) in self.all() {
            for attribute in attributes {
                let has_history = declared.type_2.iter().any(|name| name == attribute);
                let since = declared.known_since.get(*attribute);
                columns.dimensions.push(dimension);
                columns.attributes.push(attribute);
                columns.types.push(if has_history { 2 } else { 1 });
                columns
                    .known_since
                    .push(since.map(|day| day.0.and_time(NaiveTime::MIN).and_utc()));
            }
        }
        columns
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::settings::tests::settings;

    #[test]
    fn what_a_configuration_does_not_say_keeps_its_default() {
        let declared = settings("[warehouse.dimensions.stores]\ntype_2 = []").expect("settings");
        let declared = declared.dimensions;
        assert_eq!(declared.customers.type_2, CUSTOMERS.1);
        let columns = declared.columns();
        let history = columns.types.iter().filter(|it| **it == 2).count();
        assert_eq!((columns.types.len(), history), (30, 18));
    }

    #[test]
    fn a_mistake_is_explained() {
        for (text, message) in [
            (
                "[warehouse.dimensions.customers]\ntype_2 = [\"citty\"]",
                "[warehouse.dimensions.customers] has no attribute `citty`; did you mean `city`?",
            ),
            (
                "[warehouse.dimensions.products]\nknown_since = { brand = \"2026-01-01\" }",
                "only means something for an attribute of type_2",
            ),
            (
                "[warehouse.dimensions.customers]\nknown_since = { city = \"May\" }",
                "known_since: `May` is no day like `2026-01-31`",
            ),
            (
                "[warehouse.dimensions.shops]\ntype_2 = []",
                "unknown key `shops`; did you mean `stores`?",
            ),
        ] {
            let error = settings(text).expect_err("a mistake");
            let error = format!("{error:#}");
            assert!(error.contains(message), "{error}");
        }
    }

    /// The statements spell out what can be declared; one of them lags behind in no attribute.
    #[test]
    fn every_attribute_is_read_from_the_log_and_from_the_members() {
        let texts = [
            (CUSTOMERS, sql!("warehouse/collect_customers.sql")),
            (CUSTOMERS, sql!("warehouse/fill_work_customers.sql")),
            (PRODUCTS, sql!("warehouse/collect_products.sql")),
            (PRODUCTS, sql!("warehouse/fill_work_products.sql")),
            (STORES, sql!("warehouse/collect_stores.sql")),
            (STORES, sql!("warehouse/fill_work_stores.sql")),
        ];
        for ((_, attributes), sql) in texts {
            for attribute in attributes {
                let key = format!("'{attribute}',");
                assert!(sql.text.contains(&key), "{} lacks {key}", sql.path);
            }
        }
    }
}
