//! Faults of whole files and days, and orders that come late.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{Datelike as _, NaiveDate};
use common::errors;
use generate::Options;

use super::columns::KEYS;
use super::options;
use super::raw::{Label, RawShop};

/// Days on which nothing else happens to the number of orders.
const CALM: (&str, &str) = ("2025-02-01", "2025-06-15");
/// Later than any delivery of a healthy shop, in days.
const LATE_DAYS_MIN: i64 = 8;

fn calm(faults: &[&str]) -> Options {
    Options {
        scale: "30000".parse().ok(),
        start_date: CALM.0.parse().ok(),
        end_date: CALM.1.parse().ok(),
        ..options(31, faults)
    }
}

fn by_kind(labels: &[Label]) -> BTreeMap<&str, BTreeSet<&str>> {
    let mut kinds: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
    for label in labels {
        let key = label.key.as_deref().unwrap_or(&label.file);
        kinds.entry(&label.kind).or_default().insert(key);
    }
    kinds
}

/// Goal: files that drifted or were cut off are those that labels name.
/// Method: compare the first line and the last byte with those of a shop without faults.
#[tokio::test]
async fn damaged_files_are_those_of_their_labels() -> anyhow::Result<()> {
    let clean = RawShop::generate(&options(32, &[])).await?;
    let faulty = RawShop::generate(&options(32, &["drift=3", "truncated=2"])).await?;
    let labels = faulty.labels()?;
    let (mut drifted, mut cut) = (BTreeSet::new(), BTreeSet::new());
    for (file, _) in KEYS {
        let (before, after) = (clean.bytes(file)?, faulty.bytes(file)?);
        let header = |bytes: &[u8]| {
            bytes
                .split(|&byte| byte == b'\n')
                .next()
                .map(<[u8]>::to_vec)
        };
        if file.ends_with(".csv") && header(&before) != header(&after) {
            drifted.insert(file);
        } else if !after.ends_with(b"\n") {
            cut.insert(file);
            assert!(before.starts_with(&after), "{file} is cut and nothing else");
            let whole = |bytes: &[u8]| bytes.iter().filter(|&&byte| byte == b'\n').count();
            let lost = (whole(&before) - whole(&after)).to_string();
            let label = labels.iter().find(|label| label.file == file);
            assert_eq!(label.and_then(|it| it.clean.clone()), Some(lost));
        } else {
            assert!(before == after, "{file} has changed");
        }
    }

    assert!(
        labels
            .iter()
            .all(|it| it.line.is_none() && it.expected == "reject")
    );
    let kinds = by_kind(&labels);
    assert_eq!((kinds["drift"].len(), kinds["truncated"].len()), (3, 2));
    assert_eq!((&kinds["drift"], &kinds["truncated"]), (&drifted, &cut));
    assert_eq!(faulty.counts()?["drift"], 3);
    assert_eq!(faulty.counts()?["truncated"], 2);
    Ok(())
}

/// Goal: a file that is refused as a whole has its own label and no other: nobody looks into it.
/// Method: change streams with faults of rows, of days and of files, and late orders.
#[tokio::test]
async fn damaged_files_have_no_other_label() -> anyhow::Result<()> {
    for seed in 34..38 {
        let many = [
            "0.01",
            "late=0.05",
            "truncated=25",
            "drift=20",
            "volume_drop=10",
        ];
        let stream = Options {
            days: Some(30),
            ..options(seed, &many)
        };
        let shop = RawShop::generate(&stream).await?;
        let labels = shop.labels()?;
        let damaged: BTreeSet<&str> = labels
            .iter()
            .filter(|label| ["truncated", "drift"].contains(&label.kind.as_str()))
            .map(|label| label.file.as_str())
            .collect();
        let in_damaged = labels
            .iter()
            .filter(|label| damaged.contains(label.file.as_str()));

        assert_eq!(damaged.len(), 45, "seed {seed}");
        assert_eq!(in_damaged.count(), 45, "seed {seed}");
        let kinds = by_kind(&labels);
        assert!(kinds.contains_key("late") && kinds.contains_key("volume_drop"));
    }
    Ok(())
}

/// Goal: days with too few or too many orders are those that labels name.
/// Method: compare a day with the median of the same weekday, five weeks on either side.
#[tokio::test]
async fn odd_days_are_those_of_their_labels() -> anyhow::Result<()> {
    let faults = ["missing_day=2", "volume_drop=3", "volume_spike=2"];
    let shop = RawShop::generate(&calm(&faults)).await?;
    let mut orders: BTreeMap<NaiveDate, u64> = BTreeMap::new();
    let (first, last): (NaiveDate, NaiveDate) = (CALM.0.parse()?, CALM.1.parse()?);
    for date in first.iter_days().take_while(|date| *date <= last) {
        orders.insert(date, 0);
    }
    let table = shop.table("transactions.csv")?;
    for row in &table.rows {
        *orders
            .entry(table.value(row, "transaction_date").parse()?)
            .or_default() += 1;
    }
    let usual = |day: NaiveDate| {
        let mut alike: Vec<u64> = orders
            .iter()
            .filter(|(date, _)| {
                date.weekday() == day.weekday()
                    && **date != day
                    && (**date - day).num_days().abs() <= 35
            })
            .map(|(_, count)| *count)
            .collect();
        alike.sort_unstable();
        alike[alike.len() / 2]
    };
    let mut found: BTreeMap<&str, BTreeSet<String>> = BTreeMap::new();
    for (&day, &count) in &orders {
        let kind = match count * 100 / usual(day) {
            0 => "missing_day",
            1..60 => "volume_drop",
            200.. => "volume_spike",
            _ => continue,
        };
        found.entry(kind).or_default().insert(day.to_string());
    }

    let labels = shop.labels()?;
    let kinds = by_kind(&labels);
    let counts = ["missing_day", "volume_drop", "volume_spike"].map(|kind| kinds[kind].len());
    assert_eq!((counts, labels.len()), ([2, 3, 2], 7));
    for (kind, days) in kinds {
        let found: BTreeSet<&str> = found[kind].iter().map(String::as_str).collect();
        assert_eq!(found, days, "{kind}");
        assert_eq!(shop.counts()?[kind], days.len(), "{kind}");
    }
    for label in labels {
        let day: NaiveDate = label.key.as_deref().expect("a day").parse()?;
        let clean: u64 = label.clean.as_deref().expect("a number").parse()?;
        let expected = match label.kind.as_str() {
            "missing_day" => 0,
            "volume_drop" => clean * 3 / 10,
            _ => clean * 3,
        };
        assert_eq!((label.line, orders[&day]), (None, expected), "{label:?}");
    }
    Ok(())
}

/// Goal: orders that come more than a week late are those that labels name.
/// Method: the first folder of a change stream in which an order stands, against its date.
#[tokio::test]
async fn late_orders_are_those_of_their_labels() -> anyhow::Result<()> {
    let stream = Options {
        days: Some(45),
        ..calm(&["late=0.02"])
    };
    let shop = RawShop::generate(&stream).await?;
    let mut folders: Vec<String> = Vec::new();
    for entry in std::fs::read_dir(shop.folder())? {
        let name = entry?.file_name().to_string_lossy().into_owned();
        folders.extend(name.starts_with("business_date=").then_some(name));
    }
    folders.sort_unstable();
    let mut seen: BTreeSet<String> = BTreeSet::new();
    let mut found: BTreeSet<(String, u64)> = BTreeSet::new();
    for (at, folder) in folders.iter().enumerate() {
        let file = format!("{folder}/transactions.csv");
        let table = shop.table(&file)?;
        let delivered: NaiveDate = folder["business_date=".len()..].parse()?;
        for row in &table.rows {
            let ordered: NaiveDate = table.value(row, "transaction_date").parse()?;
            let is_new = seen.insert(table.value(row, "transaction_id").to_owned());
            let late_days = (delivered - ordered).num_days();
            if at > 0 && is_new && late_days >= LATE_DAYS_MIN {
                found.insert((file.clone(), row.line));
            }
        }
    }

    let labels = shop.labels()?;
    let labelled: BTreeSet<(String, u64)> = labels
        .iter()
        .map(|label| (label.file.clone(), label.line.expect("a line")))
        .collect();
    assert_eq!(folders.len(), 45);
    assert!(!found.is_empty());
    assert_eq!(found, labelled);
    assert_eq!(shop.counts()?["late"], labels.len());
    Ok(())
}

#[tokio::test]
async fn late_orders_without_a_change_stream_are_refused() -> anyhow::Result<()> {
    let refused = RawShop::generate(&options(33, &["late=0.1"])).await;
    let error = refused.expect_err("no change stream");

    assert_eq!(errors::exit_code(&error), errors::EXIT_USAGE);
    assert!(format!("{error:#}").contains("--days"), "{error:#}");
    Ok(())
}

#[tokio::test]
async fn a_change_stream_of_more_days_than_the_shop_has_is_refused() -> anyhow::Result<()> {
    let stream = Options {
        days: Some(400),
        ..options(33, &["0.01", "missing_day=1", "truncated=1"])
    };
    let error = RawShop::generate(&stream).await.expect_err("too many days");

    assert_eq!(errors::exit_code(&error), errors::EXIT_USAGE);
    assert!(format!("{error:#}").contains("365 days"), "{error:#}");
    Ok(())
}
