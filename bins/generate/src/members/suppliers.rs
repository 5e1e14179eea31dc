//! Suppliers, and how long each of them takes to deliver.

use fake::Fake as _;
use fake::faker::company::en::CompanyName;

use crate::calendar;
use crate::ids::SUPPLIER;
use crate::members::Address;
use crate::members::places::by_customers;
use crate::output::{Chunk, File};
use crate::random::{Stream, between, block_rng};
use crate::settings::Settings;
use crate::time::{Clock, Moment};

/// Contracts with suppliers were last changed within this many days before the first day of trade.
const CONTRACT_AGE_DAYS: u64 = 365;

#[derive(Debug)]
struct Supplier {
    name: String,
    address: Address,
    lead_time_days: u32,
    updated_at: Moment,
}

/// The shop's suppliers; position 0 is supplier number 1.
#[derive(Debug)]
pub(crate) struct Suppliers(Vec<Supplier>);

impl Suppliers {
    pub(crate) fn new(settings: &Settings) -> Self {
        let mut rng = block_rng(settings.seed, Stream::Suppliers, 0);
        let cities = by_customers();
        let [shortest, longest] = settings.stock.lead_time_days;
        let suppliers = (0..settings.supplier_count())
            .map(|_| Supplier {
                name: CompanyName().fake_with_rng(&mut rng),
                address: Address::draw(&mut rng, &cities),
                lead_time_days: between(&mut rng, shortest, longest) as u32,
                updated_at: Moment::new(
                    -(between(&mut rng, 1, CONTRACT_AGE_DAYS) as i32),
                    calendar::office_time(&mut rng),
                ),
            })
            .collect();
        Self(suppliers)
    }

    /// Days from a purchase to its arrival; suppliers are numbered from 1.
    pub(crate) fn lead_time_days(&self, supplier: u32) -> u32 {
        self.0[supplier as usize - 1].lead_time_days
    }

    pub(crate) fn write(&self, clock: &Clock, chunk: &mut Chunk<'_>) -> anyhow::Result<()> {
        let sheet = chunk.sheet(0, File::Suppliers);
        for (supplier, number) in self.0.iter().zip(1..) {
            let place = supplier.address.place();
            sheet.id(SUPPLIER, number).text(&supplier.name);
            sheet
                .text(place.city)
                .text(place.state)
                .text(place.country.name);
            sheet.number(supplier.lead_time_days.into());
            sheet.timestamp(supplier.updated_at, clock).end_row()?;
        }
        Ok(())
    }
}
