//! OpenLineage events: valid, complete, discreet, and never in the way of a run.

mod schemas;

use std::io::{Read as _, Write as _};
use std::net::TcpListener;
use std::process::Command;
use std::sync::mpsc::{Receiver, channel};
use std::time::{Duration, Instant};

use serde_json::Value;

use crate::support::{Ended, Pipeline};

const KEY: &str = "canary-key-7719";

/// Events of all runs of a pipeline, in their order.
fn events(pipeline: &Pipeline) -> Vec<Value> {
    let folder = pipeline.data_dir().join("processed/history/openlineage");
    let Ok(entries) = std::fs::read_dir(folder) else {
        return Vec::new();
    };
    let mut paths: Vec<_> = entries.map(|it| it.expect("an entry").path()).collect();
    paths.sort();
    let texts = paths
        .iter()
        .map(|it| std::fs::read_to_string(it).expect("events"));
    texts
        .flat_map(|text| text.lines().map(str::to_owned).collect::<Vec<String>>())
        .map(|line| serde_json::from_str(&line).expect("an event"))
        .collect()
}

fn assert_valid(events: &[Value]) {
    for event in events {
        assert_eq!(schemas::problems(event), Vec::<String>::new(), "{event:#}");
    }
}

/// `job/EVENT` of each.
fn story(events: &[Value]) -> Vec<String> {
    let text = |value: &Value| value.as_str().expect("a text").to_owned();
    events
        .iter()
        .map(|it| format!("{}/{}", text(&it["job"]["name"]), text(&it["eventType"])))
        .collect()
}

fn of<'a>(events: &'a [Value], name: &str, kind: &str) -> &'a Value {
    events
        .iter()
        .find(|it| it["job"]["name"] == name && it["eventType"] == kind)
        .unwrap_or_else(|| panic!("no {kind} of {name} in {:?}", story(events)))
}

fn dataset<'a>(datasets: &'a Value, ending: &str) -> &'a Value {
    let list = datasets.as_array().expect("datasets");
    let is_it = |it: &&Value| {
        it["name"]
            .as_str()
            .is_some_and(|name| name.ends_with(ending))
    };
    list.iter()
        .find(is_it)
        .unwrap_or_else(|| panic!("no {ending} in {datasets:#}"))
}

/// What each program read and wrote.
fn assert_datasets(events: &[Value]) {
    let staged = of(events, "pipeline.stage", "COMPLETE");
    let file = dataset(&staged["inputs"], "/raw/synthetic/transactions.csv");
    assert_eq!(file["inputFacets"]["inputStatistics"]["rowCount"], 10);
    dataset(&staged["outputs"], ".staging.transactions");
    let judged = of(events, "pipeline.quality", "COMPLETE");
    let assertions = &dataset(&judged["inputs"], ".staging.customers")["inputFacets"]["dataQualityAssertions"]
        ["assertions"];
    assert!(
        assertions
            .as_array()
            .is_some_and(|it| it.iter().all(|it| it["success"] == true))
    );
    let shown = of(events, "pipeline.analytics", "COMPLETE");
    dataset(&shown["inputs"], ".warehouse.fact_sales");
    dataset(&shown["outputs"], ".analytics.mv_daily_sales");
}

/// No value of a person and no password is told.
async fn assert_discreet(pipeline: &Pipeline, events: &[Value]) {
    let told = serde_json::to_string(events).expect("a text");
    let personal = "select email from production.customers where email is not null
        union select first_name || ' ' || last_name from production.customers
        where first_name is not null and last_name is not null";
    let personal = pipeline.db.rows(personal).await;
    assert!(personal.len() > 5);
    for value in personal.iter().filter_map(|row| row[0].as_deref()) {
        assert!(!told.contains(value), "`{value}` is told");
    }
    let password = pipeline
        .db
        .url()
        .split(['/', ':', '@'])
        .nth(4)
        .expect("a password");
    assert!(password.len() > 5 && !told.contains(password));
}

/// Goal: a run tells of each program what it read, wrote and came to, and nothing of any person.
#[tokio::test(flavor = "multi_thread")]
async fn a_run_tells_of_each_program_what_it_read_and_wrote() {
    let pipeline = Pipeline::new().await;
    pipeline.place_ten_orders();
    pipeline.orchestrate(&["--skip", "generate"]).expect(0);

    let events = events(&pipeline);
    assert_valid(&events);
    let mut expected = vec!["pipeline/START".to_owned()];
    for stage in [
        "stage",
        "quality",
        "production",
        "warehouse",
        "analytics",
        "cleanup",
        "monitor",
    ] {
        expected.extend(["START", "COMPLETE"].map(|kind| format!("pipeline.{stage}/{kind}")));
    }
    expected.push("pipeline/COMPLETE".to_owned());
    assert_eq!(story(&events), expected);

    let run_id = pipeline.report("pipeline_execution_report")["metadata"]["invocation_id"].clone();
    assert_eq!(of(&events, "pipeline", "START")["run"]["runId"], run_id);
    let (start, end) = (
        of(&events, "pipeline.warehouse", "START"),
        of(&events, "pipeline.warehouse", "COMPLETE"),
    );
    assert_eq!(start["run"]["runId"], end["run"]["runId"]);
    assert_ne!(start["run"]["runId"], run_id);
    assert_eq!(end["run"]["facets"]["parent"]["run"]["runId"], run_id);
    let facts = dataset(&end["outputs"], ".warehouse.fact_sales");
    let lines = "select count(*) from warehouse.fact_sales";
    let counted = &facts["outputFacets"]["outputStatistics"]["rowCount"];
    assert_eq!(counted.as_i64(), Some(pipeline.db.number(lines).await));
    let fields = facts["facets"]["schema"]["fields"]
        .as_array()
        .expect("fields");
    assert!(
        fields
            .iter()
            .any(|it| it["name"] == "line_total" && it["type"] == "numeric")
    );
    dataset(&end["inputs"], ".production.transaction_items");

    assert_datasets(&events);
    assert_discreet(&pipeline, &events).await;

    // The schemas bite.
    let mut broken = events[0].clone();
    broken["run"]["runId"] = "no identifier".into();
    assert!(!schemas::problems(&broken).is_empty());
}

/// Goal: a gate that blocks is a failure of quality, with the assertions that failed.
#[tokio::test(flavor = "multi_thread")]
async fn a_gate_that_blocks_is_a_failure_with_its_assertions() {
    let pipeline = Pipeline::new().await;
    pipeline.place_ten_orders();
    pipeline.edit_raw("customers.csv", |text| text.replacen("@", " at ", 1));
    let mut command = pipeline.program("orchestrator", &["run", "--skip", "generate"]);
    command.env("BULLION__QUALITY__MIN_SCORE", "100");
    Ended::of(command.output().expect("a run")).expect(1);

    let events = events(&pipeline);
    assert_valid(&events);
    let judged = of(&events, "pipeline.quality", "FAIL");
    let assertions = &dataset(&judged["inputs"], ".staging.customers")["inputFacets"]["dataQualityAssertions"]
        ["assertions"];
    let failed: Vec<&Value> = assertions
        .as_array()
        .expect("assertions")
        .iter()
        .filter(|it| it["success"] == false)
        .collect();
    assert!(
        failed.iter().any(|it| it["column"] == "email"),
        "{failed:?}"
    );
    let message = &judged["run"]["facets"]["errorMessage"]["message"];
    assert!(
        message.as_str().is_some_and(|it| it.contains("gate")),
        "{message}"
    );
    of(&events, "pipeline", "FAIL");
}

/// A run that fails at once: its files are not there.
fn failing_run(pipeline: &Pipeline, url: &str) -> (Ended, Duration) {
    let mut command = pipeline.program(
        "orchestrator",
        &["run", "--skip", "generate", "--data", "/no/such"],
    );
    command
        .args(["--source", "synthetic"])
        .env("BULLION__LINEAGE__TRANSPORT", "http")
        .env("BULLION__LINEAGE__URL", url)
        .env("BULLION__LINEAGE__TIMEOUT_MS", "500")
        .env("BULLION_LINEAGE_KEY", KEY);
    let began = Instant::now();
    (Ended::of(command.output().expect("a run")), began.elapsed())
}

/// Takes requests until nobody makes any; answers each, or none.
fn listen(answers: bool) -> (String, Receiver<String>) {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let url = format!(
        "http://{}/api/v1/lineage",
        listener.local_addr().expect("an address")
    );
    let (sender, requests) = channel();
    std::thread::spawn(move || {
        let mut held = Vec::new();
        for stream in listener.incoming() {
            let Ok(mut stream) = stream else { return };
            if !answers {
                held.push(stream);
                continue;
            }
            while let Some(request) = read_request(&mut stream) {
                let answer = "HTTP/1.1 201 Created\r\nContent-Length: 0\r\n\r\n";
                let is_gone = stream.write_all(answer.as_bytes()).is_err();
                if sender.send(request).is_err() || is_gone {
                    break;
                }
            }
        }
    });
    (url, requests)
}

/// A request with its headers and its body of the length that it names.
fn read_request(stream: &mut std::net::TcpStream) -> Option<String> {
    let mut bytes = Vec::new();
    let mut byte = [0];
    while !bytes.ends_with(b"\r\n\r\n") {
        stream.read_exact(&mut byte).ok()?;
        bytes.push(byte[0]);
    }
    let head = String::from_utf8(bytes).ok()?;
    let length = head.lines().find_map(|line| {
        line.to_lowercase()
            .strip_prefix("content-length:")
            .map(str::to_owned)
    })?;
    let mut body = vec![0; length.trim().parse().ok()?];
    stream.read_exact(&mut body).ok()?;
    Some(head + &String::from_utf8(body).ok()?)
}

/// Places that events cannot go to.
fn assert_refusals(pipeline: &Pipeline) {
    // A folder that cannot be: the run ends as it would have.
    let mut command = pipeline.program("orchestrator", &["run", "--skip", "generate"]);
    command.args(["--source", "synthetic", "--data", "/no/such"]);
    command.env("BULLION__LINEAGE__PATH", "/dev/null/events");
    let ended = Ended::of(command.output().expect("a run")).expect(2);
    assert_eq!(
        ended.stderr.matches("lineage events of this run").count(),
        1,
        "{}",
        ended.stderr
    );
    // A key is not sent where others can read it, nor kept in an address.
    let refused = failing_run(pipeline, "http://lineage.example/api")
        .0
        .expect(2);
    refused.says(&["must be https"]);
    let refused = failing_run(pipeline, "http://me:secret@localhost/api")
        .0
        .expect(2);
    refused.says(&["holds a password"]);
    assert!(!refused.stderr.contains("secret"));
}

/// Goal: an endpoint gets the events of a failing run, with the key that nobody else sees; one
/// that is dead or hangs costs one warning and little time, and changes nothing of the outcome.
#[tokio::test(flavor = "multi_thread")]
async fn an_endpoint_is_told_and_one_that_is_dead_or_hangs_is_no_failure() {
    let pipeline = Pipeline::new().await;
    let (url, requests) = listen(true);
    let (told, _) = failing_run(&pipeline, &url);
    let told = told.expect(2);
    let requests: Vec<String> = requests.try_iter().collect();
    let bodies: Vec<Value> = requests
        .iter()
        .map(|it| it.split_once("\r\n\r\n").expect("a body").1)
        .map(|it| serde_json::from_str(it).expect("an event"))
        .collect();
    assert_valid(&bodies);
    assert_eq!(
        story(&bodies),
        [
            "pipeline/START",
            "pipeline.stage/START",
            "pipeline.stage/FAIL",
            "pipeline.monitor/START",
            "pipeline.monitor/COMPLETE",
            "pipeline/FAIL"
        ]
    );
    let bearer = format!("bearer {KEY}");
    assert!(
        requests
            .iter()
            .all(|it| it.to_lowercase().contains(&bearer))
    );
    let message = &bodies[2]["run"]["facets"]["errorMessage"]["message"];
    assert!(
        message.as_str().is_some_and(|it| it.contains("/no/such")),
        "{message}"
    );

    // Nobody listens there, and then somebody who never answers.
    let dead = "http://127.0.0.1:9/api/v1/lineage".to_owned();
    let (hanging, _kept) = listen(false);
    for url in [dead, hanging] {
        let (ended, took) = failing_run(&pipeline, &url);
        let ended = ended.expect(2);
        assert_eq!(
            ended.stderr.matches("lineage events of this run").count(),
            1,
            "{}",
            ended.stderr
        );
        assert!(took < Duration::from_secs(15), "{took:?}");
        assert!(!ended.stderr.contains(KEY) && !ended.stdout.contains(KEY));
    }
    assert!(!told.stderr.contains("lineage"), "{}", told.stderr);
    let logs = pipeline.db.dir.path().join("logs");
    for entry in std::fs::read_dir(logs).expect("logs") {
        let text = std::fs::read_to_string(entry.expect("an entry").path()).expect("a log");
        assert!(!text.contains(KEY));
    }
    assert_refusals(&pipeline);
}

/// Goal: a program that is stopped with the run was aborted, and did not fail.
#[tokio::test(flavor = "multi_thread")]
async fn a_run_that_is_stopped_is_told_as_aborted() {
    let pipeline = Pipeline::new().await;
    let mut child = pipeline.start_orchestrator(&[]);
    let began = Instant::now();
    while !story(&events(&pipeline))
        .iter()
        .any(|it| it.starts_with("pipeline."))
    {
        assert!(
            began.elapsed() < Duration::from_secs(60),
            "a program begins"
        );
        std::thread::sleep(Duration::from_millis(20));
    }
    let stopped = Command::new("kill")
        .args(["-TERM", &child.id().to_string()])
        .status();
    assert!(stopped.is_ok_and(|it| it.success()));
    assert_eq!(child.wait().expect("an end").code(), Some(143));
    let events = events(&pipeline);
    assert_valid(&events);
    let told = story(&events);
    assert_eq!(told.last().map(String::as_str), Some("pipeline/ABORT"));
    assert!(
        told.iter().filter(|it| it.ends_with("/ABORT")).count() >= 2,
        "{told:?}"
    );
}
