//! Portability rules over the catalog: where tables are placed, and what their keys and references
//! may be there. Placements are what the migrations say to `ops.place`.

use std::collections::BTreeMap;

use common::database::MIGRATIONS;
use common::testing::TestDatabase;
use tokio_postgres::Client;

/// What a migration says of a table.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Placement {
    pub(super) table: String,
    pub(super) kind: String,
    column: Option<String>,
    group: Option<String>,
}

/// Every call of `ops.place` with its arguments.
pub(super) fn placements() -> Vec<Placement> {
    MIGRATIONS
        .iter()
        .flat_map(|it| placements_in(it.text))
        .collect()
}

fn placements_in(text: &str) -> Vec<Placement> {
    text.split("select ops.place(")
        .skip(1)
        .map(|rest| {
            let arguments = rest.split(");").next().expect("an end");
            let mut words = arguments.split(',').map(str::trim).map(|it| {
                let is_text = it.starts_with('\'') && it.ends_with('\'');
                is_text.then(|| it.trim_matches('\'').to_owned())
            });
            let mut next = || words.next().flatten();
            Placement {
                table: next().expect("a table"),
                kind: next().expect("a kind"),
                column: next(),
                group: next(),
            }
        })
        .collect()
}

/// All that the catalog holds against the rules.
async fn offences(client: &Client, placed: &[Placement]) -> Vec<String> {
    let by_name: BTreeMap<&str, &Placement> =
        placed.iter().map(|it| (it.table.as_str(), it)).collect();
    let mut found = Vec::new();
    for name in lines(client, TABLES).await {
        if !by_name.contains_key(name.as_str()) {
            found.push(format!("{name} is not placed"));
        }
    }
    for placement in placed {
        found.extend(of_distributed(client, placement).await);
    }
    for pair in lines(client, FOREIGN_KEYS).await {
        let parts: Vec<&str> = pair.split('|').collect();
        let [from, to, columns] = parts[..] else {
            panic!("{pair}")
        };
        found.extend(of_reference(&by_name, from, to, columns));
    }
    for (rule, query) in CATALOG {
        found.extend(
            lines(client, query)
                .await
                .iter()
                .map(|it| format!("rule {rule}: {it}")),
        );
    }
    found
}

/// Rules 1 and 2: the column is text, never null, and in every key. Staging takes rows without a key
/// too, for `quality` to refuse.
async fn of_distributed(client: &Client, placement: &Placement) -> Vec<String> {
    let table = &placement.table;
    let Some(column) = placement
        .column
        .as_ref()
        .filter(|_| placement.kind == "distributed")
    else {
        return match placement.kind.as_str() {
            "distributed" => vec![format!("rule 1: {table} has no column of distribution")],
            _ => Vec::new(),
        };
    };
    let allowed = ["transaction_id", "visitor_id", "product_id"];
    let mut found = Vec::new();
    if !allowed.contains(&column.as_str()) {
        found.push(format!("rule 1: {table} is distributed by {column}"));
    }
    let typed = format!(
        "select '{table}.{column} is not text not null' where not exists (
             select 1 from pg_catalog.pg_attribute where attrelid = '{table}'::regclass
             and attname = '{column}' and atttypid = 'text'::regtype
             and (attnotnull or '{table}' like 'staging.%'))"
    );
    let keyed = format!(
        "select indexrelid::regclass::text || ' is unique without {column}'
         from pg_catalog.pg_index as i
         where i.indrelid = '{table}'::regclass and i.indisunique and not exists (
             select 1 from pg_catalog.pg_attribute as a
             where a.attrelid = i.indrelid and a.attnum = any(i.indkey) and a.attname = '{column}')"
    );
    for query in [typed, keyed] {
        found.extend(
            lines(client, &query)
                .await
                .iter()
                .map(|it| format!("rule 1: {it}")),
        );
    }
    found
}

/// Rule 10: a foreign key points to a reference table, or stays in its group with its column.
fn of_reference(
    placed: &BTreeMap<&str, &Placement>,
    from: &str,
    to: &str,
    columns: &str,
) -> Option<String> {
    let kind = |name: &str| placed.get(name).map_or("local", |it| it.kind.as_str());
    let group = |name: &str| {
        let mut name = name;
        while let Some(next) = placed.get(name).and_then(|it| it.group.as_deref()) {
            name = next;
        }
        name.to_owned()
    };
    let is_allowed = match (kind(from), kind(to)) {
        ("local", "local") | ("reference" | "distributed", "reference") => true,
        ("distributed", "distributed") => {
            let column = placed
                .get(from)
                .and_then(|it| it.column.as_deref())
                .unwrap_or_default();
            group(from) == group(to) && columns.split(',').any(|it| it == column)
        }
        _ => false,
    };
    (!is_allowed).then(|| {
        format!(
            "rule 10: {from} ({}) refers to {to} ({}) by {columns}",
            kind(from),
            kind(to)
        )
    })
}

/// Tables that a cluster must be told where to put.
const TABLES: &str = "
    select n.nspname || '.' || c.relname
    from pg_catalog.pg_class as c join pg_catalog.pg_namespace as n on n.oid = c.relnamespace
    where n.nspname in ('staging', 'production', 'warehouse') and c.relkind in ('r', 'p')
        and not c.relispartition
    order by 1";

const FOREIGN_KEYS: &str = "
    select conrelid::regclass::text || '|' || confrelid::regclass::text || '|' || (
        select string_agg(a.attname, ',' order by a.attname) from pg_catalog.pg_attribute as a
        where a.attrelid = conrelid and a.attnum = any(conkey))
    from pg_catalog.pg_constraint where contype = 'f' and conparentid = 0
    order by 1";

/// Rows that a rule does not allow, as texts.
const CATALOG: [(&str, &str); 8] = [
    (
        "2",
        "select conrelid::regclass::text || ' has a key of its own' from pg_catalog.pg_constraint
         join pg_catalog.pg_class as c on c.oid = conrelid
         where contype = 'p' and connamespace = 'warehouse'::regnamespace
             and c.relname like 'fact\\_%' and not c.relispartition
             and (conname <> c.relname || '_natural_key' or (
                 select attname from pg_catalog.pg_attribute
                 where attrelid = conrelid and attnum = conkey[1]) <> 'source')",
    ),
    (
        "3",
        "select attrelid::regclass::text || '.' || attname || ' is an identity'
         from pg_catalog.pg_attribute join pg_catalog.pg_class as c on c.oid = attrelid
         where attidentity <> '' and c.relnamespace::regnamespace::text in
             ('ops', 'staging', 'production', 'warehouse', 'analytics')",
    ),
    (
        "3",
        "select c.oid::regclass::text || ' may have two current versions'
         from pg_catalog.pg_class as c join pg_catalog.pg_attribute as a on a.attrelid = c.oid
         where c.relnamespace = 'warehouse'::regnamespace and c.relname like 'dim\\_%'
             and a.attname = 'is_current' and not exists (
                 select 1 from pg_catalog.pg_index as i where i.indrelid = c.oid
                 and i.indisunique and i.indpred is not null)",
    ),
    (
        "6",
        "select adrelid::regclass::text || ' has a clock for a default'
         from pg_catalog.pg_attrdef join pg_catalog.pg_class as c on c.oid = adrelid
         where pg_catalog.pg_get_expr(adbin, adrelid) ~*
                 '(now\\(|current_|clock_|localtime|random|timeofday)'
             and c.relnamespace::regnamespace::text in
                 ('ops', 'staging', 'production', 'warehouse')",
    ),
    (
        "11",
        "select tgrelid::regclass::text || ' has a trigger' from pg_catalog.pg_trigger
         where not tgisinternal",
    ),
    (
        "15",
        "select conrelid::regclass::text || ' is constrained by ' || conname
         from pg_catalog.pg_constraint
         where connamespace = 'staging'::regnamespace and contype <> 'n'
         union all
         select indrelid::regclass::text || ' has an index' from pg_catalog.pg_index
         join pg_catalog.pg_class as c on c.oid = indrelid
         where c.relnamespace = 'staging'::regnamespace",
    ),
    (
        "19",
        "select c.oid::regclass::text || ' is not logged' from pg_catalog.pg_class as c
         where c.relpersistence <> 'p' and c.relnamespace::regnamespace::text in
             ('ops', 'landing', 'staging', 'production', 'warehouse', 'analytics')",
    ),
    (
        "keys",
        "select c.oid::regclass::text || ' has a key that does not begin with source'
         from pg_catalog.pg_constraint join pg_catalog.pg_class as c on c.oid = conrelid
         where conname = c.relname || '_natural_key' and not c.relispartition
             and c.relnamespace <> 'ops'::regnamespace and exists (
                 select 1 from pg_catalog.pg_attribute
                 where attrelid = c.oid and attname = 'source' and attnum > 0)
             and (select attname from pg_catalog.pg_attribute
                  where attrelid = c.oid and attnum = conkey[1]) <> 'source'",
    ),
];

async fn lines(client: &Client, query: &str) -> Vec<String> {
    let rows = client
        .query(query, &[])
        .await
        .unwrap_or_else(|error| panic!("{query}: {error:?}"));
    rows.iter().map(|row| row.get(0)).collect()
}

#[tokio::test]
async fn the_catalog_keeps_the_portability_rules() {
    let db = TestDatabase::new().await;
    let placed = placements();
    assert!(placed.len() > 40, "the migrations place their tables");
    assert_eq!(
        offences(&db.client().await, &placed).await,
        Vec::<String>::new()
    );
}

/// What is said of a table, the statement that makes it, and where it is placed.
const OFFENDING: &[(&str, &str, &str)] = &[
    ("is not placed", "create table production.a (b int)", ""),
    (
        "rule 1: production.a1_pkey is unique without",
        "create table production.a1 (a int, transaction_id text not null, \
             constraint a1_pkey primary key (a))",
        "select ops.place('production.a1', 'distributed', 'transaction_id', null);",
    ),
    (
        "is not text not null",
        "create table production.a2 (transaction_id text)",
        "select ops.place('production.a2', 'distributed', 'transaction_id', null);",
    ),
    (
        "is distributed by b",
        "create table production.a3 (b text not null)",
        "select ops.place('production.a3', 'distributed', 'b', null);",
    ),
    (
        "rule 2",
        "create table warehouse.fact_a (fact_key bigserial primary key)",
        "select ops.place('warehouse.fact_a', 'reference', null, null);",
    ),
    (
        "is an identity",
        "create table warehouse.dim_a (a bigint generated always as identity)",
        "",
    ),
    (
        "two current versions",
        "create table warehouse.dim_b (is_current boolean)",
        "",
    ),
    (
        "a clock for a default",
        "create table production.a4 (loaded_at timestamptz default now())",
        "",
    ),
    (
        "rule 10",
        "create table production.a5 (transaction_id text not null, source text, \
             foreign key (source, transaction_id) \
             references production.transactions (source, transaction_id))",
        "select ops.place('production.a5', 'reference', null, null);",
    ),
    (
        "rule 11",
        "create trigger t before insert on production.stores for each row \
             execute function suppress_redundant_updates_trigger()",
        "",
    ),
    (
        "rule 15",
        "create table staging.a6 (b int check (b > 0))",
        "",
    ),
    ("rule 15", "create index on staging.stores (store_id)", ""),
    ("rule 19", "create unlogged table production.a7 (b int)", ""),
    (
        "rule keys",
        "create table production.a8 (b int, source text, \
             constraint a8_natural_key primary key (b, source))",
        "",
    ),
];

/// Goal: each guard bites. Method: tables that break one rule each are made in a database.
#[tokio::test]
async fn a_table_that_breaks_a_portability_rule_is_found() {
    let db = TestDatabase::new().await;
    let client = db.client().await;
    for (words, statement, place) in OFFENDING {
        client.batch_execute("begin").await.expect("a transaction");
        client
            .batch_execute(statement)
            .await
            .unwrap_or_else(|error| panic!("{statement}: {error:?}"));
        let mut placed = placements();
        placed.extend(placements_in(place));
        let found = offences(&client, &placed).await;
        assert!(
            found.iter().any(|it| it.contains(words)),
            "`{words}` is not in {found:?}"
        );
        client.batch_execute("rollback").await.expect("a way back");
    }
}
