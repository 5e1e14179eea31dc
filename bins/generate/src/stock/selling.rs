//! Orders meet the shelves, one after the other: what is sold, what replaces what is missing, and
//! what will come back.

use crate::members::location;
use crate::orders::{Ending, Line, Order};
use crate::stock::agenda::Event;
use crate::stock::{Kind, ShopFloor};

/// Products that are tried in place of one that is missing, before any other that there is.
const SUBSTITUTES_MAX: u32 = 8;

impl ShopFloor<'_> {
    /// Sells an order; its lines become what there is.
    pub(super) fn sell_order(&mut self, order: &mut Order, basket: &mut [Line]) {
        for position in 0..basket.len() {
            let line = self.find_in_stock(order, basket, position);
            basket[position] = line;
            let shelf = self.plan.position(location(order.store), line.product);
            self.move_units(shelf, order.placed, Kind::Sale, -(line.quantity as i32));
            self.buy_if_due(shelf);
        }
        if let Ending::PartlyReturned { line, quantity } = &mut order.ending {
            *quantity = (*quantity).min(basket[usize::from(*line)].quantity);
        }
        self.expect_back(order, basket);
    }

    /// The line as it can be sold: fewer units, or another product, or units that are bought at once
    /// where the whole shop is empty.
    fn find_in_stock(&mut self, order: &Order, basket: &[Line], position: usize) -> Line {
        let line = basket[position];
        let place = location(order.store);
        let is_new = |product: u32| basket.iter().all(|line| line.product != product);
        let mut product = Some(line.product);
        for _ in 0..SUBSTITUTES_MAX {
            if let Some(found) = product
                && self.on_hand[self.plan.position(place, found)] > 0
            {
                break;
            }
            let day = order.placed.day;
            let other = self.drafter.draw_product(day, order.store, &mut self.rng);
            product = is_new(other).then_some(other);
        }
        let product = product
            .filter(|&product| self.on_hand[self.plan.position(place, product)] > 0)
            .or_else(|| self.find_any(order, line.product, is_new))
            .unwrap_or(line.product);
        let shelf = self.plan.position(place, product);
        if self.on_hand[shelf] == 0 {
            self.move_units(shelf, order.placed, Kind::Purchase, line.quantity as i32);
        }
        Line {
            product,
            quantity: line.quantity.min(self.on_hand[shelf]),
            ..line
        }
    }

    /// The next product of the catalogue that the store has.
    fn find_any(&self, order: &Order, wanted: u32, is_new: impl Fn(u32) -> bool) -> Option<u32> {
        let count = self.catalogue.products.len() as u32;
        (1..count)
            .map(|step| (wanted + step) % count)
            .find(|&product| {
                let shelf = self.plan.position(location(order.store), product);
                self.on_hand[shelf] > 0
                    && is_new(product)
                    && self.drafter.sells(product, order.placed.day, order.store)
            })
    }

    /// What is not sold in the end goes back to its shelf.
    fn expect_back(&mut self, order: &Order, basket: &[Line]) {
        let days = order.closed.day.saturating_sub(self.today);
        if order.closed.known().is_none() || self.today + days > self.last_day {
            return;
        }
        let mut expect = |line: &Line, quantity: u32| {
            let shelf = self.plan.position(location(order.store), line.product);
            let event = Event {
                second: order.closed.second,
                shelf: shelf as u32,
                kind: Kind::Return,
                quantity: quantity as i32,
            };
            if days == 0 {
                self.agenda.add_today(event);
            } else {
                self.agenda.add(days as usize, event);
            }
        };
        match order.ending {
            Ending::PartlyReturned { line, quantity } => {
                expect(&basket[usize::from(line)], quantity);
            }
            _ => basket.iter().for_each(|line| expect(line, line.quantity)),
        }
    }
}
