//! Orders that come again: whole, in part, or late.

use super::by_hand::Shop;

const LINES: &str = "select transaction_id, line_number, line_total, is_deleted, batch_id
    from production.transaction_items order by transaction_id, line_number";
const PAYMENTS: &str = "select transaction_id, payment_sequence, amount, is_deleted, batch_id
    from production.payments order by transaction_id, payment_sequence";

/// A version of order T1 with these lines and payments, each `(number, amount)`.
fn version(updated_at: &str, lines: &[(i32, i32)], payments: &[(i32, i32)]) -> String {
    let total: i32 = lines.iter().map(|line| line.1).sum();
    let mut script = format!(
        "insert into staging.transactions (transaction_id, customer_id, transaction_at, status,
             total_amount, updated_at)
         values ('T1', 'C1', '2025-03-01T12:00Z', 'completed', {total}, '{updated_at}');"
    );
    for (number, amount) in lines {
        script += &line(*number, *amount);
    }
    for (number, amount) in payments {
        script += &format!(
            "insert into staging.payments (transaction_id, payment_sequence, amount)
             values ('T1', {number}, {amount});"
        );
    }
    script
}

fn line(number: i32, amount: i32) -> String {
    format!(
        "insert into staging.transaction_items
             (transaction_id, line_number, product_id, quantity, unit_price, line_total)
         values ('T1', {number}, 'P1', 1, {amount}, {amount});"
    )
}

/// Holds rows of the staged batch back, as `quality` does.
async fn hold_back(
    shop: &Shop,
    batch: i64,
    dataset: &str,
    filter: &str,
    verdict: &str,
) -> anyhow::Result<()> {
    shop.client
        .batch_execute(&format!(
            "insert into ops.rejections (batch_id, dataset, row_id, rules, severity, verdict)
             select {batch}, '{dataset}', row_id, '{{rule}}', 'error', '{verdict}'
             from staging.{dataset} where {filter};
             update ops.ledger set rows_{verdict} = (
                 select count(*) from ops.rejections
                 where batch_id = {batch} and dataset = '{dataset}' and verdict = '{verdict}'
             ) where batch_id = {batch} and dataset = '{dataset}'"
        ))
        .await?;
    Ok(())
}

/// Goal: what an order no longer has leaves production, the facts and the aggregates, and what
/// comes again is there again.
/// Method: three lines and two payments, restated without some, then with all.
#[tokio::test]
async fn a_line_that_does_not_come_again_is_gone() -> anyhow::Result<()> {
    let mut shop = Shop::open().await?;
    let whole = version(
        "2025-03-01Z",
        &[(1, 10), (2, 20), (3, 30)],
        &[(1, 40), (2, 20)],
    );
    shop.publish(&whole).await?;
    shop.warehouse(false).await?;
    let totals = "select total_transactions, total_revenue from warehouse.agg_daily_sales";
    assert_eq!(shop.lines(totals).await?, ["(1,60)"]);

    let fewer = version("2025-03-02Z", &[(1, 10), (3, 30)], &[(1, 40)]);
    let report = shop.publish(&fewer).await?;
    assert_eq!(
        shop.lines(LINES).await?,
        ["(T1,1,10,f,1)", "(T1,2,20,t,2)", "(T1,3,30,f,1)"]
    );
    assert_eq!(
        shop.lines(PAYMENTS).await?,
        ["(T1,1,40,f,1)", "(T1,2,20,t,2)"]
    );
    let deleted: Vec<u64> = report.steps.iter().map(|step| step.rows.deleted).collect();
    assert_eq!(deleted.iter().sum::<u64>(), 2, "{:?}", report.steps);
    let ledger = "select rows_staged, rows_published, rows_unchanged from ops.ledger
                  where batch_id = 2 and dataset = 'transaction_items'";
    assert_eq!(shop.lines(ledger).await?, ["(2,2,2)"]);
    shop.warehouse(false).await?;
    let facts = "select sum(facts.line_total), max(orders.total_amount)
                 from warehouse.fact_sales as facts
                 join production.transactions as orders using (source, transaction_id)";
    assert_eq!(shop.lines(facts).await?, ["(40,40)"]);
    assert_eq!(shop.lines(totals).await?, ["(1,40)"]);
    let products = "select total_quantity_sold, total_revenue
                    from warehouse.agg_product_performance";
    assert_eq!(shop.lines(products).await?, ["(2,40)"]);

    // The same again touches nothing, and all of it again undoes the deletion.
    assert_eq!(shop.publish(&fewer).await?.rows().written(), 0);
    shop.publish(&whole.replace("2025-03-01Z", "2025-03-03Z"))
        .await?;
    assert_eq!(
        shop.lines(LINES).await?,
        ["(T1,1,10,f,1)", "(T1,2,20,f,4)", "(T1,3,30,f,1)"]
    );
    shop.warehouse(false).await?;
    assert_eq!(shop.lines(totals).await?, ["(1,60)"]);
    Ok(())
}

/// Goal: only an order that is restated in full loses lines.
/// Method: a header alone, lines alone, a line that is held back, and a held order.
#[tokio::test]
async fn nothing_is_gone_unless_the_whole_order_came() -> anyhow::Result<()> {
    let mut shop = Shop::open().await?;
    shop.publish(&version("2025-03-01Z", &[(1, 10), (2, 20)], &[(1, 30)]))
        .await?;
    let kept = ["(T1,1,10,f,1)", "(T1,2,20,f,1)"];
    shop.publish(&version("2025-03-02Z", &[], &[])).await?;
    assert_eq!(shop.lines(LINES).await?, kept);
    shop.publish(&line(1, 10)).await?;
    assert_eq!(shop.lines(LINES).await?, kept);

    shop.begin_run().await?;
    let other = version("2025-03-03Z", &[(1, 10), (3, 5)], &[]);
    let batch = shop.stage("shop", "passed", &other).await?;
    hold_back(
        &shop,
        batch,
        "transaction_items",
        "line_number = 3",
        "quarantined",
    )
    .await?;
    shop.production().await?;
    assert_eq!(shop.lines(LINES).await?, kept);

    shop.begin_run().await?;
    let held = version("2025-03-04Z", &[(1, 10)], &[(2, 10)]);
    let batch = shop.stage("shop", "passed", &held).await?;
    hold_back(&shop, batch, "transactions", "true", "quarantined").await?;
    shop.production().await?;
    assert_eq!(shop.lines(LINES).await?, kept);
    assert_eq!(
        shop.lines(PAYMENTS).await?,
        ["(T1,1,30,f,1)", "(T1,2,10,f,5)"]
    );

    // Of two rows of one key that contradict each other one stands: the order came whole.
    shop.begin_run().await?;
    let conflict = version("2025-03-05Z", &[(1, 9), (1, 10)], &[]);
    let batch = shop.stage("shop", "passed", &conflict).await?;
    hold_back(
        &shop,
        batch,
        "transaction_items",
        "line_total = 9",
        "quarantined",
    )
    .await?;
    shop.production().await?;
    assert_eq!(shop.lines(LINES).await?, ["(T1,1,10,f,1)", "(T1,2,20,t,6)"]);
    Ok(())
}

/// Goal: what belongs to an older version of an order never replaces what belongs to a newer one.
/// Method: the newer version first, then the older one with other lines.
#[tokio::test]
async fn lines_of_an_older_version_are_left_out() -> anyhow::Result<()> {
    let mut shop = Shop::open().await?;
    let shipment = "insert into staging.shipments (transaction_id, shipment_id, status)
                    values ('T1', 'S1', 'delivered');";
    let newer = version("2025-03-05Z", &[(1, 10), (2, 20)], &[(1, 30)]) + shipment;
    shop.publish(&newer).await?;
    let older = version("2025-03-04Z", &[(1, 7), (3, 9)], &[(1, 16)])
        + &shipment.replace("delivered", "packed");
    let report = shop.publish(&older).await?;
    assert_eq!(shop.lines(LINES).await?, ["(T1,1,10,f,1)", "(T1,2,20,f,1)"]);
    assert_eq!(shop.lines(PAYMENTS).await?, ["(T1,1,30,f,1)"]);
    let shipments = "select status, batch_id from production.shipments";
    assert_eq!(shop.lines(shipments).await?, ["(delivered,1)"]);
    let ledger = "select dataset, rows_staged, rows_published, rows_superseded from ops.ledger
                  where batch_id = 2 order by dataset collate \"C\"";
    assert_eq!(
        shop.lines(ledger).await?,
        [
            "(payments,1,0,1)",
            "(shipments,1,0,1)",
            "(transaction_items,2,0,2)",
            "(transactions,1,0,1)"
        ]
    );
    assert!(
        report
            .warnings
            .iter()
            .any(|it| it.contains("2 rows of transaction_items in batch 2")),
        "{:?}",
        report.warnings
    );
    Ok(())
}

/// Goal: a row that is lost on its way, and is no second one of its key, stops the publication.
/// Method: a header of a shop that nobody knows, which the join with the shops drops.
#[tokio::test]
async fn a_row_that_a_join_loses_stops_the_publication() -> anyhow::Result<()> {
    let mut shop = Shop::open().await?;
    shop.begin_run().await?;
    let batch = shop
        .stage("shop", "passed", &version("2025-03-05Z", &[], &[]))
        .await?;
    shop.client
        .batch_execute(&format!(
            "update staging.transactions set source = 'stranger', customer_id = null
             where batch_id = {batch}"
        ))
        .await?;
    let error = shop.production().await.expect_err("a refusal");
    let text = format!("{error:#}");
    assert!(
        text.contains("1 keys were accepted and 0 published"),
        "{text}"
    );
    Ok(())
}
