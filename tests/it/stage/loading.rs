//! Several connections load one batch: all of it stays, or nothing.

use super::{ORDERS, Shop};

const NO_TRACE: [&str; 4] = [
    "select count(*) from landing.corner__orders",
    "select count(*) from ops.raw_files",
    "select count(*) from ops.quarantine",
    "select count(*) from ops.batches",
];

async fn assert_no_trace(shop: &Shop) {
    for query in NO_TRACE {
        assert_eq!(shop.db.number(query).await, 0, "{query}");
    }
}

async fn execute(shop: &Shop, statements: &str) {
    let client = shop.db.client().await;
    client.batch_execute(statements).await.expect("statements");
}

/// The first column.
fn texts(rows: Vec<Vec<Option<String>>>) -> Vec<String> {
    rows.into_iter()
        .map(|row| row.into_iter().flatten().collect())
        .collect()
}

/// A file of `line_count` good lines.
fn orders(line_count: u32) -> String {
    let lines =
        (0..line_count).map(|it| format!("order-{it},buyer-{it},2025-07-01 12:00:00,{it}.25\n"));
    format!("id,buyer,at,amount\n{}", lines.collect::<String>())
}

/// Goal: what one file brought goes when another one of the batch is refused.
#[tokio::test]
async fn a_refused_file_takes_back_what_the_others_brought() {
    let shop = Shop::new(ORDERS).await;
    shop.write_data("orders_1.csv", &orders(2_000));
    shop.write_data(
        "orders_2.csv",
        "id,buyer,at,amount\n1,a,2025-07-01 12:00:00,x\n2,\"b,2025-07-01 12:00:00,1\n",
    );
    let refusal = shop.refused().await;
    assert!(refusal.contains("orders_2.csv"), "{refusal}");
    assert_no_trace(&shop).await;
}

/// Goal: a file that is large enough for several streams arrives once, whole.
/// Method: 20 MB over two connections; every record number once, and the sum of the amounts.
#[tokio::test(flavor = "multi_thread")]
async fn a_large_file_arrives_once_over_several_streams() -> anyhow::Result<()> {
    let shop = Shop::new(ORDERS).await;
    let line_count = 400_000;
    shop.write_data("orders.csv", &orders(line_count));
    shop.stage().await?;
    let found = shop
        .db
        .rows(
            "select concat_ws(
                 '|', count(*), count(distinct record_number), max(source_line), sum(amount)
             )
             from landing.corner__orders",
        )
        .await;
    let sum = u64::from(line_count) * u64::from(line_count - 1) / 2 + u64::from(line_count) / 4;
    assert_eq!(
        texts(found),
        [format!(
            "{line_count}|{line_count}|{}|{sum}.00",
            line_count + 1
        )]
    );
    Ok(())
}

/// Goal: an error of the server in the middle of a copy leaves nothing, and the next run is whole.
/// Method: a constraint that a late line breaks.
#[tokio::test(flavor = "multi_thread")]
async fn an_error_of_the_server_leaves_nothing_and_the_next_run_is_whole() -> anyhow::Result<()> {
    let shop = Shop::new(ORDERS).await;
    shop.write_data("orders.csv", "id,buyer,at,amount\n");
    shop.stage().await?;
    execute(
        &shop,
        "alter table landing.corner__orders add constraint low check (amount < 300000)",
    )
    .await;
    shop.write_data("orders.csv", &orders(400_000));
    let error = shop.stage().await.expect_err("a broken constraint");
    let text = common::errors::describe(&error);
    assert!(text.contains("landing.corner__orders"), "{text}");
    let rows = "select count(*) from landing.corner__orders";
    assert_eq!(shop.db.number(rows).await, 0);
    let unfinished = "select count(*) from ops.batches where state = 'loading'";
    assert_eq!(shop.db.number(unfinished).await, 0);

    execute(
        &shop,
        "alter table landing.corner__orders drop constraint low",
    )
    .await;
    shop.stage().await?;
    assert_eq!(shop.db.number(rows).await, 400_000);
    Ok(())
}

/// Goal: what a killed load left is taken back by the next run, whatever that run finds.
/// Method: the rows of a load as they are between its first and its last transaction.
#[tokio::test]
async fn what_a_killed_load_left_is_taken_back() -> anyhow::Result<()> {
    let shop = Shop::new(ORDERS).await;
    shop.write_data("orders.csv", &orders(3));
    shop.stage().await?;
    execute(
        &shop,
        "update ops.batches set state = 'published';
             update ops.raw_files set state = 'loaded';
             insert into ops.batches
             select 1000, run_id, source, business_date, 'loading', staged_at from ops.batches;
             insert into ops.raw_files (
                 batch_id, source, table_name, path, content_sha256, config_sha256, bytes,
                 modified_at, rows_read, rows_loaded, rows_rejected, state
             )
             select 1000, source, table_name, path, 'x', 'x', 1, modified_at, 0, 0, 0, 'loading'
             from ops.raw_files;
             insert into landing.corner__orders (id, file_id, source_line, record_number)
             select 'half', max(file_id), 2, 1 from ops.raw_files",
    )
    .await;
    let report = shop.stage().await?;
    assert_eq!(report.status, common::Status::NothingToDo);
    let rows = shop
        .db
        .rows("select id from landing.corner__orders order by id")
        .await;
    assert_eq!(texts(rows), ["order-0", "order-1", "order-2"]);
    let batches = shop.db.rows("select state from ops.batches").await;
    assert_eq!(texts(batches), ["published"]);
    Ok(())
}

/// Goal: connections that would wait for each other for ever are a matter of configuration.
#[tokio::test]
async fn more_streams_than_connections_are_refused() {
    let mut shop = Shop::new(ORDERS).await;
    shop.ctx.config.database.pool_size_max = 2;
    shop.write_data("orders.csv", &orders(1));
    let refusal = shop.refused().await;
    assert!(refusal.contains("raise pool_size_max"), "{refusal}");
}
