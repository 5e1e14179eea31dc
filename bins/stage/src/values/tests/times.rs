use chrono::{
    DateTime, Datelike as _, LocalResult, NaiveDate, NaiveDateTime, TimeZone as _, Timelike as _,
    Utc,
};
use chrono_tz::Tz;
use rand::{RngExt as _, SeedableRng as _};
use rand_chacha::ChaCha8Rng;

use super::{mutated, reader, write};
use crate::values::patterns::{Moment, Pattern};
use crate::values::zones::Zone;
use crate::values::{Reader, Written};

/// Microseconds from 1970 to 2000.
const EPOCH: i64 = 946_684_800_000_000;

fn instant(reader: &mut Reader, text: &str) -> Option<String> {
    let bytes = write(reader, text).ok()?;
    let value = i64::from_be_bytes(bytes[4..].try_into().ok()?);
    Some(DateTime::from_timestamp_micros(value + EPOCH)?.to_rfc3339())
}

fn random_time(random: &mut ChaCha8Rng) -> DateTime<Utc> {
    // From the year 1 to 9999, and often in the years that files are about.
    let seconds = if random.random_bool(0.5) {
        random.random_range(-62_135_596_800..253_402_300_800)
    } else {
        random.random_range(0..4_102_444_800)
    };
    let unit = [1, 1_000, 1_000_000, 100_000_000][random.random_range(0..4)];
    let nanoseconds = random.random_range(0..1_000_000_000) / unit * unit;
    DateTime::from_timestamp(seconds, nanoseconds).expect("a time")
}

/// Goal: the quick way reads what chrono reads, as chrono reads it.
/// Method: random times in each format, whole and broken in one or two places, read in both ways;
/// what the quick way leaves alone is chrono's anyway.
#[test]
fn the_quick_way_agrees_with_chrono() {
    let mut random = ChaCha8Rng::seed_from_u64(3);
    let alphabet = [
        '0', '1', '2', '5', '6', '9', '-', ':', '.', '/', '+', ' ', 'T', 'Z', 'z', '\0', 'é',
    ];
    for format in [
        "%Y-%m-%d %H:%M:%S",
        "%Y-%m-%d",
        "%d/%m/%Y",
        "%d.%m.%y %H:%M",
        "%Y%m%d%H%M%S",
        "%m/%d/%Y %H:%M:%S%.f",
        "%Y-%m-%dT%H:%M:%S%.fZ",
        "%Y-%m-%dT%H:%M:%S%z",
        "%Y-%m-%d %H:%M:%S%.f %:z",
        "%Y-%m-%d %H:%M:%S%#z",
        "%+",
    ] {
        let pattern = Pattern::of_dates(format).expect(format);
        let written = format.replace("%#z", "%z");
        let mut quick_count = 0;
        for _ in 0..4_000 {
            let text = random_time(&mut random).format(&written).to_string();
            let broken = mutated(&mut random, &text, &alphabet);
            for text in [&text, &broken] {
                let Some(quick) = pattern.read_quickly(text) else {
                    continue;
                };
                quick_count += 1;
                let date = NaiveDate::parse_from_str(text, format).expect(text);
                assert_eq!(quick.day, date.num_days_from_ce() - 719_163, "{text}");
                if format.contains("%H") || format == "%+" {
                    assert_eq!(Some(quick), pattern.read_slowly(text), "{text}");
                }
            }
        }
        assert!(quick_count > 2_000, "{format}: {quick_count}");
    }
}

/// A year of this age that is not written short, and neither a sign nor a space before a number.
fn is_written_so(year: i32, text: &str) -> bool {
    let is_number = |it: &str| !it.is_empty() && it.bytes().all(|it| it.is_ascii_digit());
    (1..=9_999).contains(&year)
        && text.contains(&format!("{year:04}"))
        && !text.starts_with(char::is_whitespace)
        && text
            .split_whitespace()
            .all(|part| part.split(['-', ':']).all(is_number))
}

fn has_space_between(text: &str) -> bool {
    text.split_whitespace().count() == 2
}

/// Goal: what is read is what chrono's own functions read from the text, but for short years,
/// leap seconds, signs and loose spaces.
#[test]
fn default_formats_accept_what_chrono_accepts() {
    let mut random = ChaCha8Rng::seed_from_u64(4);
    let mut dates = reader("type = 'date'");
    let mut times = reader("type = 'timestamp'\ntime_zone = 'UTC'");
    let alphabet = ['0', '1', '2', '3', '6', '9', '-', ':', ' ', '+', '\u{a0}'];
    for _ in 0..20_000 {
        let time = random_time(&mut random);
        let text = time.format("%Y-%m-%d %H:%M:%S").to_string();
        for text in [mutated(&mut random, &text, &alphabet), text] {
            let expected = NaiveDateTime::parse_from_str(&text, "%Y-%m-%d %H:%M:%S");
            let expected = expected.ok().filter(|it| {
                let is_leap = it.nanosecond() >= 1_000_000_000;
                is_written_so(it.year(), &text) && !is_leap && has_space_between(&text)
            });
            let microseconds = expected.map(|it| {
                let since = it.signed_duration_since(DateTime::UNIX_EPOCH.naive_utc());
                since.num_microseconds().expect("in range") - EPOCH
            });
            let bytes = write(&mut times, &text).ok();
            let value = bytes.map(|it| i64::from_be_bytes(it[4..].try_into().expect("8 bytes")));
            assert_eq!(value, microseconds, "{text}");
        }
        let text = time.format("%Y-%m-%d").to_string();
        for text in [mutated(&mut random, &text, &alphabet), text] {
            let expected = NaiveDate::parse_from_str(&text, "%Y-%m-%d");
            let expected = expected.ok().filter(|it| is_written_so(it.year(), &text));
            let days = expected.map(|it| it.num_days_from_ce() - 730_120);
            let bytes = write(&mut dates, &text).ok();
            let value = bytes.map(|it| i32::from_be_bytes(it[4..].try_into().expect("4 bytes")));
            assert_eq!(value, days, "{text}");
        }
    }
}

/// UTC of a local time by the zone's rules alone.
fn by_rules(local: NaiveDateTime, zone: Tz) -> (DateTime<Utc>, Written) {
    match zone.from_local_datetime(&local) {
        LocalResult::Single(time) => (time.to_utc(), Written::Plain),
        LocalResult::Ambiguous(first, second) => {
            (first.to_utc().min(second.to_utc()), Written::Plain)
        }
        LocalResult::None => {
            // The first minute after the gap that exists; changes happen at whole minutes.
            let minute = |count| local.date().and_hms_opt(0, 0, 0).map(|it| it + count);
            let end = (0..3 * 24 * 60)
                .filter_map(|count| minute(chrono::TimeDelta::minutes(count)))
                .filter(|it| *it > local)
                .find_map(|it| zone.from_local_datetime(&it).earliest());
            (end.expect("an end").to_utc(), Written::MovedOutOfGap)
        }
    }
}

/// Goal: what is remembered of days gives the same instants as the zones' rules.
/// Method: around every change of the clock of several zones since 1970, each quarter of an hour
/// and the second before it, and between the changes once a day.
#[test]
fn local_times_follow_the_rules_of_their_zone() {
    for zone in [
        Tz::America__Sao_Paulo,
        Tz::Europe__Berlin,
        Tz::America__New_York,
        Tz::Australia__Lord_Howe,
        Tz::Pacific__Apia,
        Tz::Asia__Kathmandu,
        Tz::UTC,
    ] {
        let mut remembering = Zone::new(zone);
        let mut moved_count = 0;
        for day in 0..25_000 {
            let start = DateTime::from_timestamp(i64::from(day) * 86_400, 0).expect("a day");
            let offset = |days| {
                let time = start + chrono::TimeDelta::days(days);
                chrono::Offset::fix(&zone.offset_from_utc_datetime(&time.naive_utc()))
            };
            let is_quiet = offset(-1) == offset(2);
            let step = if is_quiet { 86_399 } else { 900 };
            for second in (0..86_400)
                .step_by(step)
                .flat_map(|it: u32| [it, it.saturating_sub(1)])
            {
                let moment = Moment {
                    day,
                    second,
                    microsecond: 500_000,
                    offset_s: None,
                };
                let local = DateTime::from_timestamp_micros(moment.microseconds());
                let local = local.expect("a time").naive_utc();
                let (utc, written) = by_rules(local, zone);
                let expected = Some((utc.timestamp_micros(), written));
                assert_eq!(remembering.utc_of(moment), expected, "{zone} {local}");
                moved_count += u32::from(written == Written::MovedOutOfGap);
            }
        }
        let is_changing = !matches!(zone, Tz::UTC);
        assert_eq!(moved_count > 0, is_changing, "{zone}");
    }
}

#[test]
fn a_skipped_time_moves_to_the_end_of_its_gap() {
    // Brazil went from 00:00 to 01:00 on 2017-10-15; Samoa left out the whole of 2011-12-30.
    let mut brazil = reader("type = 'timestamp'");
    let mut samoa = reader("type = 'timestamp'\ntime_zone = 'Pacific/Apia'");
    let end = Some("2017-10-15T03:00:00+00:00".to_owned());
    for text in ["00:00:00", "00:59:59", "01:00:00"] {
        assert_eq!(instant(&mut brazil, &format!("2017-10-15 {text}")), end);
    }
    let end = Some("2011-12-30T10:00:00+00:00".to_owned());
    for text in ["30 00:00:00", "30 23:59:59", "31 00:00:00"] {
        assert_eq!(instant(&mut samoa, &format!("2011-12-{text}")), end);
    }
}

#[test]
fn a_repeated_hour_takes_the_earlier_instant() {
    let mut reader = reader("type = 'timestamp'");
    assert_eq!(
        instant(&mut reader, "2018-02-17 23:30:00").as_deref(),
        Some("2018-02-18T01:30:00+00:00")
    );
}

/// Format, text, and what follows the second of 2024-01-02 03:04:05 in UTC.
const SAID: [(&str, &str, Option<&str>); 31] = [
    ("%Y-%m-%d %H:%M:%S%.f", "2024-01-02 03:04:05", Some("")),
    (
        "%Y-%m-%d %H:%M:%S%.f",
        "2024-01-02 03:04:05.5",
        Some(".500"),
    ),
    (
        "%Y-%m-%d %H:%M:%S%.f",
        "2024-01-02 03:04:05.123456",
        Some(".123456"),
    ),
    (
        "%Y-%m-%d %H:%M:%S%.f",
        "2024-01-02 03:04:05.1234560",
        Some(".123456"),
    ),
    (
        "%Y-%m-%d %H:%M:%S%.f",
        "2024-01-02 03:04:05.12345600000",
        Some(".123456"),
    ),
    ("%Y-%m-%d %H:%M:%S%.f", "2024-01-02 03:04:05.1234567", None),
    (
        "%Y-%m-%d %H:%M:%S%.f",
        "2024-01-02 03:04:05.12345600001",
        None,
    ),
    ("%Y-%m-%d %H:%M:%S%.f", "2024-01-02 03:04:05.", None),
    (
        "%Y-%m-%d %H:%M:%S%.3f",
        "2024-01-02 03:04:05.123",
        Some(".123"),
    ),
    ("%Y-%m-%d %H:%M:%S%.3f", "2024-01-02 03:04:05.1234", None),
    (
        "%Y-%m-%d %H:%M:%S%.f%:z",
        "2024-01-02 05:04:05.5+02:00",
        Some(".500"),
    ),
    ("%Y-%m-%dT%H:%M:%S%z", "2024-01-02T05:04:05+0200", Some("")),
    ("%Y-%m-%dT%H:%M:%S%z", "2024-01-02T03:04:05Z", None),
    ("%Y-%m-%dT%H:%M:%S%#z", "2024-01-02T03:04:05Z", Some("")),
    ("%Y-%m-%dT%H:%M:%S%#z", "2024-01-02T05:04:05+02", Some("")),
    ("%+", "2024-01-02T03:04:05.123456000Z", Some(".123456")),
    ("%+", "2024-01-02T03:04:05.1234567Z", None),
    ("%+", "2024-01-02 05:04:05+02:00", Some("")),
    ("%+", "2024-01-02T03:04:05", None),
    (
        "%d %B %Y, %I:%M:%S %p",
        "2 January 2024, 03:04:05 am",
        Some(""),
    ),
    ("unix", "1704164645", Some("")),
    ("unix", "1704164645.123456", Some(".123456")),
    ("unix", "1704164645.1234560", Some(".123456")),
    ("unix", "1704164645.1234561", None),
    ("unix", "1704164645.", None),
    ("unix", "1.7e9", None),
    ("unix", "99999999999999", None),
    ("unix", "9999999999999999999999", None),
    ("unix_ms", "1704164645123", Some(".123")),
    ("unix_ms", "1704164645123.456", Some(".123456")),
    ("unix_ms", "", None),
];

#[test]
fn times_say_no_more_than_is_kept() {
    for (format, text, fraction) in SAID {
        let column = format!("type = 'timestamp'\nformat = '{format}'\ntime_zone = 'UTC'");
        let expected = fraction.map(|it| format!("2024-01-02T03:04:05{it}+00:00"));
        assert_eq!(
            instant(&mut reader(&column), text),
            expected,
            "{format} {text}"
        );
    }
    let mut seconds = reader("type = 'timestamp'\nformat = 'unix'");
    let expected = Some("1969-12-31T23:59:58.500+00:00".to_owned());
    assert_eq!(instant(&mut seconds, "-1.5"), expected);
}

#[test]
fn formats_are_tried_in_their_order() {
    let column = "type = 'timestamp'\nformats = ['%d/%m/%Y %H:%M', '%m/%d/%Y %H:%M', 'unix']\n\
                  time_zone = 'UTC'";
    let mut reader = reader(column);
    for (text, expected) in [
        ("02/03/2024 10:00", Some("2024-03-02T10:00:00+00:00")),
        ("02/13/2024 10:00", Some("2024-02-13T10:00:00+00:00")),
        ("1704164645", Some("2024-01-02T03:04:05+00:00")),
        ("2024-01-02", None),
        ("02/03/24 10:00", None),
    ] {
        assert_eq!(instant(&mut reader, text).as_deref(), expected, "{text}");
    }
}

/// Format, text, and the day that it says.
const DAYS_SAID: [(&str, &str, Option<&str>); 18] = [
    ("%Y%m%d", "20250112", Some("2025-01-12")),
    ("%Y%m%d", "2025112", None),
    ("%Y%m%d", "2025 1 2", None),
    ("%Y%m%d", " 20250112", None),
    ("%Y%m%d", "+20250112", None),
    ("%Y%m%d%H%M%S%.f", "20250112030405.5", Some("2025-01-12")),
    ("%Y%m%d%H%M%S%.f", "2025011230405.5", None),
    ("%y%j", "25012", Some("2025-01-12")),
    ("%y%j", "2512", None),
    ("%d/%m/%Y", "1/2/2025", Some("2025-02-01")),
    ("%d/%m/%Y", " 1/02/2025", None),
    ("%d/%m/%Y", "01/02/+2025", None),
    ("%d/%m/%Y", "01/ 2/2025", None),
    ("%e/%m/%Y", " 1/02/2025", Some("2025-02-01")),
    ("%d %b %Y", "1 Feb 2025", Some("2025-02-01")),
    ("%d %b %Y", "1Feb 2025", None),
    ("%+", "2025-02-01 03:04:05Z", Some("2025-02-01")),
    ("%+", "2025-02-01T 3:04:05Z", None),
];

#[test]
fn numbers_are_as_wide_as_they_must_be() {
    for (format, text, expected) in DAYS_SAID {
        let mut reader = reader(&format!("type = 'date'\nformat = '{format}'"));
        let bytes = write(&mut reader, text).ok();
        let day = bytes.map(|it| i32::from_be_bytes(it[4..].try_into().expect("4 bytes")));
        let expected = expected.map(|it| {
            let date: NaiveDate = it.parse().expect("a date");
            date.num_days_from_ce() - 730_120
        });
        assert_eq!(day, expected, "{format} {text}");
    }
    let mut times = reader("type = 'timestamp'");
    for text in ["2025-01-02 12:34:60", "2025-01-0212:34:50"] {
        assert_eq!(write(&mut times, text), Err("not_a_timestamp"), "{text}");
    }
}
