//! One run at a time: an fs2 lock on a file, doubled by a session advisory lock in the database.
//!
//! The file is never removed: whoever deletes a held lock file lets two in.

use std::fs::{File, OpenOptions};

use anyhow::Context as _;
use fs2::FileExt;
use tokio_postgres::Client;
use uuid::Uuid;

use crate::context::StageContext;
use crate::database::{self, db};
use crate::errors::Failure;
use crate::report::{self, Status};
use crate::sql::Sql;

const LOCK_FILE_NAME: &str = "bullion.lock";

const TRY_LOCK: Sql = crate::sql!("common/try_lock_run.sql");
const PARENT_HOLDS_LOCK: Sql = crate::sql!("common/parent_holds_lock.sql");
const CLOSE_DEAD_RUNS: Sql = crate::sql!("common/close_dead_runs.sql");
const BEGIN_RUN: Sql = crate::sql!("common/begin_run.sql");
const END_RUN: Sql = crate::sql!("common/end_run.sql");

/// Held until it is dropped, or until the process ends, however it ends.
#[derive(Debug)]
pub struct RunLock {
    _file: File,
    client: Client,
}

impl RunLock {
    /// Takes both locks and records the run in `ops.runs`.
    ///
    /// # Errors
    /// Exit code 5 when another run holds one of them.
    pub async fn acquire(ctx: &StageContext) -> anyhow::Result<Self> {
        let file = lock_file(ctx)?;
        let database = ctx.database().await?;
        let client =
            database::connect(&database.address, &ctx.config.database, ctx.program).await?;
        let row = client
            .query_one(TRY_LOCK.text, &[])
            .await
            .context("failed to ask for the run lock")?;
        if !row.get::<_, bool>("is_locked") {
            return Err(Failure::locked(format!(
                "another run holds the lock in {}; wait for it, or stop it and run again",
                database.address.display()
            ))
            .into());
        }
        let backend_pid: i32 = row.get("backend_pid");
        if !ctx.dry_run {
            record_begin(ctx, backend_pid).await?;
        }
        Ok(Self {
            _file: file,
            client,
        })
    }

    /// Whether the connection that holds the advisory lock is still there.
    pub fn is_held(&self) -> bool {
        !self.client.is_closed()
    }
}

/// The lock on this machine alone; held until the file is dropped.
///
/// # Errors
/// Exit code 5 when another run holds it.
pub fn lock_file(ctx: &StageContext) -> anyhow::Result<File> {
    let folder = &ctx.config.paths.data_dir;
    std::fs::create_dir_all(folder)
        .with_context(|| format!("failed to create `{}`", folder.display()))?;
    let path = folder.join(LOCK_FILE_NAME);
    let file = OpenOptions::new()
        .create(true)
        .write(true)
        .truncate(false)
        .open(&path)
        .with_context(|| format!("failed to open lock file `{}`", path.display()))?;
    match FileExt::try_lock_exclusive(&file) {
        Ok(()) => Ok(file),
        Err(error) if error.kind() == std::io::ErrorKind::WouldBlock => {
            Err(Failure::locked(format!(
                "another run holds `{}`; wait for it, or stop it and run again",
                path.display()
            ))
            .into())
        }
        Err(error) => Err(error).with_context(|| format!("failed to lock `{}`", path.display())),
    }
}

/// A stage that an orchestrator started checks that this run really holds the lock.
///
/// # Errors
/// Exit code 5 when it does not: the orchestrator is gone, or another run took over.
pub async fn check_parent(ctx: &StageContext) -> anyhow::Result<()> {
    let client = ctx.client().await?;
    let is_held: bool = db::row(&client, PARENT_HOLDS_LOCK, &[&ctx.run_id])
        .await?
        .get(0);
    if is_held {
        return Ok(());
    }
    Err(Failure::locked(format!(
        "run {} does not hold the lock; start stages by hand without --parent-pid",
        ctx.run_id
    ))
    .into())
}

async fn record_begin(ctx: &StageContext, backend_pid: i32) -> anyhow::Result<()> {
    let client = ctx.client().await?;
    // Under the lock no other run can be alive: what says so was killed.
    db::execute(&client, CLOSE_DEAD_RUNS, &[&ctx.run_id]).await?;
    let display_id = display_id(ctx);
    let host = report::host();
    db::execute(
        &client,
        BEGIN_RUN,
        &[
            &ctx.run_id,
            &display_id,
            &ctx.program,
            &ctx.business_date,
            &ctx.started_at,
            &backend_pid,
            &host,
        ],
    )
    .await?;
    Ok(())
}

/// Records how the run ended.
///
/// # Errors
/// As the server says.
pub async fn record_end(
    ctx: &StageContext,
    state: &str,
    exit_code: u8,
    report: Option<&serde_json::Value>,
) -> anyhow::Result<()> {
    let client = ctx.client().await?;
    let (ended_at, exit_code) = (report::now(), i32::from(exit_code));
    db::execute(
        &client,
        END_RUN,
        &[&ctx.run_id, &ended_at, &state, &exit_code, &report],
    )
    .await?;
    Ok(())
}

/// `PIPE_YYYYMMDD_HHMMSS`, for people.
pub fn display_id(ctx: &StageContext) -> String {
    ctx.started_at.format("PIPE_%Y%m%d_%H%M%S").to_string()
}

/// The state in `ops.runs` of a program that ended so.
pub fn state_of(status: Status) -> &'static str {
    match status {
        Status::Succeeded | Status::NothingToDo | Status::Anomaly => "succeeded",
        Status::Partial => "partial",
        Status::Blocked => "blocked",
        Status::Failed => "failed",
    }
}

/// A new identifier of a run, sortable by time.
pub(crate) fn new_run_id() -> Uuid {
    Uuid::now_v7()
}
