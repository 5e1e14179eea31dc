//! A check, whatever part of a contract it came from.

use std::fmt;
use std::path::PathBuf;

use serde::{Deserialize, Serialize};

use crate::findings::ORDER;
use crate::rules::NamedRule;

/// What a failure of a check means.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Severity {
    /// Worth knowing.
    Info,
    /// The row is published, and the report says so.
    Warning,
    /// The row is held back.
    Error,
    /// The batch is held back.
    Critical,
}

impl Severity {
    /// All of them, the worst first.
    pub(crate) const WORST_FIRST: [Self; 4] =
        [Self::Critical, Self::Error, Self::Warning, Self::Info];

    /// The name in the database.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Info => "info",
            Self::Warning => "warning",
            Self::Error => "error",
            Self::Critical => "critical",
        }
    }

    /// The name in reports, whose readers know `warn`.
    pub(crate) fn report_name(self) -> &'static str {
        match self {
            Self::Warning => "warn",
            other => other.name(),
        }
    }

    /// Weight in the score.
    pub(crate) fn weight(self) -> f64 {
        match self {
            Self::Info => 1.0,
            Self::Warning => 2.0,
            Self::Error => 4.0,
            Self::Critical => 8.0,
        }
    }
}

/// The kind of quality that a check measures.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Dimension {
    /// What a row refers to exists.
    ReferentialIntegrity,
    /// What must be there is there.
    Completeness,
    /// A thing is there once.
    Uniqueness,
    /// A value has the form and range of its kind.
    Validity,
    /// Values agree with each other.
    Consistency,
    /// Values agree with the world.
    Accuracy,
    /// Times are neither stale nor in the future.
    Timeliness,
}

impl Dimension {
    /// Weight in the score of a table.
    pub(crate) fn weight(self) -> f64 {
        match self {
            Self::ReferentialIntegrity => 0.25,
            Self::Completeness => 0.20,
            Self::Uniqueness | Self::Validity => 0.15,
            Self::Consistency | Self::Accuracy => 0.10,
            Self::Timeliness => 0.05,
        }
    }

    /// The name in the database and in reports.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::ReferentialIntegrity => "referential_integrity",
            Self::Completeness => "completeness",
            Self::Uniqueness => "uniqueness",
            Self::Validity => "validity",
            Self::Consistency => "consistency",
            Self::Accuracy => "accuracy",
            Self::Timeliness => "timeliness",
        }
    }
}

/// What a check asserts, in words that readers of test reports know.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Assertion {
    NotNull,
    Unique,
    Reference,
    Range,
    Length,
    Pattern,
    AcceptedValues,
    Expression,
    RowCount,
    Query,
    Freshness,
    Guard,
}

impl Assertion {
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::NotNull => "not_null",
            Self::Unique => "unique",
            Self::Reference => "reference",
            Self::Range => "range",
            Self::Length => "length",
            Self::Pattern => "pattern",
            Self::AcceptedValues => "accepted_values",
            Self::Expression => "expression",
            Self::RowCount => "row_count",
            Self::Query => "query",
            Self::Freshness => "freshness",
            Self::Guard => "guard",
        }
    }
}

/// How a check finds what is wrong.
#[derive(Debug, Clone)]
pub(crate) enum Rule {
    /// A predicate over the columns of a row, true where the row fails.
    Row { fails: String },
    /// The same key with different content at the same time.
    KeyConflict,
    /// A second copy of a row, or an older version of its key.
    KeyDuplicate,
    /// A value, or a combination of values, that an earlier row had.
    Unique { columns: Vec<String> },
    /// Values that must be found in another entity.
    Reference(Reference),
    /// A file under `sql/quality/` that returns the `row_id` of rows that fail.
    Named(&'static NamedRule),
    /// The number of rows.
    RowCount,
    /// A query that returns one number or one boolean.
    Query { text: String },
}

#[derive(Debug, Clone)]
pub(crate) struct Reference {
    pub(crate) columns: Vec<String>,
    pub(crate) target: String,
    pub(crate) target_columns: Vec<String>,
}

/// One check of an entity.
#[derive(Debug, Clone)]
pub(crate) struct Check {
    /// `<entity>.<column>.<name>` or `<entity>.<name>`.
    pub(crate) id: String,
    pub(crate) column: Option<String>,
    pub(crate) assertion: Assertion,
    pub(crate) dimension: Dimension,
    pub(crate) severity: Severity,
    pub(crate) rule: Rule,
    /// What the contract tolerates; without it no row may fail.
    pub(crate) threshold: Option<Threshold>,
    /// The regular expression in it, where there is one.
    pub(crate) pattern: Option<String>,
    /// Line of the contract that asks for it.
    pub(crate) line: u64,
    /// What the contract says about it in words.
    pub(crate) description: Option<String>,
    pub(crate) is_enabled: bool,
    pub(crate) is_overridden: bool,
}

impl Check {
    /// Whether rows that production could not take are held back: a part of an order whose header
    /// is nowhere breaks a foreign key there.
    pub(crate) fn keeps_what_production_asks(&self) -> bool {
        match &self.rule {
            Rule::Reference(reference) if reference.target == ORDER => {
                self.is_enabled && self.severity >= Severity::Error
            }
            _ => true,
        }
    }

    /// Whether it looks at rows (else at the table as a whole).
    pub(crate) fn is_row_rule(&self) -> bool {
        !matches!(self.rule, Rule::RowCount | Rule::Query { .. })
    }
}

/// An operator of the standard with its bound.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Threshold {
    pub(crate) operator: Operator,
    pub(crate) is_percent: bool,
}

#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Operator {
    Is(bool),
    Equal(f64),
    NotEqual(f64),
    Greater(f64),
    GreaterOrEqual(f64),
    Less(f64),
    LessOrEqual(f64),
    /// Bounds excluded, as the standard says.
    Between(f64, f64),
    NotBetween(f64, f64),
    /// An age: from the first limit on a warning, beyond the second a failure.
    Age {
        warn_s: f64,
        error_s: f64,
    },
}

impl Threshold {
    /// Whether it means what every row rule means anyway: no row may fail.
    pub(crate) fn tolerates_nothing(&self) -> bool {
        match self.operator {
            Operator::Equal(bound) | Operator::LessOrEqual(bound) => bound == 0.0,
            _ => false,
        }
    }

    /// Whether it asks for rows that a row rule finds ("at least one"), instead of limiting them.
    pub(crate) fn asks_for_some(&self) -> bool {
        !self.holds(0.0)
    }

    /// Whether the value is what the contract asks for.
    pub(crate) fn holds(&self, value: f64) -> bool {
        match self.operator {
            Operator::Is(expected) => (value != 0.0) == expected,
            Operator::Equal(bound) => (value - bound).abs() < f64::EPSILON,
            Operator::NotEqual(bound) => (value - bound).abs() >= f64::EPSILON,
            Operator::Greater(bound) => value > bound,
            Operator::GreaterOrEqual(bound) => value >= bound,
            Operator::Less(bound) => value < bound,
            Operator::LessOrEqual(bound) => value <= bound,
            Operator::Between(low, high) => value > low && value < high,
            Operator::NotBetween(low, high) => value <= low || value >= high,
            Operator::Age { error_s, .. } => value <= error_s,
        }
    }
}

impl fmt::Display for Threshold {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.operator {
            Operator::Is(expected) => write!(formatter, "= {expected}"),
            Operator::Equal(bound) => write!(formatter, "= {bound}"),
            Operator::NotEqual(bound) => write!(formatter, "<> {bound}"),
            Operator::Greater(bound) => write!(formatter, "> {bound}"),
            Operator::GreaterOrEqual(bound) => write!(formatter, ">= {bound}"),
            Operator::Less(bound) => write!(formatter, "< {bound}"),
            Operator::LessOrEqual(bound) => write!(formatter, "<= {bound}"),
            Operator::Between(low, high) => write!(formatter, "between {low} and {high}"),
            Operator::NotBetween(low, high) => write!(formatter, "not between {low} and {high}"),
            Operator::Age { warn_s, error_s } => {
                write!(
                    formatter,
                    "age <= {} (error beyond {})",
                    age(warn_s),
                    age(error_s)
                )
            }
        }?;
        formatter.write_str(if self.is_percent { " %" } else { "" })
    }
}

/// Seconds in the unit that people would choose.
pub(crate) fn age(seconds: f64) -> String {
    const UNITS: [(f64, &str); 3] = [(86_400.0, "d"), (3_600.0, "h"), (60.0, "min")];
    let fitting = UNITS.into_iter().find(|(unit_s, _)| seconds >= *unit_s);
    let (unit_s, name) = fitting.unwrap_or((1.0, "s"));
    let amount = format!("{:.2}", seconds / unit_s);
    let amount = amount.trim_end_matches('0').trim_end_matches('.');
    format!("{amount} {name}")
}

/// An entity with everything that its contract asks for.
#[derive(Debug, Clone)]
pub(crate) struct Entity {
    pub(crate) name: String,
    /// `<id>@<version>` of the contract.
    pub(crate) contract: String,
    /// The contract's file.
    pub(crate) path: PathBuf,
    /// Weight of the table in the overall score.
    pub(crate) criticality: u32,
    /// Older versions of a key are history, not faults.
    pub(crate) has_history: bool,
    /// Key columns beside `source`, in order.
    pub(crate) key: Vec<String>,
    pub(crate) columns: Vec<Column>,
    pub(crate) checks: Vec<Check>,
}

#[derive(Debug, Clone)]
pub(crate) struct Column {
    pub(crate) name: String,
    pub(crate) is_personal: bool,
    /// Line of the contract that describes it.
    pub(crate) line: u64,
}

impl Entity {
    /// The same entity with one check alone, for a statement about nothing else.
    pub(crate) fn with_only(&self, check: &Check) -> Self {
        Self {
            checks: vec![check.clone()],
            ..self.clone()
        }
    }

    pub(crate) fn has_column(&self, name: &str) -> bool {
        self.columns.iter().any(|column| column.name == name)
    }

    /// Key columns that a report may show.
    pub(crate) fn public_key(&self) -> impl Iterator<Item = &String> {
        self.key.iter().filter(|name| {
            !self
                .columns
                .iter()
                .any(|column| column.name == **name && column.is_personal)
        })
    }

    /// Ids of the enabled checks of a severity.
    pub(crate) fn ids_of(&self, severity: Severity) -> Vec<&str> {
        self.checks
            .iter()
            .filter(|check| check.is_enabled && check.severity == severity)
            .map(|check| check.id.as_str())
            .collect()
    }
}
