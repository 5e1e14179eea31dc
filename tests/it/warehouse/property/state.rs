//! What the warehouse holds, and how it must not differ from the oracle.

use std::collections::BTreeMap;
use std::fmt;

use tokio_postgres::Client;

use super::events::{CUSTOMERS, KINDS, Kind, Member, PRODUCTS, STORES, Step};
use super::oracle::{Version, beginning, differing, expected};

/// What a run must never do.
#[derive(Debug)]
pub(super) enum Violation {
    /// A version, or what it shows, is not what the log amounts to.
    Version(String),
    /// A published surrogate key went to something else.
    Key(String),
    /// A fact does not point to the versions of its time.
    Fact(String),
    /// Rows were written although nothing had changed.
    Rewritten(String),
    /// The server refused what a load wrote.
    Refused(String),
}

impl fmt::Display for Violation {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Version(what) => write!(formatter, "wrong version: {what}"),
            Self::Key(what) => write!(formatter, "a key moved: {what}"),
            Self::Fact(what) => write!(formatter, "wrong fact: {what}"),
            Self::Rewritten(what) => write!(formatter, "rows that had not changed: {what}"),
            Self::Refused(what) => write!(formatter, "refused: {what}"),
        }
    }
}

impl std::error::Error for Violation {}

/// The versions of all members, and the key of each.
#[derive(Debug, Default)]
pub(super) struct State {
    versions: BTreeMap<Member, Vec<Version>>,
    keys: BTreeMap<Member, Vec<i64>>,
}

impl State {
    pub(super) async fn read(client: &Client) -> anyhow::Result<Self> {
        let mut state = Self::default();
        for kind in KINDS {
            state.read_kind(client, kind).await?;
        }
        Ok(state)
    }

    async fn read_kind(&mut self, client: &Client, kind: &'static Kind) -> anyhow::Result<()> {
        let (id, key) = (kind.id_column, kind.key_column);
        let shown = kind.attributes.map(|name| match name {
            "cost" => "trim_scale(cost)::text".to_owned(),
            name => name.to_owned(),
        });
        let query = format!(
            "select source, {id}, {key}, effective_at, valid_from, valid_to, is_deleted,
                is_inferred, is_current = (valid_to = '9999-12-31Z') as is_right, {}
             from warehouse.dim_{} where {key} > 0 order by source, {id}, valid_from",
            shown.join(", "),
            kind.name
        );
        for row in client.query(&query, &[]).await? {
            let source = super::events::SOURCES
                .into_iter()
                .find(|source| *source == row.get::<_, &str>(0));
            let member = (kind, source.expect("a source"), row.get(1));
            if !row.get::<_, bool>(8) {
                return Err(Violation::Version(format!("is_current of {member:?}")).into());
            }
            self.keys
                .entry(member.clone())
                .or_default()
                .push(row.get(2));
            self.versions.entry(member).or_default().push(Version {
                effective_at: row.get(3),
                valid_from: row.get(4),
                valid_to: row.get(5),
                values: [row.get(9), row.get(10), row.get(11)],
                is_deleted: row.get(6),
                is_inferred: row.get(7),
            });
        }
        Ok(())
    }

    /// All versions are those of the oracle.
    pub(super) fn check_versions(&self, told: &[Step]) -> Result<(), Violation> {
        let wanted = expected(told);
        let Some(member) = differing(&self.versions, &wanted) else {
            return Ok(());
        };
        let events: Vec<_> = told
            .iter()
            .enumerate()
            .flat_map(|(step, it)| it.events.iter().map(move |event| (step, event)))
            .filter(|(_, event)| event.member == *member)
            .map(|(step, event)| (step, event.at, event.values, event.is_deleted))
            .collect();
        Err(Violation::Version(format!(
            "{member:?}\nheld:     {:#?}\nexpected: {:#?}\ntold: {events:#?}",
            self.versions.get(member),
            wanted.get(member)
        )))
    }

    /// A key stays with the version that covers its beginning; of several the earliest.
    pub(super) fn check_keys(&self, before: &Self) -> Result<(), Violation> {
        let mut newest: BTreeMap<&str, i64> = BTreeMap::new();
        for (member, keys) in &before.keys {
            let known = newest.entry(member.0.name).or_default();
            *known = keys.iter().copied().max().unwrap_or(0).max(*known);
        }
        for (member, versions) in &self.versions {
            for (version, key) in versions.iter().zip(&self.keys[member]) {
                let wanted = before.earliest_key(member, version);
                let is_right = match wanted {
                    Some(wanted) => wanted == *key,
                    None => newest.get(member.0.name).is_none_or(|known| known < key),
                };
                if !is_right {
                    return Err(Violation::Key(format!(
                        "{member:?} from {} has key {key} instead of {wanted:?}",
                        version.valid_from
                    )));
                }
            }
        }
        Ok(())
    }

    fn earliest_key(&self, member: &Member, covering: &Version) -> Option<i64> {
        let versions = self.versions.get(member)?;
        let mut keyed = versions.iter().zip(&self.keys[member]);
        let found = keyed.find(|(known, _)| {
            let start = known.effective_at.unwrap_or(beginning());
            covering.valid_from <= start && start < covering.valid_to
        });
        found.map(|(_, key)| *key)
    }

    /// Every order has one fact, which points to the versions of its time and shows their cost.
    pub(super) async fn check_facts(&self, client: &Client, told: &[Step]) -> anyhow::Result<()> {
        let versions = self.by_key();
        let mut facts = BTreeMap::new();
        let query = "select source, transaction_id, customer_key, product_key, store_key,
                trim_scale(cost_amount / 2)::text from warehouse.fact_sales";
        for row in client.query(query, &[]).await? {
            let keys: [i64; 3] = [row.get(2), row.get(3), row.get(4)];
            let cost: Option<String> = row.get(5);
            facts.insert(
                (row.get::<_, String>(0), row.get::<_, String>(1)),
                (keys, cost),
            );
        }
        let sales: Vec<_> = told.iter().flat_map(|step| &step.sales).collect();
        if sales.len() != facts.len() {
            let counts = format!("{} orders, {} facts", sales.len(), facts.len());
            return Err(Violation::Fact(counts).into());
        }
        for sale in sales {
            let (keys, cost) = &facts[&(sale.source.to_owned(), sale.id.clone())];
            for (index, kind) in [&CUSTOMERS, &PRODUCTS, &STORES].into_iter().enumerate() {
                let member = (kind, sale.source, sale.members[index].clone());
                let found = versions.get(&(kind.name, keys[index]));
                let is_right = found.is_some_and(|(owner, version)| {
                    **owner == member
                        && version.valid_from <= sale.at
                        && sale.at < version.valid_to
                        && (kind.name != "products" || version.values[1] == *cost)
                });
                if !is_right {
                    return Err(Violation::Fact(format!("{sale:?}: {found:?}, {cost:?}")).into());
                }
            }
        }
        Ok(())
    }

    fn by_key(&self) -> BTreeMap<(&'static str, i64), (&Member, &Version)> {
        let mut found = BTreeMap::new();
        for (member, versions) in &self.versions {
            for (version, key) in versions.iter().zip(&self.keys[member]) {
                found.insert((member.0.name, *key), (member, version));
            }
        }
        found
    }
}

/// Row counts and row versions of all that a load publishes: a row that was written again, even
/// with the same values, changes them.
pub(super) async fn row_versions(client: &Client) -> anyhow::Result<Vec<String>> {
    let mut states = Vec::new();
    for table in super::super::TABLES {
        let query = format!(
            "select count(*)::text || ' ' || coalesce(sum(xmin::text::bigint), 0)::text from {table}"
        );
        let state: String = client.query_one(&query, &[]).await?.get(0);
        states.push(format!("{table} {state}"));
    }
    Ok(states)
}

/// Aggregates computed from the facts in one go, and as they were kept up to date.
const WRONG_AGGREGATES: &str = "
    with computed as (
        select 'day' as grain, retailer_key, date_key::text as member,
            count(distinct transaction_id) as orders,
            coalesce(sum(line_total) filter (where not is_returned), 0) as revenue
        from warehouse.fact_sales where is_counted group by retailer_key, date_key
        union all
        select 'customer', retailer_key, customer_id, count(distinct transaction_id),
            coalesce(sum(line_total) filter (where not is_returned), 0)
        from warehouse.fact_sales join warehouse.dim_customers using (customer_key)
        where is_counted group by retailer_key, customer_id
        union all
        select 'product', retailer_key, product_id,
            coalesce(sum(quantity) filter (where not is_returned), 0),
            coalesce(sum(line_total) filter (where not is_returned), 0)
        from warehouse.fact_sales join warehouse.dim_products using (product_key)
        where is_counted group by retailer_key, product_id
    ),
    kept as (
        select 'day' as grain, retailer_key, date_key::text as member,
            total_transactions as orders, total_revenue as revenue
        from warehouse.agg_daily_sales
        union all
        select 'customer', retailer_key, customers.customer_id, total_transactions, total_spent
        from warehouse.agg_customer_metrics
        join warehouse.dim_customers as customers using (customer_key)
        where customers.is_current
        union all
        select 'product', retailer_key, products.product_id, total_quantity_sold, total_revenue
        from warehouse.agg_product_performance
        join warehouse.dim_products as products using (product_key)
        where products.is_current
    )
    select 'not kept' as fault, to_jsonb(missing)::text as row from (
        select * from computed except all select * from kept) as missing
    union all
    select 'kept wrongly', to_jsonb(surplus)::text from (
        select * from kept except all select * from computed) as surplus";

pub(super) async fn check_aggregates(client: &Client) -> anyhow::Result<()> {
    let wrong = client.query(WRONG_AGGREGATES, &[]).await?;
    match wrong.first() {
        None => Ok(()),
        Some(row) => {
            let (fault, of): (&str, &str) = (row.get(0), row.get(1));
            Err(Violation::Fact(format!("aggregate {fault}: {of}")).into())
        }
    }
}
