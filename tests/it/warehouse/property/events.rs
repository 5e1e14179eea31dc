//! Random histories: what happened to members, what was sold, and in which batch it is told.

use std::collections::BTreeSet;
use std::fmt;

use chrono::{DateTime, TimeDelta, Utc};
use rand::RngExt as _;
use rand::seq::{IndexedRandom as _, SliceRandom as _};
use rand_chacha::ChaCha8Rng;

/// Sources of the cases; both use the same ids.
pub(super) const SOURCES: [&str; 2] = ["shop", "other-shop"];

/// A dimension with history, and three attributes of it.
#[derive(PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Kind {
    /// Entity, as staging, production and the declaration name it.
    pub(super) name: &'static str,
    pub(super) id_column: &'static str,
    pub(super) key_column: &'static str,
    pub(super) attributes: [&'static str; 3],
    /// Whether a change of the attribute begins a version.
    pub(super) has_history: [bool; 3],
    /// Values that an attribute takes; equal numbers may look different.
    values: [&'static [Option<&'static str>]; 3],
}

impl fmt::Debug for Kind {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.name)
    }
}

const WORDS: &[Option<&str>] = &[None, Some("a"), Some("b"), Some("a|b")];
const AGES: &[Option<&str>] = &[None, Some("18-25"), Some("26-35")];
const COSTS: &[Option<&str>] = &[None, Some("4"), Some("4.00"), Some("5.5")];

pub(super) static CUSTOMERS: Kind = Kind {
    name: "customers",
    id_column: "customer_id",
    key_column: "customer_key",
    attributes: ["city", "state", "age_group"],
    has_history: [true, true, true],
    values: [WORDS, WORDS, AGES],
};
pub(super) static PRODUCTS: Kind = Kind {
    name: "products",
    id_column: "product_id",
    key_column: "product_key",
    attributes: ["category", "cost", "product_name"],
    has_history: [true, true, false],
    values: [WORDS, COSTS, WORDS],
};
pub(super) static STORES: Kind = Kind {
    name: "stores",
    id_column: "store_id",
    key_column: "store_key",
    attributes: ["manager", "region", "city"],
    has_history: [true, false, false],
    values: [WORDS, WORDS, WORDS],
};
pub(super) static KINDS: [&Kind; 3] = [&CUSTOMERS, &PRODUCTS, &STORES];

/// The customers' age group is declared to be known since this moment.
pub(super) fn age_known_since() -> DateTime<Utc> {
    "2025-01-11T00:00:00Z".parse().expect("a time")
}

/// A member: its dimension, source and id.
pub(super) type Member = (&'static Kind, &'static str, String);

/// From `at` on the member is as `values` say, or it is deleted.
#[derive(Debug, Clone)]
pub(super) struct Event {
    pub(super) member: Member,
    pub(super) at: DateTime<Utc>,
    pub(super) values: [Option<&'static str>; 3],
    pub(super) is_deleted: bool,
}

/// An order of one line.
#[derive(Debug, Clone)]
pub(super) struct Sale {
    pub(super) source: &'static str,
    pub(super) id: String,
    pub(super) at: DateTime<Utc>,
    /// Customer, product and store.
    pub(super) members: [String; 3],
}

/// What is told at once, in this order.
#[derive(Debug, Clone, Default)]
pub(super) struct Step {
    pub(super) events: Vec<Event>,
    pub(super) sales: Vec<Sale>,
}

/// Few moments, so that events coincide and sales fall on the beginnings of versions.
fn moment(random: &mut ChaCha8Rng) -> DateTime<Utc> {
    let text = match random.random_range(0..60) {
        0 => "0900-01-01T00:00:00Z",
        1 => "1899-12-31T23:59:59Z",
        2 => "9999-12-31T12:00:00Z",
        _ => "2025-01-10T00:00:00Z",
    };
    let base: DateTime<Utc> = text.parse().expect("a time");
    match text.starts_with("2025") {
        true => base + TimeDelta::hours(6 * random.random_range(0..12)),
        false => base,
    }
}

fn event(random: &mut ChaCha8Rng, member: &Member) -> Event {
    Event {
        member: member.clone(),
        at: moment(random),
        values: member.0.values.map(|of| *of.choose(random).expect("one")),
        is_deleted: random.random_bool(0.15),
    }
}

/// Ids of a case's members: two customers, a product and a store, some with odd characters.
fn members(source: &'static str, case: usize) -> Vec<Member> {
    let odd = ["", "a|b", "Ü ", "o'%\\"][case % 4];
    let customer = match case {
        0 => String::new(),
        _ => format!("{odd}{case}"),
    };
    vec![
        (&CUSTOMERS, source, customer),
        (&CUSTOMERS, source, format!("C{case}")),
        (&PRODUCTS, source, format!("{odd}{case}")),
        (&STORES, source, format!("{case}{odd}")),
    ]
}

/// Tells the events and sales of a case, each in a random step; some events twice.
fn tell_case(random: &mut ChaCha8Rng, steps: &mut [Step], source: &'static str, case: usize) {
    let members = members(source, case);
    for member in &members {
        for _ in 0..random.random_range(0..6) {
            let step = random.random_range(0..steps.len());
            let event = event(random, member);
            if random.random_bool(0.2) {
                let again = random.random_range(step..steps.len());
                steps[again].events.push(event.clone());
            }
            steps[step].events.push(event);
        }
    }
    for number in 0..random.random_range(0..4) {
        let step = random.random_range(0..steps.len());
        let customer = &members[random.random_range(0..2)];
        let base: DateTime<Utc> = "2025-01-09T00:00:00Z".parse().expect("a time");
        steps[step].sales.push(Sale {
            source,
            id: format!("T{case}-{number}"),
            at: base + TimeDelta::hours(6 * random.random_range(0..20)),
            members: [customer, &members[2], &members[3]].map(|it| it.2.clone()),
        });
    }
}

/// A case is the members of one number in one source.
pub(super) fn random_steps(random: &mut ChaCha8Rng, cases: usize, steps: usize) -> Vec<Step> {
    let mut told = vec![Step::default(); steps];
    for case in 0..cases {
        let source = SOURCES[case % SOURCES.len()];
        tell_case(random, &mut told, source, case / SOURCES.len());
    }
    for step in &mut told {
        step.events.shuffle(random);
        // A list of deletions names each of them once.
        let mut told = BTreeSet::new();
        step.events
            .retain(|event| !event.is_deleted || told.insert((event.member.clone(), event.at)));
    }
    told
}
