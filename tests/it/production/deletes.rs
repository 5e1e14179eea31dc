//! What sources delete, against an oracle: any order of arrival leaves the same.

use std::collections::BTreeMap;

use rand::seq::SliceRandom as _;
use rand::{RngExt as _, SeedableRng as _};
use rand_chacha::ChaCha8Rng;

use super::by_hand::Shop;

/// Entities whose rows have a moment of change, with key, a text column and that moment.
const ENTITIES: [(&str, &str, &str, &str); 6] = [
    ("customers", "customer_id", "city", "updated_at"),
    ("products", "product_id", "category", "updated_at"),
    ("stores", "store_id", "manager", "updated_at"),
    ("suppliers", "supplier_id", "city", "updated_at"),
    (
        "sales_representatives",
        "sales_rep_id",
        "region",
        "updated_at",
    ),
    (
        "transactions",
        "transaction_id",
        "shipping_city",
        "updated_at",
    ),
];
const KEYS: usize = 90;
const ROUNDS: usize = 5;
const HOURS: i64 = 9;

/// Something that a source tells of a key: a version, or that it is gone.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Event {
    entity: usize,
    key: usize,
    hour: i64,
    is_deletion: bool,
}

impl Event {
    fn insert(self) -> String {
        let (entity, key_column, text, moment) = ENTITIES[self.entity];
        let (key, at) = (self.key, moment_of(self.hour));
        if self.is_deletion {
            return format!(
                "insert into staging.deletes (entity, key, deleted_at)
                 values ('{entity}', 'K{key}', '{at}');"
            );
        }
        // Some neighbours say the same.
        let said = self.hour / 2;
        format!(
            "insert into staging.{entity} ({key_column}, {text}, {moment})
             values ('K{key}', 'said {said}', '{at}');"
        )
    }
}

fn moment_of(hour: i64) -> String {
    format!("2025-01-10T{hour:02}:00:00Z")
}

/// A version: its first hour, what it says, and whether the key is gone.
type Version = (i64, String, bool);

/// The history of a key, worked out moment by moment: a deletion holds against a version of the
/// same moment, says what the version before it said, and closes nothing where there is none.
fn oracle(events: &[Event]) -> Vec<Version> {
    let mut history: Vec<Version> = Vec::new();
    let mut said = None;
    for hour in 0..HOURS {
        let is_told = |is_deletion| {
            let found = |it: &&Event| it.hour == hour && it.is_deletion == is_deletion;
            events.iter().any(|it| found(&it))
        };
        if is_told(false) {
            said = Some(format!("said {}", hour / 2));
        }
        let is_gone = is_told(true);
        let Some(text) = said.clone().filter(|_| is_gone || is_told(false)) else {
            continue;
        };
        match history.last_mut() {
            Some(last) if (&last.1, last.2) == (&text, is_gone) => {}
            // A version and a deletion of one moment are one row of the history.
            Some(last) if last.0 == hour => *last = (hour, text, is_gone),
            _ => history.push((hour, text, is_gone)),
        }
    }
    history
}

/// Events with the round in which each arrives; a few arrive in two.
fn random_events(random: &mut ChaCha8Rng) -> Vec<(usize, Event)> {
    let mut events = Vec::new();
    for entity in 0..ENTITIES.len() {
        for key in 0..KEYS {
            let mut own: Vec<Event> = (0..random.random_range(1..6))
                .map(|_| Event {
                    entity,
                    key,
                    hour: random.random_range(0..HOURS),
                    is_deletion: random.random_bool(0.4),
                })
                .collect();
            own.sort_unstable();
            own.dedup();
            for event in own {
                events.push((random.random_range(0..ROUNDS), event));
                if random.random_bool(0.2) {
                    events.push((random.random_range(0..ROUNDS), event));
                }
            }
        }
    }
    events
}

/// What `quality` does with all but the newest version of a key, and with copies.
const SUPERSEDE: &str = "
    insert into ops.rejections (batch_id, dataset, row_id, rules, severity, verdict)
    select batch_id, '{dataset}', row_id, '{duplicate}', 'warning', 'superseded'
    from (
        select *, row_number() over (partition by {key} order by {moment} desc, row_id desc) as place
        from staging.{dataset}
    ) as ranked
    where place > 1;";

async fn publish(shop: &mut Shop, events: &[Event]) -> anyhow::Result<common::StageReport> {
    let script: String = events.iter().map(|it| it.insert()).collect();
    shop.begin_run().await?;
    let batch = shop.stage("shop", "passed", &script).await?;
    let deletes = ("deletes", "entity, key, deleted_at", "", "deleted_at");
    let mut superseded = String::new();
    for (dataset, key, _, moment) in ENTITIES.into_iter().chain([deletes]) {
        superseded += &SUPERSEDE
            .replace("{dataset}", dataset)
            .replace("{key}", key)
            .replace("{moment}", moment);
    }
    superseded += &format!(
        "update ops.ledger as ledger set rows_superseded = (
             select count(*) from ops.rejections as rejection
             where rejection.batch_id = {batch} and rejection.dataset = ledger.dataset)
         where batch_id = {batch}"
    );
    shop.client.batch_execute(&superseded).await?;
    shop.production().await
}

/// Goal: deletions before their rows, rows older than a deletion that come after it, rows that come
/// again, and everything twice: the end is the same.
/// Method: six entities with ninety keys each in random rounds; an independent oracle for every key,
/// the warehouse's histories of three of them, then all rounds once more, which touches no row.
#[tokio::test]
async fn deletions_in_any_order_leave_what_the_oracle_says() -> anyhow::Result<()> {
    let mut random = ChaCha8Rng::seed_from_u64(1);
    let mut events = random_events(&mut random);
    events.shuffle(&mut random);
    let mut shop = Shop::open().await?;
    let round_of = |round: usize| -> Vec<Event> {
        let own = events.iter().filter(|it| it.0 == round);
        own.map(|it| it.1).collect()
    };
    for round in 0..ROUNDS {
        publish(&mut shop, &round_of(round)).await?;
        if round % 2 == 1 {
            shop.warehouse(false).await?;
        }
    }
    shop.warehouse(false).await?;
    check(&shop, &events).await?;

    let tables = ENTITIES.map(|(entity, ..)| format!("production.{entity}"));
    let logs = ["customers", "products", "stores"].map(|it| format!("production.{it}_changes"));
    let mut tables: Vec<&str> = tables.iter().chain(&logs).map(String::as_str).collect();
    tables.push("production.deletes");
    let before = shop.state_of(&tables).await?;
    for round in 0..ROUNDS {
        publish(&mut shop, &round_of(round)).await?;
    }
    assert_eq!(shop.state_of(&tables).await?, before);
    Ok(())
}

async fn check(shop: &Shop, events: &[(usize, Event)]) -> anyhow::Result<()> {
    let mut by_key: BTreeMap<(usize, usize), Vec<Event>> = BTreeMap::new();
    for (_, event) in events {
        by_key
            .entry((event.entity, event.key))
            .or_default()
            .push(*event);
    }
    for (index, (entity, key_column, text, _)) in ENTITIES.into_iter().enumerate() {
        let query = format!(
            "select {key_column}, {text}, is_deleted from production.{entity} where not is_inferred"
        );
        let found: BTreeMap<String, (String, bool)> = shop
            .client
            .query(&query, &[])
            .await?
            .iter()
            .map(|row| (row.get(0), (row.get(1), row.get(2))))
            .collect();
        let histories = match entity {
            "customers" | "products" | "stores" => Some(histories(shop, entity, text).await?),
            _ => None,
        };
        for key in 0..KEYS {
            let name = format!("K{key}");
            let own = &by_key[&(index, key)];
            let wanted = oracle(own);
            let context = format!("{entity} {name}: {own:?}");
            let last = wanted.last().map(|it| (it.1.clone(), it.2));
            assert_eq!(found.get(&name), last.as_ref(), "{context}");
            if let (Some(histories), false) = (&histories, wanted.is_empty()) {
                assert_eq!(histories[&name], wanted, "{context}");
            }
        }
    }
    Ok(())
}

/// The versions of every member; the first one begins with the first thing known.
async fn histories(
    shop: &Shop,
    entity: &str,
    text: &str,
) -> anyhow::Result<BTreeMap<String, Vec<Version>>> {
    let key = format!("{}_id", entity.trim_end_matches('s'));
    let query = format!(
        "select {key}, extract(hour from effective_at at time zone 'UTC')::bigint, {text}, is_deleted
         from warehouse.dim_{entity} where source = 'shop' and effective_at is not null
         order by {key}, valid_from"
    );
    let mut found: BTreeMap<String, Vec<Version>> = BTreeMap::new();
    for row in shop.client.query(&query, &[]).await? {
        let versions = found.entry(row.get(0)).or_default();
        versions.push((row.get(1), row.get(2), row.get(3)));
    }
    Ok(found)
}

/// Goal: a movement and an event stay deleted, whenever their row comes; a category without a moment
/// of its own goes by the day of its file; deletes that name nothing that is here do nothing.
#[tokio::test]
async fn rows_without_versions_go_by_their_own_moment_or_their_files_day() -> anyhow::Result<()> {
    let mut shop = Shop::open().await?;
    let deletes = "insert into staging.deletes (entity, key, deleted_at) values
        ('inventory_movements', 'M1', '2025-02-01Z'), ('web_events', 'E1', '2025-02-01Z'),
        ('categories', 'G1', '2025-02-01Z'), ('categories', 'nobody', '2025-02-01Z')";
    let rows =
        "insert into staging.inventory_movements (movement_id, product_id, quantity, moved_at)
        values ('M1', 'P1', 1, '2025-01-05Z'), ('M2', 'P1', 1, '2025-01-05Z');
        insert into staging.web_events (event_id, visitor_id, event_type, occurred_at)
        values ('E1', 'V1', 'page_view', '2025-01-05Z'), ('E2', 'V1', 'page_view', '2025-01-05Z');
        insert into staging.categories (category_id, category_name, file_id)
        values ('G1', 'Pens', 1), ('G2', 'Ink', 1)";
    let file = |id: i64, day: &str| {
        format!(
            "insert into ops.raw_files (file_id, batch_id, source, table_name, path, content_sha256,
                 config_sha256, bytes, modified_at, business_date, rows_read, rows_loaded,
                 rows_rejected, state)
             values ({id}, {id}, 'shop', 'categories', '{day}', '', '', 0, '2026-01-15', '{day}', 0,
                 0, 0, 'staged');"
        )
    };
    let gone = "select id, is_deleted from (
        select movement_id as id, is_deleted from production.inventory_movements
        union all select event_id, is_deleted from production.web_events
        union all select category_id, is_deleted from production.categories
    ) as marks where is_deleted order by id collate \"C\"";

    // The deletions come first, then the rows, then the rows again.
    shop.publish(&(file(1, "2025-01-20") + deletes)).await?;
    for _ in 0..2 {
        let report = shop.publish(rows).await?;
        assert_eq!(
            shop.lines(gone).await?,
            ["(E1,t)", "(G1,t)", "(M1,t)"],
            "{:?}",
            report.steps
        );
    }
    let tables = [
        "production.categories",
        "production.web_events",
        "production.deletes",
    ];
    let before = shop.state_of(&tables).await?;
    shop.publish(deletes).await?;
    assert_eq!(
        shop.state_of(&tables).await?,
        before,
        "the same deletions touch no row"
    );

    // The file of a later day has the category: it is there again.
    let later = rows.replace("'Pens', 1", "'Pens', 4");
    shop.publish(&(file(4, "2025-02-03") + &later)).await?;
    assert_eq!(shop.lines(gone).await?, ["(E1,t)", "(M1,t)"]);
    Ok(())
}
