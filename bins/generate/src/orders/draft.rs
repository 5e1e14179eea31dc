//! What customers want, without a look at the shelves: orders, their lines and their fates.

use rand::Rng;

use crate::calendar;
use crate::faults::FaultPlan;
use crate::members::{
    Address, Catalogue, Customers, PAYMENT_METHODS, Stores, by_customers, is_carried, location,
    payment_methods, ships,
};
use crate::orders::{Block, Ending, Line, Order, visits};
use crate::random::{Chance, Stream, Weighted, below, between, block_rng};
use crate::settings::Settings;
use crate::time::{Clock, Moment};

/// Discounts of single lines in hundredths of a percent, and how frequent they are.
const DISCOUNTS: [(u16, u64); 7] = [
    (500, 30),
    (750, 4),
    (1_000, 28),
    (1_250, 4),
    (1_500, 14),
    (2_000, 14),
    (3_000, 6),
];
const CASH_ON_DELIVERY: u8 = 3;
const NET_BANKING: u8 = 4;
const CREDIT_CARD: u8 = 0;
const INSTALMENTS_PCT: f64 = 8.0;
const INSTALMENTS: [u8; 3] = [3, 6, 12];
/// The parts of an order that is paid in two ways.
const SPLIT_PCT: (u64, u64) = (20, 80);
/// Seconds from an order to its payment, where that is a matter of a click.
const PAYMENT_S: (u64, u64) = (20, 600);
/// Days after which an order without a payment is given up.
const UNPAID_DAYS: i32 = 5;
/// Days by which an order may come late in a change stream.
const LATE_DAYS: (u64, u64) = (1, 3);
/// Times of a promise and of the last parcel of a day.
const PROMISE_S: u32 = 20 * 3_600;
/// Products that are asked for before the first one is taken.
const DRAWS_MAX: u32 = 200;
/// Products that are drawn before a basket stays as small as it is.
const BASKET_DRAWS_MAX: u32 = 50;

/// What a block is going to hold.
#[derive(Debug)]
pub(crate) struct BlockPlan {
    pub(crate) number: u64,
    /// Orders before it.
    pub(crate) first_order: u64,
    /// Moments of its orders, in order.
    pub(crate) moments: Vec<Moment>,
}

/// Drafts blocks of orders; any number of threads may do so at once.
#[derive(Debug)]
pub(crate) struct Drafter<'a> {
    pub(super) settings: &'a Settings,
    pub(super) clock: &'a Clock,
    pub(super) customers: &'a Customers,
    pub(super) catalogue: &'a Catalogue,
    stores: &'a Stores,
    days: &'a [calendar::Day],
    faults: Option<&'a FaultPlan>,
    cities: Weighted,
    payment_methods: Vec<Weighted>,
    line_counts: Weighted,
    quantities: Weighted,
    discounts: Weighted,
    carriers: Weighted,
    /// Of orders from stores of stone, and of those that are sent.
    endings: [Weighted; 2],
    odds: Odds,
    pub(super) visits: visits::Odds,
}

/// Chances of the settings.
#[derive(Debug)]
struct Odds {
    carried: Chance,
    attached: Chance,
    discounted: Chance,
    split: Chance,
    instalments: Chance,
    gift: Chance,
    late: Chance,
    late_parcels: Vec<Chance>,
}

impl<'a> Drafter<'a> {
    pub(crate) fn new(
        settings: &'a Settings,
        clock: &'a Clock,
        customers: &'a Customers,
        catalogue: &'a Catalogue,
        stores: &'a Stores,
        days: &'a [calendar::Day],
        faults: Option<&'a FaultPlan>,
    ) -> Self {
        let late_orders_pct = if settings.days > 0 {
            settings.stream.late_orders_pct
        } else {
            0.0
        };
        let carrier_total: u64 = settings.carriers.iter().map(|it| it.weight).sum();
        Self {
            settings,
            clock,
            customers,
            catalogue,
            stores,
            days,
            faults,
            cities: by_customers(),
            payment_methods: payment_methods(),
            line_counts: Weighted::new(settings.baskets.line_count_weights),
            quantities: Weighted::new(settings.baskets.quantity_weights),
            discounts: Weighted::new(DISCOUNTS.map(|(_, weight)| weight)),
            carriers: Weighted::new(settings.carriers.iter().map(|carrier| {
                // Where none has a weight, all are alike.
                if carrier_total == 0 {
                    1
                } else {
                    carrier.weight
                }
            })),
            endings: [endings(settings, false), endings(settings, true)],
            odds: Odds {
                carried: Chance::percent(settings.stock.store_assortment_pct),
                attached: Chance::percent(settings.baskets.attached_pct),
                discounted: Chance::percent(settings.baskets.discounted_lines_pct),
                split: Chance::percent(settings.orders.split_payments_pct),
                instalments: Chance::percent(INSTALMENTS_PCT),
                gift: Chance::percent(settings.customers.gifts_pct),
                late: Chance::percent(late_orders_pct),
                late_parcels: settings
                    .carriers
                    .iter()
                    .map(|carrier| Chance::percent(carrier.late_pct))
                    .collect(),
            },
            visits: visits::Odds::new(settings),
        }
    }

    /// Drafts one block: the same one whenever and wherever it is drafted.
    pub(crate) fn draft(&self, plan: &BlockPlan) -> Block {
        let mut rng = block_rng(self.settings.seed, Stream::Orders, plan.number);
        let mut block = Block {
            number: plan.number,
            first_order: plan.first_order,
            orders: Vec::with_capacity(plan.moments.len()),
            lines: Vec::with_capacity(4 * plan.moments.len()),
            visits: Vec::new(),
        };
        let mut day = None;
        let mut customer_count = 0;
        for &placed in &plan.moments {
            if day != Some(placed.day) {
                day = Some(placed.day);
                customer_count = self.customers.count_before(placed.day);
            }
            let customer = self.customers.pick(placed.day, customer_count, &mut rng);
            let store = self.stores.pick(&mut rng);
            let first_line = block.lines.len();
            self.draw_lines(placed.day, store, &mut block.lines, &mut rng);
            let mut order = self.draw_order(placed, customer, store, &mut rng);
            order.first_line = first_line as u32;
            order.line_count = (block.lines.len() - first_line) as u8;
            let number = plan.first_order + block.orders.len() as u64 + 1;
            if let Some(days) = self
                .faults
                .and_then(|plan| plan.lateness(number, placed.day))
            {
                order.late_days = days as u8;
            }
            self.draw_ending(&mut order, &block.lines[first_line..], &mut rng);
            block.orders.push(order);
        }
        visits::draft(self, &mut block);
        block
    }

    /// A product that is on sale at that store on that day.
    pub(crate) fn draw_product(&self, day: i32, store: u16, rng: &mut impl Rng) -> u32 {
        (0..DRAWS_MAX)
            .map(|_| self.catalogue.popularity.pick(rng) as u32)
            .find(|&product| self.sells(product, day, store))
            .unwrap_or_default()
    }

    pub(crate) fn sells(&self, product: u32, day: i32, store: u16) -> bool {
        self.catalogue.products[product as usize].is_on_sale(day)
            && is_carried(self.catalogue, product, location(store), self.odds.carried)
    }

    /// A basket holds each product once, where the shop has products enough.
    fn draw_lines(&self, day: i32, store: u16, lines: &mut Vec<Line>, rng: &mut impl Rng) {
        let first = lines.len();
        let count = self.line_counts.pick(rng) + 1;
        let promotion = self.days[day.unsigned_abs() as usize].promotion;
        while lines.len() - first < count {
            let basket = &lines[first..];
            let is_new = |product: u32| basket.iter().all(|line| line.product != product);
            let attached = basket
                .last()
                .and_then(|line| self.catalogue.partner(line.product))
                .filter(|_| self.odds.attached.hits(rng))
                .filter(|&product| is_new(product) && self.sells(product, day, store));
            let product = attached.or_else(|| {
                (0..BASKET_DRAWS_MAX)
                    .map(|_| self.draw_product(day, store, rng))
                    .find(|&product| is_new(product))
            });
            let Some(product) = product else {
                // A shop of a few products has small baskets.
                if basket.is_empty() { continue } else { break }
            };
            let own = if self.odds.discounted.hits(rng) {
                DISCOUNTS[self.discounts.pick(rng)].0
            } else {
                0
            };
            lines.push(Line {
                product,
                quantity: self.quantities.pick(rng) as u32 + 1,
                discount: own.max(promotion),
            });
        }
    }

    /// An order that is paid, sent and delivered.
    fn draw_order(&self, placed: Moment, customer: u32, store: u16, rng: &mut impl Rng) -> Order {
        let home = self.customers.home(customer, placed.day);
        let payment_method = self.payment_methods[usize::from(home.place)].pick(rng) as u8;
        let has_parcel = ships(store);
        let is_gift = has_parcel && self.odds.gift.hits(rng);
        let late_days = if self.odds.late.hits(rng) {
            // The last delivery brings whatever is still missing.
            let days_left = self.days.len() as u64 - 1 - u64::from(placed.day.unsigned_abs());
            between(rng, LATE_DAYS.0, LATE_DAYS.1).min(days_left) as u8
        } else {
            0
        };
        let has_instalments = payment_method == CREDIT_CARD && self.odds.instalments.hits(rng);
        let is_split = self.odds.split.hits(rng);
        let mut order = Order {
            placed,
            customer,
            store,
            representative: (!has_parcel).then(|| Stores::pick_representative(store, rng)),
            payment_method: if has_parcel || payment_method != CASH_ON_DELIVERY {
                payment_method
            } else {
                CREDIT_CARD
            },
            split_pct: if is_split {
                between(rng, SPLIT_PCT.0, SPLIT_PCT.1) as u8
            } else {
                0
            },
            instalments: if has_instalments {
                INSTALMENTS[below(rng, INSTALMENTS.len() as u64) as usize]
            } else {
                1
            },
            carrier: self.carriers.pick(rng) as u8,
            late_days,
            gift_to: is_gift.then(|| Address::draw(rng, &self.cities)),
            ending: Ending::Completed,
            paid: placed,
            shipped: placed,
            delivered: placed,
            promised: Moment::NEVER,
            closed: Moment::NEVER,
            first_line: 0,
            line_count: 0,
        };
        debug_assert!(usize::from(order.payment_method) < PAYMENT_METHODS.len());
        if has_parcel {
            self.draw_way(&mut order, rng);
        } else {
            order.shipped = Moment::NEVER;
        }
        order
    }

    /// Payment, hand-over and delivery of an order that is sent.
    fn draw_way(&self, order: &mut Order, rng: &mut impl Rng) {
        let placed = order.placed;
        let click_s = between(rng, PAYMENT_S.0, PAYMENT_S.1) as u32;
        order.paid = match order.payment_method {
            NET_BANKING => {
                let days = between(rng, 1, 2) as i32;
                Moment::new(placed.day + days, calendar::office_time(rng))
            }
            _ => self.clock.after(placed, click_s),
        };
        let ready_day = order.paid.day.max(placed.day);
        let shipped_day = ready_day + between(rng, 1, 2) as i32;
        order.shipped = Moment::new(shipped_day, calendar::office_time(rng));
        let carrier = usize::from(order.carrier);
        let transit_days = self.settings.carriers[carrier].transit_days;
        let promised_day = shipped_day + transit_days as i32;
        order.promised = Moment::new(promised_day, PROMISE_S);
        let delivered_day = if self.odds.late_parcels[carrier].hits(rng) {
            promised_day + between(rng, 1, 5) as i32
        } else {
            promised_day - below(rng, transit_days.min(2)) as i32
        };
        order.delivered = Moment::new(delivered_day, calendar::office_time(rng));
        if order.payment_method == CASH_ON_DELIVERY {
            order.paid = order.delivered;
        }
    }

    /// Some orders end in another way than most.
    fn draw_ending(&self, order: &mut Order, lines: &[Line], rng: &mut impl Rng) {
        let [shortest, longest] = self.settings.orders.return_days;
        let back_on = |delivered: Moment, rng: &mut _| {
            let days = between(rng, shortest, longest) as i32;
            Moment::new(delivered.day + days, calendar::office_time(rng))
        };
        match self.endings[usize::from(ships(order.store))].pick(rng) {
            1 => {
                order.ending = Ending::Cancelled;
                let half_way = order.placed.day + (order.shipped.day - order.placed.day) / 2;
                order.closed = if half_way > order.placed.day {
                    Moment::new(half_way, calendar::office_time(rng))
                } else {
                    self.clock
                        .after(order.placed, between(rng, 1_200, 3 * 3_600) as u32)
                };
                order.shipped = Moment::NEVER;
                order.delivered = Moment::NEVER;
                if order.paid > order.closed {
                    order.paid = Moment::NEVER;
                }
            }
            2 => {
                order.ending = Ending::Unpaid;
                let given_up = order.placed.day + UNPAID_DAYS;
                order.closed = Moment::new(given_up, calendar::office_time(rng));
                order.shipped = Moment::NEVER;
                order.delivered = Moment::NEVER;
                if order.payment_method == CASH_ON_DELIVERY {
                    order.paid = Moment::NEVER;
                }
            }
            3 => {
                order.ending = Ending::Returned;
                order.closed = back_on(order.delivered, rng);
            }
            4 => {
                let line = below(rng, lines.len() as u64) as usize;
                let quantity = between(rng, 1, u64::from(lines[line].quantity)) as u32;
                order.ending = Ending::PartlyReturned {
                    line: line as u8,
                    quantity,
                };
                order.closed = back_on(order.delivered, rng);
            }
            _ => {}
        }
    }
}

/// Completed, cancelled, unpaid, returned, partly returned, as weights. Only orders that are sent end
/// unpaid or cancelled, so more of them do; returns are parts of the orders that were delivered.
fn endings(settings: &Settings, has_parcel: bool) -> Weighted {
    let orders = &settings.orders;
    let [online_pct, marketplace_pct, _] = settings.channel_pct();
    let sent_pct = online_pct + marketplace_pct;
    let lost = |percent: f64| {
        let is_lost = has_parcel && sent_pct > 0.0;
        if is_lost {
            (percent * 100.0 / sent_pct).min(45.0)
        } else {
            0.0
        }
    };
    let (cancelled_pct, unpaid_pct) = (lost(orders.cancelled_pct), lost(orders.unpaid_pct));
    let delivered = (100.0 - cancelled_pct - unpaid_pct) / 100.0;
    let returned_pct = orders.returned_pct * delivered;
    let partly_pct = orders.partly_returned_pct * delivered;
    let completed_pct = 100.0 * delivered - returned_pct - partly_pct;
    let weights = [
        completed_pct,
        cancelled_pct,
        unpaid_pct,
        returned_pct,
        partly_pct,
    ];
    Weighted::new(weights.map(|pct| (pct * 1e6) as u64))
}
