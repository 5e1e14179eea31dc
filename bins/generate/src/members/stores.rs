//! Stores, their managers and sales representatives, and what each store carries.

use chrono::{Days, NaiveDate};
use fake::Fake as _;
use fake::faker::name::en::{FirstName, LastName};
use rand::Rng;

use crate::calendar;
use crate::ids::{REPRESENTATIVE, STORE};
use crate::members::places::by_customers;
use crate::members::{Address, Catalogue};
use crate::output::{Chunk, File, Releases, push_number};
use crate::random::{Chance, Stream, Weighted, any, below, between, block_rng, mix};
use crate::settings::Settings;
use crate::time::{Clock, Moment};

/// The web shop and the marketplaces are the first two stores.
const ONLINE: u16 = 0;
const MARKETPLACE: u16 = 1;
const FIRST_OF_STONE: u16 = 2;
/// Every so many stores of stone one is an outlet.
const STORES_PER_OUTLET: u16 = 4;
const REPRESENTATIVES_PER_STORE: u16 = 3;
const NEW_MANAGER_PCT: f64 = 30.0;
const OPENED_DAYS: (u64, u64) = (400, 4_000);
const COMMISSION_RATES: [&str; 4] = ["0.010", "0.015", "0.020", "0.025"];
/// Sales regions of the countries in which the shop trades.
const REGIONS: [(&str, &str); 7] = [
    ("United States", "North America"),
    ("Canada", "North America"),
    ("United Kingdom", "Europe"),
    ("Germany", "Europe"),
    ("France", "Europe"),
    ("India", "Asia Pacific"),
    ("Australia", "Asia Pacific"),
];

#[derive(Debug)]
struct Store {
    name: String,
    kind: &'static str,
    address: Address,
    manager: String,
    /// Takes over from the manager.
    successor: String,
    succeeded: Moment,
    opened: NaiveDate,
    updated_at: Moment,
}

#[derive(Debug)]
struct Representative {
    first_name: &'static str,
    last_name: &'static str,
    region: &'static str,
    commission_rate: &'static str,
    updated_at: Moment,
}

/// The shop's stores; position 0 is store number 1.
#[derive(Debug)]
pub(crate) struct Stores {
    stores: Vec<Store>,
    representatives: Vec<Representative>,
    /// Channels as weights: the web shop, marketplaces, stores of stone.
    channels: Weighted,
}

impl Stores {
    pub(crate) fn new(settings: &Settings) -> Self {
        let mut rng = block_rng(settings.seed, Stream::Stores, 0);
        let cities = by_customers();
        let stone_count = settings.store_count() as u16;
        let stores: Vec<Store> = (0..FIRST_OF_STONE + stone_count)
            .map(|store| draw_store(store, &cities, settings, &mut rng))
            .collect();
        let representatives = (0..stone_count * REPRESENTATIVES_PER_STORE)
            .map(|number| {
                let store = FIRST_OF_STONE + number / REPRESENTATIVES_PER_STORE;
                Representative {
                    first_name: FirstName().fake_with_rng(&mut rng),
                    last_name: LastName().fake_with_rng(&mut rng),
                    region: region(stores[usize::from(store)].address),
                    commission_rate: any(&mut rng, &COMMISSION_RATES),
                    updated_at: stores[usize::from(store)].updated_at,
                }
            })
            .collect();
        Self {
            stores,
            representatives,
            channels: Weighted::new(settings.channel_pct().map(|pct| (pct * 1e6) as u64)),
        }
    }

    /// The store of an order.
    pub(crate) fn pick(&self, rng: &mut impl Rng) -> u16 {
        match self.channels.pick(rng) {
            0 => ONLINE,
            1 => MARKETPLACE,
            _ => {
                let stone_count = self.stores.len() as u64 - u64::from(FIRST_OF_STONE);
                FIRST_OF_STONE + below(rng, stone_count) as u16
            }
        }
    }

    /// Who sells in that store; nobody does on the web.
    pub(crate) fn pick_representative(store: u16, rng: &mut impl Rng) -> u16 {
        let first = (store - FIRST_OF_STONE) * REPRESENTATIVES_PER_STORE;
        first + below(rng, u64::from(REPRESENTATIVES_PER_STORE)) as u16
    }

    /// Places where stock is kept: the web shop's, from which marketplaces are served, too, and
    /// each store of stone.
    pub(crate) fn location_count(&self) -> usize {
        self.stores.len() - 1
    }

    /// Writes the stores and their people.
    pub(crate) fn write(
        &self,
        releases: &Releases,
        clock: &Clock,
        chunk: &mut Chunk<'_>,
    ) -> anyhow::Result<()> {
        for (store, number) in self.stores.iter().zip(1..) {
            for (release, horizon) in releases.changes([store.updated_at, store.succeeded], 0) {
                let (manager, updated_at) = if store.succeeded <= horizon {
                    (&store.successor, store.succeeded)
                } else {
                    (&store.manager, store.updated_at)
                };
                let place = store.address.place();
                let sheet = chunk.sheet(release, File::Stores);
                sheet
                    .id(STORE, number)
                    .text(&store.name)
                    .text(store.kind)
                    .text(manager);
                sheet
                    .text(place.city)
                    .text(place.state)
                    .text(place.country.name);
                sheet.text(region(store.address)).date(store.opened);
                sheet.timestamp(updated_at, clock).end_row()?;
            }
        }
        let sheet = chunk.sheet(0, File::SalesRepresentatives);
        for (person, number) in self.representatives.iter().zip(1..) {
            sheet.id(REPRESENTATIVE, number);
            sheet.formatted(|out| {
                out.extend_from_slice(person.first_name.as_bytes());
                out.push(b' ');
                out.extend_from_slice(person.last_name.as_bytes());
            });
            sheet.formatted(|out| {
                out.extend_from_slice(b"sales");
                push_number(out, number, 3);
                out.extend_from_slice(b"@example.com");
            });
            sheet.text(person.region).text(person.commission_rate);
            sheet.timestamp(person.updated_at, clock).end_row()?;
        }
        Ok(())
    }
}

/// Whether orders of that store leave by parcel.
pub(crate) fn ships(store: u16) -> bool {
    store < FIRST_OF_STONE
}

/// Whether that store is the web shop.
pub(crate) fn is_online(store: u16) -> bool {
    store == ONLINE
}

/// Where the goods of a store lie.
pub(crate) fn location(store: u16) -> u16 {
    store.saturating_sub(1)
}

/// The number of the store that keeps the stock of a location.
pub(crate) fn store_number(location: u16) -> u64 {
    let store = if location == 0 { ONLINE } else { location + 1 };
    u64::from(store) + 1
}

/// Whether a product is kept at that location: everything is in the web shop's.
pub(crate) fn is_carried(
    catalogue: &Catalogue,
    product: u32,
    location: u16,
    carried: Chance,
) -> bool {
    // The first product is kept everywhere, so that no store is without anything to sell.
    let carried_as = catalogue.products[product as usize].carried_as;
    if location == 0 || product == 0 || carried_as == 0 {
        return true;
    }
    let shelf = u64::from(carried_as) << 16 | u64::from(location);
    carried.takes(mix(catalogue.seed ^ mix(shelf)))
}

fn region(address: Address) -> &'static str {
    let country = address.place().country.name;
    REGIONS
        .iter()
        .find(|(name, _)| *name == country)
        .map_or("International", |(_, region)| region)
}

fn draw_store(store: u16, cities: &Weighted, settings: &Settings, rng: &mut impl Rng) -> Store {
    let address = Address::draw(rng, cities);
    let kind = match store {
        ONLINE => "online",
        MARKETPLACE => "marketplace",
        _ if store.is_multiple_of(STORES_PER_OUTLET) => "outlet",
        _ => "retail",
    };
    let name = match store {
        ONLINE => "Web shop".to_owned(),
        MARKETPLACE => "Marketplaces".to_owned(),
        _ => format!("{} {}", address.place().city, store - FIRST_OF_STONE + 1),
    };
    let mut person = || {
        let first_name: &str = FirstName().fake_with_rng(rng);
        let last_name: &str = LastName().fake_with_rng(rng);
        format!("{first_name} {last_name}")
    };
    let (manager, successor) = (person(), person());
    let age = between(rng, OPENED_DAYS.0, OPENED_DAYS.1);
    let succession = Moment::new(
        below(rng, settings.day_count()) as i32,
        calendar::office_time(rng),
    );
    Store {
        name,
        kind,
        address,
        manager,
        successor,
        succeeded: if Chance::percent(NEW_MANAGER_PCT).hits(rng) {
            succession
        } else {
            Moment::NEVER
        },
        opened: settings.start_date - Days::new(age),
        updated_at: Moment::new(-(between(rng, 1, 365) as i32), calendar::office_time(rng)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Goal: no store is without anything to sell, and pairs are carried together.
    #[test]
    fn the_first_product_and_both_of_a_pair_are_carried() {
        for seed in 0..60 {
            let mut settings = Settings::of_size(1_000);
            settings.seed = seed;
            settings.products.count = Some(50);
            let catalogue = Catalogue::new(&settings);
            let carried = Chance::percent(1.0);
            for location in 0..6 {
                assert!(is_carried(&catalogue, 0, location, carried));
                for first in 0..50 {
                    if let Some(second) = catalogue.partner(first) {
                        assert_eq!(
                            is_carried(&catalogue, first, location, carried),
                            is_carried(&catalogue, second, location, carried)
                        );
                    }
                }
            }
        }
    }
}
