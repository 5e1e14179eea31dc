//! Addresses, kept small: their text is made anew whenever it is written.

use fake::Fake as _;
use fake::faker::address::en::StreetName;
use rand::Rng;

use crate::members::places::{PLACES, Place, fill_pattern};
use crate::output::{Sheet, push_number};
use crate::random::{Chance, Stream, Weighted, below, between, block_rng};

/// Streets are drawn from a list, because making up a name for each address is slow.
const STREET_COUNT: u16 = 4_000;
const HOUSE_NUMBER_MAX: u64 = 999;
const WITH_APARTMENT_PCT: f64 = 20.0;

/// Where parcels and bills go.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Address {
    pub(crate) place: u8,
    /// 0 for a house of one flat.
    apartment: u8,
    house: u16,
    street: u16,
    postal_entropy: u32,
}

impl Address {
    pub(crate) fn draw(rng: &mut impl Rng, cities: &Weighted) -> Self {
        let has_apartment = Chance::percent(WITH_APARTMENT_PCT).hits(rng);
        Self {
            place: cities.pick(rng) as u8,
            apartment: if has_apartment {
                between(rng, 1, 99) as u8
            } else {
                0
            },
            house: between(rng, 1, HOUSE_NUMBER_MAX) as u16,
            street: below(rng, u64::from(STREET_COUNT)) as u16,
            postal_entropy: rng.next_u32(),
        }
    }

    pub(crate) fn place(&self) -> &'static Place {
        &PLACES[usize::from(self.place)]
    }

    pub(crate) fn write_postal_code(&self, sheet: &mut Sheet) {
        let entropy = u64::from(self.postal_entropy);
        sheet.formatted(|out| fill_pattern(self.place().postal_pattern, entropy, out));
    }

    /// House, street and flat as one value.
    pub(crate) fn write_street(&self, streets: &[String], sheet: &mut Sheet) {
        sheet.formatted(|out| {
            push_number(out, u64::from(self.house), 1);
            out.push(b' ');
            out.extend_from_slice(streets[usize::from(self.street)].as_bytes());
            if self.apartment > 0 {
                out.extend_from_slice(b", Apt. ");
                push_number(out, u64::from(self.apartment), 1);
            }
        });
    }

    /// City, state, postal code and country as four values.
    pub(crate) fn write_location(&self, sheet: &mut Sheet) {
        let place = self.place();
        sheet.text(place.city).text(place.state);
        self.write_postal_code(sheet);
        sheet.text(place.country.name);
    }
}

/// The streets of all cities.
pub(super) fn streets(seed: u64) -> Vec<String> {
    let mut rng = block_rng(seed, Stream::Streets, 0);
    (0..STREET_COUNT)
        .map(|_| StreetName().fake_with_rng(&mut rng))
        .collect()
}
