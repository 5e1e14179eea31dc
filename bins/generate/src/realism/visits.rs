//! What visitors of the web shop did, and how far they came.
//!
//! In: `web_events.ndjson`. Out: how many visits went on from step to step, and how many orders of
//! the web shop have a visit, beside what `[web]` asks for.
//!
//! Invariant: only visits that may go on are in memory: one is counted when so many events of
//! others came after its last one.

use std::collections::HashMap;
use std::io::{BufRead as _, BufReader};
use std::path::Path;

use anyhow::Context as _;
use serde::Deserialize;

use super::measure::Measure;
use super::rows;
use crate::output::File;
use crate::settings::Settings;

const BUFFER_BYTES: usize = 1 << 18;
/// A visit takes about twenty minutes, and at `large` scale the busiest day has about 215,000 events.
/// In a shop with more than this during one visit, that visit may be counted twice.
const EVENTS_OF_OTHERS: u64 = 1_000_000;
const STEPS: usize = 5;

#[derive(Debug, Deserialize)]
struct Event<'a> {
    session_id: &'a str,
    event_type: &'a str,
}

/// Steps that a visit has taken, as bits, and its latest event.
#[derive(Debug, Clone, Copy, Default)]
struct Visit {
    steps: u8,
    last_event: u64,
}

#[derive(Debug, Default)]
struct Funnel {
    open: HashMap<Box<str>, Visit>,
    events: u64,
    /// Visits that took each step.
    taken: [u64; STEPS],
}

impl Funnel {
    fn add(&mut self, event: &Event<'_>) -> Option<()> {
        let step = match event.event_type {
            "page_view" => 0,
            "product_view" => 1,
            "add_to_cart" => 2,
            "begin_checkout" => 3,
            "purchase" => 4,
            _ => return None,
        };
        self.events += 1;
        if !self.open.contains_key(event.session_id) {
            self.open.insert(event.session_id.into(), Visit::default());
        }
        let visit = self.open.get_mut(event.session_id)?;
        // Every visit is one, whatever it begins with.
        visit.steps |= 1 | 1 << step;
        visit.last_event = self.events;
        if self.events.is_multiple_of(EVENTS_OF_OTHERS) {
            self.close(self.events - EVENTS_OF_OTHERS);
        }
        Some(())
    }

    /// Counts the visits that had no event after this one.
    fn close(&mut self, last_event: u64) {
        let taken = &mut self.taken;
        self.open.retain(|_, visit| {
            let is_open = visit.last_event > last_event;
            if !is_open {
                for (step, taken) in taken.iter_mut().enumerate() {
                    *taken += u64::from(visit.steps >> step & 1);
                }
            }
            is_open
        });
    }
}

/// `online_orders` are those of the web shop. A shop without the file has no visits.
///
/// # Errors
/// When the file cannot be read.
pub(crate) fn measures(
    folder: &Path,
    online_orders: u64,
    settings: &Settings,
    unreadable: &mut u64,
) -> anyhow::Result<Vec<Measure>> {
    let mut funnel = Funnel::default();
    // `generate` writes no empty file of events.
    let Some((path, bytes)) = rows::open_if_there(folder, File::WebEvents)? else {
        return Ok(judge(&funnel, online_orders, settings));
    };
    let mut lines = BufReader::with_capacity(BUFFER_BYTES, bytes);
    let mut line = Vec::new();
    loop {
        line.clear();
        let length = lines
            .read_until(b'\n', &mut line)
            .with_context(|| format!("failed to read `{}`", path.display()))?;
        if length == 0 {
            break;
        }
        let event = serde_json::from_slice::<Event<'_>>(&line).ok();
        if event.and_then(|event| funnel.add(&event)).is_none() {
            *unreadable += 1;
        }
    }
    funnel.close(u64::MAX);
    Ok(judge(&funnel, online_orders, settings))
}

fn judge(funnel: &Funnel, online_orders: u64, settings: &Settings) -> Vec<Measure> {
    let web = &settings.web;
    let steps = [
        ("that view a product", web.viewed_pct),
        ("that put one into the cart then", web.carted_pct),
        ("that go to the checkout then", web.checkout_pct),
        ("that buy then", web.purchased_pct),
    ];
    let funnel_steps = steps
        .into_iter()
        .zip(funnel.taken.windows(2))
        .map(|((name, asked), taken)| Measure::share("visits", name, asked, taken[1], taken[0]));
    let tracked = Measure::share(
        "orders of the web shop with a visit",
        "",
        web.tracked_orders_pct,
        funnel.taken[STEPS - 1],
        online_orders,
    );
    std::iter::once(tracked).chain(funnel_steps).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_visit_is_counted_once_for_each_step() {
        let mut funnel = Funnel::default();
        for (session_id, event_type) in [
            ("1", "page_view"),
            ("2", "product_view"),
            ("1", "product_view"),
            ("1", "product_view"),
            ("1", "add_to_cart"),
        ] {
            let event = Event {
                session_id,
                event_type,
            };
            assert_eq!(funnel.add(&event), Some(()));
        }
        funnel.close(1);
        assert_eq!(funnel.open.len(), 2);
        funnel.close(u64::MAX);

        assert_eq!(funnel.taken, [2, 2, 1, 0, 0]);
        assert!(funnel.open.is_empty());
    }
}
