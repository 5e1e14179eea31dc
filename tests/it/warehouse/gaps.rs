//! Histories without overlap and without gap, in all three dimensions that have one.

use super::{customer, product};
use crate::production::by_hand::{Shop, order};

/// Versions that overlap their predecessor or leave a gap before them, and members whose history
/// does not reach from the beginning of the calendar to its end. None may be returned.
pub(super) const BROKEN_HISTORIES: &str = "
    with versions as (
        select 'customers' as dimension, source, customer_id as member, valid_from, valid_to,
            is_current
        from warehouse.dim_customers where customer_key > 0
        union all
        select 'products', source, product_id, valid_from, valid_to, is_current
        from warehouse.dim_products where product_key > 0
        union all
        select 'stores', source, store_id, valid_from, valid_to, is_current
        from warehouse.dim_stores where store_key > 0
    ),
    placed as (
        select *, lag(valid_to, 1, timestamptz '1900-01-01 00:00Z') over (
            partition by dimension, source, member order by valid_from, valid_to
        ) as ended_at
        from versions
    )
    select dimension, source, member, 'version ' || (valid_from at time zone 'UTC')
    from placed
    where valid_from <> ended_at or valid_to <= valid_from
    union all
    select dimension, source, member, 'end'
    from versions
    group by dimension, source, member
    having max(valid_to) <> timestamptz '9999-12-31 00:00Z'
        or count(*) filter (where is_current) <> 1
        or bool_or(is_current <> (valid_to = timestamptz '9999-12-31 00:00Z'))";

fn store(manager: &str, updated_at: &str) -> String {
    format!(
        "insert into staging.stores (store_id, store_name, manager, updated_at)
         values ('S1', 'Main street', '{manager}', '{updated_at}');"
    )
}

/// Goal: whatever order versions arrive in, one follows on the other.
/// Method: versions of a customer, a product and a store in an unfriendly order, checked after
/// every load; then the query must find faults that are planted.
#[tokio::test]
async fn histories_have_neither_overlaps_nor_gaps() -> anyhow::Result<()> {
    let mut shop = Shop::open().await?;
    let days = [
        "2025-05-01Z",
        "2025-01-01Z",
        "2025-03-01Z",
        "2025-04-01Z",
        "2025-03-01Z",
    ];
    let words = ["one", "two", "three", "one", "one"];
    shop.publish(&order("T1", "C1", "P1", "2025-02-01T12:00Z"))
        .await?;
    shop.warehouse(false).await?;
    assert_eq!(shop.lines(BROKEN_HISTORIES).await?, Vec::<String>::new());
    for (index, (day, word)) in days.iter().zip(words).enumerate() {
        let rows = customer("C1", Some(word), day)
            + &product("P1", "Pen", &index.to_string(), day)
            + &store(word, day);
        shop.publish(&rows).await?;
        shop.warehouse(false).await?;
        assert_eq!(
            shop.lines(BROKEN_HISTORIES).await?,
            Vec::<String>::new(),
            "{day}"
        );
    }
    let counts = "select (select count(*) from warehouse.dim_customers where customer_key > 0),
        (select count(*) from warehouse.dim_products where product_key > 0),
        (select count(*) from warehouse.dim_stores where store_key > 0)";
    assert_eq!(shop.lines(counts).await?, ["(2,4,2)"]);

    Ok(())
}

/// What nobody may do to the history of a member that has the versions 1900 to March, March to May
/// and from May on.
const CORRUPTIONS: [(&str, &str); 9] = [
    (
        "two versions overlap",
        "update {table} set valid_to = '2025-04-01Z' where valid_to = '2025-03-01Z'",
    ),
    (
        "a gap in the middle",
        "delete from {table} where valid_from = '2025-03-01Z'",
    ),
    (
        "a gap between two",
        "update {table} set valid_from = '2025-04-01Z' where valid_from = '2025-03-01Z'",
    ),
    (
        "a gap at the beginning",
        "delete from {table} where valid_from = '1900-01-01Z' and {id} = 'M1'",
    ),
    (
        "no current version",
        "delete from {table} where is_current and {id} = 'M1'",
    ),
    (
        "a current version that ends",
        "update {table} set valid_to = '2025-06-01Z', is_current = false
         where is_current and {id} = 'M1'",
    ),
    (
        "two current versions",
        "update {table} set valid_to = '9999-12-31Z', is_current = true
         where valid_from = '2025-03-01Z'",
    ),
    (
        "a version from nowhere",
        "insert into {table} (source, {id}, valid_from, valid_to, is_current, loaded_at)
         values ('shop', 'M1', '2025-03-10Z', '2025-04-10Z', false, '2026-01-15')",
    ),
    (
        "a version that ends before it begins",
        "update {table} set valid_from = '2025-03-01Z', valid_to = '2025-02-01Z'
         where valid_from = '2025-03-01Z'",
    ),
];

/// Goal: the database refuses a corrupted history, whoever writes it.
/// Method: every corruption in every dimension, by hand; an update that corrupts nothing passes.
#[tokio::test]
async fn a_corrupted_history_is_refused_by_the_database() -> anyhow::Result<()> {
    let mut shop = Shop::open().await?;
    for (index, day) in ["2025-01-01Z", "2025-03-01Z", "2025-05-01Z"]
        .iter()
        .enumerate()
    {
        let word = format!("word {index}");
        let rows = customer("M1", Some(&word), day)
            + &product("M1", "Pen", &index.to_string(), day)
            + &store(&word, day).replace("S1", "M1");
        shop.publish(&rows).await?;
    }
    shop.warehouse(false).await?;
    let tables = [
        ("warehouse.dim_customers", "customer_id"),
        ("warehouse.dim_products", "product_id"),
        ("warehouse.dim_stores", "store_id"),
    ];
    let before = shop.state_of(&tables.map(|it| it.0)).await?;
    for (table, id) in tables {
        for (what, statement) in CORRUPTIONS {
            let statement = statement.replace("{table}", table).replace("{id}", id);
            let error = shop.client.batch_execute(&statement).await;
            let error = error.expect_err(what);
            let state = error.code().map(|code| code.code().to_owned());
            let is_refused = matches!(state.as_deref(), Some("23503" | "23505" | "23514"));
            assert!(is_refused, "{what} in {table}: {error:?}");
        }
    }
    assert_eq!(shop.state_of(&tables.map(|it| it.0)).await?, before);
    assert_eq!(shop.lines(BROKEN_HISTORIES).await?, Vec::<String>::new());
    for (table, id) in tables {
        // The middle of the history moves, and both neighbours with it.
        let moved = format!(
            "begin;
             update {table} set valid_to = '2025-02-01Z' where valid_to = '2025-03-01Z';
             update {table} set valid_from = '2025-02-01Z' where valid_from = '2025-03-01Z';
             commit"
        );
        shop.client.batch_execute(&moved).await?;
        let ends = format!("select count(*) from {table} where {id} = 'M1'");
        assert_eq!(shop.lines(&ends).await?, ["(3)"]);
    }
    Ok(())
}

/// Goal: a member that was deleted before anything was known of it, or came back, has a history.
#[tokio::test]
async fn a_deleted_member_shows_what_it_was_and_may_come_back() -> anyhow::Result<()> {
    let mut shop = Shop::open().await?;
    shop.publish(&order("T1", "C1", "P1", "2025-02-01T12:00Z"))
        .await?;
    shop.warehouse(false).await?;
    let versions = "select valid_from at time zone 'UTC', city, is_deleted, is_inferred
        from warehouse.dim_customers where customer_id = 'C1' order by valid_from";
    let key = "select customer_key from warehouse.fact_sales";
    let stub = shop.lines(key).await?;
    // The row of a deletion says what the member was until then.
    let deletion = "insert into production.customers_changes (source, customer_id, effective_at,
             load_sequence, city, is_deleted, row_hash, batch_id, loaded_at)
         values ('shop', 'C1', '2025-03-01Z', 0, 'gone', true, '-', 2, '2026-01-15')";
    shop.client.batch_execute(deletion).await?;
    shop.publish("").await?;
    shop.warehouse(false).await?;
    assert_eq!(
        shop.lines(versions).await?,
        [
            r#"("1900-01-01 00:00:00",gone,f,t)"#,
            r#"("2025-03-01 00:00:00",gone,t,t)"#
        ]
    );
    shop.publish(&customer("C1", Some("Rome"), "2025-01-01Z"))
        .await?;
    shop.publish(&customer("C1", Some("Rome"), "2025-06-01Z"))
        .await?;
    shop.warehouse(false).await?;
    assert_eq!(
        shop.lines(versions).await?,
        [
            r#"("1900-01-01 00:00:00",Rome,f,f)"#,
            r#"("2025-03-01 00:00:00",gone,t,f)"#,
            r#"("2025-06-01 00:00:00",Rome,f,f)"#
        ]
    );
    assert_eq!(shop.lines(key).await?, stub);
    Ok(())
}
