//! What is loaded again, and what is not.

use common::Status;

use super::{ORDERS, ORDERS_SQL, RETAILER, Shop};

#[tokio::test]
async fn an_unchanged_file_is_not_loaded_again_and_a_change_back_is_a_change() -> anyhow::Result<()>
{
    let shop = Shop::new(ORDERS).await;
    shop.write_config("transactions.sql", ORDERS_SQL);
    let versions = [
        "1,a,2025-07-01 12:00:00,1.00",
        "1,a,2025-07-01 12:00:00,2.00",
    ]
    .map(|row| format!("id,buyer,at,amount\n{row}\n"));
    for (version, expected) in [
        (0, Status::Succeeded),
        (0, Status::NothingToDo),
        (1, Status::Succeeded),
        (0, Status::Succeeded),
    ] {
        shop.write_data("orders.csv", &versions[version]);
        assert_eq!(shop.stage().await?.status, expected);
        shop.publish().await;
    }
    let count = shop
        .db
        .number("select count(*) from landing.corner__orders")
        .await;
    assert_eq!(count, 1, "landing keeps the latest version");
    Ok(())
}

/// Goal: a batch that was never published leaves nothing that a later batch could trip over.
#[tokio::test]
async fn a_batch_that_was_not_published_is_staged_again() -> anyhow::Result<()> {
    let shop = Shop::new(ORDERS).await;
    shop.write_config("transactions.sql", ORDERS_SQL);
    shop.write_data(
        "orders.csv",
        "id,buyer,at,amount\n1,a,2025-07-01 12:00:00,1.00\n",
    );
    shop.stage().await?;

    assert_eq!(shop.stage().await?.status, Status::Succeeded);

    let states = shop
        .db
        .rows("select state from ops.batches order by batch_id")
        .await;
    assert_eq!(
        states,
        [[Some("abandoned".to_owned())], [Some("staged".to_owned())]]
    );
    assert_eq!(
        shop.db
            .number("select count(*) from staging.transactions")
            .await,
        1
    );
    Ok(())
}

#[tokio::test]
async fn a_changed_select_stages_its_entity_again() -> anyhow::Result<()> {
    let shop = Shop::new(ORDERS).await;
    shop.write_config("transactions.sql", ORDERS_SQL);
    shop.write_data(
        "orders.csv",
        "id,buyer,at,amount\n1,a,2025-07-01 12:00:00,1.00\n",
    );
    shop.stage().await?;
    shop.publish().await;

    shop.write_config(
        "transactions.sql",
        &ORDERS_SQL.replace("amount as", "2 * amount as"),
    );
    shop.stage().await?;

    let rows = shop
        .db
        .rows("select total_amount::text from staging.transactions")
        .await;
    assert_eq!(rows, [[Some("2.00".to_owned())]]);
    Ok(())
}

/// Goal: a file that left a snapshot takes its rows along; an appending table keeps them.
#[tokio::test]
async fn files_that_vanish_leave_a_snapshot_and_stay_in_an_appending_table() -> anyhow::Result<()> {
    for (mode, expected) in [("snapshot", 1), ("append", 2)] {
        let tables = ORDERS.replace(
            "[tables.orders.columns]",
            &format!("mode = \"{mode}\"\n[tables.orders.columns]"),
        );
        let shop = Shop::new(&tables).await;
        shop.write_config("transactions.sql", ORDERS_SQL);
        shop.write_data(
            "orders_1.csv",
            "id,buyer,at,amount\n1,a,2025-07-01 12:00:00,1.00\n",
        );
        shop.write_data(
            "orders_2.csv",
            "id,buyer,at,amount\n2,a,2025-07-01 12:00:00,1.00\n",
        );
        shop.stage().await?;
        shop.publish().await;
        std::fs::remove_file(shop.data().join("orders_1.csv"))?;
        shop.write_data(
            "orders_2.csv",
            "id,buyer,at,amount\n2,b,2025-07-01 12:00:00,1.00\n",
        );

        shop.stage().await?;
        shop.publish().await;

        assert_eq!(
            shop.db
                .number("select count(*) from landing.corner__orders")
                .await,
            expected
        );
        assert_eq!(shop.stage().await?.status, Status::NothingToDo, "{mode}");
    }
    Ok(())
}

#[tokio::test]
async fn the_view_of_new_rows_holds_those_of_the_latest_batch() -> anyhow::Result<()> {
    let tables = ORDERS.replace(
        "[tables.orders.columns]",
        "mode = \"append\"\n[tables.orders.columns]",
    );
    let shop = Shop::new(&tables).await;
    shop.write_config(
        "transactions.sql",
        &ORDERS_SQL.replace("corner__orders", "corner__orders__new"),
    );
    shop.write_data(
        "orders_1.csv",
        "id,buyer,at,amount\n1,a,2025-07-01 12:00:00,1.00\n",
    );
    shop.stage().await?;
    shop.publish().await;
    shop.write_data(
        "orders_2.csv",
        "id,buyer,at,amount\n2,a,2025-07-01 12:00:00,1.00\n",
    );

    shop.stage().await?;

    let rows = shop
        .db
        .rows("select transaction_id from staging.transactions")
        .await;
    assert_eq!(rows, [[Some("2".to_owned())]]);
    Ok(())
}

/// Goal: rows of a file that no batch ever published, and that was taken back, are never used.
#[tokio::test]
async fn a_file_that_was_withdrawn_leaves_no_row_behind() -> anyhow::Result<()> {
    for mode in ["snapshot", "append"] {
        let tables = ORDERS.replace(
            "[tables.orders.columns]",
            &format!("mode = \"{mode}\"\n[tables.orders.columns]"),
        );
        let shop = Shop::new(&tables).await;
        shop.write_config("transactions.sql", ORDERS_SQL);
        shop.write_data(
            "orders_1.csv",
            "id,buyer,at,amount\n1,a,2025-07-01 12:00:00,1.00\n",
        );
        shop.stage().await?;
        shop.publish().await;
        shop.write_data(
            "orders_2.csv",
            "id,buyer,at,amount\n2,a,2025-07-01 12:00:00,9.99\n",
        );
        shop.stage().await?;
        std::fs::remove_file(shop.data().join("orders_2.csv"))?;

        shop.stage().await?;

        let rows = shop
            .db
            .rows("select transaction_id from staging.transactions")
            .await;
        assert_eq!(rows, [[Some("1".to_owned())]], "{mode}");
        shop.publish().await;
        assert_eq!(shop.stage().await?.status, Status::NothingToDo, "{mode}");
    }
    Ok(())
}

#[tokio::test]
async fn a_change_of_the_shops_own_facts_is_a_change() -> anyhow::Result<()> {
    let shop = Shop::new(ORDERS).await;
    shop.write_config("transactions.sql", ORDERS_SQL);
    shop.write_data(
        "orders.csv",
        "id,buyer,at,amount\n1,a,2025-07-01 12:00:00,1.00\n",
    );
    shop.stage().await?;
    shop.publish().await;
    let retailer = RETAILER.replace("EUR", "CHF");
    shop.write_config("source.toml", &format!("{retailer}{ORDERS}"));
    assert_eq!(shop.stage().await?.status, Status::Succeeded);
    Ok(())
}
