//! What waits in quarantine comes back when it can: by itself, or because a person asks.

use common::{StageReport, Status};
use quality::{Command, Filter, Options, QuarantineCommand, QuarantineOptions, ReplayOptions};

use super::shop::Shop;

/// Every open or closed entry: dataset, key, status, cause, who closed it, tries.
pub(super) const ENTRIES: &str =
    "select string_agg(concat_ws(' ', entry.dataset, entry.natural_key,
        entry.status, 'with ' || entry.caused_by, entry.resolved_by, entry.attempts), '; '
        order by entry.dataset, entry.natural_key)
    from ops.quarantine as entry";

impl Shop {
    pub(super) async fn replay(
        &self,
        entries: &[i64],
        filter: Filter,
    ) -> anyhow::Result<StageReport> {
        let options = ReplayOptions {
            entries: entries.to_vec(),
            filter,
        };
        let command = Command::Quarantine(QuarantineOptions {
            command: QuarantineCommand::Replay(options),
        });
        let options = Options {
            command: Some(command),
            ..Options::default()
        };
        quality::run(&self.ctx, &options).await
    }

    /// Brings product K3, as it was on July 2nd, in a second batch.
    pub(super) async fn publish_product(&self, price: i32) {
        self.open_batch(2, "shop", "products2.csv").await;
        self.execute(&format!(
            "insert into staging.products (source, product_id, product_name, category, price,
                cost, updated_at, batch_id, row_id, file_id, source_line, loaded_at)
            values ('shop', 'K3', 'Thing 3', 'Things', {price}, 5, '2025-07-02T12:00Z', 2, 1, 8,
                2, now())"
        ))
        .await;
        self.judge().await;
        self.publish().await;
    }

    /// Thirty orders of which line K5/1 sells nothing, published without order K5.
    async fn with_a_bad_line() -> Self {
        let shop = Self::with_orders(30).await;
        shop.execute("update staging.transaction_items set quantity = 0 where row_id = 5")
            .await;
        shop.judge().await;
        shop.publish().await;
        shop
    }

    async fn orders(&self) -> i64 {
        let orders = "select count(*) from production.transactions where not is_deleted";
        self.db.number(orders).await
    }
}

/// Goal: a row that is held back for another's sake stands in quarantine and names it.
#[tokio::test]
async fn consequences_are_told_from_causes() {
    let shop = Shop::with_a_bad_line().await;
    assert_eq!(
        shop.text(ENTRIES).await,
        "payments K5/1 open with transaction_items K5/1 1; \
         shipments K5/S5 open with transaction_items K5/1 1; \
         transaction_items K5/1 open 1; \
         transactions K5 open with transaction_items K5/1 1"
    );
    assert_eq!(shop.orders().await, 29);
}

/// Goal: when the bad line comes mended and alone, the rest of its order comes out of quarantine
/// with it, and the ledger says where the rows are from.
#[tokio::test]
async fn a_mended_line_brings_its_order_back() {
    let shop = Shop::with_a_bad_line().await;
    shop.open_batch(2, "shop", "mended.csv").await;
    shop.execute(
        "insert into staging.transaction_items values
            ('shop', 'K5', 1, 'I5', 'K5', null, 2, 10, 10, null, 18, 2, 1, 8, 2, now())",
    )
    .await;
    shop.judge().await;
    let ledger = "select string_agg(concat_ws(' ', dataset, rows_read, rows_replayed, rows_staged),
        '; ' order by dataset) from ops.ledger where batch_id = 2";
    assert_eq!(
        shop.text(ledger).await,
        "payments 0 1 1; shipments 0 1 1; transaction_items 1 0 1; transactions 0 1 1"
    );
    // Judging again gives the same.
    shop.execute("update ops.batches set state = 'staged' where batch_id = 2")
        .await;
    let report = quality::run(&shop.ctx, &Options::default()).await;
    assert_eq!(report.expect("a verdict").status, Status::Succeeded);
    shop.publish().await;
    assert_eq!(shop.orders().await, 30);
    assert_eq!(
        shop.text(ENTRIES).await,
        "payments K5/1 replayed with transaction_items K5/1 batch 2 1; \
         shipments K5/S5 replayed with transaction_items K5/1 batch 2 1; \
         transaction_items K5/1 repaired batch 2 1; \
         transactions K5 replayed with transaction_items K5/1 batch 2 1"
    );
}

/// Goal: lines whose order is missing wait until it arrives.
/// Method: an order's header comes one batch after its line, payment and shipment.
#[tokio::test]
async fn orphans_wait_for_their_parent() {
    let shop = Shop::with_orders(30).await;
    shop.execute("delete from staging.transactions where row_id = 5")
        .await;
    shop.judge().await;
    shop.publish().await;
    let open = "select string_agg(array_to_string(rules, ' '), '; ' order by dataset)
        from ops.quarantine where status = 'open'";
    assert_eq!(
        shop.text(open).await,
        "payments.transaction_id.reference; shipments.transaction_id.reference; \
         transaction_items.transaction_id.reference"
    );
    // A batch that brings something else leaves them alone.
    shop.open_batch(2, "shop", "customers.csv").await;
    shop.execute(
        "insert into staging.customers
        select 'shop', 'new', 'Grace', 'Hopper', 'grace@example.org', '+1 202 555 0123', date '1980-12-10',
            'f', null, null, date '2025-01-01', 'New York', null, '10001', 'US', '2025-07-01T12:00Z',
            2, 1, 8, 2, now()",
    )
    .await;
    shop.judge().await;
    shop.publish().await;
    assert_eq!(shop.text(open).await.matches("reference").count(), 3);

    shop.open_batch(3, "shop", "orders2.csv").await;
    shop.execute(
        "insert into staging.transactions (source, transaction_id, customer_id, transaction_at,
            status, currency, discount_amount, tax_amount, shipping_amount, total_amount,
            updated_at, batch_id, row_id, file_id, source_line, loaded_at)
        values ('shop', 'K5', 'K5', '2025-07-01T12:00Z', 'completed', 'EUR', 1, 2, 3, 22,
            '2025-07-01T12:00Z', 3, 1, 9, 2, now())",
    )
    .await;
    shop.judge().await;
    shop.publish().await;
    assert_eq!(shop.text(open).await, "");
    assert_eq!(shop.orders().await, 30);
    let lines = "select count(*) from production.transaction_items";
    assert_eq!(shop.db.number(lines).await, 30);
}

/// Goal: after a rule was mended, a replay publishes what passes now; a second one has nothing to
/// do and changes nothing.
#[tokio::test]
async fn a_mended_rule_is_replayed_once() -> anyhow::Result<()> {
    let mut shop = Shop::with_orders(30).await;
    shop.execute("update staging.products set price = -1 where row_id in (3, 4)")
        .await;
    shop.judge().await;
    shop.publish().await;
    let prices = "select string_agg(product_id || ' ' || price || ' ' || is_inferred, '; '
        order by product_id) from production.products where product_id in ('K3', 'K4')";
    let before = shop.text(prices).await;

    // Before the rule is mended, a replay fails and says so.
    let report = shop.replay(&[], Filter::default()).await?;
    assert_eq!(report.status, Status::NothingToDo);
    assert!(report.warnings[0].contains("2 of 2 rows"), "{report:?}");
    assert_eq!(
        shop.text(ENTRIES).await,
        "products K3 open 2; products K4 open 2"
    );

    shop.configure("[quality.checks]\n\"products.price.minimum\" = { enabled = false }\n");
    let one = shop
        .db
        .number("select quarantine_id from ops.quarantine where natural_key = 'K3'")
        .await;
    let report = shop.replay(&[one], Filter::default()).await?;
    assert_eq!(report.status, Status::Succeeded);
    assert_eq!(shop.text(prices).await, before, "nothing is published yet");
    assert_eq!(
        shop.text(ENTRIES).await,
        "products K3 open 2; products K4 open 2"
    );
    shop.publish().await;
    assert!(shop.text(prices).await.starts_with("K3 -1"));

    let filter = Filter {
        rule: Some("products.price.minimum".to_owned()),
        ..Filter::default()
    };
    assert_eq!(
        shop.replay(&[], filter).await?.status,
        Status::Succeeded,
        "the other one"
    );
    shop.publish().await;
    let after = shop.text(prices).await;
    assert!(after.contains("K4 -1"), "{after}");
    let hash = shop
        .text("select ops.content_hash('production.products')")
        .await;
    let report = shop.replay(&[one], Filter::default()).await?;
    assert_eq!(report.status, Status::NothingToDo);
    assert!(report.warnings[0].contains("closed already"), "{report:?}");
    assert_eq!(
        shop.text("select ops.content_hash('production.products')")
            .await,
        hash
    );
    Ok(())
}

/// Goal: of a replay, the rows that pass go on, whatever becomes of the others.
#[tokio::test]
async fn what_fails_again_stops_no_other() -> anyhow::Result<()> {
    let mut shop = Shop::with_orders(300).await;
    shop.execute(
        "update staging.products set price = -1 where row_id <= 4;
        update staging.products set cost = -1 where row_id <= 3",
    )
    .await;
    shop.judge().await;
    shop.publish().await;
    shop.configure("[quality.checks]\n\"products.price.minimum\" = { enabled = false }\n");
    let report = shop.replay(&[], Filter::default()).await?;
    assert_eq!(report.status, Status::Succeeded, "{report:?}");
    shop.publish().await;
    assert_eq!(
        shop.text(ENTRIES).await,
        "products K1 open 2; products K2 open 2; products K3 open 2; \
         products K4 replayed batch 2 1"
    );
    let rules = "select string_agg(distinct array_to_string(rules, ' '), '; ')
        from ops.quarantine where status = 'open'";
    assert_eq!(shop.text(rules).await, "products.cost.minimum");
    Ok(())
}

/// Goal: a replay never puts an old row over a newer one.
/// Method: the row comes again, sound, under another file name; its entry is closed by that. An
/// entry that is opened again by hand finds the newer row in production.
#[tokio::test]
async fn an_old_row_never_replaces_a_newer_one() -> anyhow::Result<()> {
    let mut shop = Shop::with_orders(30).await;
    shop.execute("update staging.products set price = -1 where row_id = 3")
        .await;
    shop.judge().await;
    shop.publish().await;
    shop.publish_product(11).await;
    assert_eq!(shop.text(ENTRIES).await, "products K3 repaired batch 2 1");
    shop.execute("update ops.quarantine set status = 'open', resolved_by = null")
        .await;
    shop.configure("[quality.checks]\n\"products.price.minimum\" = { enabled = false }\n");
    let report = shop.replay(&[], Filter::default()).await?;
    assert_eq!(report.status, Status::NothingToDo);
    assert!(report.warnings[0].contains("newer row"), "{report:?}");
    let price = "select price::text from production.products where product_id = 'K3'";
    assert_eq!(shop.text(price).await, "11");
    Ok(())
}

/// Goal: a replay takes no room from a batch that waits; another replay is no such batch.
#[tokio::test]
async fn a_waiting_batch_comes_first() -> anyhow::Result<()> {
    let mut shop = Shop::with_a_bad_line().await;
    shop.open_batch(2, "other", "orders.csv").await;
    let error = shop
        .replay(&[], Filter::default())
        .await
        .expect_err("a refusal");
    assert_eq!(common::errors::exit_code(&error), 2);
    assert!(
        format!("{error:#}").contains("batch 2 of other is staged"),
        "{error:#}"
    );
    shop.execute("update ops.batches set state = 'abandoned' where batch_id = 2")
        .await;
    shop.configure(
        "[quality.checks]\n\"transaction_items.quantity.not_zero\" = { enabled = false }\n\
         \"transaction_items.total_consistent\" = { enabled = false }\n",
    );
    for _ in 0..2 {
        let report = shop.replay(&[], Filter::default()).await?;
        assert_eq!(report.status, Status::Succeeded, "{report:?}");
    }
    shop.publish().await;
    assert_eq!(shop.orders().await, 30);
    let open = "select count(*) from ops.quarantine where status = 'open'";
    assert_eq!(shop.db.number(open).await, 0);
    Ok(())
}
