//! Which numbers a text may be, under every usual pair of marks.
//!
//! Invariant: nothing is chosen here. `1,234` fits both as a thousand and as a fraction; only all
//! values of a column, or of the whole file, can tell.

/// Between the whole and the broken part, and between groups of three digits.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Marks {
    /// Between the whole and the broken part.
    pub decimal: char,
    /// Between groups of three digits.
    pub thousands: Option<char>,
}

/// Pairs that are tried, the most usual first; a set of them is a set of bits in this order.
pub(crate) const MARKS: [Marks; 10] = [
    marks('.', None),
    marks(',', None),
    marks('.', Some(',')),
    marks(',', Some('.')),
    marks(',', Some(' ')),
    marks('.', Some(' ')),
    marks(',', Some('\u{a0}')),
    marks(',', Some('\u{202f}')),
    marks('.', Some('\'')),
    marks('.', Some('\u{2019}')),
];

/// All of [`MARKS`].
pub(crate) const ALL_MARKS: u16 = (1 << MARKS.len()) - 1;

/// Signs and codes of currencies, longer ones before their own ends.
const CURRENCY_SIGNS: [&str; 20] = [
    "US$", "R$", "A$", "C$", "$", "€", "£", "¥", "₹", "₽", "₺", "zł", "Kč", "kr", "EUR", "USD",
    "GBP", "CHF", "BRL", "PLN",
];

const fn marks(decimal: char, thousands: Option<char>) -> Marks {
    Marks { decimal, thousands }
}

/// A text that is a number under some marks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Number {
    /// The [`MARKS`] under which it is one.
    pub fits: u16,
    /// Those under which it has no broken part.
    pub whole: u16,
    /// Its digits.
    pub digits: usize,
    /// It begins with a zero that a number would lose.
    pub has_leading_zero: bool,
    /// It begins with a plus sign, as telephone numbers do.
    pub has_plus: bool,
    /// The sign or code of a currency beside it.
    pub currency: Option<&'static str>,
    /// A percent sign stands behind it.
    pub is_percent: bool,
}

impl Number {
    /// The number that a text may be; `None` when it is none under any marks.
    pub(crate) fn read(text: &str) -> Option<Self> {
        // Most texts are no numbers, and nearly all numbers begin so.
        let first = text.chars().next()?;
        if first.is_ascii_alphabetic()
            && !first.is_ascii_uppercase()
            && first != 'z'
            && first != 'k'
        {
            return None;
        }
        let (text, is_percent) = match text.strip_suffix('%') {
            Some(rest) => (rest.trim_end(), true),
            None => (text, false),
        };
        let (text, sign_before) = strip_sign(text);
        let (text, currency) = strip_currency(text);
        let (text, sign_after) = if sign_before.is_none() && currency.is_some() {
            strip_sign(text)
        } else {
            (text, None)
        };
        if !text.starts_with(|it: char| it.is_ascii_digit()) {
            return None;
        }
        let (fits, whole) = fit_all(text);
        let bytes = text.as_bytes();
        (fits != 0).then(|| Self {
            fits,
            whole,
            digits: bytes.iter().filter(|it| it.is_ascii_digit()).count(),
            has_leading_zero: bytes[0] == b'0' && bytes.get(1).is_some_and(u8::is_ascii_digit),
            has_plus: sign_before.or(sign_after) == Some('+'),
            currency,
            is_percent,
        })
    }
}

fn strip_sign(text: &str) -> (&str, Option<char>) {
    let sign = text.chars().next().filter(|it| matches!(it, '+' | '-'));
    (&text[sign.map_or(0, char::len_utf8)..], sign)
}

fn strip_currency(text: &str) -> (&str, Option<&'static str>) {
    for sign in CURRENCY_SIGNS {
        if let Some(rest) = text.strip_prefix(sign) {
            return (rest.trim_start(), Some(sign));
        }
        if let Some(rest) = text.strip_suffix(sign) {
            return (rest.trim_end(), Some(sign));
        }
    }
    (text, None)
}

fn fit_all(text: &str) -> (u16, u16) {
    if text.bytes().all(|it| it.is_ascii_digit()) {
        return (ALL_MARKS, ALL_MARKS);
    }
    let (mut fits, mut whole) = (0, 0);
    for (index, marks) in MARKS.iter().enumerate() {
        if let Some(is_whole) = fit(text, *marks) {
            fits |= 1 << index;
            whole |= u16::from(is_whole) << index;
        }
    }
    (fits, whole)
}

/// Whether the text is a whole number under these marks; `None` when it is no number.
fn fit(text: &str, marks: Marks) -> Option<bool> {
    let all_digits = |part: &str| !part.is_empty() && part.bytes().all(|it| it.is_ascii_digit());
    let (whole, fraction) = match text.split_once(marks.decimal) {
        Some((whole, fraction)) => (whole, Some(fraction)),
        None => (text, None),
    };
    if fraction.is_some_and(|it| !all_digits(it)) {
        return None;
    }
    let mut groups = whole.split(|it| Some(it) == marks.thousands);
    let first = groups.next().unwrap_or_default();
    let rest: Vec<&str> = groups.collect();
    let is_grouped = rest.iter().all(|it| it.len() == 3 && all_digits(it));
    // Nobody groups the digits of a number below one: `0,125` is a fraction.
    let may_be_grouped = first.len() <= 3 && !first.starts_with('0');
    let first_fits = all_digits(first) && (rest.is_empty() || may_be_grouped);
    (first_fits && is_grouped).then_some(fraction.is_none())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn marks_of(text: &str) -> Vec<(char, Option<char>)> {
        let fits = Number::read(text).map_or(0, |it| it.fits);
        let alive = (0..MARKS.len()).filter(|it| fits >> it & 1 == 1);
        alive
            .map(|it| (MARKS[it].decimal, MARKS[it].thousands))
            .collect()
    }

    #[test]
    fn a_number_fits_exactly_the_marks_that_it_may_be_written_with() {
        assert_eq!(marks_of("1.234,50"), [(',', Some('.'))]);
        assert_eq!(marks_of("1,234.50"), [('.', Some(','))]);
        assert_eq!(marks_of("1 234,5"), [(',', Some(' '))]);
        assert_eq!(marks_of("1'234.5"), [('.', Some('\''))]);
        assert_eq!(marks_of("1,234,567"), [('.', Some(','))]);
        assert!(marks_of("1,234").contains(&(',', None)));
        assert!(marks_of("1,234").contains(&('.', Some(','))));
        assert_eq!(marks_of("12").len(), MARKS.len());
        assert_eq!(marks_of("0,125"), marks_of("0,1250"));
        assert!(!marks_of("1234.5").contains(&(',', Some('.'))));
    }

    #[test]
    fn whole_depends_on_the_marks() {
        let number = Number::read("1,234").expect("a number");
        assert_eq!(number.whole & 0b10, 0, "a decimal comma");
        assert_eq!(number.whole & 0b100, 0b100, "a mark of thousands");
    }

    #[test]
    fn what_is_no_number_is_none() {
        for text in [
            "",
            "-",
            "1.2.3",
            "1e5",
            "12a",
            "1,23,456",
            ".5",
            "5.",
            "--1",
            "0x1F",
            "NaN",
            "1 2",
            "2018-01-02",
            "10:15",
            "€",
            "MG-8769",
            "$ ",
            "%",
        ] {
            assert_eq!(Number::read(text), None, "{text}");
        }
    }

    #[test]
    fn signs_beside_a_number_are_told() {
        let number = |text| Number::read(text).expect("a number");
        assert_eq!(number("$74.69").currency, Some("$"));
        assert_eq!(number("R$ 1,5").currency, Some("R$"));
        assert_eq!(number("-12,50 €").currency, Some("€"));
        assert_eq!(number("$-3").digits, 1);
        assert!(number("12.5 %").is_percent);
        assert!(number("007").has_leading_zero);
        assert!(!number("0.5").has_leading_zero);
        assert!(!number("0").has_leading_zero);
        assert!(number("+49301234").has_plus);
    }
}
