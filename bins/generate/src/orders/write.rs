//! Blocks of sold orders as rows of all files that tell of them.

use crate::CURRENCY;
use crate::faults::FaultPlan;
use crate::ids::{
    CUSTOMER, ITEM, MOVEMENT, PRODUCT, REPRESENTATIVE, SHIPMENT, STORE, SUPPLIER, TRANSACTION,
};
use crate::members::{Catalogue, Customers, PAYMENT_METHODS, store_number};
use crate::money::{self, percent_of};
use crate::orders::{Block, Ending, Line, Order, visits};
use crate::output::{Chunk, File, Releases, Sheet};
use crate::settings::Settings;
use crate::stock::{Movement, ShelfPlan, Sold};
use crate::time::{Clock, Moment};

/// Writes sold blocks; any number of threads may do so at once.
#[derive(Debug)]
pub(crate) struct OrderWriter<'a> {
    settings: &'a Settings,
    pub(super) clock: &'a Clock,
    pub(super) releases: &'a Releases,
    faults: Option<&'a FaultPlan>,
    customers: &'a Customers,
    catalogue: &'a Catalogue,
    shelves: &'a ShelfPlan,
    tax_hundredths_pct: i64,
    shipping_fee_cents: i64,
    carrier_costs_cents: Vec<i64>,
}

/// What a header tells of an order's money, in cents.
pub(super) struct Amounts {
    tax: i64,
    shipping: i64,
    pub(super) total: i64,
}

impl<'a> OrderWriter<'a> {
    pub(crate) fn new(
        settings: &'a Settings,
        clock: &'a Clock,
        releases: &'a Releases,
        faults: Option<&'a FaultPlan>,
        customers: &'a Customers,
        catalogue: &'a Catalogue,
        shelves: &'a ShelfPlan,
    ) -> Self {
        let cents = |amount: f64| (amount * 100.0).round() as i64;
        Self {
            settings,
            clock,
            releases,
            faults,
            customers,
            catalogue,
            shelves,
            tax_hundredths_pct: cents(settings.orders.tax_pct),
            shipping_fee_cents: cents(settings.orders.shipping_fee),
            carrier_costs_cents: settings.carriers.iter().map(|it| cents(it.cost)).collect(),
        }
    }

    /// All rows of a block, of the orders and of the stock that moved meanwhile.
    pub(crate) fn write(&self, sold: &Sold, number: u64) -> anyhow::Result<Chunk<'a>> {
        let mut chunk = Chunk::new(self.releases.count(), self.faults, number);
        let block = &sold.block;
        let mut item = sold.numbers.item;
        let mut shipment = sold.numbers.shipment;
        for (order, number) in block.orders.iter().zip(block.first_order + 1..) {
            let lines = block.lines_of(order);
            self.write_headers(number, order, lines, &mut chunk)?;
            self.write_items(number, item, order, lines, &mut chunk)?;
            self.write_payments(number, order, lines, &mut chunk)?;
            self.write_shipment(number, shipment + 1, order, &mut chunk)?;
            item += order.item_count();
            shipment += order.shipment_count();
        }
        visits::write(
            block,
            sold.numbers.visits,
            self.settings.customer_count(),
            self.clock,
            |day| self.releases.of(day),
            &mut chunk,
        )?;
        self.write_movements(sold, &mut chunk)?;
        for snapshot in &sold.snapshots {
            if let Some(release) = self.releases.of(snapshot.day) {
                let sheet = chunk.sheet(release, File::InventorySnapshots);
                self.shelves
                    .write_snapshot(snapshot, self.catalogue, self.clock, sheet)?;
            }
        }
        for due in &sold.products {
            if let Some(release) = self.releases.of(due.day) {
                let sheet = chunk.sheet(release, File::Products);
                self.catalogue
                    .write_product(due.product, due.day, due.stock, sheet, self.clock)?;
            }
        }
        Ok(chunk)
    }

    fn write_headers(
        &self,
        number: u64,
        order: &Order,
        lines: &[Line],
        chunk: &mut Chunk<'_>,
    ) -> anyhow::Result<()> {
        let home = self.customers.home(order.customer, order.placed.day);
        let goes_to = order.gift_to.unwrap_or(home);
        let mut is_late = self.lateness(number, order).is_some();
        for (release, known) in self
            .releases
            .changes(order.changes(), order.late_days.into())
        {
            let amounts = self.amounts(order, lines, known);
            let sheet = chunk.sheet(release, File::Transactions);
            sheet
                .id(TRANSACTION, number)
                .id(CUSTOMER, u64::from(order.customer) + 1)
                .day(order.placed.day, self.clock)
                .time(order.placed.second)
                .text(PAYMENT_METHODS[usize::from(order.payment_method)]);
            goes_to.write_street(&self.customers.streets, sheet);
            sheet.hundredths(amounts.total).text(order.status(known));
            sheet.id(STORE, u64::from(order.store) + 1);
            match order.representative {
                Some(person) => sheet.id(REPRESENTATIVE, u64::from(person) + 1),
                None => sheet.empty(),
            };
            sheet
                .text(CURRENCY)
                .hundredths(0)
                .hundredths(amounts.tax)
                .hundredths(amounts.shipping);
            goes_to.write_location(sheet);
            home.write_location(sheet);
            sheet.timestamp(order.updated_at(known), self.clock);
            // The first time that one hears of it; later changes are no fault of their own.
            if std::mem::take(&mut is_late) {
                sheet.end_late_row()?;
            } else {
                sheet.end_row()?;
            }
        }
        Ok(())
    }

    fn lateness(&self, number: u64, order: &Order) -> Option<i32> {
        self.faults?.lateness(number, order.placed.day)
    }

    fn write_items(
        &self,
        number: u64,
        first_item: u64,
        order: &Order,
        lines: &[Line],
        chunk: &mut Chunk<'_>,
    ) -> anyhow::Result<()> {
        let late_days = order.late_days.into();
        for (release, known) in self.releases.changes(order.line_changes(), late_days) {
            let sheet = chunk.sheet(release, File::TransactionItems);
            for (line, line_number) in lines.iter().zip(1..) {
                let quantity = i64::from(line.quantity);
                self.write_item(
                    (number, first_item + line_number, line_number),
                    (order, line, quantity),
                    sheet,
                )?;
            }
            if let Some((line, quantity)) = order.returned_line(known) {
                let line_number = lines.len() as u64 + 1;
                self.write_item(
                    (number, first_item + line_number, line_number),
                    (order, &lines[line], -i64::from(quantity)),
                    sheet,
                )?;
            }
        }
        Ok(())
    }

    fn write_item(
        &self,
        (transaction, item, line_number): (u64, u64, u64),
        (order, line, quantity): (&Order, &Line, i64),
        sheet: &mut Sheet,
    ) -> anyhow::Result<()> {
        let product = &self.catalogue.products[line.product as usize];
        let price_cents = i64::from(product.price(order.placed.day).price_cents);
        let discount = i64::from(line.discount);
        sheet
            .id(ITEM, item)
            .id(TRANSACTION, transaction)
            .id(PRODUCT, u64::from(line.product) + 1);
        sheet
            .signed(quantity)
            .hundredths(price_cents)
            .hundredths(discount)
            .hundredths(money::line_total(quantity, price_cents, discount));
        sheet
            .number(line_number)
            .id(SUPPLIER, product.supplier.into());
        sheet.end_row()
    }

    fn write_shipment(
        &self,
        number: u64,
        shipment: u64,
        order: &Order,
        chunk: &mut Chunk<'_>,
    ) -> anyhow::Result<()> {
        let carrier = usize::from(order.carrier);
        let moments = [order.shipped, order.delivered];
        if order.shipment_count() == 0 {
            return Ok(());
        }
        for (release, known) in self.releases.changes(moments, order.late_days.into()) {
            let is_delivered = order.delivered <= known;
            let sheet = chunk.sheet(release, File::Shipments);
            sheet.id(TRANSACTION, number).id(SHIPMENT, shipment);
            sheet
                .text(&self.settings.carriers[carrier].name)
                .text(if is_delivered { "delivered" } else { "shipped" })
                .hundredths(self.carrier_costs_cents[carrier]);
            let delivered = if is_delivered {
                order.delivered
            } else {
                Moment::NEVER
            };
            sheet
                .timestamp(order.shipped, self.clock)
                .timestamp(delivered, self.clock)
                .timestamp(order.promised, self.clock);
            sheet.end_row()?;
        }
        Ok(())
    }

    fn write_movements(&self, sold: &Sold, chunk: &mut Chunk<'_>) -> anyhow::Result<()> {
        for (movement, number) in sold.movements.iter().zip(sold.numbers.movement + 1..) {
            let Movement {
                moment,
                product,
                location,
                kind,
                quantity,
            } = *movement;
            let Some(release) = self.releases.of(moment.day) else {
                continue;
            };
            let price = self.catalogue.products[product as usize].price(moment.day);
            let sheet = chunk.sheet(release, File::InventoryMovements);
            sheet.id(MOVEMENT, number);
            sheet
                .id(PRODUCT, u64::from(product) + 1)
                .id(STORE, store_number(location))
                .text(kind.name())
                .signed(quantity.into());
            sheet
                .hundredths(price.cost_cents.into())
                .timestamp(moment, self.clock);
            sheet.end_row()?;
        }
        Ok(())
    }

    /// What the order costs as far as is known by then.
    pub(super) fn amounts(&self, order: &Order, lines: &[Line], known: Moment) -> Amounts {
        let total_of = |line: &Line, quantity: i64| {
            let product = &self.catalogue.products[line.product as usize];
            let price_cents = i64::from(product.price(order.placed.day).price_cents);
            money::line_total(quantity, price_cents, line.discount.into())
        };
        let mut sum: i64 = lines
            .iter()
            .map(|line| total_of(line, line.quantity.into()))
            .sum();
        if let Some((line, quantity)) = order.returned_line(known) {
            sum += total_of(&lines[line], -i64::from(quantity));
        }
        let tax = percent_of(sum, self.tax_hundredths_pct);
        let shipping = if order.shipment_is_due() {
            self.shipping_fee_cents
        } else {
            0
        };
        Amounts {
            tax,
            shipping,
            total: sum + tax + shipping,
        }
    }
}

impl Order {
    /// Lines of the order, with the one that comes back.
    pub(crate) fn item_count(&self) -> u64 {
        u64::from(self.line_count) + u64::from(matches!(self.ending, Ending::PartlyReturned { .. }))
    }

    /// Parcels of the order.
    pub(crate) fn shipment_count(&self) -> u64 {
        u64::from(self.shipped.known().is_some())
    }

    /// Whether the customer pays for a parcel, even if it never leaves.
    fn shipment_is_due(&self) -> bool {
        self.promised.known().is_some()
    }
}

impl Block {
    /// The number of one of its orders.
    pub(crate) fn number_of(&self, order: &Order) -> u64 {
        let position = self
            .orders
            .partition_point(|it| it.first_line < order.first_line);
        self.first_order + position as u64 + 1
    }
}
