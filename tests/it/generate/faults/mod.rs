//! Faults that are planted on purpose: each one is labelled, and found by a plain check that knows
//! no label; without its faults, a shop is the same shop.

mod columns;
mod find;
mod raw;
mod totals;
mod wholes;

use std::collections::{BTreeMap, BTreeSet, HashMap};

use generate::Options;

use columns::KEYS;
use find::{Files, Place};
use raw::{Label, RawShop};

/// Kinds that befall a row of any shop.
const ROW_KINDS: [&str; 13] = [
    "null",
    "duplicate_exact",
    "duplicate_key",
    "duplicate_near",
    "orphan",
    "range",
    "inconsistent_total",
    "bad_format",
    "wrong_type",
    "encoding",
    "ragged",
    "future_date",
    "unit_change",
];
const SEEDS: [u64; 2] = [21, 22];
const TRANSACTIONS: &str = "1000";

fn options(seed: u64, faults: &[&str]) -> Options {
    Options {
        seed: Some(seed),
        scale: Some(TRANSACTIONS.parse().expect("a scale")),
        customers: Some(1_000),
        faults: faults
            .iter()
            .map(|it| it.parse().expect("a rate"))
            .collect(),
        ..Options::default()
    }
}

/// The places that labels name, by kind.
fn labelled(labels: &[Label]) -> BTreeMap<&str, BTreeSet<Place>> {
    let mut places: BTreeMap<&str, BTreeSet<Place>> = BTreeMap::new();
    for label in labels {
        let line = label.line.expect("a line");
        let is_new = places
            .entry(&label.kind)
            .or_default()
            .insert((label.file.clone(), line));
        assert!(is_new, "two labels for one line: {label:?}");
    }
    places
}

/// Compares what was planted, labelled and found, kind by kind and line by line.
fn assert_found(shop: &RawShop) -> anyhow::Result<BTreeMap<String, usize>> {
    let labels = shop.labels()?;
    let labelled = labelled(&labels);
    let found = Files::read(shop)?.faults();
    let planted = shop.counts()?;
    for kind in ROW_KINDS {
        let none = BTreeSet::new();
        let labelled = labelled.get(kind).unwrap_or(&none);
        let found = found.get(kind).unwrap_or(&none);
        let missed: Vec<_> = labelled.difference(found).collect();
        let invented: Vec<_> = found.difference(labelled).collect();
        assert!(
            missed.is_empty() && invented.is_empty(),
            "{kind}: not found {missed:?}, not labelled {invented:?}"
        );
        let planted = planted.get(kind).copied().unwrap_or_default();
        assert_eq!(planted, labelled.len(), "{kind}");
    }
    let counts = labelled.iter();
    Ok(counts
        .map(|(kind, places)| ((*kind).to_owned(), places.len()))
        .collect())
}

#[tokio::test]
async fn a_shop_without_faults_has_none_and_says_so() -> anyhow::Result<()> {
    let shop = RawShop::generate(&options(SEEDS[0], &[])).await?;

    assert_eq!(Files::read(&shop)?.faults(), BTreeMap::new());
    assert!(shop.counts()?.is_empty());
    assert!(!shop.folder().join("faults.jsonl").exists());
    Ok(())
}

/// Goal: of all kinds together, what was planted is what labels say and what plain checks find.
#[tokio::test]
async fn faults_of_all_kinds_are_found_where_their_labels_say() -> anyhow::Result<()> {
    for seed in SEEDS {
        // Enough for some faults of every kind; near duplicates are of customers alone.
        let many = Options {
            scale: "2000".parse().ok(),
            customers: Some(5_000),
            ..options(seed, &["0.01"])
        };
        let shop = RawShop::generate(&many).await?;
        let counts = assert_found(&shop)?;

        let kinds: Vec<&str> = counts.keys().map(String::as_str).collect();
        let mut all = ROW_KINDS.to_vec();
        all.sort_unstable();
        assert_eq!(kinds, all, "every kind occurs at seed {seed}");
        let rows = row_count(&shop)?;
        let planted = counts.values().sum::<usize>() as f64;
        assert!((planted / rows - 0.01).abs() < 0.002, "{planted} of {rows}");
    }
    Ok(())
}

#[tokio::test]
async fn a_kind_alone_looks_like_no_other() -> anyhow::Result<()> {
    for kind in ROW_KINDS {
        for seed in SEEDS {
            let shop = RawShop::generate(&options(seed, &[&format!("{kind}=0.01")])).await?;
            let counts = assert_found(&shop)?;
            assert_eq!(counts.keys().collect::<Vec<_>>(), [kind], "at seed {seed}");
        }
    }
    Ok(())
}

fn row_count(shop: &RawShop) -> anyhow::Result<f64> {
    let mut count = 0;
    for (file, _) in KEYS {
        count += shop.table(file)?.rows.len();
    }
    Ok(count as f64)
}

/// Goal: a fault touches its row alone, and its label is enough to undo it.
/// Method: undo every label of a shop with faults, of several blocks and in two folders; what is
/// left is the shop without them, byte by byte.
#[tokio::test]
async fn a_shop_whose_faults_are_undone_is_the_shop_without_faults() -> anyhow::Result<()> {
    let large = |faults: &[&str]| Options {
        scale: "5000".parse().ok(),
        customers: Some(5_000),
        days: Some(2),
        ..options(SEEDS[0], faults)
    };
    let clean = RawShop::generate(&large(&[])).await?;
    // Orders that are late are in another folder.
    let faulty = RawShop::generate(&large(&["0.05", "late=0"])).await?;
    let mut labels: HashMap<Place, Label> = HashMap::new();
    for label in faulty.labels()? {
        let line = label.line.expect("a line");
        labels.insert((label.file.clone(), line), label);
    }

    for folder in ["business_date=2025-12-30", "business_date=2025-12-31"] {
        for (name, key) in KEYS.iter().filter(|(file, _)| file.ends_with(".csv")) {
            let file = format!("{folder}/{name}");
            let table = faulty.table(&file)?;
            let mut undone = table.header.clone();
            for row in &table.rows {
                match labels.remove(&(file.clone(), row.line)) {
                    None => undone.extend_from_slice(&row.bytes),
                    Some(label) if is_additional(&label) => {}
                    Some(label) => {
                        assert_eq!(label.key, Some(clean_key(&table, row, key, &label)));
                        undone.extend_from_slice(&undo(&table, row, &label)?);
                    }
                }
            }
            assert!(undone == clean.bytes(&file)?, "{file} differs");
        }
    }
    let mut left = labels.keys().map(|(file, _)| file);
    assert!(left.all(|file| file.ends_with("/web_events.ndjson")));
    Ok(())
}

/// Without such a fault there would be no such row: it has no clean value, and is no ragged row.
fn is_additional(label: &Label) -> bool {
    label.clean.is_none() && label.kind != "ragged"
}

fn clean_key(table: &raw::Table, row: &raw::Row, key: &[&str], label: &Label) -> String {
    let parts: Vec<&str> = key
        .iter()
        .map(|column| match &label.clean {
            Some(clean) if label.field.as_deref() == Some(*column) => clean,
            _ => table.value(row, column),
        })
        .collect();
    parts.join("/")
}

/// The line as it was before its fault.
fn undo(table: &raw::Table, row: &raw::Row, label: &Label) -> anyhow::Result<Vec<u8>> {
    let mut fields = row.fields.clone();
    match (&label.field, &label.clean) {
        (Some(_), Some(clean)) if fields.len() < table.column_count() => fields.push(clean.clone()),
        (Some(field), Some(clean)) => fields[table.position(field)] = clean.clone(),
        _ => fields.truncate(table.column_count()),
    }
    let mut writer = csv::Writer::from_writer(Vec::new());
    writer.write_record(&fields)?;
    Ok(writer.into_inner()?)
}

/// Goal: with faults, too, the bytes do not depend on threads, in none of the folders.
#[tokio::test]
async fn the_same_faults_are_planted_by_any_number_of_threads() -> anyhow::Result<()> {
    let faults = ["0.05", "drift=1", "truncated=1", "missing_day=1"];
    let mut shops = Vec::new();
    for threads in [1, 3, 3] {
        let options = Options {
            scale: "9000".parse().ok(),
            threads: Some(threads),
            days: Some(4),
            ..options(SEEDS[1], &faults)
        };
        shops.push(RawShop::generate(&options).await?);
    }
    let mut files: BTreeSet<String> = shops[0].labels()?.into_iter().map(|it| it.file).collect();
    files.insert("faults.jsonl".to_owned());

    assert!(files.len() > 20, "{files:?}");
    for file in files {
        let bytes = shops[0].bytes(&file)?;
        assert!(bytes == shops[1].bytes(&file)?, "{file} differs by threads");
        assert!(bytes == shops[2].bytes(&file)?, "{file} differs by chance");
    }
    Ok(())
}

/// What the pipeline is to do is one of four things, and the same for every fault of its sort.
#[tokio::test]
async fn labels_expect_what_contracts_say() -> anyhow::Result<()> {
    let shop = RawShop::generate(&options(SEEDS[1], &["0.05"])).await?;
    for label in shop.labels()? {
        let field = label.field.as_deref().unwrap_or_default();
        let is_lookup = field != "transaction_id";
        let expected = match (label.kind.as_str(), label.file.as_str()) {
            ("duplicate_key" | "inconsistent_total", _) => "quarantine",
            ("duplicate_exact" | "duplicate_near", _) => "warning",
            ("encoding" | "ragged" | "wrong_type", _) => "reject",
            ("bad_format", _) if matches!(field, "email" | "phone") => "warning",
            ("bad_format", _) => "reject",
            ("orphan", _) if is_lookup => "warning",
            ("orphan", _) => "quarantine",
            ("unit_change", "payments.csv") => "warning",
            ("unit_change", _) => "quarantine",
            // What depends on the column, the contract's tests tell.
            _ => continue,
        };
        assert_eq!(label.expected, expected, "{label:?}");
    }
    Ok(())
}
