//! What counts as all that a source has: nothing may vanish from production because a run saw only
//! a part of it, and a load that failed or was blocked forgets nothing.

use common::Status;

use super::{ORDERS, ORDERS_SQL, RETAILER, Shop};

/// Orders in one folder a day, and buyers in a file of their own.
const DAILY: &str = "[tables.orders]\nfiles = [\"**/orders.csv\"]\n[tables.orders.columns]\n\
                     id = \"text\"\nbuyer = \"text\"\nat = \"timestamp\"\namount = \"decimal\"\n";

fn order(id: &str) -> String {
    format!("id,buyer,at,amount\n{id},a,2025-07-01 12:00:00,1.00\n")
}

/// Whether the latest batch says that its orders are all that there are.
async fn is_whole(shop: &Shop) -> bool {
    let query = "select count(*) from ops.ledger where dataset = 'transactions' and is_whole
                 and batch_id = (select max(batch_id) from ops.ledger)";
    shop.db.number(query).await == 1
}

async fn landed(shop: &Shop) -> Vec<String> {
    let rows = shop
        .db
        .rows("select id from landing.corner__orders order by id collate \"C\"")
        .await;
    rows.into_iter()
        .map(|row| row.into_iter().flatten().collect())
        .collect()
}

#[tokio::test]
async fn a_range_of_days_is_never_all_that_there_is() -> anyhow::Result<()> {
    let mut shop = Shop::new(DAILY).await;
    shop.write_config("transactions.sql", ORDERS_SQL);
    for day in ["2025-07-01", "2025-07-02"] {
        shop.write_data(&format!("business_date={day}/orders.csv"), &order(day));
    }
    shop.stage_and_publish().await?;
    assert!(is_whole(&shop).await);

    // The first day comes again, but its batch is never published.
    shop.write_data("business_date=2025-07-01/orders.csv", &order("mended"));
    shop.stage().await?;
    shop.write_data("business_date=2025-07-02/orders.csv", &order("2025-07-02b"));
    shop.options.from = "2025-07-02".parse().ok();
    shop.stage_and_publish().await?;
    assert!(!is_whole(&shop).await, "the first day is not there");

    shop.options.from = None;
    shop.stage_and_publish().await?;
    assert_eq!(landed(&shop).await, ["2025-07-02b", "mended"]);
    assert!(is_whole(&shop).await);
    Ok(())
}

#[tokio::test]
async fn one_of_two_tables_of_an_entity_is_not_all_of_it() -> anyhow::Result<()> {
    let table = |name: &str| {
        format!(
            "[tables.{name}]\nfiles = [\"{name}.csv\"]\nentity = \"transactions\"\n\
             [tables.{name}.columns]\ntransaction_id = \"text\"\n"
        )
    };
    let shop = Shop::new(&format!("{}{}", table("online"), table("shop"))).await;
    shop.write_data("online.csv", "transaction_id\n1\n");
    shop.write_data("shop.csv", "transaction_id\n2\n");
    shop.stage_and_publish().await?;
    shop.write_data("online.csv", "transaction_id\n1\n3\n");
    shop.stage_and_publish().await?;
    assert!(
        !is_whole(&shop).await,
        "the other table is not in the batch"
    );
    Ok(())
}

/// Goal: a landing table that was made anew for a load that failed gets all of its files again.
#[tokio::test]
async fn a_failed_change_of_type_loses_no_file() -> anyhow::Result<()> {
    let shop = Shop::new(ORDERS).await;
    shop.write_data("orders_1.csv", &order("1"));
    shop.write_data("orders_2.csv", &order("2"));
    shop.stage_and_publish().await?;

    let retyped = ORDERS.replace("amount = \"decimal\"", "amount = \"text\"");
    shop.write_config("source.toml", &format!("{RETAILER}{retyped}"));
    shop.write_data("orders_3.csv", "id,buyer,at,amount\n3,\"a,b\n");
    assert!(shop.refused().await.contains("orders_3.csv"));

    shop.write_config("source.toml", &format!("{RETAILER}{ORDERS}"));
    shop.write_data("orders_3.csv", &order("3"));
    shop.stage_and_publish().await?;
    assert_eq!(landed(&shop).await, ["1", "2", "3"]);
    Ok(())
}

#[tokio::test]
async fn a_blocked_batch_leaves_landing_and_what_vanished_as_they_were() -> anyhow::Result<()> {
    let shop = Shop::new(ORDERS).await;
    shop.write_config("transactions.sql", ORDERS_SQL);
    for name in ["1", "2", "3"] {
        shop.write_data(&format!("orders_{name}.csv"), &order(name));
    }
    shop.stage_and_publish().await?;

    std::fs::remove_file(shop.data().join("orders_2.csv"))?;
    let broken = "x,a,never,1.00\n".repeat(200);
    shop.write_data("orders_1.csv", &format!("id,buyer,at,amount\n{broken}"));
    assert_eq!(shop.stage().await?.status, Status::Blocked);
    assert_eq!(landed(&shop).await, ["1", "2", "3"]);

    shop.write_data("orders_1.csv", &order("1"));
    assert_eq!(shop.stage_and_publish().await?, Status::Succeeded);
    assert_eq!(landed(&shop).await, ["1", "3"], "the second file is gone");
    assert!(is_whole(&shop).await);
    Ok(())
}

/// Goal: a disappearance that was staged and never published is noticed again.
#[tokio::test]
async fn a_file_that_vanished_unpublished_vanishes_again() -> anyhow::Result<()> {
    let shop = Shop::new(ORDERS).await;
    shop.write_config("transactions.sql", ORDERS_SQL);
    for name in ["1", "2"] {
        shop.write_data(&format!("orders_{name}.csv"), &order(name));
    }
    shop.stage_and_publish().await?;
    std::fs::remove_file(shop.data().join("orders_2.csv"))?;
    for _ in 0..2 {
        assert_eq!(shop.stage().await?.status, Status::Succeeded);
        assert!(is_whole(&shop).await);
    }
    shop.publish().await;
    assert_eq!(shop.stage_and_publish().await?, Status::NothingToDo);

    shop.write_data("orders_2.csv", &order("2"));
    assert_eq!(shop.stage_and_publish().await?, Status::Succeeded);
    assert_eq!(
        landed(&shop).await,
        ["1", "2"],
        "the same bytes are new again"
    );
    Ok(())
}

#[tokio::test]
async fn sql_may_read_an_optional_table_that_never_came() -> anyhow::Result<()> {
    let notes = "[tables.notes]\nfiles = [\"notes.csv\"]\noptional = true\n\
                 [tables.notes.columns]\nid = \"text\"\n";
    let shop = Shop::new(&format!("{ORDERS}{notes}")).await;
    shop.write_config(
        "transactions.sql",
        "select o.id as transaction_id, o.at as transaction_at from landing.corner__orders as o
         left join landing.corner__notes as n on n.id = o.id",
    );
    shop.write_data("orders.csv", &order("1"));
    shop.stage_and_publish().await?;
    assert_eq!(
        shop.db
            .number("select count(*) from staging.transactions")
            .await,
        1
    );
    Ok(())
}
