//! An Open Data Contract Standard v3.1 document, as it is written.
//!
//! Invariant: every key is either executed or known to be documentation; anything else is refused
//! while it is read. Fields with a leading underscore are documentation.

use serde::de::IgnoredAny;
use serde::{Deserialize, Deserializer};
use serde_json::Value;
use serde_saphyr::Spanned;

/// A part that people and other tools read.
type Prose = Option<IgnoredAny>;

/// A key that is there must have a value: an empty one would read as if the key were absent.
fn present<'de, D, T>(deserializer: D) -> Result<Option<T>, D::Error>
where
    D: Deserializer<'de>,
    T: Deserialize<'de>,
{
    T::deserialize(deserializer).map(Some)
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct Document {
    pub(crate) api_version: Spanned<String>,
    #[serde(rename = "kind")]
    pub(crate) _kind: DocumentKind,
    pub(crate) id: String,
    pub(crate) version: String,
    #[serde(rename = "status")]
    pub(crate) _status: String,
    pub(crate) schema: Spanned<Vec<SchemaObject>>,
    #[serde(rename = "name")]
    pub(crate) _name: Prose,
    #[serde(rename = "tenant")]
    pub(crate) _tenant: Prose,
    #[serde(rename = "domain")]
    pub(crate) _domain: Prose,
    #[serde(rename = "dataProduct")]
    pub(crate) _data_product: Prose,
    #[serde(rename = "description")]
    pub(crate) _description: Prose,
    #[serde(rename = "tags")]
    pub(crate) _tags: Prose,
    #[serde(rename = "servers")]
    pub(crate) _servers: Prose,
    #[serde(rename = "support")]
    pub(crate) _support: Prose,
    #[serde(rename = "price")]
    pub(crate) _price: Prose,
    #[serde(rename = "team")]
    pub(crate) _team: Prose,
    #[serde(rename = "roles")]
    pub(crate) _roles: Prose,
    #[serde(default)]
    pub(crate) sla_properties: Vec<Spanned<ServiceLevel>>,
    #[serde(rename = "authoritativeDefinitions")]
    pub(crate) _authoritative_definitions: Prose,
    #[serde(rename = "contractCreatedTs")]
    pub(crate) _created: Prose,
}

/// A promise about the data; those about freshness are executed, the others are documentation.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct ServiceLevel {
    pub(crate) property: String,
    pub(crate) value: Value,
    pub(crate) value_ext: Option<Value>,
    pub(crate) unit: Option<String>,
    pub(crate) element: Option<String>,
    pub(crate) id: Option<String>,
    pub(crate) description: Option<String>,
    #[serde(rename = "driver")]
    pub(crate) _driver: Prose,
    #[serde(rename = "scheduler")]
    pub(crate) _scheduler: Prose,
    #[serde(rename = "schedule")]
    pub(crate) _schedule: Prose,
}

#[derive(Debug, Deserialize)]
pub(crate) enum DocumentKind {
    DataContract,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct SchemaObject {
    pub(crate) name: String,
    #[serde(default)]
    pub(crate) properties: Vec<Spanned<Property>>,
    #[serde(default)]
    pub(crate) relationships: Vec<Spanned<Relationship>>,
    #[serde(default)]
    pub(crate) quality: Vec<Spanned<Quality>>,
    #[serde(default)]
    pub(crate) custom_properties: Vec<Spanned<CustomProperty>>,
    #[serde(rename = "id")]
    pub(crate) _id: Prose,
    #[serde(rename = "physicalType")]
    pub(crate) _physical_type: Prose,
    #[serde(rename = "physicalName")]
    pub(crate) _physical_name: Prose,
    #[serde(rename = "logicalType")]
    pub(crate) _logical_type: Prose,
    #[serde(rename = "businessName")]
    pub(crate) _business_name: Prose,
    #[serde(rename = "description")]
    pub(crate) _description: Prose,
    #[serde(rename = "dataGranularityDescription")]
    pub(crate) _granularity: Prose,
    #[serde(rename = "tags")]
    pub(crate) _tags: Prose,
    #[serde(rename = "authoritativeDefinitions")]
    pub(crate) _authoritative_definitions: Prose,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct Property {
    pub(crate) name: String,
    pub(crate) logical_type: LogicalType,
    #[serde(default)]
    pub(crate) required: bool,
    #[serde(default)]
    pub(crate) unique: bool,
    #[serde(default)]
    pub(crate) primary_key: bool,
    #[serde(default, deserialize_with = "present")]
    pub(crate) primary_key_position: Option<i64>,
    #[serde(default, deserialize_with = "present")]
    pub(crate) classification: Option<String>,
    #[serde(default)]
    pub(crate) logical_type_options: LogicalTypeOptions,
    #[serde(default)]
    pub(crate) relationships: Vec<Spanned<Relationship>>,
    #[serde(default)]
    pub(crate) quality: Vec<Spanned<Quality>>,
    #[serde(rename = "id")]
    pub(crate) _id: Prose,
    #[serde(rename = "physicalType")]
    pub(crate) _physical_type: Prose,
    #[serde(rename = "physicalName")]
    pub(crate) _physical_name: Prose,
    #[serde(rename = "businessName")]
    pub(crate) _business_name: Prose,
    #[serde(rename = "description")]
    pub(crate) _description: Prose,
    #[serde(rename = "examples")]
    pub(crate) _examples: Prose,
    #[serde(rename = "criticalDataElement")]
    pub(crate) _critical_data_element: Prose,
    #[serde(rename = "partitioned")]
    pub(crate) _partitioned: Prose,
    #[serde(rename = "partitionKeyPosition")]
    pub(crate) _partition_key_position: Prose,
    #[serde(rename = "encryptedName")]
    pub(crate) _encrypted_name: Prose,
    #[serde(rename = "transformSourceObjects")]
    pub(crate) _transform_source_objects: Prose,
    #[serde(rename = "transformLogic")]
    pub(crate) _transform_logic: Prose,
    #[serde(rename = "transformDescription")]
    pub(crate) _transform_description: Prose,
    #[serde(rename = "tags")]
    pub(crate) _tags: Prose,
    #[serde(rename = "authoritativeDefinitions")]
    pub(crate) _authoritative_definitions: Prose,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum LogicalType {
    String,
    Date,
    Timestamp,
    Time,
    Number,
    Integer,
    Object,
    Array,
    Boolean,
}

/// Bounds are numbers, or text for dates and times.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct LogicalTypeOptions {
    #[serde(default, deserialize_with = "present")]
    pub(crate) minimum: Option<Spanned<Value>>,
    #[serde(default, deserialize_with = "present")]
    pub(crate) maximum: Option<Spanned<Value>>,
    #[serde(default, deserialize_with = "present")]
    pub(crate) exclusive_minimum: Option<Spanned<Value>>,
    #[serde(default, deserialize_with = "present")]
    pub(crate) exclusive_maximum: Option<Spanned<Value>>,
    #[serde(default, deserialize_with = "present")]
    pub(crate) pattern: Option<Spanned<String>>,
    #[serde(default, deserialize_with = "present")]
    pub(crate) min_length: Option<Spanned<u32>>,
    #[serde(default, deserialize_with = "present")]
    pub(crate) max_length: Option<Spanned<u32>>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct Relationship {
    #[serde(rename = "type")]
    pub(crate) _kind: Option<RelationshipKind>,
    #[serde(default, deserialize_with = "present")]
    pub(crate) from: Option<OneOrMore>,
    pub(crate) to: OneOrMore,
    #[serde(default)]
    pub(crate) custom_properties: Vec<Spanned<CustomProperty>>,
}

#[derive(Debug, Deserialize)]
pub(crate) enum RelationshipKind {
    #[serde(rename = "foreignKey")]
    ForeignKey,
}

#[derive(Debug, Deserialize)]
#[serde(untagged)]
pub(crate) enum OneOrMore {
    One(String),
    More(Vec<String>),
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct CustomProperty {
    pub(crate) property: String,
    pub(crate) value: Value,
    #[serde(rename = "id")]
    pub(crate) _id: Prose,
    #[serde(rename = "description")]
    pub(crate) _description: Prose,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct Quality {
    #[serde(default, deserialize_with = "present")]
    pub(crate) id: Option<String>,
    #[serde(rename = "type", default, deserialize_with = "present")]
    pub(crate) kind: Option<QualityKind>,
    #[serde(default, deserialize_with = "present")]
    pub(crate) metric: Option<Metric>,
    #[serde(default)]
    pub(crate) arguments: Arguments,
    #[serde(default, deserialize_with = "present")]
    pub(crate) must_be: Option<Value>,
    #[serde(default, deserialize_with = "present")]
    pub(crate) must_not_be: Option<Value>,
    #[serde(default, deserialize_with = "present")]
    pub(crate) must_be_greater_than: Option<f64>,
    #[serde(default, deserialize_with = "present")]
    pub(crate) must_be_greater_or_equal_to: Option<f64>,
    #[serde(default, deserialize_with = "present")]
    pub(crate) must_be_less_than: Option<f64>,
    #[serde(default, deserialize_with = "present")]
    pub(crate) must_be_less_or_equal_to: Option<f64>,
    #[serde(default, deserialize_with = "present")]
    pub(crate) must_be_between: Option<[f64; 2]>,
    #[serde(default, deserialize_with = "present")]
    pub(crate) must_not_be_between: Option<[f64; 2]>,
    #[serde(default, deserialize_with = "present")]
    pub(crate) unit: Option<Unit>,
    #[serde(default, deserialize_with = "present")]
    pub(crate) query: Option<String>,
    #[serde(default, deserialize_with = "present")]
    pub(crate) engine: Option<String>,
    #[serde(default, deserialize_with = "present")]
    pub(crate) implementation: Option<String>,
    #[serde(default, deserialize_with = "present")]
    pub(crate) dimension: Option<OdcsDimension>,
    #[serde(default, deserialize_with = "present")]
    pub(crate) severity: Option<crate::check::Severity>,
    #[serde(rename = "name")]
    pub(crate) _name: Prose,
    pub(crate) description: Option<String>,
    #[serde(rename = "businessImpact")]
    pub(crate) _business_impact: Prose,
    #[serde(rename = "method")]
    pub(crate) _method: Prose,
    #[serde(rename = "scheduler")]
    pub(crate) _scheduler: Prose,
    #[serde(rename = "schedule")]
    pub(crate) _schedule: Prose,
    #[serde(rename = "tags")]
    pub(crate) _tags: Prose,
    #[serde(rename = "authoritativeDefinitions")]
    pub(crate) _authoritative_definitions: Prose,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum QualityKind {
    /// For people only.
    Text,
    Library,
    Sql,
    Custom,
}

impl QualityKind {
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Text => "text",
            Self::Library => "library",
            Self::Sql => "sql",
            Self::Custom => "custom",
        }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) enum Metric {
    NullValues,
    MissingValues,
    InvalidValues,
    DuplicateValues,
    RowCount,
}

impl Metric {
    /// The name in the standard, which is the check's name where it has no id.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::NullValues => "nullValues",
            Self::MissingValues => "missingValues",
            Self::InvalidValues => "invalidValues",
            Self::DuplicateValues => "duplicateValues",
            Self::RowCount => "rowCount",
        }
    }
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct Arguments {
    #[serde(default, deserialize_with = "present")]
    pub(crate) valid_values: Option<Vec<Value>>,
    #[serde(default, deserialize_with = "present")]
    pub(crate) missing_values: Option<Vec<Value>>,
    #[serde(default, deserialize_with = "present")]
    pub(crate) pattern: Option<String>,
    #[serde(default, deserialize_with = "present")]
    pub(crate) properties: Option<Vec<String>>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Unit {
    Rows,
    Percent,
}

/// The dimensions that the standard knows; [`crate::check::Dimension`] has ours.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum OdcsDimension {
    Accuracy,
    Completeness,
    Conformity,
    Consistency,
    Coverage,
    Timeliness,
    Uniqueness,
}
