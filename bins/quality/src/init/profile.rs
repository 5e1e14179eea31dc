//! What the rows of one batch look like: one scan for all aggregates, and a second, of the columns
//! with few distinct values alone, for these values.

use std::collections::BTreeMap;

use anyhow::Context as _;
use deadpool_postgres::Object;
use serde::Deserialize;
use serde_json::Value;

use super::{empty, is_personal};
use crate::check::Entity;
use crate::findings::staging;
use crate::sql_text::{columns, identifier};
use crate::verify::StagingColumn;

/// More distinct values than this are no list.
const VALUES_MAX: u64 = 20;
/// A value that comes this often on average is one of a list, and not one of its row alone.
const ROWS_PER_VALUE_MIN: u64 = 5;
/// Longer texts are prose.
const VALUE_LENGTH_MAX: u64 = 60;

/// A table of staging, and all that is known of it beside its rows.
#[derive(Debug)]
pub(super) struct Target {
    pub(super) entity: String,
    pub(super) batch_id: i64,
    pub(super) columns: Vec<TargetColumn>,
    pub(super) key: Vec<String>,
    pub(super) contract: Option<Entity>,
}

#[derive(Debug)]
pub(super) struct TargetColumn {
    pub(super) name: String,
    pub(super) physical_type: String,
    pub(super) kind: Kind,
    pub(super) description: Option<String>,
    pub(super) is_personal: bool,
}

/// A logical type of the standard, as far as there are values to look at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Text,
    Number,
    Integer,
    Date,
    Timestamp,
    Time,
    Boolean,
    Array,
    Object,
}

impl Kind {
    fn of(data_type: &str) -> Self {
        match data_type {
            "text" | "character varying" | "character" | "uuid" => Self::Text,
            "numeric" | "double precision" | "real" => Self::Number,
            "bigint" | "integer" | "smallint" => Self::Integer,
            "date" => Self::Date,
            "timestamp with time zone" | "timestamp without time zone" => Self::Timestamp,
            "time without time zone" | "time with time zone" => Self::Time,
            "boolean" => Self::Boolean,
            "ARRAY" => Self::Array,
            _ => Self::Object,
        }
    }

    pub(super) fn logical_type(self) -> &'static str {
        match self {
            Self::Text => "string",
            Self::Number => "number",
            Self::Integer => "integer",
            Self::Date => "date",
            Self::Timestamp => "timestamp",
            Self::Time => "time",
            Self::Boolean => "boolean",
            Self::Array => "array",
            Self::Object => "object",
        }
    }
}

/// What was seen of one column; of a personal one, the first alone.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(super) struct Seen {
    /// Rows with a value.
    pub(super) filled: u64,
    pub(super) distinct: u64,
    pub(super) length_min: Option<u64>,
    pub(super) length_max: Option<u64>,
    /// Texts with each run of digits as `#`; both alike where all values have one shape.
    pub(super) shape_min: Option<String>,
    pub(super) shape_max: Option<String>,
    pub(super) has_hash: Option<bool>,
    /// Numbers as text, days as `YYYY-MM-DD`; none where one of them is infinite.
    pub(super) lowest: Option<String>,
    pub(super) highest: Option<String>,
}

#[derive(Debug)]
pub(super) struct Profile {
    pub(super) rows: u64,
    /// Different keys, of rows whose key has no null.
    pub(super) keys: u64,
    pub(super) columns: Vec<Seen>,
    /// Distinct values of columns that have few.
    pub(super) values: BTreeMap<String, Vec<Value>>,
}

impl Target {
    pub(super) fn new(
        entity: String,
        batch_id: i64,
        columns: &[StagingColumn],
        key: Vec<String>,
        contract: Option<Entity>,
    ) -> Self {
        let columns = columns
            .iter()
            .map(|column| TargetColumn {
                name: column.name.clone(),
                physical_type: physical_type(&column.data_type),
                kind: Kind::of(&column.data_type),
                description: column.description.clone(),
                is_personal: is_personal(contract.as_ref(), &column.name),
            })
            .collect();
        Self {
            entity,
            batch_id,
            columns,
            key,
            contract,
        }
    }

    /// The one scan: a row count, a key count and one JSON object per column.
    fn scan(&self) -> String {
        let mut parts = vec!["count(*) as row_count".to_owned()];
        parts.push(if self.key.is_empty() {
            "0::bigint as key_count".to_owned()
        } else {
            let key = columns("staged", &self.key);
            let known = crate::sql_text::all_known("staged", &self.key);
            format!("count(distinct ({key})) filter (where {known}) as key_count")
        });
        parts.extend(self.columns.iter().map(TargetColumn::aggregates));
        format!(
            "select\n    {}\nfrom {} as staged\nwhere staged.batch_id = {}",
            parts.join(",\n    "),
            staging(&self.entity),
            self.batch_id
        )
    }
}

impl TargetColumn {
    /// Ends in `_id`, and is no person's data: its values have a shape worth knowing.
    pub(super) fn is_id(&self) -> bool {
        self.name.ends_with("_id") && !self.is_personal
    }

    fn aggregates(&self) -> String {
        let column = format!("staged.{}", identifier(&self.name));
        let mut parts = vec![format!("'filled', count({column})")];
        if !self.is_personal {
            match self.kind {
                Kind::Text => parts.extend(self.of_text(&column)),
                Kind::Number | Kind::Integer => {
                    parts.push(format!("'lowest', min({column})::text"));
                    parts.push(format!("'highest', max({column})::text"));
                }
                Kind::Date | Kind::Timestamp => {
                    for (name, aggregate) in [("lowest", "min"), ("highest", "max")] {
                        parts.push(format!(
                            "'{name}', case when isfinite({aggregate}({column})) \
                             then to_char({aggregate}({column}), 'YYYY-MM-DD') end"
                        ));
                    }
                }
                Kind::Time | Kind::Boolean | Kind::Array | Kind::Object => {}
            }
        }
        format!("jsonb_build_object({})", parts.join(", "))
    }

    fn of_text(&self, column: &str) -> Vec<String> {
        let text = format!("{column}::text");
        let mut parts = vec![
            format!("'distinct', count(distinct {column})"),
            format!("'length_min', min(char_length({text}))"),
            format!("'length_max', max(char_length({text}))"),
        ];
        if self.is_id() {
            let shape = format!("regexp_replace({text}, '[0-9]+', '#', 'g') collate \"C\"");
            parts.push(format!("'shape_min', min({shape})"));
            parts.push(format!("'shape_max', max({shape})"));
            parts.push(format!("'has_hash', bool_or(strpos({text}, '#') > 0)"));
        }
        parts
    }

    /// Whether its values are a list, rather than one for each row.
    fn is_listed(&self, seen: &Seen) -> bool {
        self.kind == Kind::Text
            && !self.is_personal
            && !self.is_id()
            && (1..=VALUES_MAX).contains(&seen.distinct)
            && seen.filled >= seen.distinct * ROWS_PER_VALUE_MIN
            && seen.length_max.is_some_and(|it| it <= VALUE_LENGTH_MAX)
    }
}

/// The short names of PostgreSQL, as our contracts write them.
fn physical_type(data_type: &str) -> String {
    match data_type {
        "timestamp with time zone" => "timestamptz",
        "timestamp without time zone" => "timestamp",
        "time without time zone" => "time",
        "time with time zone" => "timetz",
        other => other,
    }
    .to_owned()
}

impl Profile {
    pub(super) async fn take(client: &Object, target: &Target) -> anyhow::Result<Self> {
        let failed = || format!("failed to look at the rows of staging.{}", target.entity);
        let row = client
            .query_one(&target.scan(), &[])
            .await
            .with_context(failed)?;
        let count =
            |index: usize| -> anyhow::Result<u64> { crate::judge::unsigned(row.try_get(index)?) };
        let mut profile = Self {
            rows: count(0)?,
            keys: count(1)?,
            columns: Vec::new(),
            values: BTreeMap::new(),
        };
        if profile.rows == 0 {
            return Err(empty(&target.entity, Some(target.batch_id)));
        }
        for index in 0..target.columns.len() {
            let seen: Value = row.try_get(index + 2)?;
            let seen = serde_json::from_value(seen).with_context(failed)?;
            profile.columns.push(seen);
        }
        profile
            .list_values(client, target)
            .await
            .with_context(failed)?;
        Ok(profile)
    }

    async fn list_values(&mut self, client: &Object, target: &Target) -> anyhow::Result<()> {
        let pairs = target.columns.iter().zip(&self.columns);
        let listed: Vec<&str> = pairs
            .filter(|(column, seen)| column.is_listed(seen))
            .map(|(column, _)| column.name.as_str())
            .collect();
        if listed.is_empty() {
            return Ok(());
        }
        let parts: Vec<String> = listed
            .iter()
            .map(|name| format!("jsonb_agg(distinct staged.{})", identifier(name)))
            .collect();
        let text = format!(
            "select {} from {} as staged where staged.batch_id = {}",
            parts.join(", "),
            staging(&target.entity),
            target.batch_id
        );
        let row = client.query_one(&text, &[]).await?;
        for (index, name) in listed.into_iter().enumerate() {
            let Value::Array(mut values) = row.try_get(index)? else {
                continue;
            };
            values.retain(|value| !value.is_null());
            values.sort_by(|left, right| left.as_str().cmp(&right.as_str()));
            self.values.insert(name.to_owned(), values);
        }
        Ok(())
    }
}
