//! Totals of orders whose header and lines arrive in different batches, or of which one is missing.

use super::shop::{EARLIER, LINEAGE, Shop};

/// Orders of production: two lines of 10 and 20, a shipping of 5 and a total of 35. `K<n>` is
/// also what the n-th order of the batch is called.
async fn publish_orders(shop: &Shop, keys: &[&str]) {
    shop.execute(&format!(
        "insert into production.retailers (source, retailer_name, time_zone, {LINEAGE})
            values ('shop', 'Shop', 'UTC', {EARLIER});
        insert into production.products (source, product_id, {LINEAGE})
            values ('shop', 'P', {EARLIER})"
    ))
    .await;
    for key in keys {
        shop.execute(&format!(
            "insert into production.transactions
                (source, transaction_id, sale_date, shipping_amount, total_amount, updated_at,
                    {LINEAGE})
                values ('shop', '{key}', '2025-06-01', 5, 35, '2025-06-01Z', {EARLIER});
            insert into production.transaction_items
                (source, transaction_id, line_number, product_id, quantity, unit_price,
                    line_total, {LINEAGE})
                values ('shop', '{key}', 1, 'P', 1, 10, 10, {EARLIER}),
                    ('shop', '{key}', 2, 'P', 1, 20, 20, {EARLIER})"
        ))
        .await;
    }
}

async fn expect(shop: &Shop, table: &str, expected: &[&str]) {
    for (index, verdict) in expected.iter().enumerate() {
        let row_id = index + 1;
        assert_eq!(
            shop.verdict(table, row_id).await,
            *verdict,
            "{table} {row_id}"
        );
    }
}

/// Goal: a header that arrives alone must agree with the lines that production has of it.
/// Method: a right, a wrong and an older header; their lines are in production only.
#[tokio::test]
async fn a_header_alone_is_compared_with_the_published_lines() {
    let shop = Shop::with_orders(60).await;
    publish_orders(&shop, &["K1", "K2", "K3"]).await;
    shop.execute(
        "delete from staging.transaction_items where row_id <= 3;
        update staging.transactions
            set shipping_amount = 4, tax_amount = 0, discount_amount = 0, total_amount = 34
            where row_id <= 3;
        update staging.transactions set total_amount = 34.02 where row_id = 2;
        update staging.transactions set total_amount = 99, updated_at = '2025-05-01Z'
            where row_id = 3",
    )
    .await;
    shop.judge().await;
    let wrong = "quarantined: transactions.total_consistent";
    expect(&shop, "transactions", &["", wrong, "", ""]).await;
}

/// Goal: lines that arrive alone must leave their published order with the total it has.
/// Method: a line that replaces its equal, one of another amount, one more, one more line beside a
/// bad one, and a pair of which one makes good for the other.
#[tokio::test]
async fn lines_alone_are_compared_with_the_published_total() {
    let shop = Shop::with_orders(60).await;
    publish_orders(&shop, &["A", "B", "C", "D", "E"]).await;
    shop.execute(
        "delete from staging.transactions where row_id <= 7;
        delete from staging.payments where row_id <= 7;
        delete from staging.shipments where row_id <= 7;
        update staging.transaction_items as line
        set transaction_id = new.id, line_number = new.number, unit_price = new.amount,
            quantity = new.quantity, discount_percentage = 0,
            line_total = new.amount * new.quantity
        from (values
            (1, 'A', 2, 1, 20.00), (2, 'B', 2, 1, 20.02), (3, 'C', 3, 1, 7), (4, 'D', 3, 0, 7),
            (5, 'D', 4, 1, 7), (6, 'E', 1, 1, 25), (7, 'E', 2, 1, 5)
        ) as new (row_id, id, number, quantity, amount)
        where line.row_id = new.row_id",
    )
    .await;
    shop.judge().await;
    let wrong = "quarantined: transaction_items.order_total_consistent";
    let zero = "quarantined: transaction_items.quantity.not_zero";
    // The second line of D is held back for the first one's fault.
    let expected = ["", wrong, wrong, zero, "consequence: ", "", "", ""];
    expect(&shop, "transaction_items", &expected).await;
}

/// Goal: an order whose lines got lost is not published, and one that costs nothing is.
/// Method: orders without a line, in a source that brings lines.
#[tokio::test]
async fn an_order_that_costs_something_has_a_line() {
    let shop = Shop::with_orders(60).await;
    publish_orders(&shop, &["K3"]).await;
    shop.execute(
        "delete from staging.transaction_items where row_id <= 3;
        update staging.transactions
            set shipping_amount = 0, tax_amount = 0, discount_amount = 0, total_amount = 0
            where row_id = 2;
        update staging.transactions
            set shipping_amount = 5, tax_amount = 0, discount_amount = 0, total_amount = 35
            where row_id = 3;
        update staging.transaction_items set quantity = 0 where row_id = 4",
    )
    .await;
    shop.judge().await;
    let lost = "quarantined: transactions.has_lines";
    // The fourth has a line that is refused: that is why it is held back.
    expect(&shop, "transactions", &[lost, "", "", "consequence: ", ""]).await;
}

/// Goal: a source that brings no lines is not asked for them, unless they did not parse.
/// Method: no line is staged; in the second shop the ledger knows of records that were rejected.
#[tokio::test]
async fn a_source_without_lines_is_not_asked_for_them() {
    let shop = Shop::with_orders(3).await;
    shop.execute("delete from staging.transaction_items").await;
    shop.judge().await;
    expect(&shop, "transactions", &["", "", ""]).await;

    shop.execute(
        "insert into ops.ledger (batch_id, layer, dataset, rows_read, rows_rejected, rows_staged)
        values (1, 'staging', 'transaction_items', 3, 3, 0);
        update ops.batches set state = 'staged'",
    )
    .await;
    quality::run(&shop.ctx, &quality::Options::default())
        .await
        .expect("a verdict");
    let lost = "quarantined: transactions.has_lines";
    expect(&shop, "transactions", &[lost, lost, lost]).await;
}

/// Goal: one list of words for an order that came back, in the SQL and in the contract of payments.
/// Method: every word in a negative order and in a negative payment, and a word that is none.
#[tokio::test]
async fn every_word_for_returned_means_the_same_everywhere() {
    let words = ["returned", "Return", " REFUNDED ", "refund", "completed"];
    let shop = Shop::with_orders(100).await;
    for (index, word) in words.iter().enumerate() {
        let row_id = index + 1;
        shop.execute(&format!(
            "update staging.transactions set discount_amount = 25, total_amount = -2,
                status = '{word}' where row_id = {row_id};
            update staging.payments set amount = -2, status = '{word}' where row_id = {row_id}"
        ))
        .await;
    }
    shop.judge().await;
    let sold = "quarantined: transactions.total_amount.not_negative";
    expect(&shop, "transactions", &["", "", "", "", sold]).await;
    let paid = "consequence: payments.amount.not_negative";
    expect(&shop, "payments", &["", "", "", "", paid]).await;
    for word in words {
        let query = format!("select production.is_returned('{word}')::text");
        assert_eq!(
            shop.text(&query).await == "true",
            word != "completed",
            "{word}"
        );
    }
}
