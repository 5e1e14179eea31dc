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

    shop.client
        .batch_execute(
            "delete from warehouse.dim_products where valid_from = '2025-03-01Z';
             update warehouse.dim_stores set valid_to = '2025-01-02Z' where not is_current;
             delete from warehouse.fact_sales;
             delete from warehouse.agg_customer_metrics;
             delete from warehouse.dim_customers where valid_from = '1900-01-01Z'
                 and customer_key > 0",
        )
        .await?;
    let broken = "select distinct dimension from (".to_owned()
        + BROKEN_HISTORIES
        + ") as broken (dimension, source, member, what) order by 1";
    assert_eq!(
        shop.lines(&broken).await?,
        ["(customers)", "(products)", "(stores)"]
    );
    Ok(())
}
