//! Who and what the orders refer to: customers, products and stores.
//!
//! Invariant: all that is kept of a customer, product or store is a number.

use std::collections::HashMap;
use std::path::Path;

use chrono::{Datelike as _, NaiveDate};

use super::cohorts::Customers;
use super::orders::Channel;
use super::rows::{Rows, day, text};
use crate::output::File;

/// Ids and the numbers that stand for them, from 0.
#[derive(Debug, Default)]
pub(crate) struct Ids(HashMap<Box<[u8]>, u32>);

impl Ids {
    pub(crate) fn find(&self, id: &[u8]) -> Option<u32> {
        self.0.get(id).copied()
    }

    /// A number for an id; none where it has one.
    fn add(&mut self, id: &[u8]) -> Option<u32> {
        let number = self.0.len() as u32;
        let is_new = self.find(id).is_none();
        is_new.then(|| {
            self.0.insert(id.into(), number);
            number
        })
    }

    pub(crate) fn len(&self) -> usize {
        self.0.len()
    }
}

/// What all files refer to.
#[derive(Debug)]
pub(crate) struct Shop {
    first: NaiveDate,
    day_count: usize,
    pub(crate) customer_ids: Ids,
    pub(crate) product_ids: Ids,
    /// By product: the first day on which it is no longer on sale, if there is one.
    retired: Vec<Option<i32>>,
    store_ids: Ids,
    channels: Vec<Channel>,
    pub(crate) unreadable: u64,
}

impl Shop {
    /// The shop, and its customers without orders yet.
    ///
    /// # Errors
    /// When a file or a column is missing, or cannot be read.
    pub(crate) fn read(
        folder: &Path,
        first: NaiveDate,
        last: NaiveDate,
    ) -> anyhow::Result<(Self, Customers)> {
        let mut shop = Self {
            first,
            day_count: ((last - first).num_days() + 1).unsigned_abs() as usize,
            customer_ids: Ids::default(),
            product_ids: Ids::default(),
            retired: Vec::new(),
            store_ids: Ids::default(),
            channels: Vec::new(),
            unreadable: 0,
        };
        let mut customers = Customers::new(first);
        shop.read_customers(folder, &mut customers)?;
        shop.read_products(folder)?;
        shop.read_stores(folder)?;
        Ok((shop, customers))
    }

    /// Number of days of trade.
    pub(crate) fn day_count(&self) -> usize {
        self.day_count
    }

    /// Days since the first day of trade, of a day's number in the calendar.
    pub(crate) fn relative(&self, day: i32) -> i32 {
        day - self.first.num_days_from_ce()
    }

    /// The same, where it lies within the range.
    pub(crate) fn trading_day(&self, day: i32) -> Option<usize> {
        let relative = usize::try_from(self.relative(day)).ok()?;
        (relative < self.day_count).then_some(relative)
    }

    /// The first day on which a product is not on sale, at the latest the one after the range.
    pub(crate) fn end_of_sale(&self, product: u32) -> i32 {
        let end = self.day_count as i32;
        let retired = self.retired[product as usize];
        retired.map_or(end, |day| day.clamp(0, end))
    }

    pub(crate) fn channel(&self, store_id: &[u8]) -> Option<Channel> {
        let store = self.store_ids.find(store_id)?;
        self.channels.get(store as usize).copied()
    }

    /// A store's number.
    pub(crate) fn store(&self, store_id: &[u8]) -> Option<u32> {
        self.store_ids.find(store_id)
    }

    fn read_customers(&mut self, folder: &Path, customers: &mut Customers) -> anyhow::Result<()> {
        let mut rows = Rows::open(folder, File::Customers)?;
        let [id, registered] = rows.columns(["customer_id", "registration_date"])?;
        let first = self.first.num_days_from_ce();
        rows.each(|record| {
            let registered = day(record, registered)? - first;
            self.customer_ids.add(record.get(id)?)?;
            customers.register(registered);
            Some(())
        })?;
        self.unreadable += rows.unreadable;
        Ok(())
    }

    fn read_products(&mut self, folder: &Path) -> anyhow::Result<()> {
        let mut rows = Rows::open(folder, File::Products)?;
        let [id, is_active, updated_at] =
            rows.columns(["product_id", "is_active", "updated_at"])?;
        let first = self.first.num_days_from_ce();
        rows.each(|record| {
            // That it is no longer sold is the last that happens to a product.
            let retired = day(record, updated_at)? - first;
            let is_retired = text(record, is_active)? == "false";
            self.product_ids.add(record.get(id)?)?;
            self.retired.push(is_retired.then_some(retired));
            Some(())
        })?;
        self.unreadable += rows.unreadable;
        Ok(())
    }

    fn read_stores(&mut self, folder: &Path) -> anyhow::Result<()> {
        let mut rows = Rows::open(folder, File::Stores)?;
        let [id, store_type] = rows.columns(["store_id", "store_type"])?;
        rows.each(|record| {
            let channel = match text(record, store_type)? {
                "online" => Channel::Online,
                "marketplace" => Channel::Marketplace,
                "retail" | "outlet" => Channel::Store,
                _ => return None,
            };
            self.store_ids.add(record.get(id)?)?;
            self.channels.push(channel);
            Some(())
        })?;
        self.unreadable += rows.unreadable;
        Ok(())
    }
}
