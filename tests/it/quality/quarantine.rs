//! The life of an entry: refused, refused again, repaired, removed.

use chrono::TimeDelta;

use super::shop::Shop;

/// Goal: a row that is refused again is known to have been seen before, one that is mended is no
/// longer open, and what is closed for long is removed.
/// Method: two lines are bad in the first batch, one of them in the second and none in the third;
/// a row without a key is known by its line.
#[tokio::test]
async fn an_entry_is_followed_until_it_is_removed() -> anyhow::Result<()> {
    let shop = Shop::with_orders(300).await;
    for batch in [1, 2, 3] {
        if batch > 1 {
            shop.add_batch(batch, "shop", 300).await;
        }
        for (row_id, bad_until) in [(5, 1), (6, 2)] {
            if batch <= bad_until {
                shop.execute(&format!(
                    "update staging.transaction_items set quantity = 0 where row_id = {row_id}"
                ))
                .await;
            }
        }
        if batch < 3 {
            shop.execute("update staging.products set product_id = null where row_id = 7")
                .await;
        }
        shop.judge().await;
        shop.publish().await;
    }
    let entries = "select string_agg(concat_ws(' ', entry.batch_id, entry.dataset,
            coalesce(entry.natural_key, '-'), entry.status, entry.resolved_by, entry.attempts,
            earlier.batch_id), '; ' order by entry.dataset, entry.natural_key, entry.batch_id)
        from ops.quarantine as entry
        left join ops.quarantine as earlier on entry.previous_id = earlier.quarantine_id
        where entry.caused_by is null";
    assert_eq!(
        shop.text(entries).await,
        "1 products - superseded batch 2 1; 2 products - repaired batch 3 2 1; \
         1 transaction_items K5/1 repaired batch 2 1; \
         1 transaction_items K6/1 superseded batch 2 1; \
         2 transaction_items K6/1 repaired batch 3 2 1"
    );

    let mut later = shop.db.context("cleanup");
    later.started_at += TimeDelta::days(1_000);
    cleanup::run(&later, &cleanup::Options::default()).await?;
    let left = "select count(*) from ops.quarantine";
    assert_eq!(shop.db.number(left).await, 0);
    Ok(())
}
