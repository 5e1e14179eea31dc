//! Visits: events that name one, and events that are cut into visits by silence.

use super::{TABLES, customer};
use crate::production::by_hand::Shop;

fn event(id: &str, visitor: &str, session: Option<&str>, kind: &str, at: &str) -> String {
    let session = session.map_or("null".to_owned(), |it| format!("'{it}'"));
    let customer = if kind == "purchase" { "'C1'" } else { "null" };
    format!(
        "insert into staging.web_events
             (event_id, visitor_id, session_id, customer_id, event_type, product_id, occurred_at)
         values ('{id}', '{visitor}', {session}, {customer}, '{kind}', null, '2025-03-02T{at}Z');"
    )
}

const VISITS: &str = "select visitor_id, session_id, event_count, duration_s::bigint, has_view,
        has_cart, is_converted, customer_key > 0
    from warehouse.fact_web_sessions order by visitor_id, started_at, session_id";
const FUNNEL: &str = "select date_key, sessions, sessions_with_view, sessions_with_cart,
        sessions_with_checkout, sessions_with_purchase
    from warehouse.agg_daily_funnel order by date_key";

/// Goal: half an hour of silence ends a visit that has no name, and a late event joins two.
/// Method: three visitors by hand; a late event of one touches no other's rows; an event that is
/// deleted leaves; a rebuild changes nothing.
#[tokio::test]
async fn visits_without_a_name_are_cut_by_silence() -> anyhow::Result<()> {
    let mut shop = Shop::open().await?;
    let rows = customer("C1", Some("Rome"), "2025-01-01Z")
        + &event("E1", "V1", None, "page_view", "10:00:00")
        + &event("E2", "V1", None, "product_view", "10:29:59")
        + &event("E3", "V1", None, "add_to_cart", "10:59:59")
        // In New York it is still the day before.
        + &event("E4", "V2", Some("A"), "page_view", "03:00:00")
        + &event("E5", "V2", Some("A"), "product_view", "07:00:00")
        + &event("E6", "V2", Some("A"), "begin_checkout", "07:01:00")
        + &event("E7", "V2", Some("A"), "purchase", "07:02:00")
        + &event("E8", "V2", None, "page_view", "07:03:00");
    shop.publish(&rows).await?;
    shop.warehouse(false).await?;
    let named = "(V2,A,4,14520,t,f,t,t)";
    let alone = "(V2,~2025-03-02T07:03:00.000000Z,1,0,f,f,f,f)";
    assert_eq!(
        shop.lines(VISITS).await?,
        [
            "(V1,~2025-03-02T10:00:00.000000Z,2,1799,t,f,f,f)",
            "(V1,~2025-03-02T10:59:59.000000Z,1,0,f,t,f,f)",
            named,
            alone,
        ]
    );
    assert_eq!(
        shop.lines(FUNNEL).await?,
        ["(20250301,1,1,0,1,1)", "(20250302,3,1,1,0,0)"]
    );

    let stamps = "select max(loaded_at) from warehouse.fact_web_sessions where visitor_id = 'V2'";
    let stamp = shop.lines(stamps).await?;
    shop.publish(&event("E9", "V1", None, "page_view", "10:45:00"))
        .await?;
    shop.warehouse(false).await?;
    assert_eq!(
        shop.lines(VISITS).await?,
        [
            "(V1,~2025-03-02T10:00:00.000000Z,4,3599,t,t,f,f)",
            named,
            alone
        ]
    );
    assert_eq!(
        shop.lines(FUNNEL).await?,
        ["(20250301,1,1,0,1,1)", "(20250302,2,1,1,0,0)"]
    );
    assert_eq!(shop.lines(stamps).await?, stamp);
    let before = shop.state_of(&TABLES).await?;
    assert_eq!(shop.warehouse(true).await?.rows().written(), 0);
    assert_eq!(shop.state_of(&TABLES).await?, before);
    re_keyed_and_deleted(&mut shop).await
}

/// The customer moved in February, and events that are deleted take their visit along.
async fn re_keyed_and_deleted(shop: &mut Shop) -> anyhow::Result<()> {
    let cities = "select 'event', city from warehouse.fact_web_events
            join warehouse.dim_customers using (customer_key) where customer_key > 0
        union all
        select 'visit', city from warehouse.fact_web_sessions
            join warehouse.dim_customers using (customer_key) where customer_key > 0
        order by 1";
    assert_eq!(shop.lines(cities).await?, ["(event,Rome)", "(visit,Rome)"]);
    shop.publish(&customer("C1", Some("Oslo"), "2025-02-01Z"))
        .await?;
    shop.client
        .batch_execute(
            "update production.web_events set is_deleted = true,
                 batch_id = (select max(batch_id) from ops.batches) where event_id = 'E8'",
        )
        .await?;
    shop.warehouse(false).await?;
    assert_eq!(shop.lines(cities).await?, ["(event,Oslo)", "(visit,Oslo)"]);
    assert_eq!(
        shop.lines(FUNNEL).await?,
        ["(20250301,1,1,0,1,1)", "(20250302,1,1,1,0,0)"]
    );
    let events = "select count(*) from warehouse.fact_web_events";
    assert_eq!(shop.lines(events).await?, ["(8)"]);
    Ok(())
}

/// Goal: an event without a moment is of the day that its file, else its batch, is about, whenever it
/// was loaded.
#[tokio::test]
async fn an_event_without_a_moment_goes_by_its_file() -> anyhow::Result<()> {
    let mut shop = Shop::open().await?;
    let rows = "insert into ops.raw_files (file_id, batch_id, source, table_name, path,
                 content_sha256, config_sha256, bytes, modified_at, business_date, rows_read,
                 rows_loaded, rows_rejected, state)
             values (7, 1, 'shop', 'web_events', 'a file', '', '', 0, '2026-01-15', '2025-03-20',
                 0, 0, 0, 'staged');
        insert into staging.web_events (event_id, visitor_id, event_type, file_id)
        values ('E1', 'V1', 'page_view', 7), ('E2', 'V1', 'page_view', null)";
    shop.publish(rows).await?;
    let later = "update production.web_events set first_loaded_at = '2026-07-01Z'";
    shop.client.batch_execute(later).await?;
    shop.warehouse(false).await?;
    let days = "select event_id, event_date, date_key from warehouse.fact_web_events
        order by event_id";
    let expected = ["(E1,2025-03-20,20250320)", "(E2,2026-01-15,20260115)"];
    assert_eq!(shop.lines(days).await?, expected);
    Ok(())
}
