//! A shop that delivers changes, one folder a day: `config/sources/synthetic_days`.

use std::fs;
use std::path::{Path, PathBuf};

use common::testing::workspace_root;

use crate::support::Pipeline;

/// What comes after the first day, by file: a moved customer, a new price, a new order, one that
/// is paid and shipped, one that is delivered, one of which a part came back, and stock.
const CHANGES: [(&str, &str, &[&str]); 10] = [
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
        let whole = fs::read_to_string(ten_orders().join(file)).expect("a raw file");
        let header = whole.lines().next().expect("a header");
        let text = format!("{header}\n{}\n", rows.join("\n"));
        fs::write(folder.join(file), text).expect("a file");
    }
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
    assert_eq!(one_by_one.db.number(versions).await, 4);
}
