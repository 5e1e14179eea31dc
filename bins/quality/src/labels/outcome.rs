//! What a comparison found, as the database counted it.

use std::collections::BTreeMap;

use anyhow::Context as _;
use common::{Sql, db, sql};
use deadpool_postgres::Transaction;
use serde::Serialize;
use tokio_postgres::Row;

const KINDS: Sql = sql!("quality/summarize_fault_kinds.sql");
const UNMET: Sql = sql!("quality/list_unmet_labels.sql");
const FALSE_ALARMS: Sql = sql!("quality/list_false_alarms.sql");
const WHOLE: Sql = sql!("quality/list_whole_faults.sql");
const STANDINGS: Sql = sql!("quality/count_fault_standings.sql");
const COST: Sql = sql!("quality/summarize_cost.sql");

/// Most examples of each list; programs that need more have the tables.
const EXAMPLES_MAX: i64 = 50;

/// Labels beside verdicts.
#[derive(Debug, Serialize)]
pub(crate) struct Comparison {
    pub(crate) source: String,
    /// The batch compared with; none where its files were refused.
    pub(crate) batch: Option<Judged>,
    /// Why a file was refused.
    pub(crate) refusal: Option<String>,
    /// By kind of fault; the last may have no name and holds false alarms that belong to none.
    pub(crate) kinds: Vec<Kind>,
    pub(crate) total: Kind,
    /// Faults of whole files and days.
    pub(crate) whole: Vec<Whole>,
    /// Labels of files that the batch did not read.
    pub(crate) labels_not_read: i64,
    /// Rows without a label that are held back with their order.
    pub(crate) rows_held_with_orders: i64,
    /// Rows without a label that are held back since a row that they look at has one.
    pub(crate) rows_held_for_others: i64,
    /// Rows without a label that are published with a warning for the same reason.
    pub(crate) rows_warned_for_others: i64,
    pub(crate) unmet: Vec<Unmet>,
    pub(crate) false_alarms: Vec<FalseAlarm>,
    pub(crate) cost: Cost,
}

/// A batch and how it went.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct Judged {
    pub(crate) batch_id: i64,
    pub(crate) state: String,
    pub(crate) decision: Option<String>,
    pub(crate) score: Option<f64>,
    pub(crate) grade: Option<String>,
    /// What the gate was closed by.
    pub(crate) blocking_failures: Vec<String>,
    #[serde(skip)]
    pub(crate) is_staged: bool,
    /// Seconds of the run that staged it.
    pub(crate) run_s: Option<f64>,
}

/// Labels of one kind of fault, by what became of them.
#[derive(Debug, Default, Serialize)]
pub(crate) struct Kind {
    pub(crate) kind: Option<String>,
    /// Labels by the verdict that they expect.
    pub(crate) expected: BTreeMap<String, i64>,
    pub(crate) planted: i64,
    pub(crate) rejected: i64,
    pub(crate) quarantined: i64,
    pub(crate) superseded: i64,
    pub(crate) consequence: i64,
    pub(crate) warned: i64,
    pub(crate) met: i64,
    pub(crate) otherwise: i64,
    pub(crate) missed: i64,
    pub(crate) false_alarms: i64,
    pub(crate) recall: Option<f64>,
    pub(crate) precision: Option<f64>,
}

/// A fault of a whole file or day.
#[derive(Debug, Serialize)]
pub(crate) struct Whole {
    pub(crate) kind: String,
    pub(crate) file: String,
    /// The day, where only one is at fault.
    pub(crate) day: Option<String>,
    pub(crate) expected: String,
    /// `file refused`, `gate` or `not seen`.
    pub(crate) verdict: String,
}

/// Labels that were not met, with the place of the first.
#[derive(Debug, Serialize)]
pub(crate) struct Unmet {
    pub(crate) kind: String,
    pub(crate) expected: String,
    pub(crate) outcome: String,
    pub(crate) verdict: Option<String>,
    pub(crate) dataset: Option<String>,
    pub(crate) field: Option<String>,
    pub(crate) labels: i64,
    pub(crate) file: String,
    pub(crate) line: Option<i64>,
}

/// Rows without a label, with the place of the first.
#[derive(Debug, Serialize)]
pub(crate) struct FalseAlarm {
    pub(crate) rules: Vec<String>,
    pub(crate) verdict: String,
    pub(crate) rows: i64,
    pub(crate) file: Option<String>,
    pub(crate) line: Option<i64>,
}

/// What was held back.
#[derive(Debug, Serialize)]
pub(crate) struct Cost {
    pub(crate) orders_in_all: i64,
    pub(crate) orders_held: i64,
    /// As texts, since money is no float.
    pub(crate) revenue_in_all: String,
    pub(crate) revenue_held: String,
    pub(crate) revenue_held_percent: Option<f64>,
    pub(crate) currency: Option<String>,
    pub(crate) rows_read: i64,
    pub(crate) rows_rejected: i64,
    pub(crate) rows_quarantined: i64,
    pub(crate) rows_superseded: i64,
    pub(crate) rows_consequence: i64,
}

impl Judged {
    pub(crate) fn from_row(row: &Row) -> anyhow::Result<Self> {
        Ok(Self {
            batch_id: row.try_get("batch_id")?,
            state: row.try_get("state")?,
            decision: row.try_get("decision")?,
            score: row.try_get("score")?,
            grade: row.try_get("grade")?,
            blocking_failures: row
                .try_get::<_, Option<Vec<String>>>("blocking_failures")?
                .unwrap_or_default(),
            is_staged: row.try_get("is_staged")?,
            run_s: row.try_get("run_s")?,
        })
    }

    /// Whether the gate said no, even if a person opened it, or too many records did not parse.
    pub(crate) fn is_blocked(&self) -> bool {
        self.state == "blocked" || self.decision.as_deref() == Some("block")
    }
}

impl Comparison {
    /// Reads what was counted in this transaction.
    pub(crate) async fn read(
        tx: &Transaction<'_>,
        source: &str,
        batch: Option<Judged>,
        refusal: Option<String>,
    ) -> anyhow::Result<Self> {
        let is_blocked = batch.as_ref().is_some_and(Judged::is_blocked);
        let batch_id = batch.as_ref().map_or(super::NO_BATCH, |it| it.batch_id);
        let whole: db::Parameters<'_> = &[&is_blocked, &refusal, &EXAMPLES_MAX];
        let kinds = list(tx, KINDS, &[], Kind::from_row).await?;
        let standings = db::row(tx, STANDINGS, &[]).await?;
        let cost = db::row(tx, COST, &[&batch_id]).await?;
        Ok(Self {
            source: source.to_owned(),
            total: Kind::sum(&kinds),
            kinds,
            whole: list(tx, WHOLE, whole, Whole::from_row).await?,
            labels_not_read: standings.try_get(0)?,
            rows_held_with_orders: standings.try_get(1)?,
            rows_held_for_others: standings.try_get(2)?,
            rows_warned_for_others: standings.try_get(3)?,
            unmet: list(tx, UNMET, &[&EXAMPLES_MAX], Unmet::from_row).await?,
            false_alarms: list(tx, FALSE_ALARMS, &[&EXAMPLES_MAX], FalseAlarm::from_row).await?,
            cost: Cost::from_row(&cost)?,
            batch,
            refusal,
        })
    }
}

async fn list<T>(
    tx: &Transaction<'_>,
    sql: Sql,
    parameters: db::Parameters<'_>,
    read: impl Fn(&Row) -> anyhow::Result<T>,
) -> anyhow::Result<Vec<T>> {
    db::rows(tx, sql, parameters)
        .await?
        .iter()
        .map(|row| read(row).with_context(|| format!("failed to read sql/{}", sql.path)))
        .collect()
}

impl Kind {
    fn from_row(row: &Row) -> anyhow::Result<Self> {
        let expected: Option<serde_json::Value> = row.try_get("expected")?;
        let expected = expected
            .map(serde_json::from_value)
            .transpose()?
            .unwrap_or_default();
        let kind = Self {
            kind: row.try_get("kind")?,
            expected,
            planted: row.try_get("planted")?,
            rejected: row.try_get("rejected")?,
            quarantined: row.try_get("quarantined")?,
            superseded: row.try_get("superseded")?,
            consequence: row.try_get("consequence")?,
            warned: row.try_get("warned")?,
            met: row.try_get("met")?,
            otherwise: row.try_get("otherwise")?,
            missed: row.try_get("missed")?,
            false_alarms: row.try_get("false_alarms")?,
            recall: None,
            precision: None,
        };
        Ok(kind.with_shares())
    }

    fn sum(kinds: &[Self]) -> Self {
        let mut total = Self::default();
        for kind in kinds {
            for (expected, labels) in &kind.expected {
                *total.expected.entry(expected.clone()).or_default() += labels;
            }
            total.planted += kind.planted;
            total.rejected += kind.rejected;
            total.quarantined += kind.quarantined;
            total.superseded += kind.superseded;
            total.consequence += kind.consequence;
            total.warned += kind.warned;
            total.met += kind.met;
            total.otherwise += kind.otherwise;
            total.missed += kind.missed;
            total.false_alarms += kind.false_alarms;
        }
        total.with_shares()
    }

    fn with_shares(self) -> Self {
        let caught = self.met + self.otherwise;
        Self {
            recall: share(self.met, self.planted),
            precision: share(caught, caught + self.false_alarms),
            ..self
        }
    }
}

/// `part` of `all`; none of nothing.
#[expect(
    clippy::cast_precision_loss,
    reason = "counts of rows stay far below 2^52"
)]
pub(crate) fn share(part: i64, all: i64) -> Option<f64> {
    (all > 0).then(|| part as f64 / all as f64)
}

impl Whole {
    fn from_row(row: &Row) -> anyhow::Result<Self> {
        Ok(Self {
            kind: row.try_get("kind")?,
            file: row.try_get("source_file")?,
            day: row.try_get("natural_key")?,
            expected: row.try_get("expected")?,
            verdict: row.try_get("verdict")?,
        })
    }
}

impl Unmet {
    fn from_row(row: &Row) -> anyhow::Result<Self> {
        Ok(Self {
            kind: row.try_get("kind")?,
            expected: row.try_get("expected")?,
            outcome: row.try_get("outcome")?,
            verdict: row.try_get("verdict")?,
            dataset: row.try_get("dataset")?,
            field: row.try_get("field")?,
            labels: row.try_get("labels")?,
            file: row.try_get("source_file")?,
            line: row.try_get("source_line")?,
        })
    }
}

impl FalseAlarm {
    fn from_row(row: &Row) -> anyhow::Result<Self> {
        Ok(Self {
            rules: row.try_get("rules")?,
            verdict: row.try_get("verdict")?,
            rows: row.try_get("row_count")?,
            file: row.try_get("source_file")?,
            line: row.try_get("source_line")?,
        })
    }
}

impl Cost {
    fn from_row(row: &Row) -> anyhow::Result<Self> {
        Ok(Self {
            orders_in_all: row.try_get("orders_in_all")?,
            orders_held: row.try_get("orders_held")?,
            revenue_in_all: row.try_get("revenue_in_all")?,
            revenue_held: row.try_get("revenue_held")?,
            revenue_held_percent: row.try_get("revenue_held_percent")?,
            currency: row.try_get("currency")?,
            rows_read: row.try_get("rows_read")?,
            rows_rejected: row.try_get("rows_rejected")?,
            rows_quarantined: row.try_get("rows_quarantined")?,
            rows_superseded: row.try_get("rows_superseded")?,
            rows_consequence: row.try_get("rows_consequence")?,
        })
    }
}
