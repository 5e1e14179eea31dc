//! Texts of numbers into integers and PostgreSQL's binary `numeric`, digit by digit.
//!
//! Invariant: no number passes through a floating-point or fixed-width form; the digits of the text
//! are the digits of the value, and its scale is the one written.

use bytes::{BufMut as _, BytesMut};

use crate::source::{ColumnOptions, Percent, Table, Type};
use crate::values::short::Short;
use crate::values::{Reason, write_i64};

/// Most digits of a decimal; PostgreSQL takes more, people and shops do not.
const DIGITS_MAX: usize = 1_000;
/// Decimal digits in one digit of `numeric`, whose base is 10,000.
const GROUP: usize = 4;
/// The sign of a negative `numeric`.
pub(super) const NEGATIVE: u16 = 0x4000;

/// How the numbers of one column are written.
#[derive(Debug, Clone)]
pub(super) struct Numbers {
    decimal_mark: char,
    thousands_mark: Option<char>,
    /// Longest first, so that `R$` is not taken for `R`.
    currency_signs: Vec<String>,
    percent: Option<Percent>,
    /// The decimal mark, where numbers are made of a sign, digits and at most this ASCII character.
    plain_mark: Option<u8>,
    /// Room for the digits of one text without its marks.
    digits: Vec<u8>,
}

/// A number as its text has it.
#[derive(Debug, Clone, Copy)]
struct Number<'a> {
    is_negative: bool,
    /// Digits before the decimal mark.
    whole: &'a [u8],
    /// Digits after the decimal mark; absent: there is no mark.
    fraction: Option<&'a [u8]>,
}

/// A text without its signs.
struct Body<'a> {
    is_negative: bool,
    is_percent: bool,
    number: &'a str,
}

impl Numbers {
    pub(super) fn new(options: &ColumnOptions, table: &Table) -> Result<Self, String> {
        let decimal_mark = options.decimal_mark.unwrap_or(table.decimal_mark);
        let thousands_mark = options.thousands_mark.or(table.thousands_mark);
        check_marks(decimal_mark, thousands_mark)?;
        let mut currency_signs = options.currency_signs.clone();
        for sign in &currency_signs {
            check_currency_sign(sign, decimal_mark, thousands_mark)?;
        }
        currency_signs.sort_by_key(|it| std::cmp::Reverse(it.len()));
        if options.kind == Type::Integer && options.percent == Some(Percent::Fraction) {
            return Err("a fraction of a hundred is no integer; take type decimal".to_owned());
        }
        let is_plain =
            thousands_mark.is_none() && currency_signs.is_empty() && options.percent.is_none();
        Ok(Self {
            decimal_mark,
            thousands_mark,
            currency_signs,
            percent: options.percent,
            plain_mark: u8::try_from(decimal_mark)
                .ok()
                .filter(|it| is_plain && it.is_ascii()),
            digits: Vec::new(),
        })
    }

    /// A whole number of 64 bits, as length and value.
    #[inline]
    pub(super) fn write_integer(
        &mut self,
        text: &str,
        buffer: &mut BytesMut,
    ) -> Result<(), Reason> {
        let number = self.read(text).ok_or("not_an_integer")?;
        if number.fraction.is_some() {
            return Err("not_an_integer");
        }
        write_i64(number.integer().ok_or("not_an_integer")?, buffer);
        Ok(())
    }

    /// An exact number, as length and `numeric`.
    #[inline]
    pub(super) fn write_decimal(
        &mut self,
        text: &str,
        buffer: &mut BytesMut,
    ) -> Result<(), Reason> {
        if let Some(short) = self.plain_mark.and_then(|mark| Short::read(text, mark)) {
            short.write_numeric(buffer);
            return Ok(());
        }
        let number = self.read(text).ok_or("not_a_decimal")?;
        number.write_numeric(buffer)
    }

    fn read<'a>(&'a mut self, text: &'a str) -> Option<Number<'a>> {
        match self.plain_mark {
            Some(mark) => read_plain(text, mark),
            None => self.read_marked(text),
        }
    }

    /// The number below signs and marks; its digits are gathered in `self.digits`.
    fn read_marked(&mut self, text: &str) -> Option<Number<'_>> {
        let body = self.without_signs(text)?;
        let (whole, fraction) = match body.number.split_once(self.decimal_mark) {
            Some((whole, fraction)) => (whole, Some(fraction)),
            None => (body.number, None),
        };
        if whole.is_empty() && fraction.is_none_or(str::is_empty) {
            return None;
        }
        self.digits.clear();
        let is_fraction = body.is_percent && self.percent == Some(Percent::Fraction);
        if is_fraction {
            // Two zeros in front move the mark by two places: 12.5 becomes 00.125.
            self.digits.extend(b"00");
        }
        push_whole(whole, self.thousands_mark, &mut self.digits)?;
        let moved = if is_fraction { 2 } else { 0 };
        let whole_digits = self.digits.len() - moved;
        push_digits(fraction.unwrap_or_default(), &mut self.digits)?;
        let (whole, digits) = self.digits.split_at(whole_digits);
        Some(Number {
            is_negative: body.is_negative,
            whole,
            fraction: (fraction.is_some() || is_fraction).then_some(digits),
        })
    }

    /// Takes off at most one sign, and one currency sign or percent sign.
    fn without_signs<'a>(&self, text: &'a str) -> Option<Body<'a>> {
        let (mut sign, mut rest) = split_sign(text);
        let mut is_percent = false;
        let before = self
            .currency_signs
            .iter()
            .find_map(|it| Some((it, rest.strip_prefix(it.as_str())?)));
        if let Some((currency, after)) = before {
            rest = after.strip_prefix(is_space).unwrap_or(after);
            if sign.is_none() {
                (sign, rest) = split_sign(rest);
            }
            // Whether the point of `kr.500` ends a word or begins a fraction is a guess.
            if currency.ends_with(char::is_alphabetic) && rest.starts_with(self.decimal_mark) {
                return None;
            }
        } else {
            let percent = self.percent.and_then(|_| rest.strip_suffix('%'));
            is_percent = percent.is_some();
            let currencies = self.currency_signs.iter();
            let after = percent.or_else(|| {
                currencies
                    .into_iter()
                    .find_map(|it| rest.strip_suffix(it.as_str()))
            });
            if let Some(number) = after {
                rest = number.strip_suffix(is_space).unwrap_or(number);
            }
        }
        Some(Body {
            is_negative: sign == Some('-'),
            is_percent,
            number: rest,
        })
    }
}

impl Number<'_> {
    fn integer(&self) -> Option<i64> {
        // Counted down from zero for a negative one: the least integer has no positive twin.
        let digits = self.whole.iter().map(|it| i64::from(it - b'0'));
        let mut value = 0_i64;
        for digit in digits {
            value = value.checked_mul(10)?;
            value = if self.is_negative {
                value.checked_sub(digit)?
            } else {
                value.checked_add(digit)?
            };
        }
        (!self.whole.is_empty()).then_some(value)
    }

    /// The form of PostgreSQL's `numeric_send`: number of digits to the base of 10,000, weight of
    /// the first of them, sign, decimal digits after the mark; then the digits, without zeros at
    /// either end.
    fn write_numeric(&self, buffer: &mut BytesMut) -> Result<(), Reason> {
        let all_fraction = self.fraction.unwrap_or_default();
        if self.whole.len() + all_fraction.len() > DIGITS_MAX {
            return Err("not_a_decimal");
        }
        let whole = without_zeros_in_front(self.whole);
        let fraction = without_zeros_behind(all_fraction);
        let mut weight = whole.len().div_ceil(GROUP).cast_signed() - 1;
        let (mut kept_whole, mut kept_fraction) = (whole, fraction);
        if whole.is_empty() {
            let skipped = (fraction.len() - without_zeros_in_front(fraction).len()) / GROUP;
            kept_fraction = &fraction[skipped * GROUP..];
            weight -= skipped.cast_signed();
        } else if fraction.is_empty() {
            let zeros = whole.len() - without_zeros_behind(whole).len();
            kept_whole = &whole[..whole.len() - zeros / GROUP * GROUP];
        }
        let is_zero = kept_whole.is_empty() && kept_fraction.is_empty();
        if is_zero {
            weight = 0;
        }
        let groups = kept_whole.len().div_ceil(GROUP) + kept_fraction.len().div_ceil(GROUP);
        let is_negative = self.is_negative && !is_zero;
        buffer.reserve(12 + 2 * groups);
        buffer.put_i32(i32::try_from(8 + 2 * groups).map_err(|_| "not_a_decimal")?);
        buffer.put_u16(u16::try_from(groups).map_err(|_| "not_a_decimal")?);
        buffer.put_i16(i16::try_from(weight).map_err(|_| "not_a_decimal")?);
        buffer.put_u16(if is_negative { NEGATIVE } else { 0 });
        buffer.put_u16(u16::try_from(all_fraction.len()).map_err(|_| "not_a_decimal")?);
        let (first, rest) = kept_whole.split_at(kept_whole.len() % GROUP);
        if !first.is_empty() {
            buffer.put_u16(value_of(first));
        }
        for digits in rest.chunks_exact(GROUP) {
            buffer.put_u16(value_of(digits));
        }
        for digits in kept_fraction.chunks(GROUP) {
            let scale = [1, 1_000, 100, 10, 1][digits.len()];
            buffer.put_u16(value_of(digits) * scale);
        }
        Ok(())
    }
}

/// Value of at most four digits.
fn value_of(digits: &[u8]) -> u16 {
    digits
        .iter()
        .fold(0, |value, it| value * 10 + u16::from(it - b'0'))
}

fn without_zeros_in_front(digits: &[u8]) -> &[u8] {
    let zeros = digits.iter().take_while(|it| **it == b'0').count();
    &digits[zeros..]
}

fn without_zeros_behind(digits: &[u8]) -> &[u8] {
    let zeros = digits.iter().rev().take_while(|it| **it == b'0').count();
    &digits[..digits.len() - zeros]
}

/// A sign, digits and at most one mark.
fn read_plain(text: &str, mark: u8) -> Option<Number<'_>> {
    let (is_negative, body) = match text.as_bytes() {
        [b'-', body @ ..] => (true, body),
        [b'+', body @ ..] => (false, body),
        body => (false, body),
    };
    let length = body.iter().take_while(|it| it.is_ascii_digit()).count();
    let (whole, rest) = body.split_at(length);
    let fraction = match rest {
        [] => None,
        [it, fraction @ ..] if *it == mark => Some(fraction),
        _ => return None,
    };
    let digits = fraction.unwrap_or_default();
    let has_digits = !(whole.is_empty() && digits.is_empty());
    (has_digits && digits.iter().all(u8::is_ascii_digit)).then_some(Number {
        is_negative,
        whole,
        fraction,
    })
}

fn split_sign(text: &str) -> (Option<char>, &str) {
    for sign in ['-', '+'] {
        if let Some(rest) = text.strip_prefix(sign) {
            return (Some(sign), rest);
        }
    }
    (None, text)
}

/// A space, or one of the two that keep a number and its sign on one line.
fn is_space(it: char) -> bool {
    matches!(it, ' ' | '\u{a0}' | '\u{202f}')
}

/// Digits with or without marks between groups of three; where there are marks, all of them are.
fn push_whole(whole: &str, mark: Option<char>, digits: &mut Vec<u8>) -> Option<()> {
    let Some(mark) = mark.filter(|it| whole.contains(*it)) else {
        return push_digits(whole, digits);
    };
    for (index, group) in whole.split(mark).enumerate() {
        // A zero in front is not grouped: `0,125` is a fraction with another mark.
        let is_group = if index == 0 {
            (1..=3).contains(&group.len()) && !group.starts_with('0')
        } else {
            group.len() == 3
        };
        if !is_group {
            return None;
        }
        push_digits(group, digits)?;
    }
    Some(())
}

fn push_digits(text: &str, digits: &mut Vec<u8>) -> Option<()> {
    if !text.bytes().all(|it| it.is_ascii_digit()) {
        return None;
    }
    digits.extend(text.as_bytes());
    Some(())
}

fn check_marks(decimal_mark: char, thousands_mark: Option<char>) -> Result<(), String> {
    for mark in [Some(decimal_mark), thousands_mark].into_iter().flatten() {
        if mark.is_alphanumeric() || mark.is_control() || matches!(mark, '+' | '-' | '%') {
            return Err(format!(
                "`{}` cannot be a mark within a number",
                mark.escape_debug()
            ));
        }
    }
    if thousands_mark == Some(decimal_mark) {
        return Err(format!(
            "`{decimal_mark}` is both decimal_mark and thousands_mark; a number can have it only \
             as one of them"
        ));
    }
    Ok(())
}

fn check_currency_sign(
    sign: &str,
    decimal_mark: char,
    thousands_mark: Option<char>,
) -> Result<(), String> {
    let is_mark = |it| it == decimal_mark || Some(it) == thousands_mark;
    let problem = if sign.is_empty() {
        "is empty"
    } else if sign.contains(|it: char| it.is_numeric() || matches!(it, '+' | '-' | '%')) {
        "holds a digit or a sign"
    } else if sign.trim() != sign {
        "has white space around it; one space between it and the number is allowed as it is"
    } else if sign.starts_with(is_mark) {
        "begins with a mark of numbers"
    } else {
        return Ok(());
    };
    Err(format!("the currency sign `{sign}` {problem}"))
}
