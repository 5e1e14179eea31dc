//! `generate realism`: a shop that was made as asked is told real, any other one is told off.

use std::collections::BTreeSet;
use std::path::Path;
use std::process::Command;

use common::testing::workspace_root;
use serde_json::Value;
use tempfile::TempDir;

use crate::support::{Ended, programs_dir};

/// Large enough for every measure to have cases, small enough for a test.
const ORDERS: &str = "20000";

/// Settings of the environment: the rest of a key, and a value.
type Settings<'a> = &'a [(&'a str, &'a str)];

/// Runs `generate` as a shell would, below a folder of its own.
fn generate(folder: &Path, settings: Settings<'_>, arguments: &[&str]) -> Ended {
    let mut command = Command::new(programs_dir().join("generate"));
    command
        .args(arguments)
        .current_dir(workspace_root())
        .env("BULLION__PATHS__DATA_DIR", folder.join("data"))
        .env("BULLION__PATHS__LOG_DIR", folder.join("logs"))
        .env("BULLION__GENERATE__SCALE", ORDERS);
    for (key, value) in settings {
        command.env(format!("BULLION__GENERATE__{key}"), value);
    }
    Ended::of(command.output().expect("a program that starts"))
}

/// A shop that was made with these settings beside the project's own.
fn make(settings: Settings<'_>) -> TempDir {
    let dir = tempfile::tempdir().expect("a folder");
    generate(dir.path(), settings, &[]).expect(0);
    dir
}

/// The measures that are off by the project's own settings, and the exit code that says so.
fn judge(dir: &TempDir) -> BTreeSet<String> {
    let ended = generate(dir.path(), &[], &["realism", "--output", "json"]);
    let report: Value = serde_json::from_str(&ended.stdout).expect("a report in JSON");
    let measures = report["findings"]["measures"].as_array().expect("measures");
    let off: BTreeSet<String> = measures
        .iter()
        .filter(|it| it["verdict"] == "off")
        .map(|it| {
            let part = |key: &str| it[key].as_str().expect("a text").to_owned();
            format!("{} {}", part("group"), part("name"))
                .trim_end()
                .to_owned()
        })
        .collect();
    ended.expect(i32::from(!off.is_empty()));
    off
}

#[track_caller]
fn assert_told_off(settings: Settings<'_>, expected: &[&str]) {
    let off = judge(&make(settings));
    for name in expected {
        assert!(off.contains(*name), "`{name}` is not off, but {off:?}");
    }
}

#[test]
fn a_shop_is_as_its_settings_ask() {
    for seed in ["42", "7"] {
        let dir = make(&[("SEED", seed)]);
        assert_eq!(judge(&dir), BTreeSet::new(), "seed {seed}");
    }
}

#[test]
fn a_shop_of_a_hundred_orders_is_not_told_off_for_its_size() {
    for seed in ["1", "2", "3", "4", "5"] {
        let dir = make(&[("SEED", seed), ("SCALE", "100")]);
        assert_eq!(judge(&dir), BTreeSet::new(), "seed {seed}");
    }
}

#[test]
fn another_season_is_told_off() {
    let flat = |count: usize| format!("[{}]", vec!["100"; count].join(","));
    assert_told_off(
        &[("CALENDAR__WEEKDAY_PCT", &flat(7))],
        &["orders by weekday Saturday"],
    );
    assert_told_off(
        &[("CALENDAR__MONTH_PCT", &flat(12))],
        &["orders by month December"],
    );
    assert_told_off(
        &[("CALENDAR__HOUR_WEIGHTS", &flat(24)), ("PROMOTIONS", "[]")],
        &[
            "orders by hour 03:00",
            "orders by hour 20:00",
            "orders on promotions Cyber week",
        ],
    );
}

#[test]
fn other_customers_are_told_off() {
    assert_told_off(
        &[("CUSTOMERS__EARLIER_PCT", "55.0")],
        &["customers from before"],
    );
    // Where each buys twice or thrice a second order says most of how they differ.
    let many = [("SCALE", "40000"), ("CUSTOMERS__COUNT", "16000")];
    let with = |setting| [many[0], many[1], setting];
    assert_told_off(
        &with(("CUSTOMERS__PURCHASE_RATE_SHAPE", "6.0")),
        &["customers who bought", "buyers who came again before"],
    );
    assert_told_off(
        &with(("CUSTOMERS__CHURN_MONTHLY_PCT", "25.0")),
        &["customers who bought", "buyers who came again of 2025 Q4"],
    );
}

#[test]
fn other_baskets_are_told_off() {
    assert_told_off(
        &[
            ("PRODUCTS__TOP_FIFTH_REVENUE_PCT", "50.0"),
            ("BASKETS__PAIRS", "4"),
        ],
        &[
            "revenue of the best fifth of products",
            "pairs that are bought together",
        ],
    );
    assert_told_off(
        &[("BASKETS__ATTACHED_PCT", "25.0")],
        &[
            "baskets with a pair's first product and its second",
            "lift of the pairs",
        ],
    );
    assert_told_off(&[("STOCK__STOCK_OUT_PCT", "7.0")], &["days without stock"]);
}

#[test]
fn other_orders_are_told_off() {
    assert_told_off(
        &[
            ("ORDERS__CANCELLED_PCT", "6.0"),
            ("ORDERS__UNPAID_PCT", "3.0"),
            ("ORDERS__RETURNED_PCT", "5.0"),
            ("ORDERS__PARTLY_RETURNED_PCT", "6.0"),
            ("CHANNELS__ONLINE_PCT", "66.0"),
            ("CHANNELS__MARKETPLACE_PCT", "14.0"),
        ],
        &[
            "old orders cancelled",
            "old orders not paid",
            "old orders returned, of the delivered",
            "old orders returned in part, of them",
            "orders online",
            "orders on marketplaces",
            "orders in stores",
        ],
    );
    let carrier = |name: &str, weight: u64, late_pct: f64| {
        format!(
            "{{ name = \"{name}\", weight = {weight}, transit_days = 3, late_pct = {late_pct:.1}, \
             cost = 5.0 }}"
        )
    };
    let carriers = [
        carrier("Northway", 38, 9.0),
        carrier("Bluebird Parcel", 40, 17.0),
        carrier("Longhaul Freight", 22, 30.0),
    ];
    assert_told_off(
        &[("CARRIERS", &format!("[{}]", carriers.join(",")))],
        &[
            "parcels by Northway",
            "parcels by Bluebird Parcel",
            "parcels by Longhaul Freight",
            "late parcels by Northway",
            "late parcels by Bluebird Parcel",
            "late parcels by Longhaul Freight",
        ],
    );
}

#[test]
fn other_visits_are_told_off() {
    assert_told_off(
        &[
            ("WEB__TRACKED_ORDERS_PCT", "8.0"),
            ("WEB__VIEWED_PCT", "60.0"),
            ("WEB__CARTED_PCT", "30.0"),
            ("WEB__CHECKOUT_PCT", "70.0"),
            ("WEB__PURCHASED_PCT", "75.0"),
        ],
        &[
            "orders of the web shop with a visit",
            "visits that view a product",
            "visits that put one into the cart then",
            "visits that go to the checkout then",
            "visits that buy then",
        ],
    );
}

/// What stores would have sold is sold in the web shop.
#[test]
fn a_shop_without_stores_is_judged_by_what_is_left() {
    let settings = [("SCALE", "5000"), ("CHANNELS__STORES", "0")];
    let dir = make(&settings);
    let ended = generate(dir.path(), &settings, &["realism"]).expect(0);
    assert!(
        ended.stdout.contains("orders in stores"),
        "{}",
        ended.stdout
    );
    // By the project's own settings it is another shop.
    assert!(judge(&dir).contains("orders in stores"));
}

/// Without an event there is no file of them, and nothing to say of visits.
#[test]
fn a_shop_without_visits_is_judged_by_the_rest() {
    let settings = [("SCALE", "2000"), ("WEB__TRACKED_ORDERS_PCT", "0.0")];
    let dir = make(&settings);
    let events = dir.path().join("data/raw/synthetic/web_events.ndjson");
    assert!(!events.exists());
    let ended = generate(dir.path(), &settings, &["realism", "--output", "json"]).expect(0);

    let report: Value = serde_json::from_str(&ended.stdout).expect("a report in JSON");
    let measures = report["findings"]["measures"].as_array().expect("measures");
    let visits: Vec<&Value> = measures
        .iter()
        .filter(|it| it["group"] == "visits")
        .collect();
    assert_eq!(visits.len(), 4);
    assert!(visits.iter().all(|it| it["verdict"] == "too_few"));
}

/// People see the table on stdout and the measures that are off on stderr.
#[test]
fn what_is_off_is_named() {
    let dir = make(&[("SCALE", "2000"), ("ORDERS__CANCELLED_PCT", "20.0")]);
    let ended = generate(dir.path(), &[], &["realism"]).expect(1);

    assert!(
        ended.stdout.contains("measures are off"),
        "{}",
        ended.stdout
    );
    assert!(ended.stdout.lines().count() < 50, "{}", ended.stdout);
    ended.says(&["not as asked for", "old orders cancelled"]);
}

#[test]
fn a_folder_without_a_shop_and_flags_before_the_command_are_refused() {
    let dir = tempfile::tempdir().expect("a folder");
    generate(dir.path(), &[], &["realism"])
        .expect(2)
        .says(&["generation_metadata.json", "make one with `generate`"]);
    generate(dir.path(), &[], &["--seed", "3", "realism"])
        .expect(2)
        .says(&["leave the flags out"]);
}

/// Every packing is read, and tells the same.
#[test]
fn packed_files_are_read() {
    let measures = |compression: &str| {
        let dir = make(&[("SCALE", "500"), ("COMPRESSION", compression)]);
        let ended = generate(dir.path(), &[], &["realism", "--output", "json"]);
        let report: Value = serde_json::from_str(&ended.stdout).expect("a report in JSON");
        report["findings"]["measures"].clone()
    };
    let plain = measures("none");

    assert!(plain.as_array().is_some_and(|it| it.len() > 70));
    assert_eq!(measures("gz"), plain);
    assert_eq!(measures("zst"), plain);
}
