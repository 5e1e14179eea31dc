//! `warehouse check` finds nothing in a sound star, and every fault that is planted.

use std::collections::BTreeMap;

use crate::support::Pipeline;

/// A check, what to plant, and an offender that it must name.
type Plant = (&'static str, &'static str, &'static str);

/// Versions that facts point to begin later, so that every fact of every dimension is outside.
const VERSIONS: [(&str, &str); 12] = [
    ("fact_sales synthetic TXN00001 1", "customer_key"),
    ("fact_sales synthetic TXN00001 1", "product_key"),
    ("fact_sales synthetic TXN00001 1", "store_key"),
    (
        "fact_inventory synthetic PROD0002 STORE001 2025-01-01",
        "product_key",
    ),
    (
        "fact_inventory synthetic PROD0002 STORE001 2025-01-01",
        "store_key",
    ),
    (
        "fact_inventory_transactions synthetic PROD0001 MOV00001",
        "product_key",
    ),
    (
        "fact_inventory_transactions synthetic PROD0001 MOV00001",
        "store_key",
    ),
    ("fact_fulfilment synthetic TXN00001", "customer_key"),
    ("fact_fulfilment synthetic TXN00001", "store_key"),
    ("fact_web_events synthetic VIS001 EVT00002", "customer_key"),
    ("fact_web_events synthetic VIS001 EVT00002", "product_key"),
    ("fact_web_sessions synthetic VIS001 SES001", "customer_key"),
];

const PLANTS: [Plant; 34] = [
    (
        "facts_outside_their_version",
        "update warehouse.dim_customers set valid_from = '2030-01-01' where customer_key > 0;
         update warehouse.dim_products set valid_from = '2030-01-01' where product_key > 0;
         update warehouse.dim_stores set valid_from = '2030-01-01' where store_key > 0",
        "",
    ),
    (
        "facts_with_dangling_keys",
        "update warehouse.fact_fulfilment set paid_date_key = 19990101
             where transaction_id = 'TXN00002'",
        "fact_fulfilment paid_date_key 19990101",
    ),
    (
        "facts_with_dangling_keys",
        "update warehouse.fact_sales set supplier_key = 777 where transaction_id = 'TXN00002'",
        "fact_sales supplier_key 777",
    ),
    (
        "facts_without_lineage",
        "update warehouse.fact_web_events set source_line = null where event_id = 'EVT00003'",
        "fact_web_events synthetic VIS001 EVT00003",
    ),
    (
        "facts_without_lineage",
        "update warehouse.fact_sales set batch_id = 99 where transaction_id = 'TXN00009'",
        "fact_sales synthetic TXN00009 1",
    ),
    (
        "facts_without_production",
        "update production.transactions set is_deleted = true where transaction_id = 'TXN00010'",
        "fact_sales synthetic TXN00010 2",
    ),
    (
        "facts_without_production",
        "",
        "fact_fulfilment synthetic TXN00010",
    ),
    (
        "facts_without_production",
        "update production.inventory_movements set is_deleted = true
             where movement_id = 'MOV00013'",
        "fact_inventory_transactions synthetic PROD0001 MOV00013",
    ),
    (
        "facts_without_production",
        "update production.inventory_snapshots set is_deleted = true
             where product_id = 'PROD0003' and store_id = 'STORE003'",
        "fact_inventory synthetic PROD0003 STORE003 2025-01-01",
    ),
    (
        "facts_without_production",
        "update production.web_events set is_deleted = true where event_id = 'EVT00004'",
        "fact_web_events synthetic VIS001 EVT00004",
    ),
    (
        "production_without_facts",
        "delete from warehouse.fact_sales where transaction_id = 'TXN00007' and line_number = 2;
         delete from warehouse.fact_fulfilment where transaction_id = 'TXN00007'",
        "fact_sales synthetic TXN00007 2",
    ),
    (
        "production_without_facts",
        "",
        "fact_fulfilment synthetic TXN00007",
    ),
    (
        "production_without_facts",
        "delete from warehouse.fact_inventory_transactions where movement_id = 'MOV00014';
         delete from warehouse.fact_inventory where store_id = 'STORE002'
             and product_id = 'PROD0002' and snapshot_date = '2025-01-01';
         delete from warehouse.fact_web_events where event_id = 'EVT00005'",
        "fact_inventory_transactions synthetic PROD0003 MOV00014",
    ),
    (
        "production_without_facts",
        "",
        "fact_inventory synthetic PROD0002 STORE002 2025-01-01",
    ),
    (
        "production_without_facts",
        "",
        "fact_web_events synthetic VIS001 EVT00005",
    ),
    (
        "histories_with_overlaps_or_gaps",
        "",
        "dim_customers synthetic CUST0001 2030-01-01 00:00:00",
    ),
    (
        "members_with_two_current_versions",
        "insert into warehouse.dim_products
             (product_key, source, product_id, valid_from, valid_to, is_current, loaded_at)
         values (900, 'synthetic', 'PROD0001', '2031-01-01', '9999-12-31', true, '2031-01-01')",
        "dim_products synthetic PROD0001",
    ),
    (
        "histories_with_overlaps_or_gaps",
        "",
        "dim_products synthetic PROD0001 2031-01-01 00:00:00",
    ),
    (
        "members_without_current_version",
        "update warehouse.dim_stores set is_current = false, valid_to = '2040-01-01'
             where store_id = 'STORE003'",
        "dim_stores synthetic STORE003",
    ),
    (
        "histories_with_overlaps_or_gaps",
        "",
        "dim_stores synthetic STORE003 2030-01-01 00:00:00",
    ),
    (
        "rows_outside_partitions",
        "update warehouse.fact_inventory set snapshot_date = '1990-01-01'
             where product_id = 'PROD0003' and store_id = 'STORE001'
                 and snapshot_date = '2025-01-01'",
        "fact_inventory_default",
    ),
    (
        "missing_partitions",
        "drop table warehouse.fact_sales_2025_02",
        "fact_sales_2025_02",
    ),
    (
        "differing_agg_daily_sales",
        "update warehouse.agg_daily_sales set unique_customers = 9 where date_key = 20250309;
         delete from warehouse.agg_daily_sales where date_key = 20250106;
         insert into warehouse.agg_daily_sales
         values (999, 'EUR', 20250101, 1, 1, 1, 1, '2025-01-01')",
        "1 USD 20250309",
    ),
    ("differing_agg_daily_sales", "", "1 USD 20250106"),
    ("differing_agg_daily_sales", "", "999 EUR 20250101"),
    (
        "aggregates_with_dangling_keys",
        "",
        "agg_daily_sales retailer_key 999",
    ),
    (
        "differing_agg_product_performance",
        "update warehouse.agg_product_performance set avg_discount_percentage = 1
             where product_id = 'PROD0001'",
        "1 USD PROD0001",
    ),
    (
        "differing_agg_monthly_product_sales",
        "update warehouse.agg_monthly_product_sales set discounted_line_count = 99
             where product_id = 'PROD0001' and month_start = '2025-01-01'",
        "1 USD 2025-01-01 PROD0001",
    ),
    (
        "differing_agg_customer_metrics",
        "update warehouse.agg_customer_metrics set last_purchase_date = '2026-01-01'
             where customer_id = 'CUST0004'",
        "1 USD CUST0004",
    ),
    (
        "differing_agg_hourly_metrics",
        "update warehouse.agg_hourly_metrics set avg_order_value = 1
             where metric_hour = '2025-03-09 07:00Z'",
        "1 USD 2025-03-09 07:00:00",
    ),
    (
        "differing_agg_category_performance",
        "update warehouse.agg_category_performance set profit = null where period_type = 'year'",
        "1 USD Books year 2025-01-01",
    ),
    (
        "differing_agg_daily_funnel",
        "update warehouse.agg_daily_funnel set sessions_with_cart = 0",
        "1 20250309",
    ),
    (
        "ledger_imbalances",
        "update ops.ledger set rows_published = rows_published + 1
             where layer = 'staging' and dataset = 'customers'",
        "batch 1 staging customers",
    ),
    (
        "calendar_with_gaps",
        "delete from warehouse.dim_date where full_date = '2025-06-15'",
        "no 2025-06-15",
    ),
];

/// Goal: every check passes on a sound star and finds what is planted for it.
/// Method: the ten orders; then one fault or more for each check, all at once, each named by the
/// check that it is meant for. The constraints that would refuse the faults are dropped before.
#[tokio::test(flavor = "multi_thread")]
async fn every_check_passes_on_a_sound_star_and_finds_what_is_planted() -> anyhow::Result<()> {
    let pipeline = Pipeline::new().await;
    pipeline.place_ten_orders();
    pipeline.orchestrate(&["--skip", "generate"]).expect(0);
    let sound = pipeline.run("warehouse", &["check"]).expect(0);
    assert!(
        sound.stdout.contains("ledger_imbalances"),
        "{}",
        sound.stdout
    );

    let client = pipeline.db.client().await;
    client.batch_execute(DROP_CONSTRAINTS).await?;
    for (check, plant, _) in PLANTS {
        let planted = client.batch_execute(plant).await;
        assert!(planted.is_ok(), "{check}: {planted:?}");
    }
    client
        .batch_execute(
            "update warehouse.fact_inventory set quantity_on_hand = quantity_on_hand + 5
                 where product_id = 'PROD0001' and store_id = 'STORE002'
                     and snapshot_date = '2025-03-31';
             update warehouse.fact_web_sessions set event_count = 9",
        )
        .await?;

    let found = findings(&pipeline)?;
    for (check, _, offender) in PLANTS {
        let named = &found[check];
        assert!(
            offender.is_empty() || named.iter().any(|it| it == offender),
            "{check} does not name `{offender}`: {named:?}"
        );
    }
    for (fact, key) in VERSIONS {
        let offender = format!("{fact} {key}");
        let named = &found["facts_outside_their_version"];
        assert!(named.contains(&offender), "no `{offender}` in {named:?}");
    }
    let stock = "synthetic PROD0001 STORE002 2025-03-31".to_owned();
    assert!(found["stock_against_movements"].contains(&stock));
    assert_eq!(found["sessions_against_events"], ["synthetic VIS001"]);
    let silent: Vec<_> = found.iter().filter(|(_, it)| it.is_empty()).collect();
    assert!(silent.is_empty(), "a check without a plant: {silent:?}");
    Ok(())
}

/// What each check names, from the report in JSON; the exit code says that something was found.
fn findings(pipeline: &Pipeline) -> anyhow::Result<BTreeMap<String, Vec<String>>> {
    let ended = pipeline
        .run(
            "warehouse",
            &["check", "--limit", "1000", "--output", "json"],
        )
        .expect(1);
    let report: serde_json::Value = serde_json::from_str(&ended.stdout)?;
    let mut found = BTreeMap::new();
    for finding in report["findings"].as_array().expect("findings") {
        let offenders: Vec<String> = serde_json::from_value(finding["offenders"].clone())?;
        assert_eq!(finding["violations"], offenders.len(), "{finding}");
        found.insert(
            finding["check"].as_str().expect("a name").to_owned(),
            offenders,
        );
    }
    Ok(found)
}

const DROP_CONSTRAINTS: &str = "
    do $$
    declare
        refused record;
    begin
        for refused in
            select conrelid::regclass as relation, conname
            -- What a foreign key stands on goes after it.
            from pg_catalog.pg_constraint
            where conrelid in (
                'warehouse.dim_customers'::regclass,
                'warehouse.dim_products'::regclass,
                'warehouse.dim_stores'::regclass
            ) and contype in ('c', 'f', 'u')
            order by contype <> 'f'
        loop
            execute format('alter table %s drop constraint %I', refused.relation, refused.conname);
        end loop;
    end
    $$;
    drop index warehouse.dim_products_current";
