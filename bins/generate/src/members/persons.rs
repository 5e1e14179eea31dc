//! What is written of customers and of no use to anything else: names, ages, addresses of mail.

use chrono::{Days, Months, NaiveDate};
use fake::Fake as _;
use fake::faker::name::en::{FirstName, LastName};
use rand::Rng;

use crate::calendar;
use crate::ids::CUSTOMER;
use crate::members::addresses::Address;
use crate::members::places::fill_pattern;
use crate::output::{Sheet, push_number};
use crate::random::{Weighted, any, below, between};
use crate::time::{Clock, Moment};

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

/// Draws persons, whose ages are told as of the last day of trade.
#[derive(Debug)]
pub(super) struct Persons {
    end_date: NaiveDate,
    ages: Weighted,
    genders: Weighted,
    segments: Weighted,
}

impl Persons {
    pub(super) fn new(end_date: NaiveDate) -> Self {
        Self {
            end_date,
            ages: Weighted::new(AGES.map(|(_, weight)| weight)),
            genders: Weighted::new(GENDERS.map(|(_, weight)| weight)),
            segments: Weighted::new(SEGMENTS.map(|(_, weight)| weight)),
        }
    }

    /// A person who registered on that day.
    pub(super) fn draw(&self, registered: i32, clock: &Clock, rng: &mut impl Rng) -> Person {
        // Everybody is of age when they register.
        let (youngest, oldest) = AGES[self.ages.pick(rng)].0;
        let years = between(rng, youngest, oldest) as u32;
        let registered_on = clock.date(registered);
        let birth_date = registered_on - Months::new(12 * years) - Days::new(below(rng, 365));
        let age = self.end_date.years_since(birth_date).unwrap_or_default();
        Person {
            first_name: FirstName().fake_with_rng(rng),
            last_name: LastName().fake_with_rng(rng),
            mail_domain: any(rng, &MAIL_DOMAINS),
            phone_entropy: rng.next_u64(),
            birth_date,
            age_group: age_group(age),
            gender: GENDERS[self.genders.pick(rng)].0,
            segment: SEGMENTS[self.segments.pick(rng)].0,
            registered_at: calendar::office_time(rng),
            moved_at: calendar::office_time(rng),
            deleted_at: calendar::office_time(rng),
        }
    }
}

/// One person.
pub(super) struct Person {
    first_name: &'static str,
    last_name: &'static str,
    mail_domain: &'static str,
    phone_entropy: u64,
    birth_date: NaiveDate,
    age_group: &'static str,
    gender: &'static str,
    segment: &'static str,
    pub(super) registered_at: u32,
    pub(super) moved_at: u32,
    pub(super) deleted_at: u32,
}

impl Person {
    /// All values but the last one, `updated_at`.
    pub(super) fn write(
        &self,
        number: u64,
        registered: Moment,
        home: Address,
        sheet: &mut Sheet,
        clock: &Clock,
    ) {
        let place = home.place();
        sheet
            .id(CUSTOMER, number)
            .text(self.first_name)
            .text(self.last_name);
        sheet.formatted(|out| {
            write_email(
                self.first_name,
                self.last_name,
                number,
                self.mail_domain,
                out,
            );
        });
        sheet.formatted(|out| fill_pattern(place.phone_pattern, self.phone_entropy, out));
        sheet.day(registered.day, clock);
        sheet
            .text(place.city)
            .text(place.state)
            .text(place.country.name);
        sheet.text(self.age_group).date(self.birth_date);
        sheet.text(self.gender).text(self.segment);
        home.write_postal_code(sheet);
    }
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
}
