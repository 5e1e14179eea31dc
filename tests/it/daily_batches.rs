//! Twenty days of a generated stream, one by one and all together.

use std::fs;
use std::path::Path;

use crate::support::Pipeline;

const DAYS: &str = "20";

fn load(pipeline: &Pipeline, stream: &Path) {
    let stream = stream.to_string_lossy();
    let arguments = ["--source", "synthetic_days", "--data", &stream];
    pipeline.orchestrate(&arguments).expect(0);
}

/// Goal: what a shop delivers day by day leaves the same tables as one load of the same files.
/// Method: a generated stream with deletions, loaded in twenty runs and in one; every published
/// table and view is compared by content, and the star is checked.
#[tokio::test(flavor = "multi_thread")]
async fn twenty_daily_batches_leave_the_same_as_one_full_load() {
    let (one_by_one, together) = (Pipeline::new().await, Pipeline::new().await);
    let all = one_by_one.data_dir().join("all");
    let out = all.to_string_lossy();
    let generated = one_by_one
        .program(
            "generate",
            &["--scale", "3000", "--days", DAYS, "--out", &out],
        )
        .env(
            "BULLION__GENERATE__STREAM__DELETED_CUSTOMERS_MONTHLY_PCT",
            "10",
        )
        .output()
        .expect("a program that starts");
    assert!(generated.status.success(), "{generated:?}");
    let mut days: Vec<_> = fs::read_dir(&all)
        .expect("folders")
        .map(|entry| entry.expect("an entry").path())
        .filter(|path| path.is_dir())
        .collect();
    days.sort();
    assert_eq!(days.len(), 20);

    load(&together, &all);
    let stream = one_by_one.data_dir().join("stream");
    fs::create_dir(&stream).expect("a folder");
    for day in &days {
        fs::rename(day, stream.join(day.file_name().expect("a name"))).expect("a move");
        load(&one_by_one, &stream);
    }

    let batches = "select count(*) from ops.batches where state = 'published'";
    assert_eq!(one_by_one.db.number(batches).await, 20);
    assert_eq!(one_by_one.hashes().await, together.hashes().await);
    let checked = one_by_one
        .program("warehouse", &["check"])
        .output()
        .expect("a program that starts");
    assert!(checked.status.success(), "{checked:?}");
}
