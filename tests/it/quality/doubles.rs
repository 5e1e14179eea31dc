//! The same thing under another key: customers, products, orders and payments that come twice.

use super::shop::{EARLIER, LINEAGE, Shop, copy_row};

/// A customer of production with the name and address of the batch's first one.
async fn publish_customers(shop: &Shop) {
    shop.execute(&format!(
        "insert into production.retailers (source, retailer_name, time_zone, {LINEAGE})
            values ('shop', 'Shop', 'UTC', {EARLIER});
        insert into production.customers
            (source, customer_id, first_name, last_name, email, birth_date, registration_date,
                postal_code, city, {LINEAGE})
            values ('shop', 'OLD', 'Ada', 'Lovelace', 'k9@example.org', null, '2020-01-01',
                'N8', 'London', {EARLIER})"
    ))
    .await;
}

/// Goal: a customer who is there already is told, on the later row, whatever its place in the file.
/// Method: pairs of one e-mail address in several spellings, in the batch and against production.
#[tokio::test]
async fn one_address_of_mail_is_one_customer() {
    let shop = Shop::with_orders(20).await;
    publish_customers(&shop).await;
    shop.execute(
        "update staging.customers set postal_code = 'E' || row_id;
        update staging.customers set email = 'K1+news@Example.ORG' where row_id = 2;
        update staging.customers set email = 'K4@example.org', registration_date = '2024-12-31'
            where row_id = 3;
        update staging.customers set email = null where row_id in (5, 6)",
    )
    .await;
    shop.judge().await;
    let repeated = "warned: customers.email_repeated";
    assert_eq!(shop.verdict("customers", 1).await, "");
    assert_eq!(shop.verdict("customers", 2).await, repeated);
    assert_eq!(shop.verdict("customers", 3).await, "");
    assert_eq!(shop.verdict("customers", 4).await, repeated);
    assert_eq!(shop.verdict("customers", 9).await, repeated);
    let nothing = "warned: customers.email.nullValues";
    assert_eq!(shop.verdict("customers", 5).await, nothing);
    assert_eq!(shop.verdict("customers", 6).await, nothing);
    assert_eq!(shop.verdict("customers", 10).await, "");
}

/// Goal: one name at one address is one customer, unless the dates of birth say otherwise.
/// Method: neighbours of one name, born on the same day, on another and on an unknown one.
#[tokio::test]
async fn one_name_at_one_address_is_one_customer() {
    let shop = Shop::with_orders(20).await;
    publish_customers(&shop).await;
    shop.execute(
        "update staging.customers set postal_code = 'n1', last_name = ' LOVELACE' where row_id = 2;
        update staging.customers set postal_code = 'N3', birth_date = '2005-05-05' where row_id = 4;
        update staging.customers set postal_code = 'N5', birth_date = null where row_id = 6;
        update staging.customers set email = 'k@example.org' where row_id = 9",
    )
    .await;
    shop.judge().await;
    let repeated = "warned: customers.person_repeated";
    for (row_id, verdict) in [
        (1, ""),
        (2, repeated),
        (3, ""),
        (4, ""),
        (5, ""),
        (6, repeated),
    ] {
        assert_eq!(shop.verdict("customers", row_id).await, verdict, "{row_id}");
    }
    assert_eq!(shop.verdict("customers", 8).await, repeated);
}

/// Goal: what is booked twice under two keys is told on the later one; a copy of a row is not.
/// Method: an order, a payment and a product once more under another key, and each with a
/// difference; a line of a file that comes twice.
#[tokio::test]
async fn what_comes_twice_under_another_key_is_told() {
    let shop = Shop::with_orders(40).await;
    for (row_id, change) in [(1, ""), (2, ", total_amount = 23, shipping_amount = 4")] {
        let key = format!("transaction_id = 'K{row_id}b'{change}");
        copy_row(&shop, "transactions", row_id, 100 + row_id, &key).await;
        shop.execute(&format!(
            "insert into staging.transaction_items
            select (jsonb_populate_record(line, jsonb_build_object(
                'row_id', {row_id} + 100, 'transaction_id', 'K{row_id}b'))).*
            from staging.transaction_items as line where row_id = {row_id};
            insert into staging.payments
            select (jsonb_populate_record(paid, jsonb_build_object(
                'row_id', {row_id} + 200, 'transaction_id', 'K{row_id}b',
                'amount', case when {row_id} = 1 then 22 else 23 end))).*
            from staging.payments as paid where row_id = {row_id}"
        ))
        .await;
        let another = format!("product_id = 'K{row_id}b'");
        copy_row(&shop, "products", row_id, 100 + row_id, &another).await;
    }
    shop.execute("update staging.products set cost = 4 where row_id = 102")
        .await;
    copy_row(&shop, "payments", 3, 103, "payment_sequence = 2").await;
    copy_row(
        &shop,
        "payments",
        4,
        104,
        "payment_sequence = 2, amount = 0",
    )
    .await;
    copy_row(&shop, "transactions", 5, 105, "batch_id = batch_id").await;
    shop.judge().await;
    for (table, row_id, verdict) in [
        ("transactions", 1, ""),
        ("transactions", 101, "warned: transactions.repeated"),
        ("transactions", 102, ""),
        ("transactions", 5, "superseded: transactions.duplicate"),
        ("transactions", 105, ""),
        ("products", 101, "warned: products.repeated"),
        ("products", 102, ""),
        ("payments", 104, ""),
    ] {
        assert_eq!(
            shop.verdict(table, row_id).await,
            verdict,
            "{table} {row_id}"
        );
    }
    // A payment that is there twice makes the sum of the order wrong as well.
    let both = "warned: payments.total_consistent, payments.repeated";
    assert_eq!(shop.verdict("payments", 103).await, both);
}
