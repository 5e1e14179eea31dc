//! A shop with faults of all kinds through generate, stage and quality: what was planted is found.

use serde_json::{Value, json};

use crate::support::Pipeline;

const SHOP: [&str; 8] = [
    "--scale",
    "2000",
    "--customers",
    "8000",
    "--seed",
    "5",
    "--faults",
    "0.03",
];
/// Kinds of rows; `late` needs a change stream.
const KINDS: [&str; 13] = [
    "bad_format",
    "duplicate_exact",
    "duplicate_key",
    "duplicate_near",
    "encoding",
    "future_date",
    "inconsistent_total",
    "null",
    "orphan",
    "ragged",
    "range",
    "unit_change",
    "wrong_type",
];
/// Goal: every planted fault gets the verdict that its label expects, and no sound row gets one.
/// Method: generate, stage and judge a shop, and compare its labels with the verdicts.
#[tokio::test(flavor = "multi_thread")]
async fn every_planted_fault_gets_its_verdict_and_no_sound_row_does() {
    let pipeline = Pipeline::new().await;
    pipeline.run("generate", &SHOP).expect(0);
    pipeline.run("stage", &[]).expect(0);
    // The gate may stop a batch of so many faults; the verdicts are there all the same.
    pipeline.run("quality", &[]);

    let labels = pipeline.raw_dir().join("faults.jsonl");
    let arguments = ["faults", &labels.to_string_lossy(), "--output", "json"];
    let ended = pipeline.run("quality", &arguments).expect(0);
    let report: Value = serde_json::from_str(&ended.stdout).expect("a report");
    let findings = &report["findings"];

    let kinds = findings["kinds"].as_array().expect("kinds");
    let names: Vec<&str> = kinds.iter().map(|it| text(&it["kind"])).collect();
    assert_eq!(names, KINDS);
    assert_eq!(findings["unmet"], json!([]), "{findings:#}");
    for kind in kinds {
        assert!(number(&kind["planted"]) > 0, "{kind}");
        assert_eq!(number(&kind["missed"]), 0, "{kind}");
        assert_eq!(number(&kind["met"]), number(&kind["planted"]), "{kind}");
        assert_eq!(number(&kind["false_alarms"]), 0, "{kind}");
        assert_eq!(kind["precision"], 1.0, "{kind}");
        assert_eq!(kind["recall"], 1.0, "{kind}");
    }
}

/// A text; empty where there is none.
fn text(value: &Value) -> &str {
    value.as_str().unwrap_or_default()
}

fn number(value: &Value) -> i64 {
    value.as_i64().expect("a number")
}
