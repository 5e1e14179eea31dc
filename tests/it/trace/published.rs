//! Each schema tells which batch it shows, and a reader never sees the one without the other.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use tokio_postgres::Client;

use crate::production::by_hand::Shop;

/// One snapshot: the batch that the schema names, and what its tables hold.
const PRODUCTION: &str = "
    select
        coalesce((select max(batch_id) from production.published_batches), 0),
        (select ops.content_hash('production.transactions'))
        || (select ops.content_hash('production.transaction_items'))";
const WAREHOUSE: &str = "
    select
        coalesce((select max(batch_id) from warehouse.published_batches), 0),
        (select ops.content_hash('warehouse.fact_sales'))
        || (select ops.content_hash('warehouse.dim_customers'))
        || (select ops.content_hash('warehouse.agg_daily_sales'))";

type State = (i64, String);

async fn look(client: &Client, query: &str) -> anyhow::Result<State> {
    let row = client.query_one(query, &[]).await?;
    Ok((row.try_get(0)?, row.try_get(1)?))
}

/// States that were seen and that no moment between two loads had: torn ones.
fn torn(seen: &BTreeSet<State>, settled: &BTreeMap<i64, String>) -> Vec<State> {
    let is_torn = |state: &&State| settled.get(&state.0) != Some(&state.1);
    seen.iter().filter(is_torn).cloned().collect()
}

/// Goal: readers during loads see the state before or after, with the batch that belongs to it.
/// Method: a reader of each schema asks without pause, in one query, for batch and content, while
/// batches that change every row are published and loaded; what it saw is compared with the states
/// between loads.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_reader_sees_a_batch_whole_or_not_at_all() -> anyhow::Result<()> {
    let mut shop = Shop::open().await?;
    let is_over = Arc::new(AtomicBool::new(false));
    let mut readers = Vec::new();
    for query in [PRODUCTION, WAREHOUSE] {
        let client = shop.db.client().await;
        let is_over = Arc::clone(&is_over);
        readers.push(tokio::spawn(async move {
            let mut seen = BTreeSet::new();
            while !is_over.load(Ordering::Relaxed) {
                seen.insert(look(&client, query).await?);
            }
            anyhow::Ok(seen)
        }));
    }
    let observer = shop.db.client().await;
    let mut settled = [BTreeMap::new(), BTreeMap::new()];
    for number in 0..6_i64 {
        if number > 0 {
            shop.publish(&orders(number)).await?;
            shop.warehouse(false).await?;
        }
        for (states, query) in settled.iter_mut().zip([PRODUCTION, WAREHOUSE]) {
            states.extend([look(&observer, query).await?]);
        }
    }
    is_over.store(true, Ordering::Relaxed);
    for (reader, states) in readers.into_iter().zip(&settled) {
        let seen = reader.await??;
        assert_eq!(torn(&seen, states), [], "of {} states seen", seen.len());
        assert!(
            seen.len() >= 3,
            "the reader read while batches were published: {seen:?}"
        );
    }

    // The comparison bites: content of one batch beside the number of another.
    let mixed = (5, settled[0][&4].clone());
    assert_eq!(torn(&BTreeSet::from([mixed.clone()]), &settled[0]), [mixed]);
    Ok(())
}

/// Sixty orders, each of them other than in every other batch.
fn orders(number: i64) -> String {
    format!(
        "insert into staging.customers (customer_id, first_name, city, updated_at)
         select 'C' || n, 'Ada', 'City {number}', timestamptz '2025-01-01Z' + interval '{number} day'
         from generate_series(1, 60) as n;
         insert into staging.transactions
             (transaction_id, customer_id, transaction_at, status, payment_method, updated_at)
         select 'T' || n, 'C' || n, '2025-03-01T12:00:00Z', 'completed', 'Cash',
             timestamptz '2025-03-01Z' + interval '{number} day'
         from generate_series(1, 60) as n;
         insert into staging.transaction_items
             (transaction_id, line_number, product_id, quantity, unit_price, line_total)
         select 'T' || n, 1, 'P1', {number}, 10, {number} * 10
         from generate_series(1, 60) as n;"
    )
}

/// Goal: the three schemas name the same batch after a run, and only what they have taken before.
#[tokio::test]
async fn each_schema_names_the_batch_that_it_shows() -> anyhow::Result<()> {
    let mut shop = Shop::open().await?;
    shop.publish(&orders(1)).await?;
    let shown = |schema: &str| format!("select source, batch_id from {schema}.published_batches");
    assert_eq!(shop.lines(&shown("production")).await?, ["(shop,1)"]);
    assert_eq!(shop.lines(&shown("warehouse")).await?, [""; 0]);
    shop.warehouse(false).await?;
    assert_eq!(shop.lines(&shown("warehouse")).await?, ["(shop,1)"]);
    // A batch that was staged and not published is nobody's.
    shop.begin_run().await?;
    shop.stage("shop", "blocked", &orders(2)).await?;
    assert_eq!(shop.lines(&shown("production")).await?, ["(shop,1)"]);
    assert_eq!(shop.lines(&shown("analytics")).await?, [""; 0]);
    Ok(())
}
