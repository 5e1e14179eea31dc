//! The shelves from day to day: what arrives, what is counted, what is bought again.

use rand_chacha::ChaCha8Rng;

use crate::calendar;
use crate::members::{Catalogue, Suppliers, due};
use crate::orders::{Block, Drafter};
use crate::output::Releases;
use crate::random::{Stream, below, between, block_rng};
use crate::settings::Settings;
use crate::stock::agenda::{Agenda, Event};
use crate::stock::buying::Buying;
use crate::stock::plan::ShelfPlan;
use crate::stock::{DueProduct, Kind, Movement, Numbers, Snapshot, Sold};
use crate::time::Moment;

/// Deliveries of suppliers are put on the shelves from 06:00 to 07:59.
const ARRIVAL_S: (u64, u64) = (6 * 3_600, 8 * 3_600 - 1);
/// Shelves are counted before the shop opens.
const COUNT_S: (u64, u64) = (5 * 3_600, 6 * 3_600 - 1);
const DAYS_PER_MONTH: f64 = 365.25 / 12.0;
const MISSING_MAX: u64 = 3;
/// Days that a purchase looks ahead for the season.
const AHEAD_DAYS: usize = 21;
/// Opening stock beside the reorder point, in percent of a purchase.
const OPENING_PCT: (u64, u64) = (20, 110);

/// What a shelf is waiting for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Supply {
    None,
    /// Nobody has noticed yet that it runs out.
    Forgotten,
    Ordered,
}

/// The shelves as they are now.
#[derive(Debug)]
pub(crate) struct ShopFloor<'a> {
    settings: &'a Settings,
    releases: &'a Releases,
    pub(super) catalogue: &'a Catalogue,
    suppliers: &'a Suppliers,
    pub(super) plan: &'a ShelfPlan,
    pub(super) drafter: &'a Drafter<'a>,
    pub(super) rng: ChaCha8Rng,
    pub(super) on_hand: Vec<u32>,
    supplies: Vec<Supply>,
    /// Of shelves whose product is on sale: how many there are, and how many are empty.
    open_count: u64,
    empty_count: u64,
    buying: Buying,
    pub(super) agenda: Agenda,
    pub(super) today: i32,
    pub(super) last_day: i32,
    /// Demand of the weeks after each day, in percent of an average day's.
    season_pct: Vec<u64>,
    /// Products that come on sale and leave it, with their days, in the order of days.
    turns: Vec<(i32, u32, bool)>,
    next_turn: usize,
    numbers: Numbers,
    movements: Vec<Movement>,
    snapshots: Vec<Snapshot>,
    products: Vec<DueProduct>,
}

impl<'a> ShopFloor<'a> {
    /// The shop on the evening before the first day of trade.
    pub(crate) fn new(
        settings: &'a Settings,
        releases: &'a Releases,
        (catalogue, suppliers): (&'a Catalogue, &'a Suppliers),
        plan: &'a ShelfPlan,
        drafter: &'a Drafter<'a>,
        days: &[calendar::Day],
    ) -> Self {
        let shelf_count = plan.shelves().len();
        let mut floor = Self {
            settings,
            releases,
            catalogue,
            suppliers,
            plan,
            drafter,
            rng: block_rng(settings.seed, Stream::Stock, 0),
            on_hand: vec![0; shelf_count],
            supplies: vec![Supply::None; shelf_count],
            open_count: 0,
            empty_count: 0,
            buying: Buying::new(settings.stock.stock_out_pct),
            agenda: Agenda::default(),
            today: -1,
            last_day: settings.day_count() as i32 - 1,
            season_pct: season(days),
            turns: turns(catalogue),
            next_turn: 0,
            numbers: Numbers::default(),
            movements: Vec::new(),
            snapshots: Vec::new(),
            products: Vec::new(),
        };
        for position in 0..shelf_count {
            let (_, product) = plan.place(position);
            if plan.shelves()[position].is_carried
                && catalogue.products[product as usize].launched < 0
            {
                floor.on_hand[position] = floor.opening(position);
            }
        }
        floor.turn_products();
        floor.take_snapshot();
        floor
    }

    /// Sells a block of orders; blocks come in their order.
    pub(crate) fn sell(&mut self, mut block: Block) -> Sold {
        let numbers = self.numbers;
        let mut lines = std::mem::take(&mut block.lines);
        for order in &mut block.orders {
            while self.today < order.placed.day {
                self.turn();
            }
            self.let_happen(order.placed.second);
            let first = order.first_line as usize;
            let basket = &mut lines[first..first + usize::from(order.line_count)];
            self.sell_order(order, basket);
            self.numbers.item += order.item_count();
            self.numbers.shipment += order.shipment_count();
        }
        block.lines = lines;
        self.numbers.visits.visit += block.visits.len() as u64;
        self.numbers.visits.event += block
            .visits
            .iter()
            .map(|visit| visit.event_count(visit.order(&block)))
            .sum::<u64>();
        self.numbers.movement += self.movements.len() as u64;
        self.hand_over(block, numbers)
    }

    /// Lets the days go by on which nobody orders any more, up to the last one.
    pub(crate) fn close(&mut self) -> Sold {
        let numbers = self.numbers;
        while self.today <= self.last_day {
            self.turn();
        }
        let block = Block {
            number: 0,
            first_order: 0,
            orders: Vec::new(),
            lines: Vec::new(),
            visits: Vec::new(),
        };
        self.hand_over(block, numbers)
    }

    fn hand_over(&mut self, block: Block, numbers: Numbers) -> Sold {
        Sold {
            block,
            numbers,
            movements: std::mem::take(&mut self.movements),
            snapshots: std::mem::take(&mut self.snapshots),
            products: std::mem::take(&mut self.products),
        }
    }

    /// Ends the day and begins the next one.
    fn turn(&mut self) {
        self.let_happen(u32::MAX);
        if self.today >= 0 {
            self.buying.learn(self.empty_count, self.open_count);
            let every = self.settings.stock.snapshot_every_days as i32;
            if (self.today + 1) % every == 0 || self.today == self.last_day {
                self.take_snapshot();
            }
            self.collect_products();
        }
        self.today += 1;
        self.agenda.turn();
        if self.today <= self.last_day {
            self.turn_products();
            self.count_shelves();
        }
    }

    /// Everything that was due before that second of today.
    fn let_happen(&mut self, second: u32) {
        while let Some(event) = self.agenda.next_before(second) {
            let shelf = event.shelf as usize;
            let moment = Moment::new(self.today, event.second);
            let on_hand = self.on_hand[shelf] as i32;
            let quantity = event.quantity.max(-on_hand);
            if event.kind == Kind::Purchase {
                self.supplies[shelf] = Supply::None;
            }
            if quantity != 0 {
                self.move_units(shelf, moment, event.kind, quantity);
            }
            if event.kind == Kind::Adjustment {
                self.buy_if_due(shelf);
            }
        }
    }

    pub(super) fn move_units(&mut self, shelf: usize, moment: Moment, kind: Kind, quantity: i32) {
        let (location, product) = self.plan.place(shelf);
        let was_empty = self.on_hand[shelf] == 0;
        self.on_hand[shelf] = self.on_hand[shelf].saturating_add_signed(quantity);
        let is_empty = self.on_hand[shelf] == 0;
        if was_empty != is_empty && self.catalogue.products[product as usize].is_on_sale(self.today)
        {
            if is_empty {
                self.empty_count += 1;
            } else {
                self.empty_count -= 1;
            }
        }
        self.movements.push(Movement {
            moment,
            product,
            location,
            kind,
            quantity,
        });
    }

    pub(super) fn buy_if_due(&mut self, shelf: usize) {
        let plan = self.plan.shelves()[shelf];
        let season_pct = self.season_pct[self.today.max(0) as usize];
        let on_hand = u64::from(self.on_hand[shelf]);
        let (_, product) = self.plan.place(shelf);
        let product = &self.catalogue.products[product as usize];
        let is_low = on_hand * 100 <= u64::from(plan.reorder_point) * season_pct.max(100);
        if self.supplies[shelf] == Supply::Ordered || !is_low || !product.is_on_sale(self.today + 1)
        {
            return;
        }
        if self.supplies[shelf] == Supply::None && self.buying.is_late(&mut self.rng) {
            self.supplies[shelf] = Supply::Forgotten;
        }
        if self.supplies[shelf] == Supply::Forgotten && on_hand > 0 {
            return;
        }
        self.supplies[shelf] = Supply::Ordered;
        let quantity = u64::from(plan.purchase) * season_pct / 100;
        let lead_time_days = self.suppliers.lead_time_days(product.supplier);
        let event = Event {
            second: between(&mut self.rng, ARRIVAL_S.0, ARRIVAL_S.1) as u32,
            shelf: shelf as u32,
            kind: Kind::Purchase,
            quantity: quantity.max(1) as i32,
        };
        self.agenda.add(lead_time_days as usize, event);
    }

    /// Products that come on sale have their shelves filled; those that leave are not bought again.
    fn turn_products(&mut self) {
        while let Some(&(day, product, is_launch)) = self.turns.get(self.next_turn) {
            if day > self.today.max(0) {
                break;
            }
            self.next_turn += 1;
            for shelf in self.plan.locations_of(product) {
                if is_launch && day >= 0 {
                    // Counted below, as the product was not on sale yet when it came.
                    let quantity = self.opening(shelf) as i32;
                    let moment = Moment::new(self.today.max(0), 0);
                    self.on_hand[shelf] = 0;
                    self.launch(shelf, moment, quantity);
                }
                let is_empty = u64::from(self.on_hand[shelf] == 0);
                if is_launch {
                    self.open_count += 1;
                    self.empty_count += is_empty;
                } else {
                    self.open_count -= 1;
                    self.empty_count -= is_empty;
                }
            }
        }
    }

    fn launch(&mut self, shelf: usize, moment: Moment, quantity: i32) {
        let (location, product) = self.plan.place(shelf);
        self.on_hand[shelf] = quantity.unsigned_abs();
        self.movements.push(Movement {
            moment,
            product,
            location,
            kind: Kind::Purchase,
            quantity,
        });
    }

    fn opening(&mut self, shelf: usize) -> u32 {
        let plan = self.plan.shelves()[shelf];
        let percent = between(&mut self.rng, OPENING_PCT.0, OPENING_PCT.1) as u32;
        plan.reorder_point + 1 + (u64::from(plan.purchase) * u64::from(percent) / 100) as u32
    }

    /// Some shelves are counted, and hold a little less than the books say, or a unit more.
    fn count_shelves(&mut self) {
        let shelf_count = self.plan.shelves().len() as u64;
        let monthly = self.settings.stock.adjusted_monthly_pct / 100.0;
        let expected = shelf_count as f64 * monthly / DAYS_PER_MONTH;
        let certain = expected as u64;
        let chance = crate::random::Chance::share(expected - certain as f64);
        let count = certain + u64::from(chance.hits(&mut self.rng));
        for _ in 0..count {
            let shelf = below(&mut self.rng, shelf_count) as usize;
            let missing = between(&mut self.rng, 0, MISSING_MAX) as i32;
            let second = between(&mut self.rng, COUNT_S.0, COUNT_S.1) as u32;
            if !self.plan.shelves()[shelf].is_carried || self.on_hand[shelf] == 0 {
                continue;
            }
            self.agenda.add_today(Event {
                second,
                shelf: shelf as u32,
                kind: Kind::Adjustment,
                quantity: if missing == 0 { 1 } else { -missing },
            });
        }
    }

    fn take_snapshot(&mut self) {
        self.snapshots.push(Snapshot {
            day: self.today,
            on_hand: self.on_hand.clone(),
        });
    }

    /// Products that today's delivery tells of, with their stock.
    fn collect_products(&mut self) {
        if self.today < self.releases.first_day() {
            return;
        }
        for product in due(self.catalogue, self.releases, self.today) {
            let shelves = self.plan.locations_of(product);
            let stock = shelves.map(|shelf| u64::from(self.on_hand[shelf])).sum();
            self.products.push(DueProduct {
                day: self.today,
                product,
                stock,
            });
        }
    }
}

/// Orders of the weeks from each day on, in percent of the average.
fn season(days: &[calendar::Day]) -> Vec<u64> {
    let total: u64 = days.iter().map(|day| day.order_count).sum();
    (0..days.len())
        .map(|first| {
            let ahead = &days[first..days.len().min(first + AHEAD_DAYS)];
            let sum: u64 = ahead.iter().map(|day| day.order_count).sum();
            sum * 100 * days.len() as u64 / (total * ahead.len() as u64).max(1)
        })
        .collect()
}

fn turns(catalogue: &Catalogue) -> Vec<(i32, u32, bool)> {
    let mut turns = Vec::new();
    for (product, number) in catalogue.products.iter().zip(0..) {
        turns.push((product.launched, number, true));
        if product.retired != i32::MAX {
            turns.push((product.retired, number, false));
        }
    }
    turns.sort_by_key(|&(day, number, is_launch)| (day, number, !is_launch));
    turns
}
