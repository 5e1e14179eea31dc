//! Accepted staged rows into production.

pub(crate) mod by_hand;
mod corrections;
mod deletes;
mod orders;
mod quarantine;
mod vanished;

use common::Status;

use self::by_hand::{Shop, order};

const CUSTOMER: &str = "insert into staging.customers
    (customer_id, first_name, email, phone, city, country, registration_date, updated_at)
    values ('C1', ' Ada ', ' Ada@Example.COM', '(020) 7946-0958', 'London', 'United Kingdom',
            '2024-01-01', '2025-01-01T00:00:00Z');";

const PRODUCT: &str = "insert into staging.products
    (product_id, product_name, category, price, cost, currency, updated_at)
    values ('P1', 'Pen', 'Office', 10, 4, 'usd', '2025-01-01T00:00:00Z');";

#[tokio::test]
async fn values_are_cleaned_on_their_way_into_production() -> anyhow::Result<()> {
    let mut shop = Shop::open().await?;
    // 23:30 in New York is the next day in UTC.
    let order = order("T1", "C1", "P1", "2025-03-02T04:30:00Z");
    let report = shop.publish(&format!("{CUSTOMER}{PRODUCT}{order}")).await?;
    assert_eq!(report.status, Status::Succeeded);
    let customers = "select first_name, email, phone, country from production.customers";
    assert_eq!(
        shop.lines(customers).await?,
        ["(Ada,ada@example.com,+442079460958,GB)"]
    );
    let orders = "select sale_date, currency from production.transactions";
    assert_eq!(shop.lines(orders).await?, ["(2025-03-01,USD)"]);
    let products = "select currency, price from production.products";
    assert_eq!(shop.lines(products).await?, ["(USD,10)"]);
    Ok(())
}

/// Goal: the same rows again touch nothing, whether the batch or the files come twice.
#[tokio::test]
async fn rows_that_come_again_change_nothing() -> anyhow::Result<()> {
    const TABLES: [&str; 6] = [
        "production.retailers",
        "production.customers",
        "production.products",
        "production.transactions",
        "production.transaction_items",
        "production.customers_changes",
    ];
    let mut shop = Shop::open().await?;
    let order = order("T1", "C1", "P1", "2025-03-02T04:30:00Z");
    let rows = format!("{CUSTOMER}{PRODUCT}{order}");
    shop.publish(&rows).await?;
    let before = shop.state_of(&TABLES).await?;

    let again = shop.production().await?;
    assert_eq!(again.status, Status::NothingToDo);

    let replayed = shop.publish(&rows).await?;
    assert_eq!(replayed.rows().written(), 0, "{:?}", replayed.steps);
    assert_eq!(shop.state_of(&TABLES).await?, before);
    let ledger = "select dataset, rows_staged, rows_published, rows_unchanged from ops.ledger
                  where batch_id = 2 order by dataset collate \"C\" limit 1";
    assert_eq!(shop.lines(ledger).await?, ["(customers,1,1,1)"]);
    Ok(())
}

#[tokio::test]
async fn only_batches_that_passed_are_published() -> anyhow::Result<()> {
    let mut shop = Shop::open().await?;
    shop.begin_run().await?;
    shop.stage("north", "blocked", CUSTOMER).await?;
    assert_eq!(shop.production().await?.status, Status::Blocked);

    shop.stage("south", "staged", CUSTOMER).await?;
    let error = shop.production().await.expect_err("a refusal");
    assert!(
        format!("{error:#}").contains("run `quality` first"),
        "{error:#}"
    );
    assert_eq!(common::errors::exit_code(&error), 2);

    shop.client
        .execute(
            "update ops.batches set state = 'passed' where source = 'south'",
            &[],
        )
        .await?;
    assert_eq!(shop.production().await?.status, Status::Partial);
    let published = "select distinct source from production.customers";
    assert_eq!(shop.lines(published).await?, ["(south)"]);
    Ok(())
}

#[tokio::test]
async fn rows_that_differ_from_the_ledger_stop_the_publication() -> anyhow::Result<()> {
    let mut shop = Shop::open().await?;
    shop.begin_run().await?;
    shop.stage("shop", "passed", CUSTOMER).await?;
    shop.client
        .execute("delete from staging.customers", &[])
        .await?;
    let error = shop.production().await.expect_err("a refusal");
    assert!(
        format!("{error:#}").contains("staged 1 rows of customers"),
        "{error:#}"
    );
    assert_eq!(
        shop.lines("select 1 from production.retailers")
            .await?
            .len(),
        0
    );

    shop.begin_run().await?;
    shop.stage("shop", "passed", CUSTOMER).await?;
    shop.client
        .execute(
            "update ops.ledger set rows_quarantined = 1 where batch_id = 2",
            &[],
        )
        .await?;
    let error = shop.production().await.expect_err("a refusal");
    assert!(format!("{error:#}").contains("do not balance"), "{error:#}");
    assert_eq!(
        shop.lines("select 1 from production.retailers")
            .await?
            .len(),
        0
    );
    Ok(())
}

/// Goal: a product that is sold before it is known stands in as a stub, and is filled later.
#[tokio::test]
async fn a_missing_product_is_a_stub_until_it_arrives() -> anyhow::Result<()> {
    let mut shop = Shop::open().await?;
    let order = order("T1", "C1", "P1", "2025-03-02T04:30:00Z");
    shop.publish(&format!("{CUSTOMER}{order}")).await?;
    let products = "select product_id, product_name, is_inferred, first_batch_id, batch_id
                    from production.products";
    assert_eq!(shop.lines(products).await?, ["(P1,,t,1,1)"]);
    shop.publish(PRODUCT).await?;
    assert_eq!(shop.lines(products).await?, ["(P1,Pen,f,1,2)"]);
    Ok(())
}

#[tokio::test]
async fn an_older_version_never_replaces_a_newer_one() -> anyhow::Result<()> {
    let mut shop = Shop::open().await?;
    shop.publish(CUSTOMER).await?;
    let older = CUSTOMER
        .replace("London", "Leeds")
        .replace("2025-01-01T", "2024-06-01T");
    shop.publish(&older).await?;
    let cities = "select city from production.customers";
    assert_eq!(shop.lines(cities).await?, ["(London)"]);
    let history = "select city, effective_at at time zone 'UTC' from production.customers_changes
                   order by effective_at";
    assert_eq!(
        shop.lines(history).await?,
        [
            r#"(Leeds,"2024-06-01 00:00:00")"#,
            r#"(London,"2025-01-01 00:00:00")"#
        ]
    );
    Ok(())
}

/// Goal: the current row is the last version of the history, also where a version has no moment.
/// Method: one version of two o'clock in UTC, one of the day: midnight in New York is five o'clock.
#[tokio::test]
async fn the_current_row_is_the_last_of_the_history() -> anyhow::Result<()> {
    let mut shop = Shop::open().await?;
    let dated = CUSTOMER
        .replace("London", "Leeds")
        .replace("2025-01-01T00", "2026-01-15T02");
    let undated = CUSTOMER.replace("'2025-01-01T00:00:00Z'", "null");
    shop.publish(&format!("{undated}{dated}")).await?;
    let city = "select city, effective_at at time zone 'UTC' from production.customers";
    let last = "select city, effective_at at time zone 'UTC' from production.customers_changes
                order by effective_at desc limit 1";
    assert_eq!(
        shop.lines(city).await?,
        [r#"(London,"2026-01-15 05:00:00")"#]
    );
    assert_eq!(shop.lines(last).await?, shop.lines(city).await?);
    Ok(())
}

/// Goal: what is held back stays out, an older version still feeds the history, all is booked.
#[tokio::test]
async fn what_is_held_back_stays_out() -> anyhow::Result<()> {
    let mut shop = Shop::open().await?;
    shop.begin_run().await?;
    let older = CUSTOMER
        .replace("London", "Leeds")
        .replace("2025-01-01T", "2024-06-01T");
    let bad = CUSTOMER.replace("'C1'", "'C2'");
    let warned = CUSTOMER.replace("'C1'", "'C3'");
    let batch = shop
        .stage("shop", "passed", &format!("{older}{CUSTOMER}{bad}{warned}"))
        .await?;
    shop.client
        .batch_execute(&format!(
            "insert into ops.rejections (batch_id, dataset, row_id, rules, severity, verdict)
             select {batch}, 'customers', row_id, '{{rule}}', 'error',
                    case when city = 'Leeds' then 'superseded'
                         when customer_id = 'C2' then 'quarantined' else 'warned' end
             from staging.customers where city = 'Leeds' or customer_id <> 'C1';
             update ops.ledger set rows_quarantined = 1, rows_superseded = 1
             where batch_id = {batch}"
        ))
        .await?;
    shop.production().await?;
    let customers = "select customer_id, city from production.customers order by customer_id";
    assert_eq!(shop.lines(customers).await?, ["(C1,London)", "(C3,London)"]);
    let history = "select customer_id, city from production.customers_changes
                   order by customer_id, effective_at";
    assert_eq!(
        shop.lines(history).await?,
        ["(C1,Leeds)", "(C1,London)", "(C3,London)"]
    );
    let ledger = "select rows_staged, rows_published, rows_quarantined, rows_superseded
                  from ops.ledger where dataset = 'customers'";
    assert_eq!(shop.lines(ledger).await?, ["(4,2,1,1)"]);
    Ok(())
}

#[tokio::test]
async fn duplicates_that_slip_through_are_kept_once() -> anyhow::Result<()> {
    let mut shop = Shop::open().await?;
    let newer = CUSTOMER
        .replace("London", "Leeds")
        .replace("2025-01-01T", "2025-02-01T");
    let report = shop
        .publish(&format!("{newer}{CUSTOMER}{CUSTOMER}"))
        .await?;
    assert_eq!(
        shop.lines("select city from production.customers").await?,
        ["(Leeds)"]
    );
    assert!(report.warnings[0].contains("2 rows of customers came twice"));
    let ledger = "select rows_staged, rows_published, rows_superseded from ops.ledger";
    assert_eq!(shop.lines(ledger).await?, ["(3,1,2)"]);
    Ok(())
}

#[tokio::test]
async fn a_header_without_lines_and_a_restated_line_are_published() -> anyhow::Result<()> {
    let mut shop = Shop::open().await?;
    let first = order("T1", "C1", "P1", "2025-03-02T04:30:00Z");
    let header_only = "insert into staging.transactions (transaction_id, transaction_at)
                       values ('T2', '2025-03-02T04:30:00Z');";
    shop.publish(&format!("{CUSTOMER}{PRODUCT}{first}{header_only}"))
        .await?;
    let restated = "insert into staging.transaction_items
        (transaction_id, line_number, product_id, quantity, unit_price, line_total)
        values ('T1', 1, 'P1', 1, 10, 10.00);";
    shop.publish(restated).await?;
    let lines =
        "select orders.transaction_id, items.line_total, items.first_batch_id, items.batch_id
                 from production.transactions as orders
                 left join production.transaction_items as items using (source, transaction_id)
                 order by orders.transaction_id";
    assert_eq!(shop.lines(lines).await?, ["(T1,10.00,1,2)", "(T2,,,)"]);
    Ok(())
}

#[tokio::test]
async fn a_dry_run_publishes_nothing() -> anyhow::Result<()> {
    let mut shop = Shop::open().await?;
    shop.begin_run().await?;
    shop.stage("shop", "passed", CUSTOMER).await?;
    let mut ctx = shop.db.context("production");
    ctx.dry_run = true;
    let report = production::run(&ctx, &production::Options::default()).await?;
    assert_eq!(report.rows().inserted, 3);
    assert_eq!(
        shop.lines("select 1 from production.retailers")
            .await?
            .len(),
        0
    );
    assert_eq!(shop.production().await?.status, Status::Succeeded);
    Ok(())
}
