//! Money in whole cents.

/// What a line costs, in cents: `round(quantity · unit_price · (1 − discount / 100), 2)`, a half
/// cent away from zero, as PostgreSQL's `round(numeric, 2)` does.
///
/// `discount` is in hundredths of a percent: 1250 is 12.5 %.
pub(crate) fn line_total(quantity: i64, unit_price_cents: i64, discount: i64) -> i64 {
    let exact = quantity * unit_price_cents * (10_000 - discount);
    (exact + 5_000 * exact.signum()) / 10_000
}

/// So many hundredths of a percent of an amount in cents, a half cent away from zero.
pub(crate) fn percent_of(amount_cents: i64, hundredths_pct: i64) -> i64 {
    let exact = amount_cents * hundredths_pct;
    (exact + 5_000 * exact.signum()) / 10_000
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_of_an_amount_round_as_lines_do() {
        assert_eq!(percent_of(1_010, 2_500), 253); // 252.5
        assert_eq!(percent_of(-1_010, 2_500), -253);
        assert_eq!(percent_of(999, 0), 0);
    }

    /// Each expectation is what `select round(q * p * (1 - d / 100.0), 2)` gives in PostgreSQL 15.
    #[test]
    fn lines_round_as_postgresql_does() {
        let cases = [
            (1, 1_999, 0, 1_999),
            (3, 1_999, 0, 5_997),
            (1, 1_999, 1_000, 1_799), // 17.991
            (1, 1_990, 2_500, 1_493), // 14.925, a half: away from zero
            (1, 1_010, 2_500, 758),   // 7.575, where a binary float rounds down
            (1, 210, 2_500, 158),     // 1.575
            (1, 1_001, 5_000, 501),   // 5.005
            (1, 1_005, 5_000, 503),   // 5.025, where rounding to even gives 5.02
            (1, 100_501, 5_000, 50_251),
            (7, 333, 1_250, 2_040), // 20.39625
            (5, 4_999, 10_000, 0),
            (0, 4_999, 1_000, 0),
            (-1, 1_001, 5_000, -501), // -5.005
            (-1, 1_990, 2_500, -1_493),
        ];
        for (quantity, unit_price, discount, expected) in cases {
            assert_eq!(
                line_total(quantity, unit_price, discount),
                expected,
                "{quantity} · {unit_price} less {discount}"
            );
        }
    }
}
