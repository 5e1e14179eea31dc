//! Labels of planted faults beside the verdicts on their rows.

use std::fs;

use serde_json::{Value, json};

use crate::support::Pipeline;

/// What is replaced in a line by what, and the label of it, as `Damaged::label` reads it.
const FAULTS: [(&str, &str, &str); 6] = [
    (
        "PROD0002,1,",
        "PROD0002,x,",
        "transaction_items.csv:4 TXN00002/1 bad_format quantity 1 reject",
    ),
    (
        "200.00",
        "abc",
        "products.csv:2 PROD0001 bad_format price 200.00 reject",
    ),
    (
        "21.60",
        "99.00",
        "transactions.csv:10 TXN00009 inconsistent_total total_amount 21.60 quarantine",
    ),
    (
        "TXN00002",
        "TXN99999",
        "shipments.csv:3 TXN00002/SHIP00002 orphan transaction_id TXN00002 quarantine",
    ),
    (
        "ben.roe2@example.com",
        "",
        "customers.csv:3 CUST0002 null email b@x warning",
    ),
    // A warning is milder than this.
    (
        "CUST0001",
        "",
        "transactions.csv:2 TXN00001 null customer_id CUST0001 quarantine",
    ),
];

/// Ten orders, to which faults are done by hand.
struct Damaged {
    pipeline: Pipeline,
    labels: Vec<Value>,
}

impl Damaged {
    async fn new() -> Self {
        let pipeline = Pipeline::new().await;
        pipeline.place_ten_orders();
        Self {
            pipeline,
            labels: Vec::new(),
        }
    }

    /// Replaces a text in a line of a file, which must be there.
    fn damage(&self, file: &str, line: usize, from: &str, to: &str) {
        self.pipeline.edit_raw(file, |text| {
            let mut lines: Vec<String> = text.lines().map(str::to_owned).collect();
            assert!(lines[line - 1].contains(from), "{}", lines[line - 1]);
            lines[line - 1] = lines[line - 1].replacen(from, to, 1);
            lines.join("\n") + "\n"
        });
    }

    /// Writes a line of a file once more, before itself.
    fn repeat(&self, file: &str, line: usize) {
        self.pipeline.edit_raw(file, |text| {
            let mut lines: Vec<&str> = text.lines().collect();
            lines.insert(line - 1, lines[line - 1]);
            lines.join("\n") + "\n"
        });
    }

    /// `file:line key kind field clean expected`; `-` for null.
    fn label(&mut self, text: &str) {
        let parts: Vec<&str> = text.split(' ').collect();
        let [place, key, kind, field, clean, expected] = parts[..] else {
            panic!("`{text}` is no label");
        };
        let (file, line) = place.split_once(':').expect("file:line");
        let known = |it: &'static str| move |text: &&str| *text != it;
        self.labels.push(json!({
            "file": file,
            "line": line.parse::<usize>().ok(),
            "key": Some(key).filter(known("-")),
            "kind": kind,
            "field": Some(field).filter(known("-")),
            "clean": Some(clean).filter(known("-")),
            "expected": expected,
        }));
    }

    /// Does a fault and labels it.
    fn plant(&mut self, from: &str, to: &str, label: &str) {
        let (place, _) = label.split_once(' ').expect("a label");
        let (file, line) = place.split_once(':').expect("file:line");
        self.damage(file, line.parse().expect("a line"), from, to);
        self.label(label);
    }

    fn compare(&self, arguments: &[&str]) -> crate::support::Ended {
        let path = self.pipeline.raw_dir().join("faults.jsonl");
        let lines: Vec<String> = self.labels.iter().map(Value::to_string).collect();
        fs::write(&path, lines.join("\n") + "\n").expect("labels");
        let path = path.to_string_lossy();
        let arguments: Vec<&str> = ["faults", &path].iter().chain(arguments).copied().collect();
        self.pipeline.run("quality", &arguments)
    }

    fn findings(&self) -> Value {
        let ended = self.compare(&["--output", "json"]).expect(0);
        let report: Value = serde_json::from_str(&ended.stdout).expect("a report");
        report["findings"].clone()
    }

    /// What became of the labels of a kind: planted, met, otherwise, missed, false alarms.
    fn counts(findings: &Value, kind: &str) -> [i64; 5] {
        let found = findings["kinds"]
            .as_array()
            .expect("kinds")
            .iter()
            .find(|it| it["kind"] == kind)
            .unwrap_or_else(|| panic!("no {kind} in {findings}"));
        ["planted", "met", "otherwise", "missed", "false_alarms"]
            .map(|it| found[it].as_i64().expect("a count"))
    }
}

/// Goal: each way in which a label can meet a verdict is told apart.
/// Method: ten orders with a fault for each way: a record that does not parse, a row in quarantine,
/// a second copy, a warning, a milder verdict than expected, none at all, and one without a label.
#[tokio::test(flavor = "multi_thread")]
async fn labels_are_met_met_otherwise_missed_and_false_alarms_are_told_apart() {
    let mut shop = Damaged::new().await;
    for (from, to, label) in FAULTS {
        shop.plant(from, to, label);
    }
    shop.repeat("payments.csv", 6);
    shop.label("payments.csv:6 TXN00006/2 duplicate_exact - - quarantine");
    shop.label("stores.csv:3 STORE002 duplicate_near - - warning");
    shop.label("gone.csv:3 G1 null a b warning");
    // By the rule that found another null customer, so that its alarm is put to that kind.
    shop.damage("transactions.csv", 5, "CUST0001", "");
    // By a rule that found no label.
    shop.damage("web_events.ndjson", 1, "2025", "2225");
    shop.pipeline.run("stage", &[]).expect(0);
    shop.pipeline.run("quality", &[]);

    let findings = shop.findings();

    let of = |kind| Damaged::counts(&findings, kind);
    assert_eq!(of("bad_format"), [2, 2, 0, 0, 0]);
    assert_eq!(of("inconsistent_total"), [1, 1, 0, 0, 0]);
    assert_eq!(of("orphan"), [1, 1, 0, 0, 0]);
    assert_eq!(of("duplicate_exact"), [1, 1, 0, 0, 0]);
    assert_eq!(of("null"), [2, 1, 1, 0, 1]);
    assert_eq!(of("duplicate_near"), [1, 0, 0, 1, 0]);
    let total = &findings["total"];
    assert_eq!(
        ["planted", "met", "otherwise", "missed", "false_alarms"].map(|it| total[it].as_i64()),
        [8, 6, 1, 1, 2].map(Some)
    );
    assert_eq!(total["recall"], 0.75);
    assert_eq!(total["precision"], 7.0 / 9.0);
    assert_eq!(findings["labels_not_read"], 1);
    // Orders 2 (its only line was refused) and 9.
    assert_eq!(findings["cost"]["orders_in_all"], 10);
    assert_eq!(findings["cost"]["orders_held"], 2);
    assert_eq!(findings["cost"]["revenue_held"], "207.19");
    // Order 2's payment; order 9's line, payment and shipment.
    assert_eq!(findings["rows_held_with_orders"], 4);
    assert_touched_rows(&shop, &findings).await;
}

/// Rows that name the product that was refused, and order 2, whose line was, are no false alarms.
async fn assert_touched_rows(shop: &Damaged, findings: &Value) {
    let named = "select count(*) from ops.rejections
        where 'transaction_items.product_id.reference' = any(rules)
        or 'inventory_movements.product_id.reference' = any(rules)
        or 'inventory_snapshots.product_id.reference' = any(rules)";
    let named = shop.pipeline.db.number(named).await;
    assert!(named > 5, "{named}");
    assert_eq!(findings["rows_warned_for_others"], named);
    assert_eq!(findings["rows_held_for_others"], 1);
    let left = "select (select count(*) from ops.fault_labels)
        + (select count(*) from ops.fault_findings)";
    assert_eq!(shop.pipeline.db.number(left).await, 0, "nothing is kept");
}

/// Goal: the story fits a screen, and says where to look.
#[tokio::test(flavor = "multi_thread")]
async fn the_story_fits_one_screen() {
    let mut shop = Damaged::new().await;
    for number in 0..19 {
        let kind = format!("a_kind_of_fault_{number:02}");
        for expected in ["reject", "quarantine", "warning"] {
            shop.label(&format!(
                "customers.csv:3 CUST0002 {kind} email - {expected}"
            ));
        }
        shop.label(&format!("customers.csv:- - {kind} - - gate"));
    }
    shop.pipeline.run("stage", &[]).expect(0);
    shop.pipeline.run("quality", &[]).expect(0);

    let story = shop.compare(&[]).expect(0).stdout;

    let widest = story.lines().map(|it| it.chars().count()).max();
    assert!(story.lines().count() <= 40, "{story}");
    assert!(widest <= Some(100), "{story}");
    for part in [
        "customers.csv:3",
        "score 100.00 of 100, grade A",
        "0 of 10 wait",
    ] {
        assert!(story.contains(part), "`{part}` is not in:\n{story}");
    }
}

/// Goal: faults of whole files are told apart from faults of rows.
/// Method: a file that is refused leaves no batch; a batch that the gate stops is there.
#[tokio::test(flavor = "multi_thread")]
async fn faults_of_whole_files_are_refused_or_stopped_by_the_gate() {
    let mut shop = Damaged::new().await;
    shop.label("payments.csv:- - truncated - - reject");
    shop.label("stores.csv:- - volume_drop - - gate");
    shop.label("customers.csv:3 CUST0002 null email - warning");
    let whole = |findings: &Value| {
        ["truncated", "volume_drop"].map(|kind| {
            let faults = findings["whole"].as_array().expect("whole files");
            let fault = faults.iter().find(|it| it["kind"] == kind);
            fault.expect("the fault")["verdict"]
                .as_str()
                .expect("a verdict")
                .to_owned()
        })
    };
    shop.pipeline
        .edit_raw("payments.csv", |text| text[..text.len() - 9].to_owned());
    shop.pipeline.orchestrate(&["--skip", "generate"]).expect(2);
    let findings = shop.findings();
    assert_eq!(whole(&findings), ["file refused", "not seen"]);
    assert_eq!(findings["labels_not_read"], 1);
    assert_eq!(findings["batch"], Value::Null);
    let story = shop.compare(&[]).expect(0).stdout;
    assert!(story.contains("refused       `"), "{story}");
    assert!(story.lines().all(|it| it.chars().count() <= 100), "{story}");

    shop.pipeline.place_ten_orders();
    shop.pipeline.run("stage", &[]).expect(0);
    let settings = ("BULLION__QUALITY__MIN_SCORE", "100");
    shop.damage("customers.csv", 3, "ben.roe2@example.com", "");
    shop.pipeline.run("stage", &[]).expect(0);
    let mut strict = shop.pipeline.program("quality", &[]);
    let status = strict
        .env(settings.0, settings.1)
        .status()
        .expect("a verdict");
    assert_eq!(status.code(), Some(1));
    let findings = shop.findings();
    assert_eq!(whole(&findings), ["gate", "gate"]);
    let failures = json!(["overall_quality_score"]);
    assert_eq!(findings["batch"]["blocking_failures"], failures);
    assert_eq!(Damaged::counts(&findings, "null"), [1, 1, 0, 0, 0]);
}

/// Goal: only what refused a labelled file of this source is its refusal.
/// Method: attempts of `stage` that failed over another source, over something else, and over the
/// file, in this order; then another one over something else.
#[tokio::test(flavor = "multi_thread")]
async fn what_stopped_another_source_is_no_refusal() {
    let mut shop = Damaged::new().await;
    shop.label("payments.csv:- - truncated - - reject");
    shop.pipeline.run("stage", &[]).expect(0);
    shop.pipeline.run("quality", &[]).expect(0);
    let client = shop.pipeline.db.client().await;
    for (error, is_refusal) in [
        ("`/data/raw/other/payments.csv` ends without a line", false),
        ("failed to get a connection", false),
        ("`/data/raw/synthetic/payments.csv` ends without", true),
        ("failed to get a connection", true),
    ] {
        let failed = format!(
            "insert into ops.stage_runs (run_id, stage, attempt, started_at, ended_at, status, error)
            values (gen_random_uuid(), 'stage', 1, clock_timestamp(), clock_timestamp(), 'failed',
                '{error}')"
        );
        client.batch_execute(&failed).await.expect("an attempt");

        let findings = shop.findings();
        assert_eq!(findings["refusal"].is_string(), is_refusal, "after {error}");
        assert_eq!(findings["batch"].is_null(), is_refusal, "after {error}");
    }
}

/// Goal: what cannot be compared is said in words, not in zeros.
#[tokio::test(flavor = "multi_thread")]
async fn what_cannot_be_compared_is_an_error() {
    let shop = Damaged::new().await;
    shop.compare(&[])
        .expect(2)
        .says(&["line 1 of", "is no label"]);
    let mut shop = Damaged::new().await;
    shop.label("customers.csv:3 CUST0002 null email - warning");
    shop.pipeline.run("orchestrator", &["migrate"]).expect(0);
    shop.compare(&[])
        .expect(2)
        .says(&["source `synthetic` has no batch", "hint"]);
    shop.compare(&["--source", "other"]).expect(2);
    shop.pipeline.run("stage", &[]).expect(0);
    shop.compare(&[]).expect(2).says(&["is not judged yet"]);
}
