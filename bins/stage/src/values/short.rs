//! The quick way for decimals of few digits, which most are.
//!
//! Invariant: the bytes are those of the long way, or there are none.

use bytes::{BufMut as _, BytesMut};

use crate::values::numbers::NEGATIVE;

/// Most digits; with three zeros behind them they are still below 2^64.
const DIGITS_MAX: usize = 16;
/// Digits to the base of 10,000 of so many digits and zeros.
const GROUPS_MAX: usize = 5;
const HEADER_BYTES: usize = 12;
const BYTES_MAX: usize = HEADER_BYTES + 2 * GROUPS_MAX;

/// A decimal of few digits.
#[derive(Debug, Clone, Copy)]
pub(super) struct Short {
    is_negative: bool,
    /// All digits as one number.
    value: u64,
    /// How many of them are behind the mark.
    scale: usize,
}

impl Short {
    /// A sign, digits and at most one mark.
    #[inline]
    pub(super) fn read(text: &str, mark: u8) -> Option<Self> {
        let (is_negative, body) = match text.as_bytes() {
            [b'-', body @ ..] => (true, body),
            [b'+', body @ ..] => (false, body),
            body => (false, body),
        };
        if body.len() > DIGITS_MAX {
            return None;
        }
        let mut value = 0;
        let mut after_mark = None;
        for (index, byte) in body.iter().enumerate() {
            let digit = byte.wrapping_sub(b'0');
            if digit < 10 {
                value = value * 10 + u64::from(digit);
            } else if *byte == mark && after_mark.is_none() {
                after_mark = Some(index + 1);
            } else {
                return None;
            }
        }
        let has_digits = body.len() > usize::from(after_mark.is_some());
        has_digits.then(|| Self {
            is_negative,
            value,
            scale: after_mark.map_or(0, |it| body.len() - it),
        })
    }

    /// As `Number::write_numeric` does it.
    #[inline]
    pub(super) fn write_numeric(self, buffer: &mut BytesMut) {
        let mut bytes = [0; BYTES_MAX];
        let mut rest = self.value * [1, 1_000, 100, 10][self.scale % 4];
        let mut weight = -1 - i16::try_from(self.scale.div_ceil(4)).unwrap_or_default();
        let (mut start, mut end) = (BYTES_MAX, BYTES_MAX);
        while rest != 0 {
            let group = u16::try_from(rest % 10_000).unwrap_or_default();
            rest /= 10_000;
            weight += 1;
            start -= 2;
            bytes[start..start + 2].copy_from_slice(&group.to_be_bytes());
            if group == 0 && end == start + 2 {
                end = start;
            }
        }
        if start == end {
            weight = 0;
        }
        let digit_bytes = end - start;
        let sign = if self.is_negative && self.value != 0 {
            NEGATIVE
        } else {
            0
        };
        start -= HEADER_BYTES;
        // Of 16 bits each: the low half of the length, then the parts of the header.
        let parts = [
            8 + digit_bytes,
            digit_bytes / 2,
            usize::from(weight.cast_unsigned()),
            usize::from(sign),
            self.scale,
        ];
        let header = parts.iter().fold(0_u128, |bits, part| {
            (bits << 16) | u128::try_from(*part).unwrap_or_default()
        });
        let header = (header << 32).to_be_bytes();
        bytes[start..start + HEADER_BYTES].copy_from_slice(&header[..HEADER_BYTES]);
        buffer.put_slice(&bytes[start..end]);
    }
}
