//! The plan as a whole: what is planted follows from seed, file and block, at the rate asked for.

use std::collections::{BTreeMap, BTreeSet};

use csv::ByteRecord;

use super::*;

/// A row in which every value can be damaged.
fn sound_row(file: File, number: u64) -> ByteRecord {
    file.columns()
        .iter()
        .map(|column| value(file, column, number))
        .collect()
}

fn value(file: File, column: &str, number: u64) -> String {
    match column {
        "properties" => "{}".to_owned(),
        "status" => "paid".to_owned(),
        "phone" => "+1 212 555 0123".to_owned(),
        "email" => format!("ada{number}@example.org"),
        "transaction_time" => "14:03:22".to_owned(),
        "occurred_at" => "2025-03-09T14:03:22Z".to_owned(),
        "line_total" => "35.98".to_owned(),
        "discount_percentage" => "10.00".to_owned(),
        "quantity" | "payment_sequence" | "installments" | "line_number" => "2".to_owned(),
        "customer_id" => format!("CUST{number:04}"),
        "lead_time_days" | "reorder_point" | "quantity_on_hand" | "stock_quantity" => {
            "7".to_owned()
        }
        _ if column.ends_with("_date") => "2025-03-09".to_owned(),
        _ if column.ends_with("_at") => "2025-03-09 14:03:22".to_owned(),
        _ if column.ends_with("_id") => format!("{}{number:05}", file.stem().to_uppercase()),
        "price" | "cost" | "unit_price" | "unit_cost" | "total_amount" | "amount"
        | "shipping_cost" | "commission_rate" => "19.99".to_owned(),
        _ => "Anna, Lee".to_owned(),
    }
}

fn settings(flags: &[&str]) -> Settings {
    let mut settings = Settings::of_size(1_000);
    let flags: Vec<FaultRate> = flags.iter().map(|it| it.parse().expect(it)).collect();
    settings.faults.override_by(&flags);
    settings
}

fn plan(flags: &[&str]) -> FaultPlan {
    FaultPlan::new(&settings(flags)).expect("a plan")
}

/// What is planted among so many rows.
fn plant(plan: &FaultPlan, file: File, block: u64, rows: u64) -> Vec<(u64, Planted)> {
    let Some(mut planter) = plan.planter(file, 0, block) else {
        return Vec::new();
    };
    (1..=rows)
        .filter_map(|number| Some((number, planter.plant(&sound_row(file, number))?)))
        .collect()
}

fn data_files() -> impl Iterator<Item = File> {
    File::ALL.into_iter().filter(|file| *file != File::Deletes)
}

#[test]
fn nothing_is_planted_unless_it_is_asked_for() {
    assert!(FaultPlan::new(&settings(&[])).is_none());
    assert!(FaultPlan::new(&settings(&["0", "null=0"])).is_none());
    assert!(
        plan(&["truncated=1"])
            .planter(File::Customers, 0, 0)
            .is_none()
    );
    assert!(plan(&["0.1"]).planter(File::Deletes, 0, 0).is_none());
}

#[test]
fn a_block_has_the_same_faults_again_and_other_blocks_have_others() {
    let shown = |seed: u64, file, block| {
        let mut settings = settings(&["0.05"]);
        settings.seed = seed;
        let plan = FaultPlan::new(&settings).expect("a plan");
        format!("{:?}", plant(&plan, file, block, 500))
    };
    let next_release = plan(&["0.05"]).planter(File::Payments, 1, 3);
    let first = shown(1, File::Payments, 3);

    assert_eq!(first, shown(1, File::Payments, 3));
    assert_ne!(first, shown(2, File::Payments, 3));
    assert_ne!(first, shown(1, File::Payments, 4));
    let this_release = plan(&["0.05"]).planter(File::Payments, 0, 3);
    assert_ne!(format!("{this_release:?}"), format!("{next_release:?}"));
}

/// Goal: the rate is that of all rows of every file, and the kinds share it by their weights.
/// Method: many blocks of few rows, since a fault must not get lost between them.
#[test]
fn faults_have_the_rate_that_was_asked_for() {
    let plan = plan(&["0.04"]);
    let weights = settings(&[]).faults.weights;
    for file in data_files() {
        let mut counts: BTreeMap<Kind, u64> = BTreeMap::new();
        for block in 0..1_000 {
            for (_, planted) in plant(&plan, file, block, 50) {
                *counts.entry(planted.label.kind).or_default() += 1;
            }
        }
        let all: u64 = counts.values().sum();
        assert!((1_850..2_150).contains(&all), "{file:?}: {all} of 2000");
        let total: u64 = spots::kinds(file).iter().map(|kind| weights[kind]).sum();
        for kind in spots::kinds(file) {
            let expected = 2_000.0 * weights[&kind] as f64 / total as f64;
            let found = counts.get(&kind).copied().unwrap_or_default() as f64;
            let spread = 4.5 * expected.sqrt();
            assert!(
                (found - expected).abs() < spread,
                "{file:?} {kind}: {found}"
            );
        }
    }
}

#[test]
fn a_kind_of_its_own_rate_takes_nothing_from_the_others() {
    let plan = plan(&["null=0.2", "ragged=0.1"]);
    let mut counts: BTreeMap<Kind, u64> = BTreeMap::new();
    for (_, planted) in plant(&plan, File::Customers, 0, 20_000) {
        *counts.entry(planted.label.kind).or_default() += 1;
    }

    assert_eq!(counts.len(), 2, "{counts:?}");
    assert!((3_800..4_200).contains(&counts[&Kind::Null]), "{counts:?}");
    assert!(
        (1_850..2_150).contains(&counts[&Kind::Ragged]),
        "{counts:?}"
    );
}

#[test]
fn every_spot_of_every_file_occurs() {
    let plan = plan(&["0.5"]);
    for file in data_files() {
        let found: BTreeSet<String> = plant(&plan, file, 0, 20_000)
            .into_iter()
            .map(|(_, it)| format!("{} {:?}", it.label.kind, it.label.field))
            .collect();
        let possible: BTreeSet<String> = spots::of(file)
            .map(|spot| format!("{} {:?}", spot.how.kind(), spot.column))
            .collect();
        assert_eq!(found, possible, "{file:?}");
    }
}

/// Goal: a label tells how to undo its fault, and nothing else of the row differs.
#[test]
fn a_label_has_what_its_row_is_missing() {
    let plan = plan(&["0.5"]);
    for file in data_files().filter(|file| !file.is_json()) {
        for (number, planted) in plant(&plan, file, 0, 5_000) {
            let sound = sound_row(file, number);
            let label = &planted.label;
            let PlantedRow::Record(row) = &planted.row else {
                panic!("{label:?}");
            };
            if label.kind == Kind::Ragged {
                continue;
            }
            if planted.is_additional {
                assert_eq!(label.clean, None);
                assert_eq!(
                    row == &sound,
                    label.kind == Kind::DuplicateExact,
                    "{label:?}"
                );
                continue;
            }
            let differing: Vec<usize> = (0..row.len())
                .filter(|&at| row.get(at) != sound.get(at))
                .collect();
            let field = label.field.and_then(|name| label::position(file, name));
            assert_eq!(differing, Vec::from_iter(field), "{label:?}");
            let clean = field.and_then(|at| sound.get(at)).map(label::text);
            assert_eq!(label.clean, clean, "{label:?}");
        }
    }
}

#[test]
fn rows_that_are_refused_are_lines_all_the_same() {
    let plan = plan(&["encoding=0.3", "ragged=0.3"]);
    for file in data_files() {
        let planted = plant(&plan, file, 0, 500);
        assert!(!planted.is_empty(), "{file:?}");
        for (_, planted) in planted {
            assert!(!planted.is_additional);
            let is_ragged = planted.label.kind == Kind::Ragged;
            let (bytes, has_shape) = match &planted.row {
                PlantedRow::Line(line) => (&line[..line.len() - 1], line.ends_with(b"}\n")),
                PlantedRow::Record(row) => (row.as_slice(), row.len() == file.columns().len()),
            };
            assert!(!bytes.contains(&b'\n'));
            assert_eq!(std::str::from_utf8(bytes).is_ok(), is_ragged, "{file:?}");
            // What is left of an event may end in the brace of its properties.
            assert!(has_shape != is_ragged || file.is_json(), "{file:?}");
        }
    }
}

/// Goal: a fault is not lost where a row cannot have it.
#[test]
fn a_fault_waits_for_a_row_that_can_have_it() {
    let plan = plan(&["unit_change=0.5"]);
    let mut planter = plan.planter(File::Payments, 0, 0).expect("a planter");
    let mut failed = sound_row(File::Payments, 1);
    failed = failed
        .iter()
        .map(|it| if it == b"paid" { &b"failed"[..] } else { it })
        .collect();

    assert!((0..100).all(|_| planter.plant(&failed).is_none()));
    assert!(planter.plant(&sound_row(File::Payments, 2)).is_some());
}

#[test]
fn late_orders_take_their_share_of_a_streams_faults() {
    let mut settings = settings(&["0.2"]);
    settings.days = 60;
    let plan = FaultPlan::new(&settings).expect("a plan");
    let late = (0..50_000)
        .filter(|&order| plan.lateness(order, 320).is_some())
        .count() as f64;
    let faults = &settings.faults;
    let mut kinds = spots::kinds(File::Transactions);
    kinds.push(Kind::Late);
    let shares: BTreeMap<Kind, f64> = faults.shares(&kinds).into_iter().collect();

    assert!(
        (late / 50_000.0 - shares[&Kind::Late]).abs() < 0.002,
        "{late}"
    );
    assert!((shares.values().sum::<f64>() - 0.2).abs() < 1e-9);
}

#[test]
fn files_are_damaged_as_often_as_asked_for_and_once_at_most() {
    let settings = settings(&["0.1", "drift=5", "truncated=4"]);
    let plan = FaultPlan::new(&settings).expect("a plan");
    let damaged: Vec<(File, Kind)> = File::ALL
        .into_iter()
        .filter_map(|file| Some((file, plan.file_fault(file, 0)?.label(9).kind)))
        .collect();
    let of_kind = |kind: Kind| damaged.iter().filter(|(_, it)| *it == kind).count();

    assert_eq!((of_kind(Kind::Drift), of_kind(Kind::Truncated)), (5, 4));
    for file in data_files() {
        let is_damaged = damaged.iter().any(|(it, _)| *it == file);
        assert_eq!(plan.planter(file, 0, 0).is_none(), is_damaged, "{file:?}");
    }
    assert!(plan.file_fault(File::WebEvents, 0).is_none());
}

/// Goal: a file that is damaged as a whole has no other label.
#[test]
fn orders_with_labels_of_their_own_are_in_no_damaged_file() {
    let orders = |settings: &Settings| -> Vec<usize> {
        damage::candidates(settings)
            .into_iter()
            .filter_map(|(release, file)| (file == File::Transactions).then_some(release))
            .collect()
    };
    let mut whole = settings(&["missing_day=1"]);
    assert!(orders(&whole).is_empty());
    whole.days = 30;
    let (day, _) = days::draw(&whole).pop_first().expect("a day");
    let odd = day as usize - 335;
    assert_eq!(
        orders(&whole),
        (0..30).filter(|it| *it != odd).collect::<Vec<_>>()
    );

    let mut late = settings(&["late=0.1"]);
    late.days = 30;
    assert_eq!(orders(&late), [0]);
}

#[test]
fn labels_of_days_tell_what_was_due() {
    for (days, expected) in [(0, Expected::Warning), (30, Expected::Gate)] {
        let mut settings = settings(&["missing_day=1"]);
        settings.days = days;
        let plan = FaultPlan::new(&settings).expect("a plan");
        let (day, fault) = (0..365)
            .find_map(|day| Some((day, plan.day_fault(day)?)))
            .expect("a day");
        let label = plan.day_label(day, fault, 40);

        let date = settings.start_date + TimeDelta::days(day.into());
        assert_eq!(label.key, Some(date.to_string()));
        assert_eq!((label.kind, label.expected), (Kind::MissingDay, expected));
        assert_eq!(label.clean.as_deref(), Some("40"));
    }
    assert_eq!(DayFault::VolumeDrop.order_count(40), 12);
    assert_eq!(DayFault::VolumeSpike.order_count(40), 120);
    assert_eq!(DayFault::MissingDay.order_count(40), 0);
}

#[test]
fn flags_are_understood_or_explained() {
    assert_eq!("0.01".parse(), Ok(FaultRate::All(0.01)));
    assert_eq!("null=0.1".parse(), Ok(FaultRate::Rate(Kind::Null, 0.1)));
    assert_eq!("drift=2".parse(), Ok(FaultRate::Count(Kind::Drift, 2)));
    for (text, part) in [
        ("nul=0.1", "did you mean `null`"),
        ("null", "`null=0.01`"),
        ("truncated", "`truncated=1`"),
        ("null=2", "0 to 1"),
        ("truncated=0.5", "a number of files"),
        ("missing_day=101", "a number of days"),
        ("0.7", "0 to 0.5"),
        ("", "0 to 0.5"),
    ] {
        let error = text.parse::<FaultRate>().expect_err(text);
        assert!(error.contains(part), "{error}");
    }
}

#[test]
fn settings_that_cannot_be_are_explained() {
    use validator::Validate as _;

    let mut wrong = settings(&["late=0.1"]);
    assert!(format!("{:?}", check_wholes(&wrong)).contains("change stream"));
    wrong.days = 30;
    assert!(check_wholes(&wrong).is_ok());

    let many = settings(&["missing_day=100", "volume_drop=100", "volume_spike=100"]);
    assert!(check_wholes(&many).is_ok());
    let mut short = many.clone();
    short.days = 200;
    assert!(format!("{:?}", check_wholes(&short)).contains("300 days"));

    let mut long = settings(&["late=0.1", "missing_day=1", "truncated=1"]);
    long.days = 400;
    assert!(format!("{:?}", long.validate()).contains("365 days"));

    // Twelve files on the first day, and four on each further one.
    let mut damaged = settings(&["drift=12", "truncated=8"]);
    assert!(format!("{:?}", check_wholes(&damaged)).contains("20 files"));
    damaged.days = 3;
    assert!(check_wholes(&damaged).is_ok());

    let too_often = settings(&["null=0.6", "ragged=0.6"]);
    assert!(too_often.faults.validate().is_err());
    let mut misplaced = settings(&[]).faults;
    misplaced.weights.insert(Kind::Drift, 1);
    assert!(misplaced.validate().is_err());
}
