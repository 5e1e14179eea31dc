//! A shop that delivers changes, one folder a day: `config/sources/synthetic_days`.

use std::fs;
use std::path::{Path, PathBuf};

use common::testing::workspace_root;

use crate::support::Pipeline;

/// What comes after the first day, by file: a moved customer, a new price, a new order, one that
/// is paid and shipped, one that is delivered, one of which a part came back, and stock. A customer
/// and an order are gone, and a product that was gone comes again.
const CHANGES: [(&str, &str, &[&str]); 12] = [
    (
        "2025-03-21",
        "customers.csv",
        &[
            "CUST0003,Cid,Moe,cid.moe3@example.com,+1 212 555 0103,2024-03-10,Boston,\
             Massachusetts,United States,26-35,1993-05-03,Female,Consumer,02108,\
             2025-03-21 08:00:00",
        ],
    ),
    (
        "2025-03-21",
        "transactions.csv",
        &[
            "TXN00011,CUST0003,2025-03-21,09:00:00,Debit Card,1 Bay Street,22.00,paid,STORE002,\
             REP001,USD,0.00,0.00,0.00,Boston,Massachusetts,02108,United States,Boston,\
             Massachusetts,02108,United States,2025-03-21 09:01:00",
            // Its header alone: the lines are as they were.
            "TXN00005,CUST0004,2025-01-05,11:11:11,Credit Card,5 Elm Street,170.00,shipped,\
             STORE001,,USD,0.00,0.00,0.00,New York,New York,10001,United States,New York,\
             New York,10001,United States,2025-03-21 10:00:00",
        ],
    ),
    (
        "2025-03-21",
        "transaction_items.csv",
        &["ITEM00015,TXN00011,PROD0003,1,22.00,0.00,22.00,1,SUP002"],
    ),
    (
        "2025-03-21",
        "payments.csv",
        &[
            "TXN00011,1,Debit Card,1,22.00,paid,2025-03-21 09:01:00",
            "TXN00005,1,Credit Card,1,170.00,paid,2025-03-21 10:00:00",
        ],
    ),
    (
        "2025-03-21",
        "products.csv",
        &[
            "PROD0003,Atlas,Books,History,22.00,9.00,Brand 3,20,SUP002,CAT04,USD,true,\
             2025-03-21 00:00:00",
        ],
    ),
    (
        "2025-03-22",
        "transactions.csv",
        &[
            "TXN00002,CUST0002,2025-01-02,13:40:10,Credit Card,2 Elm Street,108.19,completed,\
             STORE002,REP001,USD,5.00,8.25,4.95,New York,New York,10001,United States,New York,\
             New York,10001,United States,2025-03-22 09:00:00",
            "TXN00010,CUST0002,2025-03-11,12:00:00,Credit Card,10 Elm Street,94.99,completed,\
             STORE001,,USD,0.00,0.00,0.00,New York,New York,10001,United States,New York,\
             New York,10001,United States,2025-03-22 10:00:00",
        ],
    ),
    (
        "2025-03-22",
        "transaction_items.csv",
        &[
            "ITEM00013,TXN00010,PROD0002,1,99.99,5.00,94.99,1,SUP001",
            "ITEM00014,TXN00010,PROD0001,1,200.00,0.00,200.00,2,SUP001",
            "ITEM00016,TXN00010,PROD0001,-1,200.00,0.00,-200.00,3,SUP001",
        ],
    ),
    (
        "2025-03-22",
        "payments.csv",
        &[
            "TXN00010,1,Voucher,1,147.50,paid,2025-03-11 12:00:00",
            "TXN00010,2,Credit Card,3,147.49,paid,2025-03-11 12:00:00",
            "TXN00010,3,Credit Card,1,-200.00,refunded,2025-03-22 10:00:00",
        ],
    ),
    (
        "2025-03-22",
        "shipments.csv",
        &[
            "TXN00002,SHIP00002,FedEx,delivered,4.20,2025-01-03 08:00:00,2025-03-22 09:00:00,\
             2025-01-08 18:00:00",
        ],
    ),
    (
        "2025-03-22",
        "inventory_movements.csv",
        &["MOV00015,PROD0001,STORE001,return,1,120.00,2025-03-22 10:00:00"],
    ),
    (
        "2025-03-21",
        "deletes.csv",
        &[
            "customers,CUST0004,2025-03-21 12:00:00",
            "stores,STORE003,2025-03-21 13:00:00",
            "products,PROD0003,2025-03-20 09:00:00",
        ],
    ),
    (
        "2025-03-22",
        "deletes.csv",
        &[
            "customers,CUST0004,2025-03-21 12:00:00",
            "transactions,TXN00004,2025-03-22 12:00:00",
        ],
    ),
];

fn ten_orders() -> PathBuf {
    workspace_root().join("tests/ten_orders")
}

/// Writes the folder of a day: all files on the first, those that changed on a later one.
fn deliver(stream: &Path, day: &str) {
    let folder = stream.join(format!("business_date={day}"));
    fs::create_dir_all(&folder).expect("a folder");
    if day == "2025-03-20" {
        for entry in fs::read_dir(ten_orders()).expect("files") {
            let path = entry.expect("an entry").path();
            fs::copy(&path, folder.join(path.file_name().expect("a name"))).expect("a copy");
        }
    }
    for (_, file, rows) in CHANGES.iter().filter(|(of, _, _)| *of == day) {
        let header = match *file {
            "deletes.csv" => "entity,key,deleted_at".to_owned(),
            file => {
                let whole = fs::read_to_string(ten_orders().join(file)).expect("a raw file");
                whole.lines().next().expect("a header").to_owned()
            }
        };
        write_rows(&folder.join(file), &header, rows);
    }
}

fn write_rows(path: &Path, header: &str, rows: &[&str]) {
    let text = format!("{header}\n{}\n", rows.join("\n"));
    fs::write(path, text).expect("a file");
}

/// Goal: days that come one by one leave the same as days that come together.
/// Method: one shop loads three folders in three runs, another in one; every published table and
/// view is compared.
#[tokio::test(flavor = "multi_thread")]
async fn days_that_come_one_by_one_leave_the_same_as_all_together() {
    let days = ["2025-03-20", "2025-03-21", "2025-03-22"];
    let (one_by_one, together) = (Pipeline::new().await, Pipeline::new().await);
    let load = |pipeline: &Pipeline, stream: &Path| {
        let stream = stream.to_string_lossy();
        let arguments = ["--source", "synthetic_days", "--data", &stream];
        pipeline.orchestrate(&arguments).expect(0);
    };
    let stream = one_by_one.data_dir().join("stream");
    for day in days {
        deliver(&stream, day);
        load(&one_by_one, &stream);
        let report = one_by_one.report("data_quality_report");
        assert_eq!(report["overall_quality_score"], 100.0, "{day}");
        assert_eq!(report["gate"]["decision"], "pass", "{day}");
    }
    load(&together, &stream);

    assert_eq!(one_by_one.hashes().await, together.hashes().await);
    let paid = "select string_agg(paid.state, '; ' order by paid.state) from (
        select concat_ws(' ', header.transaction_id, header.status, header.total_amount,
            sum(payment.amount)) as state
        from production.transactions as header
        inner join production.payments as payment using (source, transaction_id)
        where payment.status <> 'failed' and not payment.is_deleted
        and header.transaction_id in ('TXN00002', 'TXN00005', 'TXN00010', 'TXN00011')
        group by header.transaction_id, header.status, header.total_amount
    ) as paid";
    let expected = "TXN00002 completed 108.19 108.19; TXN00005 shipped 170.00 170.00; \
                    TXN00010 completed 94.99 94.99; TXN00011 paid 22.00 22.00";
    assert_eq!(
        one_by_one.db.rows(paid).await,
        [[Some(expected.to_owned())]]
    );
    let versions =
        "select (select count(*) from warehouse.dim_customers where customer_id = 'CUST0003')
        + (select count(*) from warehouse.dim_products where product_id = 'PROD0003')";
    // Of the product, one version tells of the time when it was gone.
    assert_eq!(one_by_one.db.number(versions).await, 5);
    assert_what_was_deleted(&one_by_one).await;
}

/// The end of the stream: what is gone is marked, closes its history and leaves the facts.
async fn assert_what_was_deleted(pipeline: &Pipeline) {
    let marked = "select concat_ws(' ',
        (select string_agg(customer_id, ' ') from production.customers where is_deleted),
        (select string_agg(store_id, ' ') from production.stores where is_deleted),
        (select string_agg(product_id, ' ') from production.products where is_deleted),
        (select string_agg(transaction_id, ' ') from production.transactions where is_deleted))";
    let gone = "CUST0004 STORE003 TXN00004";
    assert_eq!(
        pipeline.db.rows(marked).await,
        [[Some(gone.to_owned())]],
        "the product came again"
    );
    let closed = "select concat_ws(' ', valid_from at time zone 'America/New_York', is_current,
            full_name, count(*) over ())
        from warehouse.dim_customers where customer_id = 'CUST0004' and is_deleted";
    assert_eq!(
        pipeline.db.rows(closed).await,
        [[Some("2025-03-21 12:00:00 t Dee Loe 1".to_owned())]]
    );
    let facts =
        "select (select count(*) from warehouse.fact_sales where transaction_id = 'TXN00004')
        + 10 * (select count(distinct transaction_id) from warehouse.fact_sales)";
    assert_eq!(pipeline.db.number(facts).await, 100);
    let unbalanced = "select count(*) from ops.ledger where layer = 'staging' and (
        rows_read + rows_replayed <> rows_staged + rows_rejected
        or rows_staged <> rows_published + coalesce(rows_quarantined, 0)
            + coalesce(rows_consequence, 0) + coalesce(rows_superseded, 0)
        or rows_published <> rows_inserted + rows_updated + rows_unchanged)";
    assert_eq!(pipeline.db.number(unbalanced).await, 0);
    let told = "select count(*) from ops.ledger where dataset = 'deletes'";
    assert_eq!(pipeline.db.number(told).await, 2);
}

/// Goal: a list of deletions that names a mass of a table blocks the batch, an empty one deletes
/// nothing, and rows that name what cannot be deleted are refused one by one.
#[tokio::test(flavor = "multi_thread")]
async fn a_list_of_deletions_is_guarded_and_judged_row_by_row() {
    const HEADER: &str = "entity,key,deleted_at";
    let pipeline = Pipeline::new().await;
    let stream = pipeline.data_dir().join("stream");
    let load = || {
        let stream = stream.to_string_lossy();
        pipeline.orchestrate(&["--source", "synthetic_days", "--data", &stream])
    };
    deliver(&stream, "2025-03-20");
    load().expect(0);
    let before = pipeline.row_versions().await;

    let folder = stream.join("business_date=2025-03-21");
    fs::create_dir_all(&folder).expect("a folder");
    let file = folder.join("deletes.csv");
    let mass = ["CUST0001", "CUST0002", "CUST0003"]
        .map(|key| format!("customers,{key},2025-03-21 12:00:00"));
    write_rows(&file, HEADER, &mass.each_ref().map(String::as_str));
    load().expect(1).says(&["deletes.mass_of_customers"]);
    assert_eq!(pipeline.row_versions().await, before, "nothing is deleted");

    fs::write(&file, format!("{HEADER}\n")).expect("a file");
    load().expect(0);
    assert_eq!(pipeline.row_versions().await, before, "nothing is deleted");

    let rows = [
        "payments,TXN00001,2025-03-21 12:00:00",
        "customers,CUST0001,2125-03-21 12:00:00",
        "customers,,2025-03-21 12:00:00",
        "customers,CUST9999,2025-03-21 12:00:00",
        "customers,CUST0004,2025-03-21 12:00:00",
        "customers,CUST0004,2025-03-21 12:00:00",
    ];
    write_rows(&file, HEADER, &rows);
    load().expect(1).says(&["overall_quality_score"]);
    let arguments = [
        "--source",
        "synthetic_days",
        "--data",
        &stream.to_string_lossy(),
    ];
    let accepted = [
        &arguments[..],
        &["--accept-gate", "a list with a few bad lines"],
    ]
    .concat();
    pipeline.orchestrate(&accepted).expect(0);
    let judged = "select string_agg(refused.line, '; ' order by refused.line) from (
        select concat_ws(' ', row.key, rejection.verdict, rejection.rules) as line
        from staging.deletes as row
        inner join ops.rejections as rejection using (batch_id, row_id)
        where rejection.dataset = 'deletes') as refused";
    let expected = "CUST0001 quarantined {deletes.deleted_at.not_in_future}; \
                    CUST0004 superseded {deletes.duplicate}; \
                    CUST9999 warned {deletes.key.known}; \
                    TXN00001 quarantined {deletes.entity.deletable,deletes.key.known}; \
                    quarantined {deletes.key.required}";
    assert_eq!(
        pipeline.db.rows(judged).await,
        [[Some(expected.to_owned())]]
    );
    let gone = "select count(*) from production.customers where is_deleted";
    assert_eq!(pipeline.db.number(gone).await, 1);
}

/// Goal: an extract that is empty or was cut short closes nothing, however small its table; one that
/// misses a few does, and who comes again lives again.
#[tokio::test(flavor = "multi_thread")]
async fn an_empty_or_cut_extract_closes_nothing() {
    let pipeline = Pipeline::new().await;
    pipeline.place_ten_orders();
    pipeline.orchestrate(&["--skip", "generate"]).expect(0);
    let before = pipeline.row_versions().await;
    let whole = fs::read_to_string(ten_orders().join("customers.csv")).expect("a raw file");

    pipeline.edit_raw("stores.csv", |text| first_lines(&text, 1));
    pipeline.edit_raw("customers.csv", |text| first_lines(&text, 2));
    let ended = pipeline.orchestrate(&["--skip", "generate"]).expect(1);
    ended.says(&["customers.vanished", "stores.vanished"]);
    assert_eq!(pipeline.row_versions().await, before);

    let stores = fs::read_to_string(ten_orders().join("stores.csv")).expect("a raw file");
    pipeline.edit_raw("stores.csv", |_| stores);
    pipeline.edit_raw("customers.csv", |_| first_lines(&whole, 4));
    pipeline.orchestrate(&["--skip", "generate"]).expect(0);
    let gone = "select string_agg(customer_id || is_current, ' ') from warehouse.dim_customers
        where is_deleted";
    let closed = [[Some("CUST0004true".to_owned())]];
    assert_eq!(pipeline.db.rows(gone).await, closed);

    pipeline.edit_raw("customers.csv", |_| whole);
    pipeline.orchestrate(&["--skip", "generate"]).expect(0);
    let alive = "select count(*) from warehouse.dim_customers
        where customer_id = 'CUST0004' and is_current and not is_deleted";
    assert_eq!(pipeline.db.number(alive).await, 1);
}

fn first_lines(text: &str, count: usize) -> String {
    text.lines()
        .take(count)
        .fold(String::new(), |whole, line| whole + line + "\n")
}

/// Goal: of a stream as the shop delivers it, everybody who was deleted is marked, keeps their orders
/// and has a history that ends when they were deleted.
/// Method: a generated stream in which many are deleted, against its own files.
#[tokio::test(flavor = "multi_thread")]
async fn a_generated_stream_marks_everybody_who_was_deleted() {
    let pipeline = Pipeline::new().await;
    let stream = pipeline.data_dir().join("stream");
    let out = stream.to_string_lossy();
    let generated = pipeline
        .program("generate", &["--days", "30", "--out", &out])
        .env(
            "BULLION__GENERATE__STREAM__DELETED_CUSTOMERS_MONTHLY_PCT",
            "20",
        )
        .output()
        .expect("a program that starts");
    assert!(generated.status.success(), "{generated:?}");
    let arguments = ["--source", "synthetic_days", "--data", &out];
    pipeline.orchestrate(&arguments).expect(0);

    let mut deleted: Vec<String> = Vec::new();
    for folder in fs::read_dir(&stream).expect("folders") {
        let file = folder.expect("a folder").path().join("deletes.csv");
        let text = fs::read_to_string(file).unwrap_or_default();
        deleted.extend(text.lines().skip(1).map(|line| line.replace(',', " ")));
    }
    deleted.sort();
    assert!(deleted.len() > 2, "{deleted:?}");
    let histories = "select concat_ws(' ', 'customers', customer_id,
            to_char(valid_from at time zone 'America/New_York', 'YYYY-MM-DD HH24:MI:SS'))
        from warehouse.dim_customers as versions
        inner join production.customers as members using (source, customer_id)
        where versions.is_current and versions.is_deleted and members.is_deleted
        order by 1";
    let found: Vec<String> = pipeline
        .db
        .rows(histories)
        .await
        .into_iter()
        .flatten()
        .flatten()
        .collect();
    assert_eq!(found, deleted);
    let lost = "select (select count(*) from production.transactions)
        - (select count(distinct transaction_id) from warehouse.fact_sales)";
    assert_eq!(
        pipeline.db.number(lost).await,
        0,
        "no order leaves with its customer"
    );
}
