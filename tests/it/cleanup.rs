//! Retention: what is old and closed goes; what is open, waiting or the latest stays.

use std::fs;
use std::path::Path;

use common::testing::TestDatabase;
use common::{StageContext, StageReport, Status};

/// Every table has something old that may go and something as old that may not. The tests' fixed
/// time is 2026-01-15.
const RECORDS: &str = "
insert into ops.runs (
    run_id, display_id, program, business_date, started_at, ended_at, state
) values
('00000000-0000-7000-8000-000000000001', 'old', 'orchestrator', '2024-01-01',
 '2024-01-01 00:00Z', '2024-01-01 01:00Z', 'succeeded'),
('00000000-0000-7000-8000-000000000002', 'waits', 'orchestrator', '2024-01-02',
 '2024-01-02 00:00Z', '2024-01-02 01:00Z', 'blocked'),
('00000000-0000-7000-8000-000000000003', 'latest', 'orchestrator', '2024-01-03',
 '2024-01-03 00:00Z', '2024-01-03 01:00Z', 'succeeded'),
('00000000-0000-7000-8000-000000000004', 'only one of its program', 'stage', '2024-01-01',
 '2024-01-01 00:00Z', '2024-01-01 01:00Z', 'succeeded');
insert into ops.stage_runs (run_id, stage, attempt, started_at, ended_at, status)
select run_id, 'stage', 1, started_at, ended_at, 'success' from ops.runs;
insert into ops.batches (
    batch_id, run_id, source, business_date, state, staged_at, judged_at, published_at
) values
(1, '00000000-0000-7000-8000-000000000001', 'a', '2024-01-01', 'published',
 '2024-01-01 00:00Z', '2024-01-01 00:00Z', '2024-01-01 00:00Z'),
(2, '00000000-0000-7000-8000-000000000002', 'a', '2024-01-02', 'blocked',
 '2024-01-02 00:00Z', '2024-01-02 00:00Z', null),
(3, '00000000-0000-7000-8000-000000000003', 'a', '2024-01-03', 'published',
 '2024-01-03 00:00Z', '2024-01-03 00:00Z', '2024-01-03 00:00Z'),
(4, '00000000-0000-7000-8000-000000000001', 'b', '2024-01-01', 'abandoned',
 '2024-01-01 00:00Z', null, null);
insert into ops.check_results (
    batch_id, check_id, dataset, assertion, dimension, severity, status, element_count,
    unexpected_count, duration_ms
) select batch_id, 'x.y.required', 'x', 'required', 'completeness', 'error', 'pass', 1, 0, 1
from ops.batches;
insert into ops.rejections (batch_id, dataset, row_id, rules, severity, verdict)
select batch_id, 'x', 1, '{duplicate}', 'warning', 'superseded' from ops.batches;
insert into ops.quarantine (
    quarantine_id, batch_id, source, dataset, source_file, record_number, stage, rules, severity,
    first_seen_at, last_seen_at, status, previous_id
) values
(1, 1, 'a', 'x', 'f', 1, 'quality', '{r}', 'error', '2024-01-01', '2024-01-01', 'repaired', null),
(2, 1, 'a', 'x', 'f', 2, 'quality', '{r}', 'error', '2024-01-01', '2024-01-01', 'open', null),
(3, 1, 'a', 'x', 'f', 3, 'quality', '{r}', 'error', '2024-01-01', '2024-01-01', 'superseded', 6),
(6, 4, 'a', 'x', 'f', 3, 'quality', '{r}', 'error', '2024-01-01', '2024-01-01', 'superseded', null),
(4, 3, 'a', 'x', 'f', 3, 'quality', '{r}', 'error', '2024-01-03', '2024-01-03', 'open', 3),
(5, 3, 'a', 'x', 'f', 4, 'quality', '{r}', 'error', '2024-01-03', '2026-01-10', 'waived', null);
insert into ops.raw_files (
    file_id, batch_id, source, table_name, path, content_sha256, config_sha256, bytes,
    modified_at, rows_read, rows_loaded, rows_rejected, state, loaded_at
) values
(1, 1, 'a', 'x', 'f', 's', 'c', 1, '2024-01-01', 0, 0, 0, 'loaded', '2024-01-01'),
(2, 2, 'a', 'x', 'f', 's', 'c', 1, '2024-01-01', 0, 0, 0, 'staged', null),
(3, 4, 'b', 'x', 'f', 's', 'c', 1, '2024-01-01', 0, 0, 0, 'abandoned', null);
";

const RUN_ID: &str = "00000000-0000-7000-8000-000000000001";

/// What of each table is left, by its key.
const LEFT: &str = "
select 'check_results ' || string_agg(batch_id::text, ',' order by batch_id)
from ops.check_results
union all
select 'rejections ' || string_agg(batch_id::text, ',' order by batch_id) from ops.rejections
union all
select 'quarantine ' || string_agg(quarantine_id::text, ',' order by quarantine_id)
from ops.quarantine
union all
select 'raw_files ' || string_agg(file_id::text, ',' order by file_id) from ops.raw_files
union all
select 'runs ' || string_agg(right(run_id::text, 1), ',' order by run_id) from ops.runs
union all
select 'stage_runs ' || string_agg(right(run_id::text, 1), ',' order by run_id)
from ops.stage_runs";

async fn filled(ctx: &StageContext, database: &TestDatabase) -> anyhow::Result<()> {
    database.client().await.batch_execute(RECORDS).await?;
    let logs = &ctx.config.paths.log_dir;
    fs::create_dir_all(logs)?;
    for name in [
        "stage.log.2025-01-01",
        "stage.log.2026-01-15",
        "scheduler_activity.log",
    ] {
        fs::write(logs.join(name), "a line\n")?;
    }
    let history = ctx
        .config
        .paths
        .processed_dir()
        .join("history/monitoring_report");
    fs::create_dir_all(&history)?;
    for time in ["20250101T000000Z", "20260115T000000Z"] {
        fs::write(history.join(format!("{time}_{RUN_ID}.json")), "{}")?;
    }
    Ok(())
}

async fn left(database: &TestDatabase) -> Vec<String> {
    database
        .rows(LEFT)
        .await
        .into_iter()
        .flatten()
        .flatten()
        .collect()
}

async fn run(ctx: &StageContext) -> anyhow::Result<StageReport> {
    cleanup::run(ctx, &cleanup::Options::default()).await
}

fn names(folder: &Path) -> Vec<String> {
    let mut names: Vec<String> = fs::read_dir(folder)
        .expect("a folder")
        .map(|entry| {
            entry
                .expect("an entry")
                .file_name()
                .to_string_lossy()
                .into_owned()
        })
        .collect();
    names.sort();
    names
}

/// Goal: exactly what retention allows goes, and a second run finds nothing.
/// Method: in every table a row that may go beside rows as old that may not.
#[tokio::test]
async fn what_is_old_and_closed_goes() -> anyhow::Result<()> {
    let database = TestDatabase::new().await;
    let ctx = database.context("cleanup");
    filled(&ctx, &database).await?;
    let report = run(&ctx).await?;
    assert_eq!(report.status, Status::Succeeded);
    // Batch 2 waits, 3 is the latest of a, 4 the only one of b.
    // The run of a waiting batch stays, but not what its stages took.
    let expected = [
        "check_results 2,3,4",
        "rejections 2,3,4",
        "quarantine 2,3,4,5",
        "raw_files 1,2",
        "runs 2,3,4",
        "stage_runs 3,4",
    ];
    assert_eq!(left(&database).await, expected);
    let links = "select count(*) from ops.quarantine where previous_id is not null";
    assert_eq!(
        database.number(links).await,
        1,
        "3 no longer names 6, 4 still names 3"
    );
    let logs = names(&ctx.config.paths.log_dir);
    assert_eq!(logs, ["scheduler_activity.log", "stage.log.2026-01-15"]);
    let history = ctx
        .config
        .paths
        .processed_dir()
        .join("history/monitoring_report");
    assert_eq!(names(&history), [format!("20260115T000000Z_{RUN_ID}.json")]);
    let deleted: Vec<u64> = report.steps.iter().map(|step| step.rows.deleted).collect();
    assert_eq!(deleted, [1, 1, 2, 1, 2, 1, 1, 1]);

    assert_eq!(run(&ctx).await?.status, Status::NothingToDo);
    Ok(())
}

/// Goal: a trial says the same and removes nothing.
/// Method: rows and files before and after, and the counts of its report.
#[tokio::test]
async fn a_dry_run_removes_nothing() -> anyhow::Result<()> {
    let database = TestDatabase::new().await;
    let mut ctx = database.context("cleanup");
    filled(&ctx, &database).await?;
    let before = left(&database).await;
    ctx.dry_run = true;
    let report = run(&ctx).await?;
    let due: Vec<u64> = report.steps.iter().map(|step| step.rows.input).collect();
    assert_eq!(due, [1, 1, 2, 1, 2, 1, 1, 1]);
    assert!(report.steps.iter().all(|step| step.rows.deleted == 0));
    assert!(
        report.steps[6].name.contains("(7 bytes)"),
        "{}",
        report.steps[6].name
    );
    assert_eq!(left(&database).await, before);
    assert_eq!(names(&ctx.config.paths.log_dir).len(), 3);
    Ok(())
}
