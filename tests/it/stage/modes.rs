//! What a table keeps of its files: snapshots, appended files, new versions of rows, and changes of
//! their shape.

use common::Status;

use super::{RETAILER, Shop};

/// Prices by article, one folder a day.
fn prices(more: &str) -> String {
    format!(
        "[tables.prices]\nfiles = [\"**/prices.csv\"]\n{more}\n[tables.prices.columns]\n\
         article = \"text\"\nprice = \"decimal\"\n"
    )
}

/// `article price`, by article and price.
async fn landed(shop: &Shop) -> Vec<String> {
    let rows = shop
        .db
        .rows(
            "select article || ' ' || price from landing.corner__prices
             order by article collate \"C\", price",
        )
        .await;
    rows.into_iter()
        .map(|row| row.into_iter().flatten().collect())
        .collect()
}

#[tokio::test]
async fn new_versions_of_rows_take_the_place_of_old_ones() -> anyhow::Result<()> {
    let shop = Shop::new(&prices("mode = \"upsert\"\nkey = [\"article\"]")).await;
    shop.write_data(
        "business_date=2025-03-01/prices.csv",
        "article,price\na,1\nb,2\nb,3\nc,4\n",
    );
    shop.stage_and_publish().await?;
    assert_eq!(
        landed(&shop).await,
        ["a 1", "b 3", "c 4"],
        "the last line wins"
    );

    shop.write_data(
        "business_date=2025-03-02/prices.csv",
        "article,price\na,10\nd,5\n",
    );
    shop.stage_and_publish().await?;
    assert_eq!(landed(&shop).await, ["a 10", "b 3", "c 4", "d 5"]);

    // A mended older file must not bring old prices back.
    shop.write_data(
        "business_date=2025-03-01/prices.csv",
        "article,price\na,1\nb,2\nc,40\n",
    );
    shop.stage_and_publish().await?;
    assert_eq!(landed(&shop).await, ["a 10", "b 2", "c 40", "d 5"]);
    assert_eq!(shop.stage_and_publish().await?, Status::NothingToDo);
    Ok(())
}

/// Goal: rows that a batch replaced, and that never comes back, are there again when that batch is
/// never published.
#[tokio::test]
async fn replaced_rows_come_back_with_a_batch_that_was_never_published() -> anyhow::Result<()> {
    let shop = Shop::new(&prices("mode = \"upsert\"\nkey = [\"article\"]")).await;
    shop.write_data("1/prices.csv", "article,price\na,1\nb,1\n");
    shop.stage_and_publish().await?;
    std::fs::remove_file(shop.data().join("1/prices.csv"))?;

    shop.write_data("2/prices.csv", "article,price\na,2\n");
    shop.stage().await?;
    assert_eq!(landed(&shop).await, ["a 2", "b 1"]);
    shop.write_data("2/prices.csv", "article,price\nc,2\n");
    shop.stage_and_publish().await?;
    assert_eq!(landed(&shop).await, ["a 1", "b 1", "c 2"]);

    shop.write_data("2/prices.csv", "article,price\na,3\n");
    shop.stage_and_publish().await?;
    assert_eq!(landed(&shop).await, ["a 3", "b 1"]);
    Ok(())
}

/// Goal: files whose folders tell no day keep the order in which they came.
#[tokio::test]
async fn undated_files_replace_each_other_in_the_order_in_which_they_came() -> anyhow::Result<()> {
    let shop = Shop::new(&prices("mode = \"upsert\"\nkey = [\"article\"]")).await;
    shop.write_data("b/prices.csv", "article,price\nx,1\n");
    shop.write_data("c/prices.csv", "article,price\ny,1\n");
    shop.stage_and_publish().await?;
    shop.write_data("a/prices.csv", "article,price\nx,2\n");
    shop.stage_and_publish().await?;
    shop.write_data("c/prices.csv", "article,price\ny,3\n");
    shop.stage_and_publish().await?;
    assert_eq!(landed(&shop).await, ["x 2", "y 3"]);
    Ok(())
}

#[tokio::test]
async fn files_with_the_same_bytes_are_told() -> anyhow::Result<()> {
    let shop = Shop::new(&prices("mode = \"append\"")).await;
    shop.write_data("a/prices.csv", "article,price\nx,1\n");
    shop.write_data("b/prices.csv", "article,price\nx,1\n");
    let warnings = shop.stage().await?.warnings;
    assert!(
        warnings.iter().any(|it| it.contains("hold the same bytes")),
        "{warnings:?}"
    );
    Ok(())
}

/// Goal: an older day that comes late, or alone, never replaces newer rows.
#[tokio::test]
async fn an_older_day_replaces_nothing_newer() -> anyhow::Result<()> {
    let mut shop = Shop::new(&prices("mode = \"upsert\"\nkey = [\"article\"]")).await;
    let day = |day: &str| format!("business_date={day}/prices.csv");
    shop.write_data(&day("2025-03-01"), "article,price\na,1\nb,1\n");
    shop.write_data(&day("2025-03-03"), "article,price\na,3\n");
    shop.stage_and_publish().await?;

    shop.write_data(&day("2025-03-01"), "article,price\na,10\nb,10\n");
    shop.options.to = "2025-03-01".parse().ok();
    shop.stage_and_publish().await?;
    assert_eq!(landed(&shop).await, ["a 3", "b 10"], "a range of days");

    shop.options.to = None;
    for loaded in ["2025-03-01", "2025-03-03"] {
        std::fs::remove_file(shop.data().join(day(loaded)))?;
    }
    shop.write_data(&day("2025-03-02"), "article,price\na,2\nb,2\n");
    shop.stage_and_publish().await?;
    assert_eq!(
        landed(&shop).await,
        ["a 3", "b 2"],
        "files that were archived"
    );
    Ok(())
}

#[tokio::test]
async fn a_range_of_days_loads_its_files_only() -> anyhow::Result<()> {
    let mut shop = Shop::new(&prices("mode = \"append\"")).await;
    for day in 1..=3 {
        shop.write_data(
            &format!("year=2025/month=03/day=0{day}/prices.csv"),
            &format!("article,price\nday-{day},{day}\n"),
        );
    }
    let day = |text: &str| text.parse().ok();
    shop.options.from = day("2025-03-02");
    shop.options.to = day("2025-03-02");
    shop.stage_and_publish().await?;
    assert_eq!(landed(&shop).await, ["day-2 2"]);

    shop.options.from = None;
    shop.options.to = None;
    shop.stage_and_publish().await?;
    assert_eq!(landed(&shop).await, ["day-1 1", "day-2 2", "day-3 3"]);
    Ok(())
}

#[tokio::test]
async fn a_range_that_ends_before_it_begins_is_refused() {
    let mut shop = Shop::new(&prices("")).await;
    shop.write_data("prices.csv", "article,price\na,1\n");
    shop.options.from = "2025-03-02".parse().ok();
    shop.options.to = "2025-03-01".parse().ok();
    let refusal = shop.refused().await;
    assert!(refusal.contains("2025-03-02"), "{refusal}");
}

#[tokio::test]
async fn a_full_refresh_loads_unchanged_files_and_never_loses_rows() -> anyhow::Result<()> {
    let mut shop = Shop::new(&prices("mode = \"append\"")).await;
    shop.write_data("march/prices.csv", "article,price\na,1\n");
    shop.write_data("april/prices.csv", "article,price\nb,2\n");
    shop.stage_and_publish().await?;
    assert_eq!(shop.stage_and_publish().await?, Status::NothingToDo);

    shop.options.full_refresh = true;
    assert_eq!(shop.stage_and_publish().await?, Status::Succeeded);
    assert_eq!(landed(&shop).await, ["a 1", "b 2"]);

    std::fs::remove_file(shop.data().join("march/prices.csv"))?;
    let refusal = shop.refused().await;
    assert!(refusal.contains("march/prices.csv"), "{refusal}");
    assert_eq!(landed(&shop).await, ["a 1", "b 2"]);
    Ok(())
}

#[tokio::test]
async fn a_new_column_lands_as_a_text_where_the_source_evolves() -> anyhow::Result<()> {
    let shop = Shop::new(&prices("mode = \"append\"")).await;
    shop.write_data("march/prices.csv", "article,price\na,1\n");
    shop.stage_and_publish().await?;
    shop.write_data("april/prices.csv", "article,Sale Price,price\nb,0.5,2\n");
    let refusal = shop.refused().await;
    assert!(refusal.contains("Sale Price"), "{refusal}");

    let evolving = format!(
        "{RETAILER}[schema_drift]\nnew_columns = \"evolve\"\n{}",
        prices("mode = \"append\"")
    );
    shop.write_config("source.toml", &evolving);
    let report = shop.stage().await?;
    assert!(
        report.warnings.iter().any(|it| it.contains("Sale Price")),
        "{:?}",
        report.warnings
    );
    let rows = shop
        .db
        .rows("select article, sale_price from landing.corner__prices order by article")
        .await;
    let text = |text: &str| Some(text.to_owned());
    assert_eq!(
        rows,
        [[text("a"), None], [text("b"), text("0.5")]],
        "earlier rows have none"
    );
    Ok(())
}

#[tokio::test]
async fn a_new_key_of_json_lands_where_the_source_evolves_and_is_refused_elsewhere()
-> anyhow::Result<()> {
    let tables = "[tables.events]\nfiles = [\"events.ndjson\"]\nformat = \"ndjson\"\n\
                  [tables.events.columns]\nid = \"text\"\n\
                  city = { type = \"text\", from = [\"address.city\"] }\n";
    let shop = Shop::new(tables).await;
    shop.write_data(
        "events.ndjson",
        "{\"id\":\"1\",\"address\":{\"city\":\"Ulm\"}}\n{\"id\":\"2\",\"score\":0.10}\n",
    );
    let refusal = shop.refused().await;
    assert!(
        refusal.contains("line 2") && refusal.contains("score"),
        "{refusal}"
    );

    let evolving = format!("{RETAILER}[schema_drift]\nnew_columns = \"evolve\"\n{tables}");
    shop.write_config("source.toml", &evolving);
    shop.stage().await?;
    let rows = shop
        .db
        .rows("select id, city, score from landing.corner__events order by id")
        .await;
    let text = |text: &str| Some(text.to_owned());
    assert_eq!(
        rows,
        [
            [text("1"), text("Ulm"), None],
            [text("2"), None, text("0.10")]
        ]
    );
    Ok(())
}

#[tokio::test]
async fn a_source_may_freeze_its_types() {
    let shop = Shop::new(&prices("")).await;
    let frozen = format!(
        "{RETAILER}[schema_drift]\ntypes = \"freeze\"\n{}",
        prices("")
    );
    shop.write_config("source.toml", &frozen);
    shop.write_data("prices.csv", "article,price\na,1\nb,two\n");
    let refusal = shop.refused().await;
    assert!(
        refusal.contains("line 3, column 2: price.not_a_decimal"),
        "{refusal}"
    );
    assert!(
        !refusal.contains("two"),
        "values stay out of messages: {refusal}"
    );
}

/// Goal: columns that come in another order are loaded by name, and the report says so.
#[tokio::test]
async fn reordered_columns_are_told() -> anyhow::Result<()> {
    let shop = Shop::new(&prices("")).await;
    shop.write_data("prices.csv", "price,article\n1,a\n");
    let report = shop.stage().await?;
    assert_eq!(landed(&shop).await, ["a 1"]);
    assert!(
        report
            .warnings
            .iter()
            .any(|it| it.contains("another order")),
        "{:?}",
        report.warnings
    );
    Ok(())
}
