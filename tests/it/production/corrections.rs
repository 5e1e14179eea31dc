//! What cleaning corrected, by rule and column.

use super::by_hand::Shop;

/// A customer with everything to correct (the dots of Cologne are a letter of their own), one
/// without, and one that comes four times: as an older version, less complete, and as a copy.
const ROWS: &str = "
    insert into staging.customers
        (customer_id, first_name, city, email, phone, country, updated_at)
    values
        ('C1', ' Ada ', E'Ko\\u0308ln', ' Ada@Example.COM', '(020) 7946-0958', 'United Kingdom',
         '2025-01-01Z'),
        ('C2', 'Bo', 'Köln', 'bo@example.com', '+442079460958', 'GB', '2025-01-01Z'),
        ('C3', 'Cy', 'Rome', null, null, null, '2025-01-01Z'),
        ('C3', 'Cy', null, null, null, null, '2025-02-01Z'),
        ('C3', 'Cy', 'Oslo', null, null, null, '2025-02-01Z'),
        ('C3', 'Cy', 'Oslo', null, null, null, '2025-02-01Z');
    insert into staging.products (product_id, product_name, currency, updated_at)
    values ('P1', E'Pen\\t', 'usd', '2025-01-01Z'), ('P2', 'Ink', 'USD', '2025-01-01Z'),
        ('P3', 'Cap', null, '2025-01-01Z');
    insert into staging.transactions (transaction_id, status, currency, shipping_country,
        billing_country, transaction_at, updated_at)
    values ('T1', 'paid', '€', 'Deutschland', 'DE', '2025-01-01Z', '2025-01-01Z')";

const CORRECTIONS: &str = "select concat_ws(' ', dataset, column_name, rule, rows_corrected)
    from ops.corrections
    where batch_id = (select max(batch_id) from ops.batches)
    order by dataset, column_name, rule";

const EXPECTED: [&str; 13] = [
    "(\"customers * last_line 1\")",
    "(\"customers * most_complete 1\")",
    "(\"customers * newest 1\")",
    "(\"customers city unicode_normalised 1\")",
    "(\"customers country country_code 1\")",
    "(\"customers email email_lower_case 1\")",
    "(\"customers email trimmed 1\")",
    "(\"customers first_name trimmed 1\")",
    "(\"customers phone phone_canonical 1\")",
    "(\"products currency currency_code 1\")",
    "(\"products product_name trimmed 1\")",
    "(\"transactions currency currency_code 1\")",
    "(\"transactions shipping_country country_code 1\")",
];

/// Goal: every planted correction is counted once and nothing else is, the report says the same, and
/// the same rows again give the same counts.
#[tokio::test]
async fn planted_corrections_are_counted_exactly() -> anyhow::Result<()> {
    let mut shop = Shop::open().await?;
    for _ in 0..2 {
        let report = shop.publish(ROWS).await?;
        assert_eq!(shop.lines(CORRECTIONS).await?, EXPECTED);
        let findings = report.findings.expect("findings");
        let told = findings["corrections"].as_array().expect("a list");
        assert_eq!(told.len(), EXPECTED.len());
        assert!(
            told.iter()
                .all(|it| it["rows_corrected"] == 1 && it["source"] == "shop")
        );
        let unbalanced = "select dataset from ops.ledger
            where rows_staged <> rows_published + coalesce(rows_superseded, 0)";
        assert_eq!(shop.lines(unbalanced).await?, [""; 0]);
    }
    Ok(())
}

/// Goal: a version that does not become the current row is counted by what cleaning would make of it.
/// Method: an older version in another spelling, one that needs nothing, and one held back.
#[tokio::test]
async fn older_versions_are_counted_and_refused_rows_are_not() -> anyhow::Result<()> {
    let mut shop = Shop::open().await?;
    shop.publish(ROWS).await?;
    let older = "insert into staging.customers (customer_id, phone, country, updated_at)
        values ('C1', '020 7946 0000', 'UK', '2024-01-01Z'),
            ('C2', '+442079460000', 'GB', '2024-01-01Z'),
            ('C4', '020 7946 0001', 'UK', '2024-01-01Z')";
    shop.begin_run().await?;
    let batch = shop.stage("shop", "passed", older).await?;
    let refusal = format!(
        "insert into ops.rejections (batch_id, dataset, row_id, rules, severity, verdict)
         select {batch}, 'customers', row_id, '{{a rule}}', 'error', 'quarantined'
         from staging.customers where customer_id = 'C4';
         update ops.ledger set rows_quarantined = 1 where batch_id = {batch}"
    );
    shop.client.batch_execute(&refusal).await?;
    shop.production().await?;

    let expected = [
        "(\"customers country country_code 1\")",
        "(\"customers phone phone_canonical 1\")",
    ];
    assert_eq!(shop.lines(CORRECTIONS).await?, expected);
    Ok(())
}
