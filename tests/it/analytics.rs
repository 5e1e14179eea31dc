//! Ten exports and the views beside them, against numbers worked out by hand.

mod state;

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use common::testing::TestDatabase;
use common::{Config, StageContext, Status};

/// Two shops. The first one sells in dollars, once in euros; an order is cancelled, another came
/// back as a whole, a line came back alone, a buyer is unknown, a product has no cost, a customer
/// moved from state A to state B, and two cells look like formulas.
const WAREHOUSE: &str = "
insert into warehouse.dim_retailer (retailer_key, source, currency, time_zone, loaded_at) values
(1, 'synthetic', 'USD', 'UTC', '2026-01-01'), (2, 'other', 'BRL', 'UTC', '2026-01-01');
insert into warehouse.dim_payment_method (payment_method_key, payment_method_name, loaded_at)
values (1, 'Card', '2026-01-01'), (2, 'UPI', '2026-01-01');
insert into warehouse.dim_customers (
    customer_key, source, customer_id, full_name, country, state, registration_date,
    valid_from, valid_to, is_current, loaded_at
) values
(1, 'synthetic', 'C1', 'Ada Byron', 'US', 'A', '2024-12-31',
 '1900-01-01 00:00Z', '2025-01-10 00:00Z', false, '2026-01-01'),
(2, 'synthetic', 'C1', 'Ada Lovelace', 'US', 'B', '2025-01-01',
 '2025-01-10 00:00Z', '9999-12-31 00:00Z', true, '2026-01-01'),
(3, 'synthetic', 'C2', '=2+5 Evil', 'BR', null, null,
 '1900-01-01 00:00Z', '9999-12-31 00:00Z', true, '2026-01-01'),
(4, 'other', 'C1', 'Somebody Else', 'BR', 'SP', '2025-01-01',
 '1900-01-01 00:00Z', '9999-12-31 00:00Z', true, '2026-01-01');
insert into warehouse.dim_products (
    product_key, source, product_id, product_name, category_id, category,
    valid_from, valid_to, is_current, loaded_at
) values
(1, 'synthetic', 'P1', '=HYPERLINK(1)', 'K1', 'Toys',
 '1900-01-01 00:00Z', '9999-12-31 00:00Z', true, '2026-01-01'),
(2, 'synthetic', 'P2', 'Lamp', 'K2', 'Home',
 '1900-01-01 00:00Z', '9999-12-31 00:00Z', true, '2026-01-01'),
(3, 'synthetic', 'P3', 'Lamp', 'K2', 'Home',
 '1900-01-01 00:00Z', '9999-12-31 00:00Z', true, '2026-01-01'),
(4, 'other', 'P1', 'Vase', 'K1', 'Home',
 '1900-01-01 00:00Z', '9999-12-31 00:00Z', true, '2026-01-01');
delete from warehouse.dim_date where date_key > 0;
insert into warehouse.dim_date (date_key, full_date, year, month, day, day_name, loaded_at)
select
    to_char(days.day, 'YYYYMMDD')::integer, days.day, extract(year from days.day),
    extract(month from days.day), extract(day from days.day), to_char(days.day, 'FMDay'),
    '2026-01-01'
from generate_series(timestamp '2024-01-01', '2026-12-31', '1 day') as days (day);
select warehouse.add_monthly_partitions('fact_sales', '2025-01-01', '2025-03-31');
insert into warehouse.fact_sales (
    source, transaction_id, line_number, sale_date, date_key, customer_key, product_key,
    payment_method_key, retailer_key, currency, status, is_counted, quantity, unit_price,
    discount_percentage, line_total, profit, is_returned,
    supplier_key, store_key, sales_rep_key, shipping_location_key, billing_location_key,
    batch_id, loaded_at
)
select
    lines.*, production.is_returned(lines.status), -1, -1, -1, -1, -1, 1, '2026-01-01'
from (
    values
    ('synthetic', 'T1', 1::bigint, '2025-01-06'::date, 20250106, 1::bigint, 1::bigint, 1::bigint,
     1::bigint, 'USD', 'delivered', true, 2.000, 100.00, 10.00, 180.00, 80.00),
    ('synthetic', 'T1', 2, '2025-01-06', 20250106, 1, 2, 1, 1, 'USD', 'delivered', true,
     1.000, 50.00, 0, 50.00, 20.00),
    ('synthetic', 'T2', 1, '2025-01-07', 20250107, 3, 2, 2, 1, 'USD', null, true,
     1.000, 50.00, 0, 50.00, 20.00),
    ('synthetic', 'T3', 1, '2025-01-13', 20250113, 2, 3, 1, 1, 'USD', 'delivered', true,
     1.000, 1000.00, 30, 700.00, null),
    ('synthetic', 'T4', 1, '2025-02-03', 20250203, 3, 1, 1, 1, 'USD', 'cancelled', false,
     1.000, 100.00, 0, 100.00, 50.00),
    ('synthetic', 'T5', 1, '2025-02-10', 20250210, -1, 1, 2, 1, 'USD', 'delivered', true,
     1.000, 100.00, null, 100.00, 50.00),
    ('synthetic', 'T6', 1, '2025-02-10', 20250210, 2, 1, 1, 1, 'EUR', 'delivered', true,
     1.000, 90.00, 0, 90.00, 40.00),
    ('synthetic', 'T7', 1, '2025-02-10', 20250210, 2, 1, 1, 1, 'USD', 'delivered', true,
     -1.000, 100.00, 10, -90.00, -40.00),
    ('synthetic', 'T8', 1, '2025-02-10', 20250210, 2, 1, 1, 1, 'USD', 'returned', true,
     1.000, 100.00, 10, 90.00, 40.00),
    ('other', 'T1', 1, '2025-03-01', 20250301, 4, 4, 1, 2, 'BRL', 'delivered', true,
     1.000, 20.00, 0, 20.00, 5.00)
) as lines (
    source, transaction_id, line_number, sale_date, date_key, customer_key, product_key,
    payment_method_key, retailer_key, currency, status, is_counted, quantity, unit_price,
    discount_percentage, line_total, profit
);
insert into ops.watermarks (consumer, source, batch_id, moved_at) values
('warehouse', 'synthetic', 1, '2026-01-01 00:00Z'), ('warehouse', 'other', 2, '2026-01-01 00:00Z');
";

async fn filled() -> TestDatabase {
    let database = TestDatabase::new().await;
    database
        .client()
        .await
        .batch_execute(WAREHOUSE)
        .await
        .expect("a small warehouse");
    database
}

async fn run(ctx: &StageContext) -> anyhow::Result<common::StageReport> {
    analytics::run(ctx, &analytics::Options::default()).await
}

fn folder(ctx: &StageContext) -> PathBuf {
    ctx.config.paths.processed_dir().join("analytics")
}

fn csv(ctx: &StageContext, name: &str) -> String {
    fs::read_to_string(folder(ctx).join(name)).expect("an export")
}

/// Names, contents and times of all files below a folder.
fn snapshot(folder: &Path) -> BTreeMap<PathBuf, (String, SystemTime)> {
    let mut found = BTreeMap::new();
    for entry in fs::read_dir(folder).expect("a folder") {
        let path = entry.expect("an entry").path();
        if path.is_dir() {
            found.extend(snapshot(&path));
        } else {
            let text = fs::read_to_string(&path).expect("a file");
            let modified = fs::metadata(&path)
                .and_then(|it| it.modified())
                .expect("a time");
            found.insert(path, (text, modified));
        }
    }
    found
}

/// Goal: every export has the promised columns and hand-computed numbers.
/// Method: ten lines, ten files, compared byte for byte.
#[tokio::test]
async fn the_ten_exports_hold_the_numbers_of_the_definitions() -> anyhow::Result<()> {
    let database = filled().await;
    let ctx = database.context("analytics");
    let report = run(&ctx).await?;
    assert_eq!(report.status, Status::Succeeded);

    assert_eq!(
        csv(&ctx, "query1_top_products.csv"),
        "product_id,product_name,category,total_revenue,units_sold,avg_price\n\
         P3,Lamp,Home,700.00,1,700.00\n\
         P1,'=HYPERLINK(1),Toys,190.00,2,95.00\n\
         P2,Lamp,Home,100.00,2,50.00\n"
    );
    assert_eq!(
        csv(&ctx, "query2_monthly_trend.csv"),
        "year_month,total_revenue,total_transactions,average_order_value,unique_customers\n\
         2025-01,980.00,3,326.67,2\n\
         2025-02,10.00,3,3.33,1\n"
    );
    assert_eq!(
        csv(&ctx, "query3_customer_segmentation.csv"),
        "spending_segment,customer_count,total_revenue,avg_transaction_value\n\
         \"$0-$1,000\",2,890.00,178.00\n\
         \"$1,000-$5,000\",0,0.00,\n\
         \"$5,000-$10,000\",0,0.00,\n\
         \"$10,000+\",0,0.00,\n"
    );
    assert_eq!(
        csv(&ctx, "query4_category_performance.csv"),
        "category,total_revenue,total_profit,profit_margin_pct,units_sold\n\
         Home,800.00,40.00,40.00,3\n\
         Toys,190.00,90.00,47.37,2\n"
    );
    assert_eq!(
        csv(&ctx, "query5_payment_distribution.csv"),
        "payment_method,transaction_count,total_revenue,pct_of_transactions,pct_of_revenue\n\
         Card,4,840.00,66.67,84.85\n\
         UPI,2,150.00,33.33,15.15\n"
    );
    Ok(())
}

/// Goal: as above, for the exports about people, days and discounts.
/// Method: the same ten lines.
#[tokio::test]
async fn people_days_and_discounts_are_counted_as_defined() -> anyhow::Result<()> {
    let database = filled().await;
    let ctx = database.context("analytics");
    run(&ctx).await?;

    assert_eq!(
        csv(&ctx, "query6_geographic_analysis.csv"),
        "country,state,total_revenue,total_customers,avg_revenue_per_customer\n\
         US,B,610.00,1,610.00\n\
         US,A,230.00,1,230.00\n\
         Unknown,Unknown,100.00,0,\n\
         BR,Unknown,50.00,1,50.00\n"
    );
    // The business date of the tests is 2026-01-15; a masked name may still look like a formula.
    assert_eq!(
        csv(&ctx, "query7_customer_lifetime_value.csv"),
        "customer_id,full_name,total_spent,transaction_count,days_since_registration,\
         avg_order_value\n\
         C1,A*** L***,840.00,4,379,210.00\n\
         C2,'=*** E***,50.00,1,,50.00\n"
    );
    assert_eq!(
        csv(&ctx, "query8_product_profitability.csv"),
        "product_id,product_name,category,total_profit,profit_margin,revenue,units_sold\n\
         P1,'=HYPERLINK(1),Toys,90.00,47.37,190.00,2\n\
         P2,Lamp,Home,40.00,40.00,100.00,2\n\
         P3,Lamp,Home,,,700.00,1\n"
    );
    // 36 days from 6 January to 10 February: six Mondays, five of each other day.
    assert_eq!(
        csv(&ctx, "query9_day_of_week_pattern.csv"),
        "day_name,avg_daily_revenue,avg_daily_transactions,total_revenue\n\
         Monday,156.67,0.83,940.00\n\
         Tuesday,10.00,0.20,50.00\n\
         Wednesday,0.00,0.00,0.00\n\
         Thursday,0.00,0.00,0.00\n\
         Friday,0.00,0.00,0.00\n\
         Saturday,0.00,0.00,0.00\n\
         Sunday,0.00,0.00,0.00\n"
    );
    assert_eq!(
        csv(&ctx, "query10_discount_impact.csv"),
        "discount_range,avg_discount_pct,total_quantity_sold,total_revenue,avg_line_total\n\
         0%,0.00,3,200.00,66.67\n\
         1-10%,10.00,1,90.00,30.00\n\
         11-25%,,0,0.00,\n\
         26-50%,30.00,1,700.00,700.00\n\
         50%+,,0,0.00,\n"
    );
    Ok(())
}

/// Goal: nothing adds up two currencies or two shops, and the summary says what is there.
/// Method: an order in euros, and a second source with the same ids.
#[tokio::test]
async fn shops_and_currencies_stay_apart() -> anyhow::Result<()> {
    let database = filled().await;
    let ctx = database.context("analytics");
    let report = run(&ctx).await?;
    assert_eq!(report.warnings.len(), 1);
    assert!(report.warnings[0].starts_with("synthetic: 1 orders are not in USD"));

    assert_eq!(
        csv(&ctx, "other/query1_top_products.csv").lines().nth(1),
        Some("P1,Vase,Home,20.00,1,20.00")
    );
    let summary: serde_json::Value = serde_json::from_str(&csv(&ctx, "analytics_summary.json"))?;
    assert_eq!(summary["queries_executed"], 10);
    assert_eq!(summary["source"], "synthetic");
    assert_eq!(summary["currency"], "USD");
    assert_eq!(summary["query_results"]["query1_top_products"]["rows"], 3);
    assert_eq!(
        summary["query_results"]["query9_day_of_week_pattern"]["columns"],
        4
    );
    assert!(summary["query_results"]["query2_monthly_trend"]["execution_time_ms"].is_number());
    assert!(summary["total_execution_time_seconds"].is_number());
    assert!(summary["generation_timestamp"].is_string());

    let euros = "select total_revenue::text from analytics.mv_daily_sales where currency = 'EUR'";
    assert_eq!(database.rows(euros).await, [[Some("90.00".to_owned())]]);
    Ok(())
}

/// Goal: the views hold the same numbers as the files, and no full name.
/// Method: hand-computed days and RFM scores of two customers.
#[tokio::test]
async fn the_views_agree_with_the_exports() -> anyhow::Result<()> {
    let database = filled().await;
    run(&database.context("analytics")).await?;

    let days = "select concat_ws('|', sale_date, order_count, total_revenue, avg_order_value,
                    unique_customers)
                from analytics.mv_daily_sales
                where source = 'synthetic' and currency = 'USD' order by sale_date";
    let expected = [
        "2025-01-06|1|230.00|230.00|1",
        "2025-01-07|1|50.00|50.00|1",
        "2025-01-13|1|700.00|700.00|1",
        "2025-02-10|3|10.00|3.33|1",
    ];
    let found: Vec<String> = database
        .rows(days)
        .await
        .into_iter()
        .flatten()
        .flatten()
        .collect();
    assert_eq!(found, expected);

    let segments = "select concat_ws('|', customer_id, customer_name, order_count, total_spent,
                        recency, frequency, monetary, recency_score, frequency_score,
                        monetary_score, rfm_segment)
                    from analytics.mv_customer_segments
                    where source = 'synthetic' and currency = 'USD' order by customer_id";
    let expected = [
        "C1|A*** L***|4|840.00|0|4|840.00|5|5|5|Champions",
        "C2|=*** E***|1|50.00|34|1|50.00|1|1|1|Hibernating",
    ];
    let found: Vec<String> = database
        .rows(segments)
        .await
        .into_iter()
        .flatten()
        .flatten()
        .collect();
    assert_eq!(found, expected);

    let top = "select product_id from analytics.mv_top_products_by_revenue
               where source = 'synthetic' and currency = 'USD' order by revenue_rank";
    let found: Vec<String> = database
        .rows(top)
        .await
        .into_iter()
        .flatten()
        .flatten()
        .collect();
    assert_eq!(found, ["P3", "P1", "P2"]);
    Ok(())
}

/// Goal: a second run over the same warehouse writes nothing, and a changed source rewrites only
/// its own files.
/// Method: contents and modification times of all files, before and after.
#[tokio::test]
async fn only_what_changed_is_written_again() -> anyhow::Result<()> {
    let database = filled().await;
    let mut ctx = database.context("analytics");
    run(&ctx).await?;
    let first = snapshot(&folder(&ctx));
    assert_eq!(first.len(), 22);

    // Another day alone changes no file.
    ctx.business_date = ctx.business_date.succ_opt().expect("a date");
    let again = run(&ctx).await?;
    assert_eq!(again.status, Status::NothingToDo);
    assert_eq!(snapshot(&folder(&ctx)), first);

    let client = database.client().await;
    client
        .batch_execute(
            "update warehouse.fact_sales set line_total = 25 where source = 'other';
             update ops.watermarks set batch_id = 3 where source = 'other'
                 and consumer = 'warehouse'",
        )
        .await?;
    let mut trial = ctx.clone();
    trial.dry_run = true;
    let dry = run(&trial).await?;
    assert_eq!(dry.steps.len(), 7);
    assert_eq!(snapshot(&folder(&ctx)), first);
    run(&ctx).await?;
    let second = snapshot(&folder(&ctx));
    for (path, file) in &first {
        let is_other = path.starts_with(folder(&ctx).join("other"));
        assert_eq!(second[path] != *file, is_other, "{}", path.display());
    }
    let revenue = "select total_revenue::text from analytics.mv_daily_sales where source = 'other'";
    assert_eq!(database.rows(revenue).await, [[Some("25".to_owned())]]);

    fs::remove_file(folder(&ctx).join("query5_payment_distribution.csv"))?;
    assert_eq!(run(&ctx).await?.status, Status::Succeeded);
    assert_eq!(snapshot(&folder(&ctx)).len(), 22);
    Ok(())
}

/// Goal: names are written in full only where somebody asked for them, and a change of mind
/// rewrites the files although no data changed.
/// Method: settings of the test's own.
#[tokio::test]
async fn names_are_masked_unless_asked_for() -> anyhow::Result<()> {
    let database = filled().await;
    let masked = database.context("analytics");
    run(&masked).await?;

    let path = database.dir.path().join("pipeline.toml");
    fs::write(
        &path,
        "[analytics]\nprimary_source = \"other\"\nmask_names = false\n",
    )?;
    let mut config = Config::load(&path)?;
    config.paths = masked.config.paths.clone();
    config.database.url = masked.config.database.url.clone();
    let mut open = database.context("analytics");
    open.config = config;
    run(&open).await?;
    assert!(csv(&open, "query7_customer_lifetime_value.csv").contains("Somebody Else"));
    let synthetic = csv(&open, "synthetic/query7_customer_lifetime_value.csv");
    assert!(synthetic.contains("C1,Ada Lovelace,"));
    assert!(synthetic.contains("C2,'=2+5 Evil,"));

    run(&masked).await?;
    assert!(!csv(&masked, "query7_customer_lifetime_value.csv").contains("Lovelace"));
    Ok(())
}
