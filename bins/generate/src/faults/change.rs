//! How a value is damaged. None means that it cannot be, so that the fault goes elsewhere.

use rand::Rng;

use crate::money::line_total;
use crate::random::{any, below, between};

/// What people write where they have no number.
const WORDS: [&str; 4] = ["n/a", "unknown", "see note", "twelve"];
/// An é of Latin-1: in UTF-8 it would begin a character of three bytes.
const LATIN_1_LETTER: u8 = 0xe9;
const MASKED_DIGITS: usize = 4;
/// A century after the last one in which a shop may trade.
const WRONG_CENTURY: u64 = 22;

/// Any text but none.
pub(super) fn emptied(value: &str) -> Option<String> {
    (!value.is_empty()).then(String::new)
}

/// An id that nobody has, because ids end in a digit.
pub(super) fn unknown(id: &str) -> Option<String> {
    (!id.is_empty()).then(|| format!("{id}X"))
}

/// Another last digit, which keeps numbers numbers and times times.
pub(super) fn other_digit(value: &str) -> Option<String> {
    let at = value.rfind(|letter: char| letter.is_ascii_digit())?;
    let mut bytes = value.as_bytes().to_vec();
    bytes[at] = if bytes[at] == b'9' {
        b'0'
    } else {
        bytes[at] + 1
    };
    String::from_utf8(bytes).ok()
}

pub(super) fn other_text(value: &str) -> Option<String> {
    (!value.is_empty()).then(|| format!("{value} II"))
}

/// A number above 0 with a minus before it.
pub(super) fn negative(value: &str) -> Option<String> {
    let is_number = hundredths(value).is_some() || value.parse::<f64>().is_ok();
    let is_positive = is_number
        && !value.starts_with('-')
        && value.bytes().any(|byte| (b'1'..=b'9').contains(&byte));
    is_positive.then(|| format!("-{value}"))
}

/// A total that is too high by at least 1, and by half of it at most beyond 10.
pub(super) fn off(value: &str, rng: &mut impl Rng) -> Option<String> {
    let total = hundredths(value)?;
    let excess = between(rng, 100, 1_000 + total.unsigned_abs() / 2);
    Some(written(total.checked_add_unsigned(excess)?))
}

/// An amount above 0 in its hundredths.
pub(super) fn hundredfold(value: &str) -> Option<String> {
    let amount = hundredths(value).filter(|&amount| amount > 0)?;
    Some(written(amount.checked_mul(100)?))
}

pub(super) fn without_at(value: &str) -> Option<String> {
    value.contains('@').then(|| value.replace('@', ""))
}

/// The day before the month before the year; what follows stays.
pub(super) fn slash_date(value: &str) -> Option<String> {
    let (year, month, day, rest) = date_parts(value)?;
    Some(format!("{day}/{month}/{year}{rest}"))
}

/// The same day in a century to come, as a slip of the pen has it. The 29th of February becomes the
/// 28th, which every year has.
pub(super) fn years_ahead(value: &str) -> Option<String> {
    let (year, month, day, rest) = date_parts(value)?;
    let day = if (month, day) == ("02", "29") {
        "28"
    } else {
        day
    };
    let year = year.get(2..)?;
    Some(format!("{WRONG_CENTURY}{year}-{month}-{day}{rest}"))
}

/// The last digits hidden.
pub(super) fn masked(value: &str) -> Option<String> {
    let mut bytes = value.as_bytes().to_vec();
    let digits = bytes.iter_mut().rev().filter(|byte| byte.is_ascii_digit());
    let hidden = digits
        .take(MASKED_DIGITS)
        .map(|digit| *digit = b'x')
        .count();
    (hidden == MASKED_DIGITS).then(|| String::from_utf8(bytes).ok())?
}

pub(super) fn word(value: &str, rng: &mut impl Rng) -> Option<String> {
    (!value.is_empty()).then(|| any(rng, &WORDS).to_owned())
}

/// One letter in another encoding.
pub(super) fn latin_1(value: &[u8], rng: &mut impl Rng) -> Option<Vec<u8>> {
    let letters = || (0..value.len()).filter(|&at| value[at].is_ascii_alphabetic());
    let count = letters().count() as u64;
    let at = letters().nth(below(rng, count.max(1)) as usize)?;
    let mut bytes = value.to_vec();
    bytes[at] = LATIN_1_LETTER;
    Some(bytes)
}

/// Another address of the same mailbox's owner.
pub(super) fn other_email(value: &str) -> Option<String> {
    let (name, domain) = value.split_once('@')?;
    Some(format!("{name}.2@{domain}"))
}

/// `Anna` as `A.`
pub(super) fn initial(name: &str) -> Option<String> {
    let first = name.chars().next()?;
    (name.chars().count() > 2).then(|| format!("{first}."))
}

/// The id of the same form whose number is higher by so much.
pub(super) fn further_id(id: &str, by: u64) -> Option<String> {
    let digits = id.find(|letter: char| letter.is_ascii_digit())?;
    let (prefix, digits) = id.split_at(digits);
    let number = digits.parse::<u64>().ok()?.checked_add(by)?;
    let width = digits.len();
    Some(format!("{prefix}{number:0width$}"))
}

/// A line with one unit more: its quantity and the total that fits it.
pub(super) fn one_unit_more(
    quantity: &str,
    unit_price: &str,
    discount_percentage: &str,
) -> Option<(String, String)> {
    let quantity: i64 = quantity.parse().ok().filter(|&quantity| quantity != 0)?;
    // A line that takes back one unit takes back two then.
    let quantity = quantity + quantity.signum();
    let unit_price_cents = hundredths(unit_price)?;
    let total = line_total(quantity, unit_price_cents, hundredths(discount_percentage)?);
    Some((quantity.to_string(), written(total)))
}

/// A number with two decimals at most, in hundredths.
pub(super) fn hundredths(text: &str) -> Option<i64> {
    let (is_negative, digits) = match text.strip_prefix('-') {
        Some(digits) => (true, digits),
        None => (false, text),
    };
    let (whole, decimals) = digits.split_once('.').unwrap_or((digits, ""));
    let is_number = !whole.is_empty()
        && decimals.len() <= 2
        && whole
            .bytes()
            .chain(decimals.bytes())
            .all(|byte| byte.is_ascii_digit());
    if !is_number {
        return None;
    }
    let value: i64 = format!("{whole}{decimals:0<2}").parse().ok()?;
    Some(if is_negative { -value } else { value })
}

/// Hundredths as a number with two decimals.
fn written(hundredths: i64) -> String {
    let sign = if hundredths < 0 { "-" } else { "" };
    let (whole, decimals) = (
        hundredths.unsigned_abs() / 100,
        hundredths.unsigned_abs() % 100,
    );
    format!("{sign}{whole}.{decimals:02}")
}

/// Year, month, day and what follows them.
fn date_parts(value: &str) -> Option<(&str, &str, &str, &str)> {
    let (date, rest) = value.split_at_checked(10)?;
    let (year, date) = date.split_once('-')?;
    let (month, day) = date.split_once('-')?;
    let is_date = [(year, 4), (month, 2), (day, 2)]
        .iter()
        .all(|(part, width)| part.len() == *width && part.bytes().all(|it| it.is_ascii_digit()));
    is_date.then_some((year, month, day, rest))
}

#[cfg(test)]
mod tests {
    use rand::SeedableRng;
    use rand_chacha::ChaCha8Rng;

    use super::*;

    fn some(text: &str) -> Option<String> {
        Some(text.to_owned())
    }

    #[test]
    fn values_are_damaged_in_the_way_that_they_are_meant_to() {
        assert_eq!(unknown("TXN00016"), some("TXN00016X"));
        assert_eq!(other_digit("+1 212 555 0109"), some("+1 212 555 0100"));
        assert_eq!(
            other_digit("2025-03-09T14:03:22Z"),
            some("2025-03-09T14:03:23Z")
        );
        assert_eq!(negative("0.015"), some("-0.015"));
        assert_eq!(hundredfold("19.9"), some("1990.00"));
        assert_eq!(without_at("a@b.org"), some("ab.org"));
        assert_eq!(
            slash_date("2025-12-31 10:00:00"),
            some("31/12/2025 10:00:00")
        );
        assert_eq!(
            years_ahead("2024-02-29 10:00:00"),
            some("2224-02-28 10:00:00")
        );
        assert_eq!(years_ahead("1985-12-31"), some("2285-12-31"));
        assert_eq!(masked("+49 30 23125 678"), some("+49 30 2312x xxx"));
        assert_eq!(other_email("a.b7@c.org"), some("a.b7.2@c.org"));
        assert_eq!(initial("Élodie"), some("É."));
        assert_eq!(further_id("CUST0007", 1_000), some("CUST1007"));
        assert_eq!(further_id("CUST9999", 1_000), some("CUST10999"));
    }

    #[test]
    fn what_cannot_be_damaged_is_left_alone() {
        let mut rng = ChaCha8Rng::seed_from_u64(1);
        assert_eq!(emptied(""), None);
        assert_eq!(other_digit("none"), None);
        assert_eq!(negative("0.00"), None);
        assert_eq!(negative("-5"), None);
        assert_eq!(negative("Tea"), None);
        assert_eq!(hundredfold("-5.00"), None);
        assert_eq!(off("", &mut rng), None);
        assert_eq!(slash_date("31/12/2025"), None);
        assert_eq!(slash_date(""), None);
        assert_eq!(masked("123"), None);
        assert_eq!(initial("Jo"), None);
        assert_eq!(latin_1("17".as_bytes(), &mut rng), None);
        assert_eq!(one_unit_more("0", "1.00", "0.00"), None);
    }

    #[test]
    fn a_line_of_one_more_unit_has_the_total_that_fits_it() {
        let line = |quantity, price, discount| one_unit_more(quantity, price, discount);
        let both = |quantity: &str, total: &str| Some((quantity.to_owned(), total.to_owned()));

        assert_eq!(line("1", "19.99", "0.00"), both("2", "39.98"));
        assert_eq!(line("2", "19.99", "12.50"), both("3", "52.47"));
        assert_eq!(line("-1", "19.99", "0"), both("-2", "-39.98"));
    }

    #[test]
    fn a_wrong_total_is_too_high_by_one_at_least() {
        let mut rng = ChaCha8Rng::seed_from_u64(1);
        for _ in 0..1_000 {
            let total = off("0.05", &mut rng).and_then(|it| hundredths(&it));
            assert!((105..=1_007).contains(&total.expect("a number")));
        }
    }

    #[test]
    fn a_letter_of_latin_1_is_no_utf_8() {
        let mut rng = ChaCha8Rng::seed_from_u64(1);
        for value in ["Ada", "Île-de-France", "5 Elm Road, Apt. 2"] {
            let bytes = latin_1(value.as_bytes(), &mut rng).expect("a letter");
            assert_eq!(bytes.len(), value.len());
            assert!(std::str::from_utf8(&bytes).is_err());
        }
    }
}
