//! Production into the star schema.

mod check;
mod declared;
mod facts;
mod fulfilment;
mod gaps;
mod partitions;
mod periods;
mod property;
mod stock;
mod web;

use common::Status;

use crate::production::by_hand::{Shop, order};

const TABLES: [&str; 22] = [
    "warehouse.dim_customers",
    "warehouse.dim_products",
    "warehouse.dim_stores",
    "warehouse.dim_suppliers",
    "warehouse.dim_sales_representatives",
    "warehouse.dim_retailer",
    "warehouse.dim_payment_method",
    "warehouse.dim_locations",
    "warehouse.dim_date",
    "warehouse.fact_sales",
    "warehouse.agg_daily_sales",
    "warehouse.agg_product_performance",
    "warehouse.agg_monthly_product_sales",
    "warehouse.agg_customer_metrics",
    "warehouse.fact_inventory",
    "warehouse.fact_inventory_transactions",
    "warehouse.fact_fulfilment",
    "warehouse.fact_web_events",
    "warehouse.fact_web_sessions",
    "warehouse.agg_daily_funnel",
    "warehouse.agg_hourly_metrics",
    "warehouse.agg_category_performance",
];

/// One version of a customer, as a source would bring it.
fn customer(id: &str, city: Option<&str>, updated_at: &str) -> String {
    let city = city.map_or("null".to_owned(), |city| format!("'{city}'"));
    format!(
        "insert into staging.customers (customer_id, first_name, city, updated_at)
         values ('{id}', 'Ada', {city}, '{updated_at}');"
    )
}

/// One version of a product.
fn product(id: &str, name: &str, cost: &str, updated_at: &str) -> String {
    format!(
        "insert into staging.products (product_id, product_name, category, price, cost, updated_at)
         values ('{id}', '{name}', 'Office', 60, {cost}, '{updated_at}');"
    )
}

/// The version of the customer that each order points to.
const FACT_CITIES: &str = "select facts.transaction_id, customers.city
    from warehouse.fact_sales as facts
    join warehouse.dim_customers as customers using (customer_key)
    order by facts.transaction_id";

#[tokio::test]
async fn a_second_load_has_nothing_to_do_and_a_rebuild_changes_nothing() -> anyhow::Result<()> {
    let mut shop = Shop::open().await?;
    assert_eq!(shop.warehouse(false).await?.status, Status::NothingToDo);
    let rows = customer("C1", Some("London"), "2025-01-01Z")
        + &product("P1", "Pen", "4", "2025-01-01Z")
        + &order("T1", "C1", "P1", "2025-03-02T12:00:00Z");
    shop.publish(&rows).await?;
    let first = shop.warehouse(false).await?;
    assert_eq!(first.status, Status::Succeeded);
    let before = shop.state_of(&TABLES).await?;
    let keys = shop
        .lines("select customer_key from warehouse.fact_sales")
        .await?;

    assert_eq!(shop.warehouse(false).await?.status, Status::NothingToDo);
    // The same rows in a new batch, and then everything anew.
    shop.publish(&rows).await?;
    let replayed = shop.warehouse(false).await?;
    assert_eq!(replayed.rows().written(), 0, "{:?}", replayed.steps);
    let rebuilt = shop.warehouse(true).await?;
    assert_eq!(rebuilt.rows().written(), 0, "{:?}", rebuilt.steps);
    assert_eq!(shop.state_of(&TABLES).await?, before);
    assert_eq!(
        shop.lines("select customer_key from warehouse.fact_sales")
            .await?,
        keys
    );
    Ok(())
}

/// Goal: an order finds the address that was true at its time, however late the address arrives.
#[tokio::test]
async fn a_late_change_moves_the_facts_that_it_touches() -> anyhow::Result<()> {
    let mut shop = Shop::open().await?;
    let orders = order("T1", "C1", "P1", "2025-02-01T12:00:00Z")
        + &order("T2", "C1", "P1", "2025-04-01T12:00:00Z")
        + &order("T3", "C1", "P1", "2025-06-01T12:00:00Z");
    shop.publish(&(customer("C1", Some("Rome"), "2025-05-01Z") + &orders))
        .await?;
    shop.warehouse(false).await?;
    assert_eq!(
        shop.lines(FACT_CITIES).await?,
        ["(T1,Rome)", "(T2,Rome)", "(T3,Rome)"]
    );
    let rome = "select customer_key from warehouse.dim_customers where city = 'Rome'";
    let key = shop.lines(rome).await?;
    shop.publish(&customer("C1", Some("Paris"), "2025-03-01Z"))
        .await?;
    shop.warehouse(false).await?;
    assert_eq!(
        shop.lines(FACT_CITIES).await?,
        ["(T1,Paris)", "(T2,Paris)", "(T3,Rome)"]
    );
    assert_eq!(shop.lines(rome).await?, key);
    // An equal neighbour is merged: from March on it is Rome.
    shop.publish(&customer("C1", Some("Rome"), "2025-03-01Z"))
        .await?;
    shop.warehouse(false).await?;
    assert_eq!(
        shop.lines(FACT_CITIES).await?,
        ["(T1,Rome)", "(T2,Rome)", "(T3,Rome)"]
    );
    let versions = "select count(*) from warehouse.dim_customers where customer_id = 'C1'";
    assert_eq!(shop.lines(versions).await?, ["(1)"]);
    Ok(())
}

/// Goal: profit is at the cost of the time of sale, null without one, and filled when it arrives.
#[tokio::test]
async fn profit_follows_the_cost_at_the_time_of_sale() -> anyhow::Result<()> {
    let mut shop = Shop::open().await?;
    let orders = order("T1", "C1", "P1", "2025-02-01T12:00:00Z")
        + &order("T2", "C1", "P1", "2025-06-01T12:00:00Z");
    shop.publish(&orders).await?;
    shop.warehouse(false).await?;
    let profits = "select transaction_id, cost_amount, profit from warehouse.fact_sales
                   order by transaction_id";
    assert_eq!(shop.lines(profits).await?, ["(T1,,)", "(T2,,)"]);
    let keys = "select product_key from warehouse.fact_sales where transaction_id = 'T1'";
    let stub = shop.lines(keys).await?;

    shop.publish(&product("P1", "Pen", "4", "2025-01-01Z"))
        .await?;
    shop.warehouse(false).await?;
    shop.publish(&product("P1", "Penn", "7", "2025-05-01Z"))
        .await?;
    shop.warehouse(false).await?;
    assert_eq!(shop.lines(profits).await?, ["(T1,8,12.00)", "(T2,14,6.00)"]);
    assert_eq!(shop.lines(keys).await?, stub);
    let products = "select product_name, cost, price_range, is_current, is_inferred
                    from warehouse.dim_products where product_key > 0 order by valid_from";
    assert_eq!(
        shop.lines(products).await?,
        ["(Penn,4,Mid-range,f,f)", "(Penn,7,Mid-range,t,f)"]
    );
    let totals = "select total_quantity_sold, total_revenue, total_profit
                  from warehouse.agg_product_performance";
    assert_eq!(shop.lines(totals).await?, ["(4,40.00,18.00)"]);
    Ok(())
}

#[tokio::test]
async fn amounts_of_the_order_are_spread_to_the_cent() -> anyhow::Result<()> {
    let mut shop = Shop::open().await?;
    shop.publish(
        "insert into staging.transactions
             (transaction_id, transaction_at, discount_amount, tax_amount, shipping_amount)
         values ('T1', '2025-02-01Z', 1.00, 0.05, 10), ('T2', '2025-02-01Z', 0, 0, 5.01);
         insert into staging.transaction_items
             (transaction_id, line_number, product_id, quantity, unit_price, line_total)
         values ('T1', 1, 'P1', 1, 10, 10), ('T1', 2, 'P1', 1, 10, 10),
                ('T1', 3, 'P1', 1, 10, 10), ('T2', 1, 'P1', 1, 0, 0), ('T2', 2, 'P1', 1, 0, 0);",
    )
    .await?;
    shop.warehouse(false).await?;
    let shares = "select transaction_id, line_number, header_discount_amount, tax_amount,
                         shipping_amount
                  from warehouse.fact_sales order by transaction_id, line_number";
    assert_eq!(
        shop.lines(shares).await?,
        [
            "(T1,1,0.33,0.02,3.33)",
            "(T1,2,0.33,0.02,3.33)",
            "(T1,3,0.34,0.01,3.34)",
            "(T2,1,0,0,2.51)",
            "(T2,2,0,0,2.50)",
        ]
    );
    Ok(())
}

/// Goal: an order that moves to another day or another customer leaves nothing behind.
#[tokio::test]
async fn facts_and_aggregates_follow_an_order_that_moves() -> anyhow::Result<()> {
    let mut shop = Shop::open().await?;
    shop.publish(&order("T1", "C1", "P1", "2025-02-01T12:00:00Z"))
        .await?;
    shop.warehouse(false).await?;
    let moved = order("T1", "C2", "P1", "2025-04-01T12:00:00Z");
    shop.publish(&moved).await?;
    shop.warehouse(false).await?;
    let facts = "select sale_date, date_key from warehouse.fact_sales";
    assert_eq!(shop.lines(facts).await?, ["(2025-04-01,20250401)"]);
    let days = "select date_key, total_transactions, total_revenue, unique_customers
                from warehouse.agg_daily_sales";
    assert_eq!(shop.lines(days).await?, ["(20250401,1,20.00,1)"]);
    let customers = "select customer_id, last_purchase_date from warehouse.agg_customer_metrics";
    assert_eq!(shop.lines(customers).await?, ["(C2,2025-04-01)"]);
    let months = "select month_start, product_id, total_quantity_sold, total_revenue
                  from warehouse.agg_monthly_product_sales";
    assert_eq!(shop.lines(months).await?, ["(2025-04-01,P1,2,20.00)"]);
    let products = "select product_id, total_quantity_sold, total_revenue
                    from warehouse.agg_product_performance";
    assert_eq!(shop.lines(products).await?, ["(P1,2,20.00)"]);
    // A cancelled order stays a fact and leaves the aggregates.
    let cancelled = moved
        .replace("completed", "Cancelled")
        .replace("2025-04-01T12", "2025-04-01T13");
    shop.publish(&cancelled).await?;
    shop.warehouse(false).await?;
    assert_eq!(shop.lines(facts).await?.len(), 1);
    assert_eq!(shop.lines(days).await?.len(), 0);
    assert_eq!(shop.lines(customers).await?.len(), 0);
    assert_eq!(shop.lines(months).await?.len(), 0);
    assert_eq!(shop.lines(products).await?.len(), 0);
    Ok(())
}

/// Goal: an order that came back as a whole is an order, and nothing is earned by it.
#[tokio::test]
async fn a_returned_order_counts_and_brings_no_revenue() -> anyhow::Result<()> {
    let mut shop = Shop::open().await?;
    let sold = order("T1", "C1", "P1", "2025-02-01T12:00:00Z");
    let rows = product("P1", "Pen", "4", "2025-01-01Z") + &sold;
    shop.publish(&rows).await?;
    shop.warehouse(false).await?;
    let days = "select total_transactions, total_revenue, total_profit
                from warehouse.agg_daily_sales";
    let products = "select total_quantity_sold, total_revenue, total_profit
                    from warehouse.agg_product_performance";
    let customers = "select total_transactions, total_spent from warehouse.agg_customer_metrics";
    assert_eq!(shop.lines(days).await?, ["(1,20.00,12.00)"]);

    let returned = sold
        .replace("completed", "Returned")
        .replace("T12:", "T13:");
    shop.publish(&returned).await?;
    shop.warehouse(false).await?;
    let facts = "select line_total, is_counted, is_returned from warehouse.fact_sales";
    assert_eq!(shop.lines(facts).await?, ["(20.00,t,t)"]);
    assert_eq!(shop.lines(days).await?, ["(1,0,0)"]);
    assert_eq!(shop.lines(products).await?, ["(0,0,0)"]);
    assert_eq!(shop.lines(customers).await?, ["(1,0)"]);
    Ok(())
}

#[tokio::test]
async fn the_calendar_has_no_gaps_and_covers_every_fact() -> anyhow::Result<()> {
    let mut shop = Shop::open().await?;
    shop.publish(&order("T1", "C1", "P1", "2025-02-01T12:00:00Z"))
        .await?;
    shop.warehouse(false).await?;
    let bounds = "select min(full_date), max(full_date), count(*),
                         max(full_date) - min(full_date) + 1
                  from warehouse.dim_date where date_key > 0";
    assert_eq!(
        shop.lines(bounds).await?,
        ["(2024-01-01,2026-12-31,1096,1096)"]
    );
    shop.publish(&order("T2", "C1", "P1", "2027-12-31T12:00:00Z"))
        .await?;
    shop.warehouse(false).await?;
    assert_eq!(
        shop.lines(bounds).await?,
        ["(2024-01-01,2028-12-31,1827,1827)"]
    );
    let day = "select day_name, week_of_year, iso_week, is_weekend, fiscal_year, fiscal_period
               from warehouse.dim_date where full_date = '2024-12-30'";
    assert_eq!(shop.lines(day).await?, ["(Monday,1,2025-W01,f,2024,12)"]);
    Ok(())
}

#[tokio::test]
async fn the_category_path_follows_the_tree() -> anyhow::Result<()> {
    let mut shop = Shop::open().await?;
    let tree = "insert into staging.categories (category_id, parent_category_id, category_name)
                values ('3', '2', 'Pens'), ('1', null, 'Office'), ('2', '1', 'Writing');
                insert into staging.products (product_id, product_name, category_id)
                values ('P1', 'Pen', '3');";
    shop.publish(tree).await?;
    shop.warehouse(false).await?;
    let paths = "select category_path from warehouse.dim_products where product_key > 0";
    assert_eq!(shop.lines(paths).await?, [r#"("Office > Writing > Pens")"#]);
    shop.publish(&tree.replace("'Office'", "'Desk'")).await?;
    shop.warehouse(false).await?;
    assert_eq!(shop.lines(paths).await?, [r#"("Desk > Writing > Pens")"#]);
    Ok(())
}

#[tokio::test]
async fn the_content_hash_sees_content_and_nothing_else() -> anyhow::Result<()> {
    const ONE: [&str; 1] = ["warehouse.fact_sales"];
    let mut hashes = Vec::new();
    for customers in [["C1", "C2"], ["C2", "C1"]] {
        // The other order of arrival gives other keys and other batches.
        let mut shop = Shop::open().await?;
        for id in customers {
            shop.publish(&order(&format!("T{id}"), id, "P1", "2025-02-01T12:00:00Z"))
                .await?;
            shop.warehouse(false).await?;
        }
        let hash = shop
            .lines("select ops.content_hash('warehouse.fact_sales')")
            .await?;
        hashes.push(hash);
        shop.client
            .execute(
                "update warehouse.fact_sales set batch_id = 9, loaded_at = now()",
                &[],
            )
            .await?;
        let hash = shop
            .lines("select ops.content_hash('warehouse.fact_sales')")
            .await?;
        hashes.push(hash);
        assert_eq!(shop.state_of(&ONE).await?.len(), 1);
        shop.client
            .execute("update warehouse.fact_sales set profit = 0.01", &[])
            .await?;
        let hash = shop
            .lines("select ops.content_hash('warehouse.fact_sales')")
            .await?;
        assert_ne!(hash, hashes[0]);
    }
    assert!(hashes.iter().all(|hash| *hash == hashes[0]), "{hashes:?}");
    Ok(())
}

/// Goal: two loads in two orders of arrival end in the same tables.
#[tokio::test]
async fn the_order_of_batches_leaves_no_trace() -> anyhow::Result<()> {
    let batches = [
        customer("C1", Some("Rome"), "2025-01-01Z"),
        customer("C1", Some("Paris"), "2025-03-01Z"),
        product("P1", "Pen", "4", "2025-01-01Z"),
        order("T1", "C1", "P1", "2025-02-01T12:00:00Z"),
        order("T2", "C1", "P1", "2025-04-01T12:00:00Z"),
    ];
    let mut hashes = Vec::new();
    for backwards in [false, true] {
        let mut shop = Shop::open().await?;
        let mut order_of_arrival: Vec<&String> = batches.iter().collect();
        if backwards {
            order_of_arrival.reverse();
        }
        for batch in order_of_arrival {
            shop.publish(batch).await?;
            shop.warehouse(false).await?;
        }
        let mut states = Vec::new();
        for table in TABLES {
            states.extend(
                shop.lines(&format!("select '{table}', ops.content_hash('{table}')"))
                    .await?,
            );
        }
        hashes.push(states);
    }
    assert_eq!(hashes[0], hashes[1]);
    Ok(())
}
