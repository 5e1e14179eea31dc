//! Customers in the order in which they registered, and how often each of them buys.

use std::io::Write;

use chrono::{Days, Months, NaiveDate};
use fake::Fake as _;
use fake::faker::address::en::StreetName;
use fake::faker::name::en::{FirstName, LastName};
use rand::Rng;

use crate::ids::CUSTOMER;
use crate::places::{self, PLACES, Place, fill_pattern};
use crate::random::{Stream, Weighted, any, below, between, block_rng, chance};
use crate::settings::Settings;
use crate::sheet::{Sheet, push_number};
use crate::{BLOCK_ROWS, calendar};

/// The columns of `customers.csv`.
pub(crate) const COLUMNS: [&str; 15] = [
    "customer_id",
    "first_name",
    "last_name",
    "email",
    "phone",
    "registration_date",
    "city",
    "state",
    "country",
    "age_group",
    "birth_date",
    "gender",
    "segment",
    "postal_code",
    "updated_at",
];

/// So many had registered before the first day of trade, in percent.
const EARLIER_PCT: u64 = 55;
/// They did so within this many days.
const EARLIER_DAYS: u64 = 3 * 365;
/// Age at registration in years, and how frequent it is.
const AGES: [((u64, u64), u64); 5] = [
    ((18, 25), 20),
    ((26, 35), 30),
    ((36, 45), 24),
    ((46, 60), 18),
    ((61, 84), 8),
];
const GENDERS: [(&str, u64); 3] = [("Female", 50), ("Male", 48), ("Other", 2)];
const SEGMENTS: [(&str, u64); 3] = [("Consumer", 76), ("Small Business", 16), ("Corporate", 8)];
/// Reserved for examples: nobody receives mail there.
const MAIL_DOMAINS: [&str; 3] = ["example.com", "example.net", "example.org"];
/// Streets are drawn from a list, because making up a name for each address is slow.
const STREET_COUNT: u16 = 4_000;
const HOUSE_NUMBER_MAX: u64 = 999;
const WITH_APARTMENT_PCT: u64 = 20;
/// The most loyal customers buy so many times as often as the least loyal.
const LOYALTY_RANGE: u64 = 40;

/// Where parcels and bills go; the text is made anew whenever it is written.
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
        let has_apartment = chance(rng, WITH_APARTMENT_PCT);
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

    pub(crate) fn postal_code(&self, out: &mut Vec<u8>) {
        fill_pattern(
            self.place().postal_pattern,
            u64::from(self.postal_entropy),
            out,
        );
    }

    pub(crate) fn street_line(&self, streets: &[String], out: &mut Vec<u8>) {
        out.clear();
        push_number(out, u64::from(self.house), 1);
        out.push(b' ');
        out.extend_from_slice(streets[usize::from(self.street)].as_bytes());
        if self.apartment > 0 {
            out.extend_from_slice(b", Apt. ");
            push_number(out, u64::from(self.apartment), 1);
        }
    }
}

/// What an order needs to know of a customer.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Customer {
    registered: NaiveDate,
    pub(crate) address: Address,
}

/// The shop's customers by registration date; position 0 is customer number 1.
#[derive(Debug)]
pub(crate) struct Customers {
    pub(crate) people: Vec<Customer>,
    pub(crate) loyalty: Weighted,
    pub(crate) streets: Vec<String>,
}

impl Customers {
    /// How many had registered before that day; at least 1 on every day of trade.
    pub(crate) fn count_before(&self, date: NaiveDate) -> usize {
        self.people
            .partition_point(|customer| customer.registered < date)
    }
}

/// Makes the customers block by block.
#[derive(Debug)]
pub(crate) struct CustomersWriter {
    seed: u64,
    end_date: NaiveDate,
    registrations: Vec<NaiveDate>,
    people: Vec<Customer>,
    cities: Weighted,
    ages: Weighted,
    genders: Weighted,
    segments: Weighted,
    text: Vec<u8>,
}

impl CustomersWriter {
    pub(crate) fn new(settings: &Settings) -> Self {
        let registrations = registrations(settings);
        Self {
            seed: settings.seed,
            end_date: settings.end_date,
            people: Vec::with_capacity(registrations.len()),
            registrations,
            cities: places::by_customers(),
            ages: Weighted::new(AGES.map(|(_, weight)| weight)),
            genders: Weighted::new(GENDERS.map(|(_, weight)| weight)),
            segments: Weighted::new(SEGMENTS.map(|(_, weight)| weight)),
            text: Vec::new(),
        }
    }

    pub(crate) fn block_count(&self) -> u64 {
        (self.registrations.len() as u64).div_ceil(BLOCK_ROWS)
    }

    /// Writes one block; call it for each block in order.
    pub(crate) fn write_block(
        &mut self,
        block: u64,
        sheet: &mut Sheet<impl Write>,
    ) -> anyhow::Result<()> {
        let mut rng = block_rng(self.seed, Stream::Customers, block);
        let first = block * BLOCK_ROWS;
        for index in first..(self.registrations.len() as u64).min(first + BLOCK_ROWS) {
            self.write_customer(index, &mut rng, sheet)?;
        }
        Ok(())
    }

    pub(crate) fn finish(self) -> Customers {
        let mut loyalty_rng = block_rng(self.seed, Stream::Loyalty, 0);
        let loyalty = self
            .people
            .iter()
            .map(|_| 1_000 / between(&mut loyalty_rng, 1, LOYALTY_RANGE));
        let loyalty = Weighted::new(loyalty);
        let mut street_rng = block_rng(self.seed, Stream::Streets, 0);
        let streets = (0..STREET_COUNT)
            .map(|_| StreetName().fake_with_rng(&mut street_rng))
            .collect();
        Customers {
            people: self.people,
            loyalty,
            streets,
        }
    }

    fn write_customer(
        &mut self,
        index: u64,
        rng: &mut impl Rng,
        sheet: &mut Sheet<impl Write>,
    ) -> anyhow::Result<()> {
        let registered = self.registrations[index as usize];
        let address = Address::draw(rng, &self.cities);
        let place = address.place();
        let first_name: &str = FirstName().fake_with_rng(rng);
        let last_name: &str = LastName().fake_with_rng(rng);
        let birth_date = self.draw_birth_date(registered, rng);
        let age = self.end_date.years_since(birth_date).unwrap_or_default();

        sheet
            .id(CUSTOMER.prefix, CUSTOMER.width, index + 1)
            .text(first_name)
            .text(last_name);
        let domain = any(rng, &MAIL_DOMAINS);
        write_email(first_name, last_name, index + 1, domain, &mut self.text);
        sheet.bytes(&self.text);
        fill_pattern(place.phone_pattern, rng.next_u64(), &mut self.text);
        sheet.bytes(&self.text).date(registered);
        sheet
            .text(place.city)
            .text(place.state)
            .text(place.country.name);
        sheet.text(age_group(age)).date(birth_date);
        sheet
            .text(GENDERS[self.genders.pick(rng)].0)
            .text(SEGMENTS[self.segments.pick(rng)].0);
        address.postal_code(&mut self.text);
        sheet
            .bytes(&self.text)
            .timestamp(registered, calendar::office_time(rng));
        sheet.end_row()?;

        self.people.push(Customer {
            registered,
            address,
        });
        Ok(())
    }

    /// Everybody is of age when they register.
    fn draw_birth_date(&self, registered: NaiveDate, rng: &mut impl Rng) -> NaiveDate {
        let (youngest, oldest) = AGES[self.ages.pick(rng)].0;
        let years = between(rng, youngest, oldest) as u32;
        registered - Months::new(12 * years) - Days::new(below(rng, 365))
    }
}

/// Registration dates in order; the first is before the first day of trade, so that every order
/// finds somebody who was there.
fn registrations(settings: &Settings) -> Vec<NaiveDate> {
    let mut rng = block_rng(settings.seed, Stream::Registrations, 0);
    let start = settings.start_date;
    let trade_days = (settings.end_date - start).num_days().unsigned_abs() + 1;
    let mut dates: Vec<NaiveDate> = (0..settings.customer_count())
        .map(|index| {
            if index == 0 || chance(&mut rng, EARLIER_PCT) {
                start - Days::new(between(&mut rng, 1, EARLIER_DAYS))
            } else {
                start + Days::new(below(&mut rng, trade_days))
            }
        })
        .collect();
    dates.sort_unstable();
    dates
}

/// Unique, because it ends in the customer's number and names have no digits.
fn write_email(first_name: &str, last_name: &str, number: u64, domain: &str, out: &mut Vec<u8>) {
    let letters = |name: &str, out: &mut Vec<u8>| {
        out.extend(
            name.bytes()
                .filter(u8::is_ascii_alphabetic)
                .map(|byte| byte.to_ascii_lowercase()),
        );
    };
    out.clear();
    letters(first_name, out);
    out.push(b'.');
    letters(last_name, out);
    push_number(out, number, 1);
    out.push(b'@');
    out.extend_from_slice(domain.as_bytes());
}

fn age_group(age_years: u32) -> &'static str {
    match age_years {
        ..=25 => "18-25",
        26..=35 => "26-35",
        36..=45 => "36-45",
        46..=60 => "46-60",
        61.. => "60+",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_email_has_only_what_an_address_may_have() {
        let mut out = Vec::new();
        write_email("Anna-Lee", "O'Conner", 17, "example.com", &mut out);

        assert_eq!(out, b"annalee.oconner17@example.com");
    }

    #[test]
    fn age_groups_join_without_a_gap() {
        let groups = [18, 25, 26, 35, 36, 45, 46, 60, 61, 100].map(age_group);

        assert_eq!(
            groups,
            [
                "18-25", "18-25", "26-35", "26-35", "36-45", "36-45", "46-60", "46-60", "60+",
                "60+"
            ]
        );
    }

    #[test]
    fn somebody_is_registered_before_the_first_day() {
        for seed in 0..50 {
            let settings = Settings {
                seed,
                customers: Some(1),
                ..Settings::default()
            };
            assert!(registrations(&settings)[0] < settings.start_date);
        }
    }

    #[test]
    fn an_address_is_always_written_alike() {
        let mut rng = block_rng(3, Stream::Customers, 0);
        let address = Address::draw(&mut rng, &places::by_customers());
        let (mut once, mut twice) = (Vec::new(), Vec::new());
        address.postal_code(&mut once);
        address.postal_code(&mut twice);

        assert_eq!(once, twice);
    }
}
