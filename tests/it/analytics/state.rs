//! Which state of the warehouse an export shows.

use std::time::Duration;

use common::Status;
use common::testing::TestDatabase;

use super::{csv, filled, folder, run};

/// Sessions that wait for the writer lock of this database.
const WAITING: &str = "select count(*) from pg_catalog.pg_locks as locks
    join pg_catalog.pg_database as databases on locks.database = databases.oid
    where locks.locktype = 'advisory' and not locks.granted
        and databases.datname = current_database()";

/// Goal: an export that waits for a load shows what that load wrote, not what was there before.
/// Method: a load holds the writer lock and commits while the export waits for it.
#[tokio::test]
async fn an_export_shows_the_load_that_it_waited_for() -> anyhow::Result<()> {
    let database = filled().await;
    let ctx = database.context("analytics");
    let mut writer = database.client().await;
    let load = writer.transaction().await?;
    load.batch_execute(
        "select pg_advisory_xact_lock(hashtextextended('bullion.writer', 0));
         update warehouse.fact_sales set line_total = 25 where source = 'other';
         update ops.watermarks set batch_id = 9 where source = 'other'",
    )
    .await?;
    let export = tokio::spawn({
        let ctx = ctx.clone();
        async move { run(&ctx).await }
    });
    while database.number(WAITING).await == 0 {
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    load.commit().await?;
    export.await??;

    let products = csv(&ctx, "other/query1_top_products.csv");
    assert_eq!(products.lines().nth(1), Some("P1,Vase,Home,25.00,1,25.00"));
    let moved = "select batch_id from ops.watermarks
                 where consumer = 'analytics' and source = 'other'";
    assert_eq!(database.number(moved).await, 9);
    let held = "select count(*) from pg_catalog.pg_locks as locks
        join pg_catalog.pg_database as databases on locks.database = databases.oid
        where locks.locktype = 'advisory' and databases.datname = current_database()";
    assert_eq!(database.number(held).await, 0, "the lock is given back");
    Ok(())
}

/// Goal: a warehouse that nobody filled is nothing to do, not an error.
/// Method: a migrated, empty database.
#[tokio::test]
async fn an_empty_warehouse_exports_nothing() -> anyhow::Result<()> {
    let database = TestDatabase::new().await;
    let ctx = database.context("analytics");
    assert_eq!(run(&ctx).await?.status, Status::NothingToDo);
    assert!(!folder(&ctx).exists());
    Ok(())
}
