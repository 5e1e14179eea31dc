//! Finds what is wrong with the rows of a batch and writes it into `ops.rejections`.
//!
//! Order matters: row rules first, then keys among the rows that are sound, then references from
//! parents to children, then rules across tables, and last the orders that are held back whole.

use std::collections::{HashMap, HashSet};
use std::time::Instant;

use anyhow::Context as _;
use common::progress::Bar;
use common::{Sql, db};
use deadpool_postgres::Transaction;
use serde_json::Value;

use crate::check::{Check, Entity, Reference, Rule, Severity};
use crate::findings::{self, Batch};
use crate::rules::NamedRule;
use crate::statement;

const HOLD_ORDERS_BACK: Sql = common::sql!("quality/hold_orders_back.sql");

/// An entity of the batch and the rows that were staged of it.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Table<'a> {
    pub(crate) entity: &'a Entity,
    pub(crate) rows_staged: u64,
    /// Whether these are all rows that the source has.
    pub(crate) is_whole: bool,
}

/// What the passes leave behind beside `ops.rejections`.
#[derive(Debug, Default)]
pub(crate) struct Found {
    /// Seconds that each check took; row rules share their scan.
    pub(crate) seconds: HashMap<String, f64>,
    /// Checks that had nothing to look at.
    pub(crate) skipped: HashSet<String>,
    /// Answers of queries; a query may have none.
    pub(crate) answers: HashMap<String, Option<f64>>,
}

/// One batch while it is judged.
pub(crate) struct Search<'a> {
    pub(crate) tx: &'a Transaction<'a>,
    pub(crate) batch: &'a Batch,
    pub(crate) tables: &'a [Table<'a>],
}

impl Search<'_> {
    /// Runs every pass.
    pub(crate) async fn run(&self) -> anyhow::Result<Found> {
        let mut found = Found::default();
        let bar = Bar::new("judge", Some(self.tables.len() as u64 * 2), "tables");
        for table in self.tables {
            self.scan_rows(table.entity, &mut found).await?;
            self.pass_keys(table.entity, &mut found).await?;
            bar.add(1);
        }
        self.analyze_rejections().await?;
        for table in self.tables {
            self.check_references(table.entity, &mut found).await?;
            bar.add(1);
        }
        for table in self.tables {
            self.run_named_rules(table.entity, &mut found).await?;
        }
        db::rows(self.tx, HOLD_ORDERS_BACK, &[&self.batch.batch_id]).await?;
        for table in self.tables {
            self.ask_queries(table.entity, &mut found).await?;
        }
        bar.finish();
        Ok(found)
    }

    async fn scan_rows(&self, entity: &Entity, found: &mut Found) -> anyhow::Result<()> {
        let clock = Instant::now();
        self.tx
            .batch_execute(&statement::analyze(entity))
            .await
            .with_context(|| format!("failed to analyze {}", entity.name))?;
        let Some(text) = findings::row_scan(self.batch, entity) else {
            return Ok(());
        };
        self.execute(&text, || format!("check the rows of {}", entity.name))
            .await?;
        let is_row_rule = |check: &&Check| matches!(check.rule, Rule::Row { .. });
        found.share(clock, entity.checks.iter().filter(is_row_rule));
        Ok(())
    }

    async fn pass_keys(&self, entity: &Entity, found: &mut Found) -> anyhow::Result<()> {
        let clock = Instant::now();
        if let Some(text) = findings::key_pass(self.batch, entity) {
            self.execute(&text, || format!("check the keys of {}", entity.name))
                .await?;
            let is_key_rule =
                |check: &&Check| matches!(check.rule, Rule::KeyConflict | Rule::KeyDuplicate);
            found.share(clock, entity.checks.iter().filter(is_key_rule));
        }
        for check in enabled(entity) {
            let Rule::Unique { columns } = &check.rule else {
                continue;
            };
            let clock = Instant::now();
            let text = findings::unique_pass(self.batch, entity, check, columns);
            self.execute(&text, || format!("run check `{}`", check.id))
                .await?;
            found.share(clock, std::iter::once(check));
        }
        Ok(())
    }

    async fn check_references(&self, entity: &Entity, found: &mut Found) -> anyhow::Result<()> {
        for check in enabled(entity) {
            let Rule::Reference(reference) = &check.rule else {
                continue;
            };
            if !self.has_target(check, reference).await? {
                found.skipped.insert(check.id.clone());
                continue;
            }
            let clock = Instant::now();
            let text = findings::reference_pass(self.batch, entity, check, reference);
            self.execute(&text, || format!("run check `{}`", check.id))
                .await?;
            found.share(clock, std::iter::once(check));
        }
        Ok(())
    }

    /// A shop that never delivers an entity at all cannot be asked to refer to it rightly; rows
    /// that may not stand alone are asked all the same.
    async fn has_target(&self, check: &Check, reference: &Reference) -> anyhow::Result<bool> {
        let is_staged =
            |table: &Table<'_>| table.entity.name == reference.target && table.rows_staged > 0;
        if check.severity >= Severity::Error || self.tables.iter().any(is_staged) {
            return Ok(true);
        }
        let text = statement::is_published(self.batch, &reference.target);
        let row =
            self.tx.query_one(&text, &[]).await.with_context(|| {
                format!("failed to look for `{}` in production", reference.target)
            })?;
        Ok(row.try_get(0)?)
    }

    async fn run_named_rules(&self, entity: &Entity, found: &mut Found) -> anyhow::Result<()> {
        for check in enabled(entity) {
            let Rule::Named(rule) = check.rule else {
                continue;
            };
            let clock = Instant::now();
            self.run_named_rule(entity, check, rule).await?;
            found.share(clock, std::iter::once(check));
        }
        Ok(())
    }

    async fn run_named_rule(
        &self,
        entity: &Entity,
        check: &Check,
        rule: &NamedRule,
    ) -> anyhow::Result<()> {
        let failed = || format!("failed to run check `{}` (sql/{})", check.id, rule.sql.path);
        let text = findings::named_rule(self.batch, entity, check, rule.sql.text);
        let statement = self.tx.prepare(&text).await.with_context(failed)?;
        let all: [&(dyn tokio_postgres::types::ToSql + Sync); 2] =
            [&self.batch.batch_id, &self.batch.source];
        let used = all.get(..statement.params().len()).unwrap_or(&all);
        self.tx
            .query_one(&statement, used)
            .await
            .with_context(failed)?;
        Ok(())
    }

    async fn ask_queries(&self, entity: &Entity, found: &mut Found) -> anyhow::Result<()> {
        for check in enabled(entity) {
            let Rule::Query { text } = &check.rule else {
                continue;
            };
            let clock = Instant::now();
            let text = statement::table_query(self.batch, entity, text);
            let failed = || format!("failed to run check `{}`", check.id);
            let row = self.tx.query_one(&text, &[]).await.with_context(failed)?;
            let answer: Option<Value> = row.try_get(0).with_context(failed)?;
            found
                .answers
                .insert(check.id.clone(), number(answer.as_ref()));
            found.share(clock, std::iter::once(check));
        }
        Ok(())
    }

    /// The planner must know how many rows are held back before it joins with them.
    async fn analyze_rejections(&self) -> anyhow::Result<()> {
        self.execute("analyze ops.rejections", || {
            "analyze ops.rejections".to_owned()
        })
        .await
    }

    async fn execute(&self, text: &str, what: impl Fn() -> String) -> anyhow::Result<()> {
        self.tx
            .execute(text, &[])
            .await
            .map(|_| ())
            .with_context(|| format!("failed to {}", what()))
    }
}

fn enabled(entity: &Entity) -> impl Iterator<Item = &Check> {
    entity.checks.iter().filter(|check| check.is_enabled)
}

/// A number, or true as 1 and false as 0.
fn number(answer: Option<&Value>) -> Option<f64> {
    match answer? {
        Value::Bool(is_true) => Some(f64::from(u8::from(*is_true))),
        other => other.as_f64(),
    }
}

impl Found {
    /// Divides the time since the clock's start among the checks of one pass.
    #[expect(clippy::cast_precision_loss, reason = "a table has few checks")]
    fn share<'a>(&mut self, clock: Instant, checks: impl Iterator<Item = &'a Check>) {
        let ids: Vec<&Check> = checks.filter(|check| check.is_enabled).collect();
        let share = clock.elapsed().as_secs_f64() / ids.len().max(1) as f64;
        for check in ids {
            self.seconds.insert(check.id.clone(), share);
        }
    }
}
