//! Orders with their lines, and what became of them.
//!
//! In: `transactions.csv` and `transaction_items.csv`, side by side. Out: shares of channels, and
//! of orders that were cancelled, not paid or sent back, beside what `[channels]` and `[orders]`
//! ask for.
//!
//! Invariant: both files are read once and together, since both are in the order of the
//! transactions' ids; one order is in memory.

use std::cmp::Ordering;
use std::path::Path;

use csv::ByteRecord;

use super::measure::Measure;
use super::rows::{Rows, day, decimal, integer, text};
use super::shop::Shop;
use crate::output::File;
use crate::settings::Settings;

/// Days from an order to the end of its story beside transit and return: payment, hand-over, and
/// how late a parcel may be.
const SLACK_DAYS: u64 = 21;

/// A row of `transactions.csv`.
#[derive(Debug)]
pub(crate) struct Order {
    /// Counted from the first day of trade.
    pub(crate) day: usize,
    pub(crate) hour: usize,
    pub(crate) customer: Option<u32>,
    pub(crate) channel: Option<Channel>,
    pub(crate) status: Status,
}

/// A row of `transaction_items.csv`.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Line {
    pub(crate) product: u32,
    /// What was sold, not what came back.
    pub(crate) is_sold: bool,
    pub(crate) revenue: f64,
}

/// Where an order was made.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Channel {
    Online,
    Marketplace,
    Store,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Status {
    /// Pending, paid or shipped.
    Open,
    Completed,
    Cancelled,
    Unpaid,
    Returned,
}

impl Status {
    fn parse(text: &str) -> Option<Self> {
        Some(match text {
            "pending" | "paid" | "shipped" => Self::Open,
            "completed" => Self::Completed,
            "cancelled" => Self::Cancelled,
            "unpaid" => Self::Unpaid,
            "returned" => Self::Returned,
            _ => return None,
        })
    }
}

/// Both files.
pub(crate) struct Orders<'a> {
    shop: &'a Shop,
    headers: Rows,
    items: Rows,
    /// Id, date, time, customer, store, status.
    header_columns: [usize; 6],
    /// Transaction's id, product, quantity, total of the line.
    item_columns: [usize; 4],
}

impl<'a> Orders<'a> {
    /// # Errors
    /// A usage failure where a file or a column is missing.
    pub(crate) fn open(folder: &Path, shop: &'a Shop) -> anyhow::Result<Self> {
        let headers = Rows::open(folder, File::Transactions)?;
        let header_columns = headers.columns([
            "transaction_id",
            "transaction_date",
            "transaction_time",
            "customer_id",
            "store_id",
            "status",
        ])?;
        let items = Rows::open(folder, File::TransactionItems)?;
        let item_columns =
            items.columns(["transaction_id", "product_id", "quantity", "line_total"])?;
        Ok(Self {
            shop,
            headers,
            items,
            header_columns,
            item_columns,
        })
    }

    /// Hands over every order; returns the number of rows that cannot be read or belong to none.
    ///
    /// # Errors
    /// When a file cannot be read.
    pub(crate) fn each(mut self, mut take: impl FnMut(&Order, &[Line])) -> anyhow::Result<u64> {
        let (mut header, mut item) = (ByteRecord::new(), ByteRecord::new());
        let mut lines = Vec::new();
        let mut has_item = self.items.read(&mut item)?;
        while self.headers.read(&mut header)? {
            lines.clear();
            let id = header.get(self.header_columns[0]).unwrap_or_default();
            while has_item {
                let of = item.get(self.item_columns[0]).unwrap_or_default();
                match by_width(of, id) {
                    Ordering::Greater => break,
                    Ordering::Equal => match self.line(&item) {
                        Some(line) => lines.push(line),
                        None => self.items.unreadable += 1,
                    },
                    Ordering::Less => self.items.unreadable += 1,
                }
                has_item = self.items.read(&mut item)?;
            }
            match self.order(&header) {
                Some(order) => take(&order, &lines),
                None => self.headers.unreadable += 1,
            }
        }
        Ok(self.headers.unreadable + self.items.unreadable)
    }

    fn order(&self, record: &ByteRecord) -> Option<Order> {
        let [_, date, time, customer, store, status] = self.header_columns;
        Some(Order {
            day: self.shop.trading_day(day(record, date)?)?,
            hour: text(record, time)?
                .get(0..2)?
                .parse()
                .ok()
                .filter(|it| *it < 24)?,
            customer: self.shop.customer_ids.find(record.get(customer)?),
            channel: self.shop.channel(record.get(store)?),
            status: Status::parse(text(record, status)?)?,
        })
    }

    fn line(&self, record: &ByteRecord) -> Option<Line> {
        let [_, product, quantity, total] = self.item_columns;
        Some(Line {
            product: self.shop.product_ids.find(record.get(product)?)?,
            is_sold: integer(record, quantity)? > 0,
            revenue: decimal(record, total)?,
        })
    }
}

/// The order of ids that grow wider.
fn by_width(a: &[u8], b: &[u8]) -> Ordering {
    a.len().cmp(&b.len()).then_with(|| a.cmp(b))
}

/// What became of the orders that are old enough.
#[derive(Debug, Default)]
pub(crate) struct Outcomes {
    last_day: usize,
    channels: [u64; 3],
    old: u64,
    open: u64,
    cancelled: u64,
    unpaid: u64,
    returned: u64,
    partly_returned: u64,
}

impl Outcomes {
    /// Of a range of so many days. Old enough is an order whose parcel, on the slowest way, has come
    /// and could have been sent back by the end of the last day.
    pub(crate) fn new(settings: &Settings, day_count: usize) -> Self {
        let slowest = settings.carriers.iter().map(|it| it.transit_days).max();
        let age = SLACK_DAYS + slowest.unwrap_or_default() + settings.orders.return_days[1];
        Self {
            last_day: day_count.saturating_sub(age as usize),
            ..Self::default()
        }
    }

    pub(crate) fn add(&mut self, order: &Order, lines: &[Line]) {
        if let Some(channel) = order.channel {
            self.channels[channel as usize] += 1;
        }
        if order.day >= self.last_day {
            return;
        }
        self.old += 1;
        match order.status {
            Status::Open => self.open += 1,
            Status::Cancelled => self.cancelled += 1,
            Status::Unpaid => self.unpaid += 1,
            Status::Returned => self.returned += 1,
            Status::Completed => {
                let came_back = lines.iter().any(|line| !line.is_sold);
                self.partly_returned += u64::from(came_back);
            }
        }
    }

    pub(crate) fn measures(&self, settings: &Settings) -> Vec<Measure> {
        let delivered = self.old - self.open - self.cancelled - self.unpaid;
        let ends = [
            (
                "cancelled",
                settings.orders.cancelled_pct,
                self.cancelled,
                self.old,
            ),
            (
                "not paid",
                settings.orders.unpaid_pct,
                self.unpaid,
                self.old,
            ),
            ("not at their end", 0.0, self.open, self.old),
            (
                "returned, of the delivered",
                settings.orders.returned_pct,
                self.returned,
                delivered,
            ),
            (
                "returned in part, of them",
                settings.orders.partly_returned_pct,
                self.partly_returned,
                delivered,
            ),
        ];
        let marketplace = settings.channels.marketplace_pct;
        // Where there is no store of stone, the web shop sells what is not sold on marketplaces.
        let online = match settings.channels.stores {
            Some(0) => 100.0 - marketplace,
            _ => settings.channels.online_pct,
        };
        let channels = [
            ("online", online, Channel::Online),
            ("on marketplaces", marketplace, Channel::Marketplace),
            ("in stores", 100.0 - online - marketplace, Channel::Store),
        ];
        let all = self.channels.iter().sum();
        let channels = channels.into_iter().map(|(name, asked, channel)| {
            Measure::share("orders", name, asked, self.channels[channel as usize], all)
        });
        let ends = ends.into_iter().map(|(name, asked, hits, cases)| {
            Measure::share("old orders", name, asked, hits, cases)
        });
        channels.chain(ends).collect()
    }
}
