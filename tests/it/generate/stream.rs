//! A change stream: the first delivery holds all that was known, each further one what changed.

use std::collections::{BTreeMap, HashMap, HashSet};

use super::{Options, Row, Shop, hundredths, sized};

const DAYS: u32 = 30;

/// Files whose rows are told again when they change, and their keys.
const CHANGING: [(&str, &[&str]); 7] = [
    ("customers", &["customer_id"]),
    ("products", &["product_id"]),
    ("stores", &["store_id"]),
    ("transactions", &["transaction_id"]),
    ("transaction_items", &["transaction_id", "line_number"]),
    ("payments", &["transaction_id", "payment_sequence"]),
    ("shipments", &["transaction_id", "shipment_id"]),
];

async fn stream() -> anyhow::Result<Shop> {
    Shop::made_by(&Options {
        days: Some(DAYS),
        ..sized(23, 12_000)
    })
    .await
}

/// Deliveries in the order of their days.
fn folders() -> Vec<String> {
    (2..=31)
        .map(|day| format!("business_date=2025-12-{day:02}"))
        .collect()
}

fn key_of(row: &Row, columns: &[&str]) -> String {
    let parts: Vec<&str> = columns.iter().map(|column| row[*column].as_str()).collect();
    parts.join("/")
}

#[tokio::test]
async fn the_first_delivery_is_full_and_the_others_are_small() -> anyhow::Result<()> {
    let shop = stream().await?;
    let counts: Vec<u64> = folders()
        .iter()
        .map(|folder| shop.row_count(&format!("{folder}/transactions.csv")))
        .collect::<Result<_, _>>()?;

    assert_eq!(counts.len(), DAYS as usize);
    assert!(counts[0] > 9_000, "{counts:?}");
    assert!(
        counts[1..].iter().all(|&count| (20..600).contains(&count)),
        "{counts:?}"
    );
    Ok(())
}

/// Goal: a delivery knows nothing of the days after it.
#[tokio::test]
async fn no_delivery_knows_the_future() -> anyhow::Result<()> {
    let shop = stream().await?;
    for folder in folders() {
        let day = folder.strip_prefix("business_date=").expect("a day");
        for (file, columns) in [
            ("customers", &["registration_date", "updated_at"][..]),
            ("stores", &["updated_at"]),
            ("products", &["updated_at"]),
            ("transactions", &["transaction_date", "updated_at"]),
            ("payments", &["paid_at"]),
            ("shipments", &["shipped_at", "delivered_at"]),
            ("inventory_movements", &["moved_at"]),
            ("inventory_snapshots", &["snapshot_date"]),
            ("deletes", &["deleted_at"]),
        ] {
            for row in shop.rows(&format!("{folder}/{file}.csv"))? {
                for column in columns {
                    let value = row[*column].get(..10).unwrap_or_default();
                    assert!(value <= day, "{folder}/{file}: {row:?}");
                }
            }
        }
    }
    Ok(())
}

/// Goal: the last version of each key is what one delivery of everything says.
/// Method: the same shop once more without deletions and late rows, which one delivery knows nothing
/// of, as a stream and at once.
#[tokio::test]
async fn the_last_versions_are_the_whole() -> anyhow::Result<()> {
    let calm = "[stream]\nlate_orders_pct = 0.0\ndeleted_customers_monthly_pct = 0.0\n";
    let at_once = Shop::configured(calm, &sized(23, 12_000)).await?;
    let days = Options {
        days: Some(DAYS),
        ..sized(23, 12_000)
    };
    let stream = Shop::configured(calm, &days).await?;
    let mut retold = 0;
    for (file, key) in CHANGING {
        let mut last: BTreeMap<String, Row> = BTreeMap::new();
        for folder in folders() {
            for row in stream.rows(&format!("{folder}/{file}.csv"))? {
                retold += usize::from(last.insert(key_of(&row, key), row).is_some());
            }
        }
        let whole: BTreeMap<String, Row> = at_once
            .rows(&format!("{file}.csv"))?
            .into_iter()
            .map(|row| (key_of(&row, key), row))
            .collect();
        assert_eq!(last.len(), whole.len(), "{file}");
        for (key, row) in whole {
            let mut told = last[&key].clone();
            if file == "products" {
                // A product is told of when its row changes, not when its stock does.
                told.insert("stock_quantity".to_owned(), row["stock_quantity"].clone());
            }
            assert_eq!(told, row, "{file} {key}");
        }
    }
    assert!(retold > 500, "{retold} rows were told again");
    for file in ["inventory_movements", "inventory_snapshots", "categories"] {
        let mut count = 0;
        for folder in folders() {
            count += stream.row_count(&format!("{folder}/{file}.csv"))?;
        }
        assert_eq!(count, at_once.row_count(&format!("{file}.csv"))?, "{file}");
    }
    Ok(())
}

/// Goal: every day's orders are whole: a header comes with all of its lines, or without any, and so
/// with its payments.
#[tokio::test]
async fn headers_and_lines_of_a_delivery_add_up() -> anyhow::Result<()> {
    let shop = stream().await?;
    for folder in folders() {
        let mut sums: HashMap<String, i64> = HashMap::new();
        for line in shop.rows(&format!("{folder}/transaction_items.csv"))? {
            let sum = sums.entry(line["transaction_id"].clone()).or_default();
            *sum += hundredths(&line["line_total"]);
        }
        let mut paid: HashMap<String, i64> = HashMap::new();
        for payment in shop.rows(&format!("{folder}/payments.csv"))? {
            let sum = paid.entry(payment["transaction_id"].clone()).or_default();
            if payment["status"] != "failed" {
                *sum += hundredths(&payment["amount"]);
            }
        }
        for order in shop.rows(&format!("{folder}/transactions.csv"))? {
            if let Some(sum) = sums.remove(&order["transaction_id"]) {
                assert_eq!(
                    sum,
                    hundredths(&order["total_amount"]),
                    "{folder}: {order:?}"
                );
            }
            if let Some(sum) = paid.remove(&order["transaction_id"]) {
                let due = match order["status"].as_str() {
                    "pending" | "unpaid" | "cancelled" | "returned" => 0,
                    _ => hundredths(&order["total_amount"]),
                };
                assert_eq!(sum, due, "{folder}: {order:?}");
            }
        }
        for (what, left) in [("lines", sums), ("payments", paid)] {
            assert!(
                left.is_empty(),
                "{folder}: {what} without their header: {left:?}"
            );
        }
    }
    Ok(())
}

/// Goal: however late an order is, the last delivery has it.
#[tokio::test]
async fn every_order_is_delivered_in_the_end() -> anyhow::Result<()> {
    let shop = stream().await?;
    let mut orders = HashSet::new();
    let mut with_lines = HashSet::new();
    for folder in folders() {
        for row in shop.rows(&format!("{folder}/transactions.csv"))? {
            orders.insert(row["transaction_id"].clone());
        }
        for row in shop.rows(&format!("{folder}/transaction_items.csv"))? {
            with_lines.insert(row["transaction_id"].clone());
        }
    }

    assert_eq!(orders.len(), 12_000);
    assert_eq!(orders, with_lines);
    Ok(())
}

/// Goal: late orders and deletions happen, and who was deleted neither orders nor comes again.
#[tokio::test]
async fn some_orders_are_late_and_some_customers_are_deleted() -> anyhow::Result<()> {
    let shop = stream().await?;
    let mut known = HashSet::new();
    let mut late = 0;
    let mut deleted: HashMap<String, String> = HashMap::new();
    for folder in folders() {
        let day = folder.strip_prefix("business_date=").expect("a day");
        for order in shop.rows(&format!("{folder}/transactions.csv"))? {
            if known.insert(order["transaction_id"].clone())
                && folder != folders()[0]
                && order["transaction_date"].as_str() < day
            {
                late += 1;
            }
            if let Some(deleted_at) = deleted.get(&order["customer_id"]) {
                assert!(order["transaction_date"] < *deleted_at, "{order:?}");
            }
        }
        for customer in shop.rows(&format!("{folder}/customers.csv"))? {
            assert!(
                !deleted.contains_key(&customer["customer_id"]),
                "{customer:?}"
            );
        }
        for row in shop.rows(&format!("{folder}/deletes.csv"))? {
            assert_eq!(row["entity"], "customers");
            assert_eq!(&row["deleted_at"][..10], day);
            deleted.insert(row["key"].clone(), row["deleted_at"].clone());
        }
    }
    assert!(late > 5, "{late} orders are late");
    assert!(!deleted.is_empty(), "nobody was deleted");
    Ok(())
}

/// Goal: a stream over an earlier delivery leaves nothing of it behind, and the other way round.
#[tokio::test]
async fn a_stream_takes_the_place_of_a_whole_delivery() -> anyhow::Result<()> {
    let shop = Shop::generate(5, 200).await?;
    let days = Options {
        days: Some(2),
        ..sized(5, 200)
    };
    shop.run(&days).await?;
    let expected = [
        "business_date=2025-12-30",
        "business_date=2025-12-31",
        "generation_metadata.json",
    ];
    assert_eq!(super::file_names(shop.dir.path())?, expected);

    shop.run(&sized(5, 200)).await?;
    assert_eq!(
        super::file_names(shop.dir.path())?.len(),
        super::FILES.len() + 1
    );
    Ok(())
}
