//! `quality quarantine replay`: entries become a batch of their own, which is judged like any other.
//!
//! What fails again leaves the batch before it is judged, so that no row waits for another's sake
//! and the score is that of the rows that go on. Nothing is closed here: see `close_quarantine.sql`.

use std::collections::BTreeMap;

use anyhow::Context as _;
use common::{Failure, Rows, Sql, StageContext, StageReport, Status, Step, database, db, sql};
use deadpool_postgres::{Object, Transaction};

use super::ReplayOptions;
use super::entry;
use crate::contract::Contracts;
use crate::findings::Batch;
use crate::judge::Bench;
use crate::settings::Settings;
use crate::verdict::BatchVerdict;

const FIND_REPLAYABLE: Sql = sql!("quality/find_replayable.sql");
const FIND_WAITING_BATCHES: Sql = sql!("quality/find_waiting_batches.sql");
const ABANDON_REPLAYS: Sql = sql!("quality/abandon_replays.sql");
const LIST_STAGING_TABLES: Sql = sql!("stage/list_entities.sql");
const CLEAR_BATCH: Sql = sql!("stage/clear_batch.sql");
const SET_BATCH: Sql = sql!("stage/set_batch.sql");
const OPEN_REPLAY: Sql = sql!("quality/open_replay.sql");
const STAGE_RETAILER: Sql = sql!("quality/stage_retailer.sql");
const CLEAR_VERDICT: Sql = sql!("quality/clear_verdict.sql");
const ABANDON_REPLAY: Sql = sql!("quality/abandon_replay.sql");

/// What one source's replay came to.
struct Replayed {
    /// None where no row passed.
    verdict: Option<BatchVerdict>,
    asked: u64,
    tried: u64,
    failed_again: u64,
}

pub(super) async fn run(
    ctx: &StageContext,
    options: &ReplayOptions,
) -> anyhow::Result<StageReport> {
    // Few rows, chosen for being odd: warnings may weigh what they like. What is critical, and what
    // is an error beyond its threshold, blocks as ever.
    let settings = Settings {
        min_score: 0.0,
        ..Settings::read(ctx)?
    };
    let config_dir = &ctx.config.paths.config_dir;
    let contracts = Contracts::read(&config_dir.join("contracts"))?;
    let mut client = ctx.client().await?;
    database::check_migrated(&client).await?;
    let mut report = StageReport::new(ctx);
    let entries = replayable(&client, options, &mut report).await?;
    if entries.is_empty() {
        report.status = Status::NothingToDo;
        return Ok(report);
    }
    let rules = entries
        .keys()
        .map(|source| contracts.for_source(config_dir, source))
        .collect::<anyhow::Result<Vec<_>>>()?;
    let tx = begin(&mut client).await?;
    empty_staging(ctx, &tx).await?;
    let mut verdicts = Vec::new();
    for ((source, numbers), rules) in entries.iter().zip(&rules) {
        let bench = Bench {
            ctx,
            settings: &settings,
            rules,
            accept_gate: None,
        };
        let step = Step::begin(format!("replay {source}")).relation("ops.quarantine");
        let replayed = replay(&bench, &tx, source, numbers)
            .await
            .with_context(|| format!("failed to replay entries of {source}"))?;
        report.finish(step, rows(&replayed));
        explain(&mut report, source, &replayed);
        verdicts.extend(replayed.verdict);
    }
    if ctx.dry_run {
        tx.rollback().await.context("failed to roll back")?;
    } else {
        tx.commit().await.context("failed to commit the replay")?;
    }
    if verdicts.is_empty() {
        report.status = Status::NothingToDo;
        return Ok(report);
    }
    // The report goes on to tell of the source's last files, and not of a few odd rows.
    crate::settle(&mut report, &verdicts);
    Ok(report)
}

/// Open entries that can be tried again, by source.
async fn replayable(
    client: &Object,
    options: &ReplayOptions,
    report: &mut StageReport,
) -> anyhow::Result<BTreeMap<String, Vec<i64>>> {
    let asked = (!options.entries.is_empty()).then_some(&options.entries);
    let filter = &options.filter;
    let sources = filter.sources(client).await?;
    let parameters: db::Parameters<'_> = &[&asked, &sources, &filter.dataset, &filter.rule];
    let mut entries: BTreeMap<String, Vec<i64>> = BTreeMap::new();
    for row in db::rows(client, FIND_REPLAYABLE, parameters).await? {
        let source: String = row.try_get("source")?;
        entries
            .entry(source)
            .or_default()
            .push(row.try_get("quarantine_id")?);
    }
    for it in entry::find(client, &options.entries).await? {
        let number = it.quarantine_id;
        let is_replayed = entries.values().any(|numbers| numbers.contains(&number));
        if is_replayed {
            continue;
        }
        report.warn(if it.status != "open" {
            let by = it.resolved_by.as_deref().unwrap_or("somebody");
            format!("entry {number} is closed already: {} by {by}", it.status)
        } else if it.stage != "quality" {
            format!(
                "entry {number} did not parse\n  hint: mend {} or its table in source.toml; then \
                 `stage` reads it again by itself",
                it.place()
            )
        } else if it.batch_state != "published" {
            format!(
                "entry {number} is of batch {}, which is {} and not published\n  hint: mend the \
                 file and run again: the whole batch is read again",
                it.batch_id, it.batch_state
            )
        } else if it.natural_key.is_none() {
            format!(
                "entry {number} has no key to publish it by\n  hint: mend {}; `stage` reads it again \
                 by itself",
                it.place()
            )
        } else {
            format!("entry {number} is a second copy or is left out by your filter")
        });
    }
    Ok(entries)
}

async fn begin(client: &mut Object) -> anyhow::Result<Transaction<'_>> {
    let tx = client
        .transaction()
        .await
        .context("failed to open a transaction")?;
    db::writer_lock(&tx).await?;
    Ok(tx)
}

/// Makes room in staging, but not at the cost of a batch that waits there.
async fn empty_staging(ctx: &StageContext, tx: &Transaction<'_>) -> anyhow::Result<()> {
    if let Some(row) = db::rows(tx, FIND_WAITING_BATCHES, &[]).await?.first() {
        let batch_id: i64 = row.try_get("batch_id")?;
        let (source, state): (String, String) = (row.try_get("source")?, row.try_get("state")?);
        let message = format!(
            "batch {batch_id} of {source} is {state} and waits in staging, where a replay needs \
             the room\n  hint: let it be judged and published first (`orchestrator run`)"
        );
        return Err(Failure::usage(message).into());
    }
    db::execute(tx, ABANDON_REPLAYS, &[]).await?;
    let tables: Vec<String> = db::rows(tx, LIST_STAGING_TABLES, &[])
        .await?
        .iter()
        .map(|row| Ok(format!("staging.{}", row.try_get::<_, &str>(0)?)))
        .collect::<anyhow::Result<_>>()?;
    tx.batch_execute(&format!("truncate {}", tables.join(", ")))
        .await
        .context("failed to empty staging")?;
    db::execute(tx, CLEAR_BATCH, &[]).await?;
    let parameters: db::Parameters<'_> = &[&ctx.business_date, &ctx.run_id, &ctx.started_at];
    db::execute(tx, SET_BATCH, parameters).await?;
    Ok(())
}

async fn replay(
    bench: &Bench<'_>,
    tx: &Transaction<'_>,
    source: &str,
    numbers: &[i64],
) -> anyhow::Result<Replayed> {
    let ctx = bench.ctx;
    let parameters: db::Parameters<'_> =
        &[&ctx.run_id, &source, &ctx.business_date, &ctx.started_at];
    let batch = Batch {
        batch_id: db::row(tx, OPEN_REPLAY, parameters).await?.try_get(0)?,
        source: source.to_owned(),
        is_replay: true,
    };
    db::execute(tx, STAGE_RETAILER, &[&batch.batch_id, &source]).await?;
    let tried = bench.retry_asked(tx, &batch, numbers).await?;
    bench.search(tx, &batch).await?;
    let failed_again = bench.drop_refused(tx, &batch).await?;
    db::count(tx, CLEAR_VERDICT, &[&batch.batch_id]).await?;
    let verdict = if tried > failed_again {
        Some(bench.conclude(tx, &batch).await?)
    } else {
        None
    };
    // Its entries stay open, so that nothing is lost by forgetting a replay that nobody may publish.
    if verdict.as_ref().is_none_or(|it| it.gate.is_closed()) {
        db::execute(tx, ABANDON_REPLAY, &[&batch.batch_id]).await?;
    }
    Ok(Replayed {
        verdict,
        asked: numbers.len() as u64,
        tried,
        failed_again,
    })
}

fn rows(replayed: &Replayed) -> Rows {
    Rows {
        input: replayed.tried,
        quarantined: replayed.failed_again,
        ..Rows::default()
    }
}

fn explain(report: &mut StageReport, source: &str, replayed: &Replayed) {
    let (tried, failed) = (replayed.tried, replayed.failed_again);
    let outdone = replayed.asked.saturating_sub(tried);
    if outdone > 0 {
        report.warn(format!(
            "{outdone} entries of {source} were left out: a newer row of the same key is published, \
             or waits as well"
        ));
    }
    if failed > 0 {
        report.warn(format!(
            "{failed} of {tried} rows of {source} failed again and stay in quarantine; `quality \
             quarantine list --source {source}` says why"
        ));
    }
}
