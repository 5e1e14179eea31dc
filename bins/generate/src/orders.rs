//! Transactions and their lines, in the order of time.
//!
//! Architecture invariant: a header's total is the sum of its lines as written, by construction.

use std::io::Write;

use chrono::{Days, NaiveDate};
use rand::Rng;

use crate::catalogue::Catalogue;
use crate::customers::{Address, Customers};
use crate::ids::{CUSTOMER, ITEM, PRODUCT, SUPPLIER, TRANSACTION};
use crate::places::{self, PAYMENT_METHODS};
use crate::random::{Stream, Weighted, between, block_rng, chance};
use crate::settings::Settings;
use crate::sheet::Sheet;
use crate::{CURRENCY, calendar, money};

/// The columns of `transactions.csv`.
pub(crate) const COLUMNS: [&str; 23] = [
    "transaction_id",
    "customer_id",
    "transaction_date",
    "transaction_time",
    "payment_method",
    "shipping_address",
    "total_amount",
    "status",
    "store_id",
    "sales_rep_id",
    "currency",
    "discount_amount",
    "tax_amount",
    "shipping_amount",
    "shipping_city",
    "shipping_state",
    "shipping_postal_code",
    "shipping_country",
    "billing_city",
    "billing_state",
    "billing_postal_code",
    "billing_country",
    "updated_at",
];

/// The columns of `transaction_items.csv`.
pub(crate) const ITEM_COLUMNS: [&str; 9] = [
    "item_id",
    "transaction_id",
    "product_id",
    "quantity",
    "unit_price",
    "discount_percentage",
    "line_total",
    "line_number",
    "supplier_id",
];

/// An order's state, how frequent it is, and within how many days it comes to it.
const STATUSES: [(&str, u64, (u64, u64)); 5] = [
    ("completed", 890, (1, 6)),
    ("shipped", 30, (1, 2)),
    ("pending", 10, (0, 0)),
    ("cancelled", 40, (0, 2)),
    ("returned", 30, (5, 21)),
];
/// Units per line, from 1, as weights.
const QUANTITY_WEIGHTS: [u64; 5] = [62, 22, 9, 4, 3];
/// Discounts in hundredths of a percent, and how frequent they are.
const DISCOUNTS: [(i64, u64); 7] = [
    (500, 30),
    (750, 4),
    (1_000, 28),
    (1_250, 4),
    (1_500, 14),
    (2_000, 14),
    (3_000, 6),
];
/// Parcels that go to somebody else, in percent.
const GIFT_PCT: u64 = 4;

/// Some orders of one day.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Block<'a> {
    pub(crate) date: NaiveDate,
    /// Unique among all blocks.
    pub(crate) number: u64,
    /// Seconds after midnight, one for each order, in order.
    pub(crate) times: &'a [u32],
}

#[derive(Debug, Clone, Copy)]
struct Line {
    product: usize,
    quantity: i64,
    unit_price_cents: i64,
    discount: i64,
    total_cents: i64,
}

/// Makes the orders block by block, in order.
#[derive(Debug)]
pub(crate) struct OrdersWriter<'a> {
    seed: u64,
    end_date: NaiveDate,
    discounted_lines_pct: u64,
    catalogue: &'a Catalogue,
    customers: &'a Customers,
    payment_methods: Vec<Weighted>,
    cities: Weighted,
    statuses: Weighted,
    line_counts: Weighted,
    quantities: Weighted,
    discounts: Weighted,
    lines: Vec<Line>,
    text: Vec<u8>,
}

impl<'a> OrdersWriter<'a> {
    pub(crate) fn new(
        settings: &Settings,
        catalogue: &'a Catalogue,
        customers: &'a Customers,
    ) -> Self {
        Self {
            seed: settings.seed,
            end_date: settings.end_date,
            discounted_lines_pct: settings.discounted_lines_pct,
            catalogue,
            customers,
            payment_methods: places::payment_methods(),
            cities: places::by_customers(),
            statuses: Weighted::new(STATUSES.map(|(_, weight, _)| weight)),
            line_counts: Weighted::new(settings.line_count_weights.map(u64::from)),
            quantities: Weighted::new(QUANTITY_WEIGHTS),
            discounts: Weighted::new(DISCOUNTS.map(|(_, weight)| weight)),
            lines: Vec::new(),
            text: Vec::new(),
        }
    }

    pub(crate) fn write_block<W: Write>(
        &mut self,
        block: Block<'_>,
        transactions: &mut Sheet<W>,
        items: &mut Sheet<W>,
    ) -> anyhow::Result<()> {
        let mut rng = block_rng(self.seed, Stream::Orders, block.number);
        let customer_count = self.customers.count_before(block.date);
        for &time in block.times {
            let customer = self
                .customers
                .loyalty
                .pick_of_first(customer_count, &mut rng);
            self.draw_lines(&mut rng);
            self.write_transaction(customer, (block.date, time), &mut rng, transactions)?;
            self.write_items(transactions.row_count(), items)?;
        }
        Ok(())
    }

    /// A basket holds each product once.
    fn draw_lines(&mut self, rng: &mut impl Rng) {
        let count = (self.line_counts.pick(rng) + 1).min(self.catalogue.active_count);
        self.lines.clear();
        while self.lines.len() < count {
            let product = self.catalogue.popularity.pick(rng);
            if self.lines.iter().any(|line| line.product == product) {
                continue;
            }
            let quantity = self.quantities.pick(rng) as i64 + 1;
            let is_discounted = chance(rng, self.discounted_lines_pct);
            let discount = if is_discounted {
                DISCOUNTS[self.discounts.pick(rng)].0
            } else {
                0
            };
            let unit_price_cents = i64::from(self.catalogue.products[product].price_cents);
            let total_cents = money::line_total(quantity, unit_price_cents, discount);
            self.lines.push(Line {
                product,
                quantity,
                unit_price_cents,
                discount,
                total_cents,
            });
        }
    }

    fn write_transaction<W: Write>(
        &mut self,
        customer: usize,
        (date, time): (NaiveDate, u32),
        rng: &mut impl Rng,
        sheet: &mut Sheet<W>,
    ) -> anyhow::Result<()> {
        let billing = self.customers.people[customer].address;
        let shipping = if chance(rng, GIFT_PCT) {
            Address::draw(rng, &self.cities)
        } else {
            billing
        };
        let payment_method = self.payment_methods[usize::from(billing.place)].pick(rng);
        let (status, _, days) = STATUSES[self.statuses.pick(rng)];
        let total_cents: i64 = self.lines.iter().map(|line| line.total_cents).sum();

        sheet.id(TRANSACTION.prefix, TRANSACTION.width, sheet.row_count() + 1);
        sheet
            .id(CUSTOMER.prefix, CUSTOMER.width, customer as u64 + 1)
            .date(date)
            .time(time);
        shipping.street_line(&self.customers.streets, &mut self.text);
        sheet
            .text(PAYMENT_METHODS[payment_method])
            .bytes(&self.text)
            .hundredths(total_cents);
        // Stores and sales representatives have no file yet.
        sheet.text(status).empty().empty().text(CURRENCY);
        sheet.hundredths(0).hundredths(0).hundredths(0);
        write_location(shipping, &mut self.text, sheet);
        write_location(billing, &mut self.text, sheet);
        let (updated_on, updated_at) = self.draw_update((date, time), days, rng);
        sheet.timestamp(updated_on, updated_at);
        sheet.end_row()
    }

    /// When the order came to its state: not after the last day of trade, as nobody knows of that
    /// yet, and on another day than its own within office hours.
    fn draw_update(
        &self,
        (date, time): (NaiveDate, u32),
        (fewest_days, most_days): (u64, u64),
        rng: &mut impl Rng,
    ) -> (NaiveDate, u32) {
        let due = date + Days::new(between(rng, fewest_days, most_days));
        let updated_on = due.min(self.end_date);
        if updated_on == date {
            (date, time)
        } else {
            (updated_on, calendar::office_time(rng))
        }
    }

    fn write_items<W: Write>(&self, transaction: u64, sheet: &mut Sheet<W>) -> anyhow::Result<()> {
        for (line, line_number) in self.lines.iter().zip(1..) {
            let supplier = self.catalogue.products[line.product].supplier;
            sheet.id(ITEM.prefix, ITEM.width, sheet.row_count() + 1);
            sheet.id(TRANSACTION.prefix, TRANSACTION.width, transaction);
            sheet.id(PRODUCT.prefix, PRODUCT.width, line.product as u64 + 1);
            sheet
                .number(line.quantity.unsigned_abs())
                .hundredths(line.unit_price_cents);
            sheet
                .hundredths(line.discount)
                .hundredths(line.total_cents)
                .number(line_number);
            sheet.id(SUPPLIER.prefix, SUPPLIER.width, u64::from(supplier));
            sheet.end_row()?;
        }
        Ok(())
    }
}

fn write_location(address: Address, text: &mut Vec<u8>, sheet: &mut Sheet<impl Write>) {
    let place = address.place();
    address.postal_code(text);
    sheet
        .text(place.city)
        .text(place.state)
        .bytes(text)
        .text(place.country.name);
}
