//! What the dimensions must hold, worked out member by member without any SQL.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, Utc};

use super::events::{CUSTOMERS, Event, KINDS, Kind, Member, Step, age_known_since};

type Values = [Option<String>; 3];

/// A version of a member.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Version {
    /// Moment of the change that began it; none for a stub.
    pub(super) effective_at: Option<DateTime<Utc>>,
    pub(super) valid_from: DateTime<Utc>,
    pub(super) valid_to: DateTime<Utc>,
    pub(super) values: Values,
    pub(super) is_deleted: bool,
    pub(super) is_inferred: bool,
}

pub(super) fn beginning() -> DateTime<Utc> {
    "1900-01-01T00:00:00Z".parse().expect("a time")
}

pub(super) fn end() -> DateTime<Utc> {
    "9999-12-31T00:00:00Z".parse().expect("a time")
}

/// Members of all that was told so far, with their versions.
pub(super) fn expected(told: &[Step]) -> BTreeMap<Member, Vec<Version>> {
    let mut events: BTreeMap<Member, Vec<&Event>> = BTreeMap::new();
    for step in told {
        for event in &step.events {
            events.entry(event.member.clone()).or_default().push(event);
        }
        for sale in &step.sales {
            for (kind, id) in KINDS.iter().zip(&sale.members) {
                events.entry((kind, sale.source, id.clone())).or_default();
            }
        }
    }
    let versions = |(member, events): (Member, Vec<&Event>)| {
        let versions = versions_of(member.0, &events);
        (member, versions)
    };
    // Deletions alone make no member.
    let is_member = |(member, events): &(Member, Vec<&Event>)| {
        events.iter().any(|event| !event.is_deleted) || is_sold(told, member)
    };
    events.into_iter().filter(is_member).map(versions).collect()
}

fn is_sold(told: &[Step], (kind, source, id): &Member) -> bool {
    let place = KINDS.iter().position(|it| it == kind).expect("a kind");
    let mut sales = told.iter().flat_map(|step| &step.sales);
    sales.any(|sale| sale.source == *source && sale.members[place] == *id)
}

/// What a deletion ends: the last version up to its moment, of which a later telling holds.
fn ended_by<'a>(deletion: &Event, events: &[&'a Event]) -> Option<&'a Event> {
    let up_to_then = |event: &&&Event| !event.is_deleted && event.at <= deletion.at;
    events
        .iter()
        .filter(up_to_then)
        .fold(None::<&Event>, |best, it| {
            Some(best.filter(|best| best.at > it.at).unwrap_or(it))
        })
}

/// Events are in the order in which they were told.
fn versions_of(kind: &'static Kind, events: &[&Event]) -> Vec<Version> {
    let last = "9999-12-30T00:00:00Z".parse().expect("a time");
    let mut instants: BTreeMap<DateTime<Utc>, &Event> = BTreeMap::new();
    for event in events {
        // Before anything is known there is nothing to end.
        if event.is_deleted && ended_by(event, events).is_none() {
            continue;
        }
        let start = event.at.clamp(beginning(), last);
        // Of two that were brought into the calendar the later one holds, and of a moment its
        // deletion.
        if instants
            .get(&start)
            .is_none_or(|known| (known.at, known.is_deleted) <= (event.at, event.is_deleted))
        {
            instants.insert(start, event);
        }
    }
    let alive = |event: &&&Event| !event.is_deleted;
    let newest = events
        .iter()
        .filter(alive)
        .fold(None::<&Event>, |best, it| {
            Some(best.filter(|best| best.at > it.at).unwrap_or(it))
        });
    let mut versions = vec![Version {
        effective_at: None,
        valid_from: beginning(),
        valid_to: end(),
        values: [None, None, None],
        is_deleted: false,
        is_inferred: newest.is_none(),
    }];
    for (start, event) in &instants {
        // A deletion says what it ends.
        let says = match event.is_deleted {
            true => ended_by(event, events).expect("something to end"),
            false => event,
        };
        let values = tracked(kind, &instants, *start, says);
        append(&mut versions, *start, values, event.is_deleted);
    }
    for version in &mut versions {
        for index in (0..3).filter(|index| !kind.has_history[*index]) {
            version.values[index] = newest.and_then(|it| it.values[index]).map(canonical);
        }
    }
    versions
}

fn append(versions: &mut Vec<Version>, start: DateTime<Utc>, values: Values, is_deleted: bool) {
    let last = versions.last_mut().expect("the stub");
    let is_stub = last.effective_at.is_none();
    if is_stub && (!is_deleted || start == beginning()) {
        // What is known first was so from the beginning.
        (last.effective_at, last.values, last.is_deleted) = (Some(start), values, is_deleted);
        return;
    }
    if is_stub {
        // Until its deletion the member was what the deletion says of it.
        last.values = values.clone();
    }
    if (&last.values, last.is_deleted) == (&values, is_deleted) {
        return;
    }
    last.valid_to = start;
    let version = Version {
        effective_at: Some(start),
        valid_from: start,
        valid_to: end(),
        values,
        is_deleted,
        is_inferred: last.is_inferred,
    };
    versions.push(version);
}

/// The attributes with history of a moment: one that was not known yet has its first known value.
fn tracked(
    kind: &'static Kind,
    instants: &BTreeMap<DateTime<Utc>, &Event>,
    start: DateTime<Utc>,
    event: &Event,
) -> Values {
    let mut values: Values = Default::default();
    for index in (0..3).filter(|index| kind.has_history[*index]) {
        let is_late = kind == &CUSTOMERS && index == 2 && start < age_known_since();
        let mut later = instants.range(age_known_since()..).map(|(_, event)| event);
        let says = match is_late {
            true => later.find(|event| !event.is_deleted).copied(),
            false => Some(event),
        };
        values[index] = says.and_then(|event| event.values[index]).map(canonical);
    }
    values
}

/// Numbers without trailing zeros.
fn canonical(text: &str) -> String {
    match text.split_once('.') {
        Some((whole, decimals)) if decimals.chars().all(|it| it == '0') => whole.to_owned(),
        _ => text.to_owned(),
    }
}

/// Ids of members, for a message that is not too long.
pub(super) fn differing<'a>(
    known: &'a BTreeMap<Member, Vec<Version>>,
    wanted: &'a BTreeMap<Member, Vec<Version>>,
) -> Option<&'a Member> {
    let members: BTreeSet<_> = known.keys().chain(wanted.keys()).collect();
    members
        .into_iter()
        .find(|member| known.get(*member) != wanted.get(*member))
}
