//! A run that is killed, at any place, is healed by the next one.

use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use rand::{RngExt as _, SeedableRng as _};
use tokio_postgres::Client;

use crate::support::{Ended, Pipeline};

/// Longest wait for a program to get stuck on the test's lock.
const WAIT_MAX: Duration = Duration::from_secs(60);

/// The programs that write, with a table that each of them needs when half of its work is done:
/// while the test holds it, the program stands still in the middle of its transaction.
const HALF_WAY: [(&str, &str); 5] = [
    ("stage", "ops.ledger"),
    ("quality", "ops.check_results"),
    ("production", "production.transaction_items"),
    ("warehouse", "warehouse.agg_customer_metrics"),
    ("analytics", "analytics.mv_top_products_by_revenue"),
];

/// Programs that are over in a moment; they are killed as soon as they are seen.
const SHORT: [&str; 3] = ["generate", "cleanup", "monitor"];
/// Runs in which a short program may get away.
const ESCAPES_MAX: usize = 20;

type Outcome = (Vec<(String, String)>, Vec<(String, Vec<u8>)>);

/// Tables, views and exports.
async fn outcome(pipeline: &Pipeline) -> Outcome {
    (pipeline.hashes().await, pipeline.exports())
}

/// Those of a run that nobody disturbed.
async fn undisturbed() -> Outcome {
    let pipeline = Pipeline::new().await;
    pipeline.orchestrate(&[]).expect(0);
    outcome(&pipeline).await
}

fn assert_same(found: &Outcome, expected: &Outcome, after: &str) {
    assert_eq!(
        found.0, expected.0,
        "tables and views after a kill: {after}"
    );
    assert!(found.1 == expected.1, "exports after a kill: {after}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_run_killed_in_any_stage_ends_in_the_same_tables() {
    let expected = undisturbed().await;
    for (stage, table) in HALF_WAY {
        let pipeline = Pipeline::new().await;
        let holder = pipeline.db.client().await;
        hold(&holder, table).await;
        let orchestrator = pipeline.start_orchestrator(&[]);

        let pid = wait_until_stuck(&pipeline, stage).await;
        assert!(signal("-KILL", pid));
        let ended = Ended::of(orchestrator.wait_with_output().expect("an end"));
        holder
            .batch_execute("rollback")
            .await
            .expect("a lock to give back");

        ended
            .expect(4)
            .says(&[&format!("{stage}: killed by signal 9")]);
        pipeline.orchestrate(&[]).expect(0);
        assert_same(&outcome(&pipeline).await, &expected, stage);
    }
}

/// Goal: the same for the programs that are too short to be caught at a lock.
#[tokio::test(flavor = "multi_thread")]
async fn a_run_whose_short_programs_are_killed_ends_in_the_same_tables() {
    let expected = undisturbed().await;
    for stage in SHORT {
        let pipeline = Pipeline::new().await;
        let is_killed = (0..ESCAPES_MAX).any(|_| kill_on_sight(&pipeline, stage));
        assert!(is_killed, "{stage} got away {ESCAPES_MAX} times");
        pipeline.orchestrate(&[]).expect(0);
        assert_same(&outcome(&pipeline).await, &expected, stage);
    }
}

/// Runs the pipeline and kills the program at first sight; false when it was never seen.
fn kill_on_sight(pipeline: &Pipeline, stage: &str) -> bool {
    let mut orchestrator = pipeline.start_orchestrator(&[]);
    let mut pid = None;
    while pid.is_none() && orchestrator.try_wait().expect("a state").is_none() {
        pid = process_of(pipeline, stage);
    }
    let is_seen = pid.is_some_and(|it| signal("-KILL", it));
    let ended = Ended::of(orchestrator.wait_with_output().expect("an end"));
    // It may have ended between the sight and the signal.
    let is_killed = ended
        .stderr
        .contains(&format!("{stage}: killed by signal 9"));
    // What monitor finds never fails a run.
    let exit_code = if is_killed && stage != "monitor" {
        4
    } else {
        0
    };
    ended.expect(exit_code);
    is_seen && is_killed
}

/// Goal: the same for kills of the orchestrator itself at moments that nobody chose.
#[tokio::test(flavor = "multi_thread")]
async fn an_orchestrator_killed_at_any_moment_takes_its_child_along_and_is_healed() {
    let expected = undisturbed().await;
    let mut random = rand_chacha::ChaCha8Rng::seed_from_u64(7);
    let mut hits = 0;
    for _ in 0..6 {
        let pipeline = Pipeline::new().await;
        let mut orchestrator = pipeline.start_orchestrator(&[]);
        thread::sleep(Duration::from_millis(random.random_range(50..1_500)));
        if orchestrator.try_wait().expect("a state").is_none() {
            hits += 1;
        }
        orchestrator.kill().expect("a process to kill");
        orchestrator.wait().expect("an end");

        wait_until_alone(&pipeline).await;
        pipeline.orchestrate(&[]).expect(0);
        assert_same(&outcome(&pipeline).await, &expected, "at a random moment");
    }
    assert!(hits > 0, "no kill met a running orchestrator");
}

#[tokio::test(flavor = "multi_thread")]
async fn of_two_orchestrators_one_ends_with_5() {
    let pipeline = Pipeline::new().await;
    let holder = pipeline.db.client().await;
    hold(&holder, "ops.ledger").await;
    let first = pipeline.start_orchestrator(&[]);
    wait_until_stuck(&pipeline, "stage").await;

    let second = pipeline.orchestrate(&[]);
    let stage = pipeline.run("stage", &[]);
    holder
        .batch_execute("rollback")
        .await
        .expect("a lock to give back");

    second.expect(5).says(&["another run holds"]);
    stage.expect(5).says(&["another run holds"]);
    Ended::of(first.wait_with_output().expect("an end")).expect(0);
}

/// Goal: the database's lock alone keeps two machines apart, which share no lock file.
#[tokio::test(flavor = "multi_thread")]
async fn two_machines_are_kept_apart_by_the_database() {
    let pipeline = Pipeline::new().await;
    let holder = pipeline.db.client().await;
    hold(&holder, "ops.ledger").await;
    let first = pipeline.start_orchestrator(&[]);
    wait_until_stuck(&pipeline, "stage").await;

    let elsewhere = pipeline.db.dir.path().join("elsewhere");
    let output = pipeline
        .program("orchestrator", &["run"])
        .env("BULLION__PATHS__DATA_DIR", &elsewhere)
        .output()
        .expect("an orchestrator");
    holder
        .batch_execute("rollback")
        .await
        .expect("a lock to give back");

    Ended::of(output)
        .expect(5)
        .says(&["another run holds the lock in"]);
    Ended::of(first.wait_with_output().expect("an end")).expect(0);
}

/// Goal: a stop in good order ends the child too, and says how to go on.
#[tokio::test(flavor = "multi_thread")]
async fn a_terminated_run_says_so_and_is_healed() {
    let pipeline = Pipeline::new().await;
    let holder = pipeline.db.client().await;
    hold(&holder, "ops.ledger").await;
    let orchestrator = pipeline.start_orchestrator(&[]);
    wait_until_stuck(&pipeline, "stage").await;

    terminate(&orchestrator);
    let ended = Ended::of(orchestrator.wait_with_output().expect("an end"));
    holder
        .batch_execute("rollback")
        .await
        .expect("a lock to give back");

    ended.expect(143).says(&["stopped by SIGTERM"]);
    assert_eq!(
        pipeline.report("pipeline_execution_report")["status"],
        "cancelled"
    );
    pipeline.orchestrate(&[]).expect(0);
}

async fn hold(client: &Client, table: &str) {
    // Writers stand still, readers go on. A materialized view takes no `lock table`; reading it for update is not possible either, but
    // an index build's weaker lock is enough to hold a refresh.
    let is_view = table.starts_with("analytics.");
    let statement = if is_view {
        format!("begin; comment on materialized view {table} is 'held by a test'")
    } else {
        format!("begin; lock table {table} in exclusive mode")
    };
    client.batch_execute(&statement).await.expect("a lock");
}

/// Waits until a connection of the program stands at a lock; returns the program's process.
async fn wait_until_stuck(pipeline: &Pipeline, stage: &str) -> i32 {
    let start = Instant::now();
    let query = format!(
        "select count(*) from pg_catalog.pg_stat_activity
         where application_name = 'bullion-{stage}' and wait_event_type = 'Lock'
           and datname = current_database()"
    );
    loop {
        if pipeline.db.number(&query).await > 0
            && let Some(pid) = process_of(pipeline, stage)
        {
            return pid;
        }
        assert!(start.elapsed() < WAIT_MAX, "{stage} never came to the lock");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

/// The process of this name that works on this test's folder.
fn process_of(pipeline: &Pipeline, stage: &str) -> Option<i32> {
    let marker = pipeline.data_dir().display().to_string();
    std::fs::read_dir("/proc")
        .ok()?
        .filter_map(Result::ok)
        .find_map(|entry| {
            let pid: i32 = entry.file_name().to_str()?.parse().ok()?;
            let name = std::fs::read_to_string(entry.path().join("comm")).ok()?;
            let environment = std::fs::read(entry.path().join("environ")).ok()?;
            let is_ours = String::from_utf8_lossy(&environment).contains(&marker);
            (name.trim() == stage && is_ours).then_some(pid)
        })
}

/// Waits until no connection of a program is left: the killed one's work is rolled back.
async fn wait_until_alone(pipeline: &Pipeline) {
    let start = Instant::now();
    let query = "select count(*) from pg_catalog.pg_stat_activity
                 where application_name like 'bullion-%' and datname = current_database()";
    while pipeline.db.number(query).await > 0 {
        assert!(
            start.elapsed() < WAIT_MAX,
            "a child outlived its orchestrator"
        );
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

fn terminate(child: &Child) {
    let pid = i32::try_from(child.id()).expect("a process id");
    assert!(signal("-TERM", pid), "the orchestrator is there");
}

/// Sends the signal; false when there is no such process any more.
fn signal(name: &str, pid: i32) -> bool {
    let status = Command::new("kill")
        .args([name, &pid.to_string()])
        .stderr(Stdio::null())
        .status();
    status.expect("a kill command").success()
}
