//! Visits to the web shop: those that end in an order, and for each of them those that do not.

use rand::Rng;

use crate::calendar;
use crate::ids::{CUSTOMER, EVENT, PRODUCT, SESSION, TRANSACTION, VISITOR};
use crate::members::is_online;
use crate::orders::draft::Drafter;
use crate::orders::{Block, Order};
use crate::output::{Chunk, File};
use crate::random::{Chance, Stream, Weighted, below, between, block_rng};
use crate::settings::Settings;
use crate::time::{Clock, Moment, back};

/// Products that a visitor who does not buy looks at, at most.
const VIEWED_MAX: usize = 3;
/// Visitors who do not buy, but are known by their login.
const KNOWN_PCT: f64 = 30.0;
/// Seconds between two events of a visit.
const PACE_S: (u64, u64) = (5, 90);
/// The last visit of a day begins so early that it ends on that day.
const LAST_START_S: u32 = 86_399 - 90 * (VIEWED_MAX as u32 + 3);
const DEVICES: [&str; 3] = ["mobile", "desktop", "tablet"];
const DEVICE_WEIGHTS: [u64; 3] = [62, 32, 6];
const REFERRERS: [&str; 4] = ["search", "direct", "social", "newsletter"];

/// Chances of the settings.
#[derive(Debug)]
pub(super) struct Odds {
    tracked: Chance,
    /// Visits without an order for each one with an order, on average.
    others: f64,
    /// How far such a visit gets: home page, product, cart, checkout, as weights.
    depths: Weighted,
    hours: Weighted,
    devices: Weighted,
}

impl Odds {
    pub(super) fn new(settings: &Settings) -> Self {
        let web = &settings.web;
        let share = |percent: f64| percent / 100.0;
        let viewed = share(web.viewed_pct);
        let carted = viewed * share(web.carted_pct);
        let checked_out = carted * share(web.checkout_pct);
        let bought = checked_out * share(web.purchased_pct);
        // A visit that ends at a step has passed the one before and not the next one.
        let ends = [
            1.0 - viewed,
            viewed - carted,
            carted - checked_out,
            checked_out - bought,
        ];
        let mut depths = ends.map(|share| (share * 1e12) as u64);
        if depths.iter().all(|&weight| weight == 0) {
            depths[0] = 1;
        }
        Self {
            tracked: Chance::percent(web.tracked_orders_pct),
            others: (1.0 - bought) / bought,
            depths: Weighted::new(depths),
            hours: calendar::hours(settings, None),
            devices: Weighted::new(DEVICE_WEIGHTS),
        }
    }
}

/// A visit to the web shop.
#[derive(Debug)]
pub(crate) struct Visit {
    /// Position of the order in its block that is the reason for it.
    order: u32,
    ends_in_order: bool,
    /// 0 for the home page, 1 for a product, 2 for the cart, 3 for the checkout.
    depth: u8,
    viewed: [u32; VIEWED_MAX],
    viewed_count: u8,
    customer: Option<u32>,
    /// The first event, or the order, in local time.
    moment: Moment,
    pace_s: u8,
    device: u8,
    referrer: u8,
}

impl Visit {
    /// Events of the visit.
    pub(crate) fn event_count(&self, order: &Order) -> u64 {
        if self.ends_in_order {
            2 * u64::from(order.line_count) + 3
        } else {
            1 + u64::from(self.viewed_count) + u64::from(self.depth.saturating_sub(1))
        }
    }

    /// The order that is the reason for it.
    pub(crate) fn order<'a>(&self, block: &'a Block) -> &'a Order {
        &block.orders[self.order as usize]
    }
}

/// Adds the visits of a block of orders.
pub(super) fn draft(drafter: &Drafter<'_>, block: &mut Block) {
    let odds = &drafter.visits;
    let mut rng = block_rng(drafter.settings.seed, Stream::Visits, block.number);
    let mut visits = Vec::new();
    for (order, position) in block.orders.iter().zip(0..) {
        if !is_online(order.store) || !odds.tracked.hits(&mut rng) {
            continue;
        }
        visits.push(draw_visit(odds, position, order.placed, &mut rng));
        if let Some(visit) = visits.last_mut() {
            visit.ends_in_order = true;
            visit.customer = Some(order.customer);
        }
        let certain = odds.others as u64;
        let one_more = Chance::share(odds.others - certain as f64).hits(&mut rng);
        for _ in 0..certain + u64::from(one_more) {
            let second = calendar::second_of_day(&odds.hours, &mut rng).min(LAST_START_S);
            let start = drafter
                .clock
                .after(Moment::new(order.placed.day, second), 0);
            let mut visit = draw_visit(odds, position, start, &mut rng);
            visit.depth = odds.depths.pick(&mut rng) as u8;
            if visit.depth > 0 {
                visit.viewed_count = between(&mut rng, 1, VIEWED_MAX as u64) as u8;
                for product in &mut visit.viewed[..usize::from(visit.viewed_count)] {
                    *product = drafter.draw_product(start.day, order.store, &mut rng);
                }
            }
            if Chance::percent(KNOWN_PCT).hits(&mut rng) {
                let count = drafter.customers.count_before(start.day);
                visit.customer = Some(drafter.customers.pick(start.day, count, &mut rng));
            }
            visits.push(visit);
        }
    }
    block.visits = visits;
}

fn draw_visit(odds: &Odds, order: u32, moment: Moment, rng: &mut impl Rng) -> Visit {
    Visit {
        order,
        ends_in_order: false,
        depth: 0,
        viewed: [0; VIEWED_MAX],
        viewed_count: 0,
        customer: None,
        moment,
        pace_s: between(rng, PACE_S.0, PACE_S.1) as u8,
        device: odds.devices.pick(rng) as u8,
        referrer: below(rng, REFERRERS.len() as u64) as u8,
    }
}

/// Numbers from which a block's visits count on.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct VisitNumbers {
    pub(crate) visit: u64,
    pub(crate) event: u64,
}

/// Writes the events of a block's visits.
pub(super) fn write(
    block: &Block,
    numbers: VisitNumbers,
    customer_count: u64,
    clock: &Clock,
    release_of: impl Fn(i32) -> Option<usize>,
    chunk: &mut Chunk<'_>,
) -> anyhow::Result<()> {
    let mut event = numbers.event;
    for (visit, number) in block.visits.iter().zip(numbers.visit + 1..) {
        let order = visit.order(block);
        let count = visit.event_count(order);
        // A purchase is told of when its order is.
        let late_days = if visit.ends_in_order {
            order.late_days
        } else {
            0
        };
        let Some(release) = release_of(order.placed.day + i32::from(late_days)) else {
            event += count;
            continue;
        };
        let steps = steps(visit, block, order);
        let mut pace_s = i32::from(visit.pace_s);
        let mut moment = clock.utc(visit.moment);
        if visit.ends_in_order {
            // Who orders just after midnight came after midnight, too.
            let pauses = count as i32 - 1;
            pace_s = pace_s.min(visit.moment.second as i32 / pauses);
            moment = back(moment, pace_s * pauses);
        }
        for (kind, product) in steps {
            event += 1;
            let sheet = chunk.sheet(release, File::WebEvents);
            sheet.id(EVENT, event);
            let visitor = visit
                .customer
                .map_or(customer_count + number, |it| u64::from(it) + 1);
            sheet.id(VISITOR, visitor).id(SESSION, number);
            match visit.customer {
                Some(customer) => sheet.id(CUSTOMER, u64::from(customer) + 1),
                None => sheet.empty(),
            };
            sheet.text(kind);
            match product {
                Some(product) => sheet.id(PRODUCT, u64::from(product) + 1),
                None => sheet.empty(),
            };
            sheet.utc(moment, clock);
            let bought = (kind == "purchase").then(|| block.number_of(order));
            write_properties(visit, bought, sheet);
            sheet.end_row()?;
            moment = back(moment, -pace_s);
        }
    }
    Ok(())
}

/// Kind and product of each event, in order.
fn steps(visit: &Visit, block: &Block, order: &Order) -> Vec<(&'static str, Option<u32>)> {
    let mut steps = vec![("page_view", None)];
    if visit.ends_in_order {
        for line in block.lines_of(order) {
            steps.push(("product_view", Some(line.product)));
            steps.push(("add_to_cart", Some(line.product)));
        }
        steps.push(("begin_checkout", None));
        steps.push(("purchase", None));
        return steps;
    }
    let viewed = &visit.viewed[..usize::from(visit.viewed_count)];
    steps.extend(
        viewed
            .iter()
            .map(|&product| ("product_view", Some(product))),
    );
    if visit.depth >= 2 {
        steps.push(("add_to_cart", viewed.last().copied()));
    }
    if visit.depth >= 3 {
        steps.push(("begin_checkout", None));
    }
    steps
}

/// JSON of texts that need no escapes.
fn write_properties(visit: &Visit, bought: Option<u64>, sheet: &mut crate::output::Sheet) {
    sheet.formatted(|out| {
        out.extend_from_slice(b"{\"device\":\"");
        out.extend_from_slice(DEVICES[usize::from(visit.device)].as_bytes());
        out.extend_from_slice(b"\",\"referrer\":\"");
        out.extend_from_slice(REFERRERS[usize::from(visit.referrer)].as_bytes());
        if let Some(transaction) = bought {
            out.extend_from_slice(b"\",\"transaction_id\":\"");
            TRANSACTION.push(out, transaction);
        }
        out.extend_from_slice(b"\"}");
    });
}
