//! Orders that wait, vanish or contradict themselves.

use std::fs;

use super::{healthy, rerun};
use crate::support::Pipeline;

/// Goal: an order that was held back for one bad line is published once only that line is mended.
#[tokio::test(flavor = "multi_thread")]
async fn an_order_that_waited_is_published_when_its_bad_line_is_mended() {
    let pipeline = healthy().await;
    let complete = pipeline.hashes().await;
    for (file, column, bad) in [
        ("transaction_items.csv", 6, "0.01"),
        ("transactions.csv", 6, "0.02"),
    ] {
        let fresh = Pipeline::new().await;
        fresh.run("generate", &[]).expect(0);
        let healthy_text = fs::read_to_string(fresh.raw_dir().join(file)).expect("a raw file");
        fresh.edit_raw(file, |text| with_cell(&text, 1, column, bad));
        rerun(&fresh).expect(0);
        let held = fresh
            .db
            .number(
                "select count(*) from production.transactions where transaction_id = 'TXN00001'",
            )
            .await;
        assert_eq!(held, 0, "the order waits with its {file}");

        fs::write(fresh.raw_dir().join(file), healthy_text).expect("a raw file");
        rerun(&fresh).expect(0);

        assert_eq!(
            fresh.hashes().await,
            complete,
            "after {file} alone was mended"
        );
        let before = fresh.row_versions().await;
        rerun(&fresh).expect(0);
        assert_eq!(fresh.row_versions().await, before, "nothing waits any more");
    }
}

/// Goal: an order that its source no longer has leaves the facts; most orders at once are held.
#[tokio::test(flavor = "multi_thread")]
async fn an_order_that_vanishes_from_its_snapshot_leaves_the_facts() {
    let pipeline = healthy().await;
    let complete = pipeline.hashes().await;
    let facts = "select count(*) from warehouse.fact_sales where transaction_id = 'TXN00002'";
    assert!(pipeline.db.number(facts).await > 0);
    for (file, column) in [("transactions.csv", 0), ("transaction_items.csv", 1)] {
        pipeline.edit_raw(file, |text| {
            let stays = |line: &&str| line.split(',').nth(column) != Some("TXN00002");
            text.lines()
                .filter(stays)
                .map(|line| format!("{line}\n"))
                .collect()
        });
    }

    rerun(&pipeline).expect(0);

    assert_eq!(pipeline.db.number(facts).await, 0);
    let revenue = pipeline
        .db
        .number(
            "select count(*) from warehouse.agg_daily_sales as kept
             full join (
                 select date_key, sum(line_total) filter (where not is_returned) as revenue
                 from warehouse.fact_sales where is_counted group by date_key
             ) as computed using (date_key)
             where kept.total_revenue is distinct from coalesce(computed.revenue, 0)",
        )
        .await;
    assert_eq!(revenue, 0, "the aggregates followed");
    pipeline.orchestrate(&[]).expect(0);
    assert_eq!(pipeline.hashes().await, complete, "it comes back as it was");

    pipeline.edit_raw("transactions.csv", |text| {
        text.lines()
            .take(100)
            .map(|line| format!("{line}\n"))
            .collect()
    });
    rerun(&pipeline).expect(1).says(&["transactions.vanished"]);
    assert_eq!(pipeline.hashes().await, complete);
}

/// Goal: of a conflict over a key, the last line stands for its order, whatever else is wrong with
/// the line before it.
#[tokio::test(flavor = "multi_thread")]
async fn the_last_line_of_a_conflict_stands_for_its_order() {
    let pipeline = healthy().await;
    let complete = pipeline.hashes().await;
    let fresh = Pipeline::new().await;
    fresh.run("generate", &[]).expect(0);
    fresh.edit_raw("transactions.csv", |text| {
        let (header, rows) = text.split_once('\n').expect("a header");
        let first = rows.lines().next().expect("an order");
        let mut fields: Vec<&str> = first.split(',').collect();
        // Another customer, and a warning for the lack of a way to pay.
        (fields[1], fields[4]) = ("CUST0002", "");
        format!("{header}\n{}\n{rows}", fields.join(","))
    });

    rerun(&fresh).expect(0);

    assert_eq!(fresh.hashes().await, complete);
    // Nothing waits for the line that gave way, and its entry says so.
    let refused = "select count(*) from ops.quarantine where status = 'superseded'";
    assert_eq!(fresh.db.number(refused).await, 1);
    let open = "select count(*) from ops.quarantine where status = 'open'";
    assert_eq!(fresh.db.number(open).await, 0);
}

/// Goal: a key that no index can hold costs its row, not the batch.
#[tokio::test(flavor = "multi_thread")]
async fn a_key_without_end_goes_to_quarantine() {
    let pipeline = healthy().await;
    let endless: String = (0..6_000)
        .map(|it| char::from(b'a' + (it * it % 26) as u8))
        .collect();
    pipeline.edit_raw("customers.csv", |text| {
        let last = text.lines().last().expect("a customer").to_owned();
        let (_, rest) = last.split_once(',').expect("fields");
        format!("{text}{endless},{rest}\n")
    });

    rerun(&pipeline).expect(0);

    let rules = "select array_to_string(rules, ' ') from ops.quarantine where status = 'open'";
    let found = pipeline.db.rows(rules).await;
    assert!(
        found[0][0]
            .as_deref()
            .is_some_and(|it| it.contains("customer_id.maxLength")),
        "{found:?}"
    );
}

/// The text with one cell of one line (0 is the header) replaced; for files without quotes there.
fn with_cell(text: &str, line: usize, column: usize, value: &str) -> String {
    let mut lines: Vec<String> = text.lines().map(str::to_owned).collect();
    let mut fields: Vec<&str> = lines[line].split(',').collect();
    fields[column] = value;
    lines[line] = fields.join(",");
    lines.join("\n") + "\n"
}
