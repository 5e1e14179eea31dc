//! Totals add up by construction, every reference resolves, and no key comes twice.

use std::collections::{HashMap, HashSet};

use super::{Row, Shop, distinct, hundredths, sized};

/// Tax and a fee, of which the project's own settings have none.
const WITH_TAX: &str = "[orders]\ntax_pct = 8.25\nshipping_fee = 4.95\n";

/// Goal: money is exact, as PostgreSQL's `round(numeric, 2)` would compute it.
/// Method: compare in whole numbers, scaled so that nothing needs rounding.
#[tokio::test]
async fn totals_add_up_to_the_cent() -> anyhow::Result<()> {
    assert_totals(&Shop::generate(13, 4_000).await?, false)?;
    assert_totals(&Shop::configured(WITH_TAX, &sized(13, 4_000)).await?, true)
}

fn assert_totals(shop: &Shop, is_taxed: bool) -> anyhow::Result<()> {
    let mut sums: HashMap<String, i64> = HashMap::new();
    let mut returned_lines = 0;
    for line in shop.rows("transaction_items.csv")? {
        let quantity: i64 = line["quantity"].parse()?;
        returned_lines += u64::from(quantity < 0);
        let discount = hundredths(&line["discount_percentage"]);
        let exact = quantity * hundredths(&line["unit_price"]) * (10_000 - discount);
        let error = (hundredths(&line["line_total"]) * 10_000 - exact) * quantity.signum();
        // A half goes away from zero, so the total may be half a cent further off and never nearer.
        assert!(-5_000 < error && error <= 5_000, "{line:?}");
        *sums.entry(line["transaction_id"].clone()).or_default() += hundredths(&line["line_total"]);
    }
    assert!(returned_lines > 50, "{returned_lines} lines came back");

    let mut extra = 0;
    for order in shop.rows("transactions.csv")? {
        let [total, shipping, tax, discount] = [
            "total_amount",
            "shipping_amount",
            "tax_amount",
            "discount_amount",
        ]
        .map(|column| hundredths(&order[column]));
        assert_eq!(
            total,
            sums[&order["transaction_id"]] + shipping + tax - discount,
            "{order:?}"
        );
        extra += u64::from(tax > 0) + u64::from(shipping > 0);
    }
    assert_eq!(extra > 0, is_taxed, "{extra} taxes and fees");
    Ok(())
}

/// Goal: what was paid less what went back is the order's total, or nothing where it fell through.
#[tokio::test]
async fn payments_add_up_to_their_orders() -> anyhow::Result<()> {
    assert_payments(&Shop::generate(13, 4_000).await?)?;
    assert_payments(&Shop::configured(WITH_TAX, &sized(13, 4_000)).await?)
}

fn assert_payments(shop: &Shop) -> anyhow::Result<()> {
    let mut paid: HashMap<String, i64> = HashMap::new();
    for payment in shop.rows("payments.csv")? {
        let amount = hundredths(&payment["amount"]);
        assert_eq!(amount < 0, payment["status"] == "refunded", "{payment:?}");
        if payment["status"] != "failed" {
            *paid.entry(payment["transaction_id"].clone()).or_default() += amount;
        }
    }
    let mut seen = HashSet::new();
    for order in shop.rows("transactions.csv")? {
        let is_cash = order["payment_method"] == "Cash on Delivery";
        let due = match order["status"].as_str() {
            "pending" | "unpaid" | "cancelled" | "returned" => 0,
            "shipped" if is_cash => 0,
            _ => hundredths(&order["total_amount"]),
        };
        let got = paid.get(&order["transaction_id"]).copied().unwrap_or(0);
        assert_eq!(got, due, "{order:?}");
        seen.insert(order["status"].clone());
    }
    assert_eq!(seen.len(), 7, "every status occurs: {seen:?}");
    Ok(())
}

/// Goal: the opening stock and all movements make every later snapshot and the stock of the
/// catalogue, and no shelf ever holds less than nothing.
#[tokio::test]
async fn stock_is_opening_and_movements() -> anyhow::Result<()> {
    let shop = Shop::generate(13, 4_000).await?;
    let shelf = |row: &Row| (row["product_id"].clone(), row["store_id"].clone());
    let mut snapshots: Vec<Row> = shop.rows("inventory_snapshots.csv")?;
    snapshots.sort_by_key(|row| row["snapshot_date"].clone());
    let mut movements = shop.rows("inventory_movements.csv")?.into_iter().peekable();
    let mut stock: HashMap<(String, String), i64> = HashMap::new();
    let (mut checked, mut empty) = (0, 0);
    for row in &snapshots {
        let on_hand: i64 = row["quantity_on_hand"].parse()?;
        if row["snapshot_date"] == "2024-12-31" {
            stock.insert(shelf(row), on_hand);
            continue;
        }
        while let Some(movement) =
            movements.next_if(|it| it["moved_at"][..10] <= *row["snapshot_date"])
        {
            let held = stock.entry(shelf(&movement)).or_default();
            *held += movement["quantity"].parse::<i64>()?;
            assert!(*held >= 0, "{movement:?}");
        }
        assert_eq!(stock.get(&shelf(row)), Some(&on_hand), "{row:?}");
        checked += 1;
        empty += u64::from(on_hand == 0);
    }
    assert!(
        movements.next().is_none(),
        "a movement after the last snapshot"
    );
    assert!(
        checked > 10_000 && empty > 100,
        "{empty} of {checked} are empty"
    );

    let mut in_all: HashMap<String, i64> = HashMap::new();
    for ((product, _), held) in stock {
        *in_all.entry(product).or_default() += held;
    }
    for product in shop.rows("products.csv")? {
        let held: i64 = product["stock_quantity"].parse()?;
        assert_eq!(
            in_all.get(&product["product_id"]).copied().unwrap_or(0),
            held
        );
    }
    Ok(())
}

/// Every reference: file, column, file and column that it leads to.
const REFERENCES: [(&str, &str, &str, &str); 15] = [
    (
        "categories",
        "parent_category_id",
        "categories",
        "category_id",
    ),
    ("products", "category_id", "categories", "category_id"),
    ("products", "supplier_id", "suppliers", "supplier_id"),
    ("transactions", "customer_id", "customers", "customer_id"),
    ("transactions", "store_id", "stores", "store_id"),
    (
        "transactions",
        "sales_rep_id",
        "sales_representatives",
        "sales_rep_id",
    ),
    (
        "transaction_items",
        "transaction_id",
        "transactions",
        "transaction_id",
    ),
    ("transaction_items", "product_id", "products", "product_id"),
    (
        "transaction_items",
        "supplier_id",
        "suppliers",
        "supplier_id",
    ),
    (
        "payments",
        "transaction_id",
        "transactions",
        "transaction_id",
    ),
    (
        "shipments",
        "transaction_id",
        "transactions",
        "transaction_id",
    ),
    (
        "inventory_movements",
        "product_id",
        "products",
        "product_id",
    ),
    ("inventory_movements", "store_id", "stores", "store_id"),
    (
        "inventory_snapshots",
        "product_id",
        "products",
        "product_id",
    ),
    ("inventory_snapshots", "store_id", "stores", "store_id"),
];

#[tokio::test]
async fn every_reference_resolves_and_no_id_repeats() -> anyhow::Result<()> {
    let shop = Shop::generate(14, 4_000).await?;
    let file = |stem: &str| shop.rows(&format!("{stem}.csv"));
    for (child, column, parent, key) in REFERENCES {
        let parents = file(parent)?;
        let keys = distinct(&parents, key);
        for row in file(child)? {
            let is_resolved = row[column].is_empty() || keys.contains(row[column].as_str());
            assert!(is_resolved, "{child}.{column}: {row:?}");
        }
    }
    distinct(&file("transaction_items")?, "item_id");
    distinct(&file("shipments")?, "shipment_id");
    distinct(&file("inventory_movements")?, "movement_id");

    let lines = file("transaction_items")?;
    let with_lines: HashSet<&str> = lines
        .iter()
        .map(|row| row["transaction_id"].as_str())
        .collect();
    let orders = file("transactions")?;
    assert_eq!(with_lines, distinct(&orders, "transaction_id"));
    let products = file("products")?;
    let suppliers: HashMap<&str, &str> = products
        .iter()
        .map(|row| (row["product_id"].as_str(), row["supplier_id"].as_str()))
        .collect();
    for line in &lines {
        assert_eq!(suppliers[line["product_id"].as_str()], line["supplier_id"]);
    }
    Ok(())
}

#[tokio::test]
async fn events_lead_to_customers_products_and_orders() -> anyhow::Result<()> {
    let shop = Shop::generate(14, 4_000).await?;
    let text = String::from_utf8(shop.bytes("web_events.ndjson")?)?;
    let orders = shop.rows("transactions.csv")?;
    let customer_of: HashMap<&str, &str> = orders
        .iter()
        .map(|row| (row["transaction_id"].as_str(), row["customer_id"].as_str()))
        .collect();
    let products = shop.rows("products.csv")?;
    let products = distinct(&products, "product_id");
    let customers = shop.rows("customers.csv")?;
    let customers = distinct(&customers, "customer_id");
    // The year of trade in New York.
    let range = "2025-01-01T05:00:00Z".."2026-01-01T05:00:00Z";
    let mut ids = HashSet::new();
    let mut purchases = 0;
    for line in text.lines() {
        let event: serde_json::Value = serde_json::from_str(line)?;
        assert!(ids.insert(event["event_id"].clone()), "{event}");
        if let Some(product) = event["product_id"].as_str() {
            assert!(products.contains(product), "{event}");
        }
        if let Some(customer) = event["customer_id"].as_str() {
            assert!(customers.contains(customer), "{event}");
        }
        let occurred_at = event["occurred_at"].as_str().expect("a time");
        assert!(range.contains(&occurred_at), "{event}");
        if event["event_type"] == "purchase" {
            let order = event["properties"]["transaction_id"]
                .as_str()
                .expect("an order");
            assert_eq!(event["customer_id"], customer_of[order], "{event}");
            purchases += 1;
        }
    }
    assert!(purchases > 50, "{purchases} purchases");
    Ok(())
}

/// Goal: things happen in an order that is possible.
#[tokio::test]
async fn orders_are_paid_sent_and_delivered_in_this_order() -> anyhow::Result<()> {
    let shop = Shop::generate(14, 4_000).await?;
    let placed: HashMap<String, String> = shop
        .rows("transactions.csv")?
        .into_iter()
        .map(|row| {
            let at = format!("{} {}", row["transaction_date"], row["transaction_time"]);
            assert!(at <= row["updated_at"], "{row:?}");
            assert!(
                row["updated_at"].as_str() <= "2025-12-31 23:59:59",
                "{row:?}"
            );
            (row["transaction_id"].clone(), at)
        })
        .collect();
    for payment in shop.rows("payments.csv")? {
        assert!(
            placed[&payment["transaction_id"]] <= payment["paid_at"],
            "{payment:?}"
        );
    }
    for parcel in shop.rows("shipments.csv")? {
        assert!(
            placed[&parcel["transaction_id"]] < parcel["shipped_at"],
            "{parcel:?}"
        );
        let is_delivered = !parcel["delivered_at"].is_empty();
        assert_eq!(is_delivered, parcel["status"] == "delivered", "{parcel:?}");
        assert!(
            !is_delivered || parcel["shipped_at"] < parcel["delivered_at"],
            "{parcel:?}"
        );
    }
    Ok(())
}
