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
use futures_util::TryStreamExt as _;
use serde_json::Value;

use crate::check::{Check, Entity, Reference, Rule, Severity};
use crate::finding::{FOUND_MAX, Finding};
use crate::findings::{self, Batch, Repeated};
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
    /// Whether they come from quarantine alone: they tell nothing of a table as a whole.
    pub(crate) is_replayed: bool,
}

/// What the passes leave behind beside `ops.rejections`.
#[derive(Debug, Default)]
pub(crate) struct Found {
    /// Seconds that each check took; row rules share their scan.
    pub(crate) seconds: HashMap<String, f64>,
    /// Checks that had nothing to look at.
    pub(crate) skipped: HashSet<String>,
    /// Entities with keys that are there more than once.
    pub(crate) repeated: HashSet<String>,
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
            if table.is_replayed {
                let of_tables = enabled(table.entity).filter(|check| !check.is_row_rule());
                found
                    .skipped
                    .extend(of_tables.map(|check| check.id.clone()));
            } else {
                self.ask_queries(table.entity, &mut found).await?;
            }
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
        let Some(finding) = findings::row_scan(self.batch, entity) else {
            return Ok(());
        };
        self.find(entity, &finding, &[])
            .await
            .with_context(|| format!("failed to check the rows of {}", entity.name))?;
        let is_row_rule = |check: &&Check| matches!(check.rule, Rule::Row { .. });
        found.share(clock, entity.checks.iter().filter(is_row_rule));
        Ok(())
    }

    async fn pass_keys(&self, entity: &Entity, found: &mut Found) -> anyhow::Result<()> {
        let clock = Instant::now();
        if !entity.key.is_empty() {
            let pass = |repeated| findings::key_pass(self.batch, entity, repeated);
            let is_any_repeated = self
                .find_repeated(entity, &entity.key, pass)
                .await
                .with_context(|| format!("failed to check the keys of {}", entity.name))?;
            if is_any_repeated {
                found.repeated.insert(entity.name.clone());
            }
            let is_key_rule =
                |check: &&Check| matches!(check.rule, Rule::KeyConflict | Rule::KeyDuplicate);
            found.share(clock, entity.checks.iter().filter(is_key_rule));
        }
        for check in enabled(entity) {
            let Rule::Unique { columns } = &check.rule else {
                continue;
            };
            let clock = Instant::now();
            let pass = |repeated| {
                Some(findings::unique_pass(
                    self.batch, entity, check, columns, repeated,
                ))
            };
            self.find_repeated(entity, columns, pass)
                .await
                .with_context(|| format!("failed to run check `{}`", check.id))?;
            found.share(clock, std::iter::once(check));
        }
        Ok(())
    }

    /// A pass over rows whose values are there more than once; none where no value is. Says whether
    /// there is such a value.
    async fn find_repeated(
        &self,
        entity: &Entity,
        names: &[String],
        pass: impl Fn(Repeated) -> Option<Finding>,
    ) -> anyhow::Result<bool> {
        let text = findings::repeated_hashes(self.batch, entity, names);
        let text = format!("{text} limit {}", FOUND_MAX + 1);
        let rows = self.tx.query(&text, &[]).await?;
        let hashes: Vec<i64> = rows
            .iter()
            .map(|row| row.try_get(0))
            .collect::<Result<_, _>>()?;
        let repeated = if hashes.len() > FOUND_MAX {
            Repeated::Sought
        } else {
            Repeated::Given
        };
        let Some(finding) = pass(repeated).filter(|_| !hashes.is_empty()) else {
            return Ok(!hashes.is_empty());
        };
        if repeated == Repeated::Given {
            self.find(entity, &finding, &[&hashes]).await?;
        } else {
            let text = finding.statement(self.batch, entity);
            self.tx.execute(&text, &[]).await?;
        }
        Ok(true)
    }

    /// Finds rows and writes them down; too many to hold are found again where they are written.
    async fn find(
        &self,
        entity: &Entity,
        finding: &Finding,
        parameters: db::Parameters<'_>,
    ) -> anyhow::Result<()> {
        let mut found: HashMap<Vec<String>, Vec<i64>> = HashMap::new();
        let mut count = 0;
        let text = finding.bounded_select();
        let parameters_given = parameters.iter().copied();
        let rows = self.tx.query_raw(&text, parameters_given).await?;
        let mut rows = std::pin::pin!(rows);
        while let Some(row) = rows.try_next().await? {
            let row_ids = found.entry(row.try_get(1)?).or_default();
            row_ids.push(row.try_get(0)?);
            count += 1;
        }
        if count > FOUND_MAX {
            drop(found);
            let text = finding.statement(self.batch, entity);
            self.tx.execute(&text, parameters).await?;
            return Ok(());
        }
        let text = finding.write_found(self.batch, entity);
        for (rules, row_ids) in &found {
            self.tx.execute(&text, &[row_ids, rules]).await?;
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
            let finding = findings::reference_pass(self.batch, entity, check, reference);
            self.find(entity, &finding, &[])
                .await
                .with_context(|| format!("failed to run check `{}`", check.id))?;
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
        let finding = findings::named_rule(check, rule.sql.text);
        let text = finding.statement(self.batch, entity);
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
