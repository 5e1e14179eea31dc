//! Which attributes have history is declared, and may be declared otherwise later on.

use common::{Config, Status};

use super::{FACT_CITIES, TABLES, customer};
use crate::production::by_hand::{Shop, order};

/// Loads with settings in which the section of the customers has these lines.
async fn load(shop: &Shop, declared: &str) -> anyhow::Result<common::StageReport> {
    let mut ctx = shop.db.context("warehouse");
    let path = shop.db.dir.path().join("pipeline.toml");
    std::fs::write(
        &path,
        format!("[warehouse.dimensions.customers]\n{declared}"),
    )?;
    let mut config = Config::load(&path)?;
    config.paths = ctx.config.paths.clone();
    config.database.url = ctx.config.database.url.clone();
    ctx.config = config;
    warehouse::run(&ctx, &warehouse::Options::default()).await
}

/// Two customers, of which one moves from Rome to Paris to Rome, with an order in every city.
async fn moving() -> anyhow::Result<Shop> {
    let mut shop = Shop::open().await?;
    for (city, day) in [("Rome", "01"), ("Paris", "03"), ("Rome", "05")] {
        let at = format!("2025-{day}-01Z");
        let sold = format!("2025-{day}-15T12:00:00Z");
        let rows = customer("C1", Some(city), &at)
            + &customer("C2", Some("Oslo"), &at)
            + &order(&format!("T{day}"), "C1", "P1", &sold);
        shop.publish(&rows).await?;
    }
    Ok(shop)
}

const VERSIONS: &str = "select customer_key, valid_from at time zone 'UTC' as valid_from, city
    from warehouse.dim_customers where customer_id = 'C1' order by valid_from";

/// Goal: another declaration is followed by the next load, without new batches, both ways.
#[tokio::test]
async fn a_changed_declaration_is_followed_by_the_next_load() -> anyhow::Result<()> {
    let shop = moving().await?;
    let history = r#"type_2 = ["city"]"#;
    load(&shop, history).await?;
    let detailed = shop.lines(VERSIONS).await?;
    assert_eq!(detailed.len(), 3, "{detailed:?}");
    let cities = ["(T01,Rome)", "(T03,Paris)", "(T05,Rome)"];
    assert_eq!(shop.lines(FACT_CITIES).await?, cities);
    assert_eq!(load(&shop, history).await?.status, Status::NothingToDo);

    // Type 1: one version with the latest city, which keeps the key of the first. Who reads the
    // warehouse is told, although the batch is the same.
    shop.client
        .batch_execute("update ops.watermarks set moved_at = '2000-01-01'")
        .await?;
    load(&shop, r#"type_2 = ["email"]"#).await?;
    let told = "select source, moved_at > '2000-01-01' from ops.watermarks";
    assert_eq!(shop.lines(told).await?, ["(shop,t)"]);
    let merged = shop.lines(VERSIONS).await?;
    assert_eq!(merged, [detailed[0].clone()]);
    let cities_now = ["(T01,Rome)", "(T03,Rome)", "(T05,Rome)"];
    assert_eq!(shop.lines(FACT_CITIES).await?, cities_now);
    let current = "select total_transactions, is_current from warehouse.agg_customer_metrics
        join warehouse.dim_customers using (customer_key)";
    assert_eq!(shop.lines(current).await?, ["(3,t)"]);

    // Type 2 again: the log still has what happened.
    load(&shop, history).await?;
    let again = shop.lines(VERSIONS).await?;
    assert_eq!((again.len(), &again[0]), (3, &detailed[0]));
    assert_eq!(shop.lines(FACT_CITIES).await?, cities);
    assert_eq!(shop.lines(current).await?, ["(3,t)"]);
    let before = shop.state_of(&TABLES).await?;
    assert_eq!(load(&shop, history).await?.status, Status::NothingToDo);
    assert_eq!(shop.state_of(&TABLES).await?, before);
    Ok(())
}

/// Goal: a type 1 attribute shows its latest value in all versions and adds none.
#[tokio::test]
async fn an_attribute_without_history_is_rewritten_in_all_versions() -> anyhow::Result<()> {
    let mut shop = moving().await?;
    let declared = r#"type_2 = ["city"]"#;
    load(&shop, declared).await?;
    let keys = shop.lines(VERSIONS).await?;
    let renamed = customer("C1", Some("Rome"), "2025-07-01Z").replace("Ada", "Grace");
    shop.publish(&renamed).await?;
    load(&shop, declared).await?;
    assert_eq!(shop.lines(VERSIONS).await?, keys);
    let names = "select distinct full_name from warehouse.dim_customers where customer_id = 'C1'";
    assert_eq!(shop.lines(names).await?, ["(Grace)"]);
    // An older name that comes late is not the latest.
    let older = customer("C1", Some("Rome"), "2025-06-15Z").replace("Ada", "Joan");
    shop.publish(&older).await?;
    load(&shop, declared).await?;
    assert_eq!(shop.lines(names).await?, ["(Grace)"]);
    assert_eq!(shop.lines(VERSIONS).await?, keys);
    Ok(())
}

/// Goal: a source that begins to deliver a column adds no version per member.
/// Method: the same new column with and without the declaration since when it is known.
#[tokio::test]
async fn an_attribute_that_is_delivered_later_adds_no_version() -> anyhow::Result<()> {
    let mut shop = moving().await?;
    load(&shop, r#"type_2 = ["city", "age_group"]"#).await?;
    let before = shop.lines(VERSIONS).await?;
    let counts = "select customer_id, count(*), count(age_group) from warehouse.dim_customers
        where customer_key > 0 group by customer_id order by customer_id";
    assert_eq!(shop.lines(counts).await?, ["(C1,3,0)", "(C2,1,0)"]);
    let delivered = ["C1", "C2"].map(|id| {
        let city = if id == "C1" { "Rome" } else { "Oslo" };
        customer(id, Some(city), "2025-07-02Z")
            .replace("updated_at)", "updated_at, age_group)")
            .replace("')", "', '26-35')")
    });
    shop.publish(&delivered.concat()).await?;
    load(&shop, r#"type_2 = ["city", "age_group"]"#).await?;
    assert_eq!(shop.lines(counts).await?, ["(C1,4,1)", "(C2,2,1)"]);

    let since = "type_2 = [\"city\", \"age_group\"]\nknown_since = { age_group = \"2025-07-01\" }";
    load(&shop, since).await?;
    assert_eq!(shop.lines(counts).await?, ["(C1,3,3)", "(C2,1,1)"]);
    assert_eq!(shop.lines(VERSIONS).await?, before);
    Ok(())
}

/// Goal: a column that a migration adds to an entity begins no version and writes no row.
#[tokio::test]
async fn a_new_column_of_an_entity_touches_no_version() -> anyhow::Result<()> {
    let mut shop = moving().await?;
    shop.warehouse(false).await?;
    let before = shop.state_of(&TABLES).await?;
    shop.client
        .batch_execute(
            "alter table production.customers add column shoe_size text default '42';
             alter table production.customers_changes add column shoe_size text;
             alter table warehouse.dim_customers add column shoe_size text;
             alter table warehouse.work_customers add column shoe_size text;
             update production.customers_changes set row_hash = md5(row_hash)",
        )
        .await?;
    shop.publish(&customer("C2", Some("Oslo"), "2025-06-01Z"))
        .await?;
    assert_eq!(shop.warehouse(false).await?.rows().written(), 0);
    assert_eq!(shop.warehouse(true).await?.rows().written(), 0);
    shop.client
        .batch_execute("alter table warehouse.dim_customers drop column shoe_size")
        .await?;
    assert_eq!(shop.state_of(&TABLES).await?, before);
    Ok(())
}

#[tokio::test]
async fn an_unknown_attribute_names_the_nearest_one() -> anyhow::Result<()> {
    let shop = Shop::open().await?;
    let error = load(&shop, r#"type_2 = ["postcode"]"#)
        .await
        .expect_err("a mistake");
    let text = format!("{error:#}");
    assert!(
        text.contains("has no attribute `postcode`; did you mean `postal_code`?"),
        "{text}"
    );
    Ok(())
}
