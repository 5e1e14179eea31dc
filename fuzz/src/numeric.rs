//! Numbers by other ways than the loader's, to compare with.

/// The text of a binary `numeric` after PostgreSQL's `numeric_send`: a minus sign where it is
/// negative, digits without zeros in front, and as many digits behind the point as its scale says.
pub fn decode_numeric(bytes: &[u8]) -> String {
    let words: Vec<u16> = bytes
        .chunks(2)
        .map(|it| u16::from_be_bytes([it[0], it[1]]))
        .collect();
    let [count, weight, sign, scale, digits @ ..] = words.as_slice() else {
        panic!("a numeric has four words in front");
    };
    assert_eq!(usize::from(*count), digits.len(), "number of digits");
    assert!(digits.iter().all(|it| *it < 10_000), "digits to the base of 10,000");
    assert!(digits.first() != Some(&0), "no zero in front");
    assert!(digits.last() != Some(&0), "no zero behind");
    let weight = i32::from(weight.cast_signed());
    let digit_at = |place: i32| {
        usize::try_from(weight - place)
            .ok()
            .and_then(|index| digits.get(index))
            .copied()
            .unwrap_or(0)
    };
    let whole: String = (0..=weight.max(0))
        .rev()
        .map(|place| format!("{:04}", digit_at(place)))
        .collect();
    let scale = usize::from(*scale);
    let places = i32::try_from(scale.div_ceil(4)).expect("a short number");
    let mut fraction: String = (1..=places)
        .map(|place| format!("{:04}", digit_at(-place)))
        .collect();
    let beyond = fraction.split_off(scale);
    assert!(beyond.bytes().all(|it| it == b'0'), "nothing beyond the scale");
    let lowest = weight - i32::try_from(digits.len()).expect("a short number") + 1;
    assert!(digits.is_empty() || lowest >= -places, "nothing beyond the scale");
    let sign = match sign {
        0 => "",
        0x4000 => "-",
        _ => panic!("a sign"),
    };
    tidy(sign, &whole, &fraction)
}

/// The number that a text means by its marks, in the same form. Lenient: whether the text is well
/// formed is not what it tells.
pub fn plain_decimal(
    text: &str,
    decimal_mark: char,
    currency_signs: &[String],
    is_fraction_of_hundred: bool,
) -> String {
    let mut rest = text.to_owned();
    let mut signs = currency_signs.to_vec();
    signs.sort_by_key(|it| std::cmp::Reverse(it.len()));
    if let Some(sign) = signs.iter().find(|it| rest.contains(it.as_str())) {
        rest = rest.replacen(sign.as_str(), "", 1);
    }
    let sign = if rest.contains('-') { "-" } else { "" };
    let (whole, fraction) = rest.split_once(decimal_mark).unwrap_or((&rest, ""));
    let digits_of = |part: &str| -> String { part.chars().filter(char::is_ascii_digit).collect() };
    let (mut whole, mut fraction) = (digits_of(whole), digits_of(fraction));
    if is_fraction_of_hundred && rest.contains('%') {
        whole.insert_str(0, "00");
        let moved = whole.split_off(whole.len() - 2);
        fraction.insert_str(0, &moved);
    }
    tidy(sign, &whole, &fraction)
}

fn tidy(sign: &str, whole: &str, fraction: &str) -> String {
    let whole = whole.trim_start_matches('0');
    let whole = if whole.is_empty() { "0" } else { whole };
    let is_zero = whole == "0" && fraction.bytes().all(|it| it == b'0');
    let sign = if is_zero { "" } else { sign };
    if fraction.is_empty() {
        format!("{sign}{whole}")
    } else {
        format!("{sign}{whole}.{fraction}")
    }
}
