//! Money against orders: payments against totals, refunds against payments, returns against sales.

use super::shop::{EARLIER, LINEAGE, Shop, copy_row};

const DIFFERS: &str = "warned: payments.total_consistent";

/// Orders that production has: a total of 35 and, where it is not null, one payment.
async fn publish_order(shop: &Shop, key: &str, status: &str, paid: &str) {
    shop.execute(&format!(
        "insert into production.retailers (source, retailer_name, time_zone, {LINEAGE})
            values ('shop', 'Shop', 'UTC', {EARLIER}) on conflict do nothing;
        insert into production.transactions
            (source, transaction_id, sale_date, transaction_at, status, total_amount, {LINEAGE})
            values ('shop', '{key}', '2025-06-01', '2025-06-01T10:00Z', '{status}', 35, {EARLIER});
        insert into production.payments
            (source, transaction_id, payment_sequence, payment_method, amount, status, paid_at,
                {LINEAGE})
            select 'shop', '{key}', 1, 'Card', {paid}, 'paid', '2025-06-01T10:00Z', {EARLIER}
            where {paid} is not null"
    ))
    .await;
}

async fn expect(shop: &Shop, table: &str, expected: &[(usize, &str)]) {
    for (row_id, verdict) in expected {
        assert_eq!(
            shop.verdict(table, *row_id).await,
            *verdict,
            "{table} {row_id}"
        );
    }
}

/// Goal: payments add up to the total; of several the one that is in cents is named alone.
/// Method: orders of two payments: sound, one in cents, one that nothing explains, one too few.
#[tokio::test]
async fn payments_add_up_to_the_total_of_their_order() {
    let shop = Shop::with_orders(60).await;
    shop.execute("update staging.payments set amount = 12 where row_id <= 4")
        .await;
    for row_id in 1..=3 {
        let second = "payment_sequence = 2, payment_method = 'Gift Card', amount = 10";
        copy_row(&shop, "payments", row_id, 100 + row_id, second).await;
    }
    shop.execute(
        "update staging.payments set amount = 1000 where row_id = 102;
        update staging.payments set amount = 11 where row_id = 103",
    )
    .await;
    shop.judge().await;
    let sound = [(1, ""), (101, ""), (2, ""), (5, "")];
    expect(&shop, "payments", &sound).await;
    let at_fault = [(102, DIFFERS), (3, DIFFERS), (103, DIFFERS), (4, DIFFERS)];
    expect(&shop, "payments", &at_fault).await;
}

/// Goal: of an order that is open, called off or back, anything from nothing to its total is paid.
/// Method: every such state with a payment that goes back, and one of them with too much.
#[tokio::test]
async fn an_order_that_is_open_or_came_back_need_not_be_paid() {
    let states = ["pending", "Cancelled", "returned", "unpaid", "refunded"];
    let shop = Shop::with_orders(60).await;
    for (index, state) in states.iter().enumerate() {
        let row_id = index + 1;
        let change = format!("status = '{state}'");
        shop.execute(&format!(
            "update staging.transactions set {change} where row_id = {row_id}"
        ))
        .await;
        let back = "payment_sequence = 2, amount = -22, status = 'refunded'";
        copy_row(&shop, "payments", row_id, 100 + row_id, back).await;
    }
    shop.execute(
        "update staging.transactions set status = 'shipped', payment_method = ' Cash on delivery'
            where row_id = 7;
        delete from staging.payments where row_id = 7;
        update staging.payments set amount = 2200 where row_id = 2",
    )
    .await;
    shop.judge().await;
    let expected = [
        (1, ""),
        (101, ""),
        (2, DIFFERS),
        (102, ""),
        (3, ""),
        (105, ""),
    ];
    expect(&shop, "payments", &expected).await;
    expect(&shop, "transactions", &[(7, "")]).await;
}

/// Goal: a fault that has a name already is not told once more as one of its order.
/// Method: orders whose total, or one of whose payments, is refused for a reason of its own.
#[tokio::test]
async fn a_fault_is_told_once() {
    let shop = Shop::with_orders(60).await;
    for row_id in 1..=2 {
        let second = "payment_sequence = 2, payment_method = 'Gift Card', amount = 0";
        copy_row(&shop, "payments", row_id, 100 + row_id, second).await;
    }
    shop.execute(
        "update staging.payments set amount = null where row_id = 1;
        update staging.payments set amount = -22 where row_id = 2;
        update staging.transactions set total_amount = 99 where row_id = 3",
    )
    .await;
    shop.judge().await;
    let expected = [
        (1, "quarantined: payments.amount.required"),
        (101, ""),
        (2, "warned: payments.amount.not_negative"),
        (102, ""),
        (3, "consequence: "),
    ];
    expect(&shop, "payments", &expected).await;
}

/// Goal: what comes without the other half is compared with production's.
/// Method: payments without their order, and orders without a payment.
#[tokio::test]
async fn halves_of_an_order_are_compared_with_production() {
    let shop = Shop::with_orders(60).await;
    for (key, paid) in [("A", "20"), ("B", "20"), ("K4", "22"), ("K5", "9")] {
        publish_order(&shop, key, "completed", paid).await;
    }
    shop.execute(
        "delete from staging.transactions where row_id <= 2;
        delete from staging.transaction_items where row_id <= 2;
        delete from staging.shipments where row_id <= 2;
        update staging.payments set transaction_id = 'A', payment_sequence = 2, amount = 15
            where row_id = 1;
        update staging.payments set transaction_id = 'B', payment_sequence = 2, amount = 16
            where row_id = 2;
        delete from staging.payments where row_id between 3 and 5",
    )
    .await;
    shop.judge().await;
    expect(&shop, "payments", &[(1, ""), (2, DIFFERS)]).await;
    let differs = "warned: transactions.payments_consistent";
    let expected = [(3, differs), (4, ""), (5, differs), (6, "")];
    expect(&shop, "transactions", &expected).await;
}

/// Goal: a source that brings no payments is not asked for them.
#[tokio::test]
async fn a_source_without_payments_is_not_asked_for_them() {
    let shop = Shop::with_orders(3).await;
    shop.execute("delete from staging.payments").await;
    shop.judge().await;
    expect(&shop, "transactions", &[(1, ""), (2, ""), (3, "")]).await;
}

/// Goal: never more goes back than was paid, in one batch or in two.
/// Method: refunds of all, of more, and of an order whose payment is in production.
#[tokio::test]
async fn no_refund_is_above_what_was_paid() {
    let shop = Shop::with_orders(60).await;
    for key in ["A", "B"] {
        publish_order(&shop, key, "returned", "35").await;
    }
    shop.execute("update staging.transactions set status = 'returned' where row_id <= 2")
        .await;
    for (row_id, key, amount) in [
        (1, "K1", "-22"),
        (2, "K2", "-23"),
        (3, "A", "-35"),
        (4, "B", "-36"),
    ] {
        let refund = format!(
            "transaction_id = '{key}', payment_sequence = 2, amount = {amount}, status = 'refunded'"
        );
        copy_row(&shop, "payments", row_id, 100 + row_id, &refund).await;
    }
    shop.judge().await;
    let exceeds = "warned: payments.refund_within_payment";
    let expected = [
        (101, ""),
        (102, exceeds),
        (2, ""),
        (103, ""),
        (104, exceeds),
    ];
    expect(&shop, "payments", &expected).await;
}

/// Goal: no more units of a product come back than were sold; what another order sold may.
/// Method: lines that take back one, two and three of two units, and a line of another product.
#[tokio::test]
async fn no_more_comes_back_than_was_sold() {
    let shop = Shop::with_orders(60).await;
    for (row_id, change) in [
        (1, "quantity = -1, line_total = -9"),
        (2, "quantity = -2, line_total = -18"),
        (3, "quantity = -3, line_total = -27"),
        (4, "quantity = -3, line_total = -27, product_id = 'K5'"),
    ] {
        let change = format!("line_number = 2, {change}");
        copy_row(&shop, "transaction_items", row_id, 100 + row_id, &change).await;
    }
    // Totals are another test's business.
    shop.execute(
        "update staging.transactions as staged
        set total_amount = staged.total_amount + line.line_total
        from staging.transaction_items as line
        where line.transaction_id = staged.transaction_id and line.line_number = 2;
        update staging.transactions set status = 'returned' where row_id in (3, 4)",
    )
    .await;
    shop.judge().await;
    let exceeds = "quarantined: transaction_items.return_within_sale";
    let expected = [(101, ""), (102, ""), (103, exceeds), (104, "")];
    expect(&shop, "transaction_items", &expected).await;
    expect(&shop, "transactions", &[(3, "consequence: "), (4, "")]).await;
}
