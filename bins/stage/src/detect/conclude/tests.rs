//! Columns of a few values, and the types that they are given.

use super::*;
use crate::detect::column::Eyes;
use crate::detect::numbers::MARKS;

const AROUND: Surroundings = Surroundings {
    marks: ALL_MARKS,
    is_comma_free: false,
};

fn concluded_in(around: Surroundings, name: &str, values: &[&str]) -> Conclusion {
    let eyes = Eyes {
        formats: Formats::usual(),
        time_zone: None,
    };
    let mut column = Column::default();
    for (index, value) in values.iter().enumerate() {
        column.observe(value, index as u64 + 2, &eyes);
    }
    conclude(name, &column, around, &eyes.formats)
}

fn concluded(name: &str, values: &[&str]) -> Conclusion {
    concluded_in(AROUND, name, values)
}

fn kind(values: &[&str]) -> Type {
    concluded("x", values).kind
}

#[test]
fn a_type_is_given_where_every_value_fits_it() {
    assert_eq!(kind(&["1", "-2", "", "30"]), Type::Integer);
    assert_eq!(kind(&["1", "2.5"]), Type::Decimal);
    assert_eq!(kind(&["1", "2.5", "x"]), Type::Text);
    assert_eq!(kind(&["2025-01-31", ""]), Type::Date);
    assert_eq!(kind(&["2025-01-31 10:00:00"]), Type::Timestamp);
    assert_eq!(kind(&["2025-01-31", "2025-01-31 10:00:00"]), Type::Text);
    assert_eq!(kind(&["true", "FALSE"]), Type::Boolean);
    assert_eq!(kind(&["f", "f"]), Type::Text);
    assert_eq!(kind(&["[1]", "{\"a\": null}"]), Type::Json);
    assert_eq!(kind(&["[1", "[2]"]), Type::Text);
    assert_eq!(kind(&["", ""]), Type::Text);
}

#[test]
fn numbers_that_would_lose_something_are_texts_and_say_so() {
    for (values, note) in [
        (["1", "01067"], "leading zeros (line 3): a text"),
        (
            ["1", "1234567890123456789"],
            "more than 18 digits (line 3): a text",
        ),
        (
            ["1", "+49301234567"],
            "plus signs before many digits (line 3): a text",
        ),
        (
            ["1.5", "0.12345678901234567890123456789"],
            "more than 28 digits (line 3): a text",
        ),
    ] {
        let found = concluded("x", &values);
        assert_eq!(
            (found.kind, found.notes),
            (Type::Text, vec![note.to_owned()])
        );
    }
    assert_eq!(kind(&["0", "10", "0.5"]), Type::Decimal);
}

#[test]
fn marks_come_from_the_values_then_from_the_other_columns() {
    let marks = |around, values: &[&str]| concluded_in(around, "x", values).marks;
    assert_eq!(marks(AROUND, &["1.234,5"]), Some(MARKS[3]));
    assert_eq!(marks(AROUND, &["5", "12"]), None);
    assert_eq!(marks(AROUND, &["1,5"]), Some(MARKS[1]));
    // Alone, `1,234` is a thousand; beside `1.234,50` in another column it is a fraction.
    assert_eq!(marks(AROUND, &["1,234"]), Some(MARKS[2]));
    let german = Surroundings {
        marks: 1 << 3,
        is_comma_free: true,
    };
    assert_eq!(marks(german, &["1,234"]), Some(MARKS[3]));
    assert!(!concluded("x", &["1,234"]).notes.is_empty());
    assert!(concluded("x", &["1,234", "1,5"]).notes.is_empty());
}

#[test]
fn signs_beside_numbers_are_declared() {
    let found = concluded("x", &["$5", "$ 1,234.50"]);
    assert_eq!(
        (found.kind, found.currency_signs),
        (Type::Decimal, vec!["$"])
    );
    assert!(concluded("x", &["12%", "3 %"]).is_percent);
}

#[test]
fn a_doubt_about_day_and_month_is_told_and_ends_with_the_first_that_tells() {
    let open = concluded("x", &["03/04/2025", "05/06/2025"]);
    assert_eq!(open.formats, ["%d/%m/%Y"]);
    assert_eq!(open.notes.len(), 1);
    let clear = concluded("x", &["03/04/2025", "04/13/2025"]);
    assert_eq!(
        (clear.formats, clear.notes.len()),
        (vec!["%m/%d/%Y".to_owned()], 0)
    );
}

#[test]
fn mixed_formats_are_listed_the_most_frequent_first() {
    let found = concluded("x", &["31.01.2025", "2025-02-01", "2025-02-02"]);
    assert_eq!(found.formats, ["%Y-%m-%d", "%d.%m.%Y"]);
    let found = concluded("x", &["2025-02-01 10:00:00", "2025-02-01T10:00:00Z"]);
    assert_eq!(found.kind, Type::Text);
}

#[test]
fn two_orders_of_day_and_month_are_a_text() {
    for values in [
        ["13/04/2025", "04/13/2025", "03/04/2025"],
        ["13/04/2025 10:00", "04/13/2025 10:00", "03/04/2025 10:00"],
        [
            "13/04/2025 10:00",
            "04/13/2025 10:00:00",
            "03/04/2025 10:00",
        ],
    ] {
        let found = concluded("x", &values);
        assert_eq!((found.kind, found.formats.len()), (Type::Text, 0));
        let note = &found.notes[0];
        assert!(
            note.contains("(line 2)") && note.contains("(line 3)"),
            "{note}"
        );
    }
}

#[test]
fn amounts_of_several_currencies_are_a_text() {
    let found = concluded("x", &["€1", "$2"]);
    assert_eq!((found.kind, found.currency_signs.len()), (Type::Text, 0));
    assert!(found.notes[0].contains("(`€`, `$`)"), "{:?}", found.notes);
    assert_eq!(concluded("x", &["€1", "2 EUR"]).kind, Type::Decimal);
    assert_eq!(concluded("x", &["$1", "R$ 2"]).kind, Type::Text);
}

#[test]
fn plain_numbers_are_times_only_by_their_name() {
    assert_eq!(concluded("order_date", &["20250131"]).kind, Type::Date);
    assert_eq!(concluded("number", &["20250131"]).kind, Type::Integer);
    assert_eq!(concluded("created_at", &["1700000000"]).formats, ["unix"]);
    assert_eq!(
        concluded("created_at", &["1700000000123"]).formats,
        ["unix_ms"]
    );
    assert_eq!(concluded("price", &["1700000000"]).kind, Type::Integer);
    assert_eq!(concluded("is_new", &["0", "1"]).kind, Type::Boolean);
    assert_eq!(concluded("pieces", &["0", "1"]).kind, Type::Integer);
}

#[test]
fn null_tokens_count_where_other_values_are_no_texts() {
    let found = concluded("x", &["1", "NA", "-", ""]);
    assert_eq!(
        (found.kind, found.null_tokens),
        (Type::Integer, vec!["NA", "-"])
    );
    let found = concluded("country", &["DE", "NA"]);
    assert_eq!((found.null_tokens.len(), found.notes.len()), (0, 1));
    let found = concluded("country", &["DE", "\\N"]);
    assert_eq!(found.null_tokens, ["\\N"]);
}

#[test]
fn one_odd_value_among_many_is_told_with_its_line() {
    let mut values = vec!["5"; 100];
    values[41] = "oops";
    let found = concluded("x", &values);
    assert_eq!(found.kind, Type::Text);
    assert!(found.notes[0].contains("line 43"), "{:?}", found.notes);
    assert!(!found.notes[0].contains("oops"));
}

#[test]
fn white_space_is_taken_off_what_is_no_text() {
    assert!(concluded("x", &[" 1", "2"]).must_trim);
    let found = concluded("x", &["a ", "b"]);
    assert!(!found.must_trim);
    assert!(found.notes[0].contains("line 2"));
}
