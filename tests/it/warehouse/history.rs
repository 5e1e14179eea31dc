//! Histories against an oracle: any order of arrival gives the same versions.

use std::collections::BTreeMap;

use rand::seq::{IndexedRandom as _, SliceRandom as _};
use rand::{RngExt as _, SeedableRng as _};
use rand_chacha::ChaCha8Rng;

use super::gaps::BROKEN_HISTORIES;
use super::{TABLES, customer};
use crate::production::by_hand::{Shop, order};

/// What happened to a customer: from `hour` on the city is `city`, or the customer is deleted.
#[derive(Debug, Clone)]
struct Event {
    customer: usize,
    hour: i64,
    round: usize,
    city: Option<&'static str>,
    is_deleted: bool,
}

/// A version: when it begins and ends (`None`: open), and what it says.
type Version = (Option<i64>, Option<i64>, Option<&'static str>, bool);

const CUSTOMERS: usize = 12;
const ROUNDS: usize = 6;
const CASES: [u64; 4] = [1, 2, 3, 4];

/// The versions that a customer's events amount to, worked out one by one.
fn oracle(events: &[Event]) -> Vec<Version> {
    let mut instants: BTreeMap<i64, &Event> = BTreeMap::new();
    for event in events {
        let holds = instants.get(&event.hour);
        if holds.is_none_or(|other| other.round < event.round) {
            instants.insert(event.hour, event);
        }
    }
    let mut versions: Vec<Version> = Vec::new();
    for (hour, event) in instants {
        let (city, is_deleted) = (event.city, event.is_deleted);
        match versions.last_mut() {
            Some(last) if (last.2, last.3) == (city, is_deleted) => {}
            Some(last) => {
                last.1 = Some(hour);
                versions.push((Some(hour), None, city, is_deleted));
            }
            None => versions.push((None, None, city, is_deleted)),
        }
    }
    versions
}

fn moment(hour: i64) -> String {
    let start: chrono::DateTime<chrono::Utc> = "2025-01-10T00:00:00Z".parse().expect("a time");
    (start + chrono::TimeDelta::hours(hour)).to_rfc3339()
}

/// At most one event per customer, hour and round; some rounds repeat what an earlier one said.
fn random_events(random: &mut ChaCha8Rng) -> Vec<Event> {
    let cities = [None, Some("Rome"), Some("Paris"), Some("Oslo")];
    let mut events: BTreeMap<(usize, i64, usize), Event> = BTreeMap::new();
    for customer in 0..CUSTOMERS {
        for _ in 0..random.random_range(0..8) {
            let hour = random.random_range(0..20);
            let round = random.random_range(0..ROUNDS);
            let city = *cities.choose(random).expect("a city");
            let is_deleted = random.random_bool(0.1);
            let event = Event {
                customer,
                hour,
                round,
                city,
                is_deleted,
            };
            events.insert((customer, hour, round), event);
        }
    }
    events.into_values().collect()
}

/// Stages one round: its events, what of them is an older version, and its orders.
async fn stage_round(
    shop: &mut Shop,
    events: &[Event],
    orders: &[(usize, i64)],
    round: usize,
    random: &mut ChaCha8Rng,
) -> anyhow::Result<()> {
    let mut now: Vec<&Event> = events.iter().filter(|event| event.round == round).collect();
    now.shuffle(random);
    let mut script = String::new();
    for event in now.iter().filter(|event| !event.is_deleted) {
        let id = format!("C{}", event.customer);
        script += &customer(&id, event.city, &moment(event.hour));
    }
    for (number, (customer, hour)) in orders.iter().enumerate() {
        if number % ROUNDS == round {
            script += &order(
                &format!("T{number}"),
                &format!("C{customer}"),
                &format!("P{}", number % 3),
                &moment(*hour),
            );
        }
    }
    shop.begin_run().await?;
    let batch = shop.stage("shop", "passed", &script).await?;
    // As `quality` does: all but the newest version of a key are superseded.
    shop.client
        .batch_execute(&format!(
            "insert into ops.rejections (batch_id, dataset, row_id, rules, severity, verdict)
             select batch_id, 'customers', row_id, '{{duplicate}}', 'warning', 'superseded'
             from (select *, row_number() over (
                       partition by customer_id order by updated_at desc) as place
                   from staging.customers) as ranked
             where place > 1;
             update ops.ledger set rows_superseded =
                 (select count(*) from ops.rejections where batch_id = {batch})
             where batch_id = {batch} and dataset = 'customers'"
        ))
        .await?;
    shop.production().await?;
    for event in now.iter().filter(|event| event.is_deleted) {
        append_deletion(shop, event, batch).await?;
    }
    Ok(())
}

/// No source can say this yet, but the log can.
async fn append_deletion(shop: &Shop, event: &Event, batch: i64) -> anyhow::Result<()> {
    let city = event
        .city
        .map_or("null".to_owned(), |city| format!("'{city}'"));
    let (id, at) = (event.customer, moment(event.hour));
    shop.client
        .batch_execute(&format!(
            "insert into production.retailers (source, retailer_name, time_zone, row_hash,
                 batch_id, first_batch_id, first_loaded_at, loaded_at)
             values ('shop', 'The shop', 'UTC', '-', {batch}, {batch}, '2026-01-15', '2026-01-15')
             on conflict do nothing;
             insert into production.customers (source, customer_id, row_hash, effective_at,
                 batch_id, first_batch_id, first_loaded_at, loaded_at)
             values ('shop', 'C{id}', '-', '1950-01-01', {batch}, {batch}, '2026-01-15',
                 '2026-01-15')
             on conflict (source, customer_id) do update set is_inferred = false,
                 row_hash = coalesce(customers.row_hash, '-');
             insert into production.customers_changes (source, customer_id, effective_at,
                 load_sequence, first_name, city, is_deleted, row_hash, batch_id, loaded_at)
             values ('shop', 'C{id}', '{at}', {batch}, 'Ada', {city}, true,
                 md5(coalesce({city}, '-')), {batch}, '2026-01-15')"
        ))
        .await?;
    Ok(())
}

/// Compares every version and every fact with the oracle.
async fn check_against_oracle(
    shop: &Shop,
    events: &[Event],
    orders: &[(usize, i64)],
    case: u64,
) -> anyhow::Result<()> {
    let start = moment(0);
    for id in 0..CUSTOMERS {
        let own: Vec<Event> = events
            .iter()
            .filter(|event| event.customer == id)
            .cloned()
            .collect();
        let wanted = oracle(&own);
        let rows = shop
            .client
            .query(
                &format!(
                    "select extract(epoch from valid_from - '{start}')::bigint / 3600,
                            extract(epoch from valid_to - '{start}')::bigint / 3600,
                            city, is_deleted, valid_from = '1900-01-01Z', is_current, is_inferred
                     from warehouse.dim_customers where customer_id = 'C{id}' order by valid_from"
                ),
                &[],
            )
            .await?;
        let known: Vec<_> = rows
            .iter()
            .filter(|row| !row.get::<_, bool>(6))
            .map(|row| {
                let from = (!row.get::<_, bool>(4)).then(|| row.get::<_, i64>(0));
                let to = (!row.get::<_, bool>(5)).then(|| row.get::<_, i64>(1));
                (
                    from,
                    to,
                    row.get::<_, Option<String>>(2),
                    row.get::<_, bool>(3),
                )
            })
            .collect();
        let wanted: Vec<_> = wanted
            .iter()
            .map(|it| (it.0, it.1, it.2.map(str::to_owned), it.3))
            .collect();
        assert_eq!(known, wanted, "case {case}, customer {id}: {own:?}");
    }
    let lost = "select facts.transaction_id from warehouse.fact_sales as facts
        left join warehouse.dim_customers as customers
            on facts.customer_key = customers.customer_key
            and facts.transaction_at >= customers.valid_from
            and facts.transaction_at < customers.valid_to
        join production.transactions as orders
            on facts.source = orders.source
            and facts.transaction_id = orders.transaction_id
        where customers.customer_id is distinct from orders.customer_id";
    assert_eq!(shop.lines(lost).await?, Vec::<String>::new(), "case {case}");
    let count = shop
        .lines("select count(*) from warehouse.fact_sales")
        .await?;
    assert_eq!(count, [format!("({})", orders.len())], "case {case}");
    Ok(())
}

/// Aggregates computed from the facts in one go, and as they were kept up to date: a row that only
/// one side has, or that differs, is wrong.
const WRONG_AGGREGATES: &str = "
    with computed as (
        select 'day' as grain, date_key::text as member, count(distinct transaction_id) as orders,
            coalesce(sum(line_total) filter (where not is_returned), 0) as revenue
        from warehouse.fact_sales where is_counted group by date_key
        union all
        select 'customer', customer_id, count(distinct transaction_id),
            coalesce(sum(line_total) filter (where not is_returned), 0)
        from warehouse.fact_sales join warehouse.dim_customers using (customer_key)
        where is_counted group by customer_id
        union all
        select 'product', product_id,
            coalesce(sum(quantity) filter (where not is_returned), 0),
            coalesce(sum(line_total) filter (where not is_returned), 0)
        from warehouse.fact_sales join warehouse.dim_products using (product_key)
        where is_counted group by product_id
    ),
    kept as (
        select 'day' as grain, date_key::text as member, total_transactions as orders,
            total_revenue as revenue
        from warehouse.agg_daily_sales
        union all
        select 'customer', customers.customer_id, total_transactions, total_spent
        from warehouse.agg_customer_metrics
        join warehouse.dim_customers as customers using (customer_key)
        union all
        select 'product', products.product_id, total_quantity_sold, total_revenue
        from warehouse.agg_product_performance
        join warehouse.dim_products as products using (product_key)
    )
    select 'not kept', missing.* from (
        select * from computed except all select * from kept) as missing
    union all
    select 'kept wrongly', surplus.* from (
        select * from kept except all select * from computed) as surplus";

/// Goal: any order of arrival gives the same history, and facts find the version of their time.
/// Method: random change logs in random rounds with random orders, checked against an oracle after
/// the last round; keys that were published must stay with their customer; a rebuild and a replay
/// must write nothing.
#[tokio::test]
async fn histories_match_an_oracle_in_any_order_of_arrival() -> anyhow::Result<()> {
    for case in CASES {
        let mut random = ChaCha8Rng::seed_from_u64(case);
        let events = random_events(&mut random);
        let orders: Vec<(usize, i64)> = (0..40)
            .map(|_| {
                (
                    random.random_range(0..CUSTOMERS),
                    random.random_range(-5..30),
                )
            })
            .collect();
        let mut shop = Shop::open().await?;
        let mut owners: BTreeMap<i64, String> = BTreeMap::new();
        for round in 0..ROUNDS {
            stage_round(&mut shop, &events, &orders, round, &mut random).await?;
            shop.warehouse(false).await?;
            let keys = "select customer_key, customer_id from warehouse.dim_customers";
            for row in shop.client.query(keys, &[]).await? {
                let owner = owners.entry(row.get(0)).or_insert_with(|| row.get(1));
                assert_eq!(*owner, row.get::<_, String>(1), "case {case}: a key moved");
            }
            let wrong = shop.lines(WRONG_AGGREGATES).await?;
            assert_eq!(wrong, Vec::<String>::new(), "case {case}, round {round}");
            let broken = shop.lines(BROKEN_HISTORIES).await?;
            assert_eq!(broken, Vec::<String>::new(), "case {case}, round {round}");
        }
        check_against_oracle(&shop, &events, &orders, case).await?;
        let before = shop.state_of(&TABLES).await?;
        let rebuilt = shop.warehouse(true).await?;
        assert_eq!(
            rebuilt.rows().written(),
            0,
            "case {case}: {:?}",
            rebuilt.steps
        );
        assert_eq!(shop.state_of(&TABLES).await?, before, "case {case}");
    }
    Ok(())
}
