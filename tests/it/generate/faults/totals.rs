//! Totals that do not add up, and amounts in cents where all others are in units.

use std::collections::{BTreeSet, HashMap};

use super::find::{Files, Place};
use super::raw::{Row, Table};

/// Orders for which nothing was paid in the end.
const UNPAID: [&str; 4] = ["pending", "unpaid", "cancelled", "returned"];

/// What is to be said of a line's total.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Line {
    Sound,
    /// The total is not quantity x price less discount.
    Off,
    /// Quantity x price less discount is a hundred times the total: the price is in cents.
    Hundredfold,
}

/// A line's verdict, and the total that it had without its fault.
fn judged(items: &Table, row: &Row) -> (Line, i64) {
    let quantity = items.value(row, "quantity").parse::<i64>().ok();
    let price = cents(items.value(row, "unit_price"));
    let discount = cents(items.value(row, "discount_percentage"));
    let written = cents(items.value(row, "line_total"));
    // What is out of range, missing or no number has a fault of its own, and the total is right.
    let computed = match (quantity, price, discount) {
        (Some(quantity), Some(price), Some(discount))
            if quantity != 0 && price >= 0 && (0..=10_000).contains(&discount) =>
        {
            Some(quantity * price * (10_000 - discount))
        }
        _ => None,
    };
    let near = |left: i64, right: i64, cents: i64| (left - right).abs() <= cents * 10_000;
    match (written, computed) {
        (Some(written), None) => (Line::Sound, written),
        (None, Some(computed)) => (Line::Sound, rounded(computed)),
        (None, None) => panic!("a line with two faults: {row:?}"),
        (Some(written), Some(computed)) if near(computed, written * 10_000, 1) => {
            (Line::Sound, written)
        }
        (Some(written), Some(computed)) if near(computed, written * 1_000_000, 100) => {
            (Line::Hundredfold, written)
        }
        (Some(_), Some(computed)) => (Line::Off, rounded(computed)),
    }
}

/// What each order costs, by its lines as they were without their faults.
fn due(files: &Files) -> HashMap<&str, i64> {
    let items = files.table("transaction_items.csv");
    let orders = files.table("transactions.csv");
    let mut due: HashMap<&str, i64> = HashMap::new();
    for row in items.standing(&["transaction_id", "line_number"]) {
        let (_, total) = judged(items, row);
        *due.entry(items.value(row, "transaction_id")).or_default() += total;
    }
    for row in orders.standing(&["transaction_id"]) {
        let amount = |column| cents(orders.value(row, column)).unwrap_or_default();
        *due.entry(orders.value(row, "transaction_id")).or_default() +=
            amount("shipping_amount") + amount("tax_amount") - amount("discount_amount");
    }
    due
}

/// Lines and orders whose total is another than that of their parts. What is no number, or less
/// than nothing, has a fault of its own.
pub(super) fn inconsistent(files: &Files) -> BTreeSet<Place> {
    let items = files.table("transaction_items.csv");
    let orders = files.table("transactions.csv");
    let due = due(files);
    let mut found: BTreeSet<Place> = items
        .standing(&["transaction_id", "line_number"])
        .into_iter()
        .filter(|row| judged(items, row).0 == Line::Off)
        .map(|row| ("transaction_items.csv".to_owned(), row.line))
        .collect();
    for row in orders.standing(&["transaction_id"]) {
        let total = cents(orders.value(row, "total_amount")).filter(|&total| total >= 0);
        let due = due[orders.value(row, "transaction_id")];
        if total.is_some_and(|total| (total - due).abs() > 1) {
            found.insert(("transactions.csv".to_owned(), row.line));
        }
    }
    found
}

/// Lines with a price in cents; and payments in cents, where the order's payments add up to what
/// was due as soon as that one is divided by a hundred.
pub(super) fn hundredfold(files: &Files) -> BTreeSet<Place> {
    let items = files.table("transaction_items.csv");
    let mut found: BTreeSet<Place> = items
        .standing(&["transaction_id", "line_number"])
        .into_iter()
        .filter(|row| judged(items, row).0 == Line::Hundredfold)
        .map(|row| ("transaction_items.csv".to_owned(), row.line))
        .collect();

    let orders = files.table("transactions.csv");
    let payments = files.table("payments.csv");
    let mut due = due(files);
    for row in orders.standing(&["transaction_id"]) {
        if UNPAID.contains(&orders.value(row, "status")) {
            due.insert(orders.value(row, "transaction_id"), 0);
        }
    }
    let mut paid: HashMap<&str, Vec<(u64, i64)>> = HashMap::new();
    for row in payments.standing(&["transaction_id", "payment_sequence"]) {
        let status = payments.value(row, "status");
        let Some(amount) = cents(payments.value(row, "amount")) else {
            continue;
        };
        // A payment below nothing has a fault of its own.
        let amount = if status == "paid" {
            amount.abs()
        } else {
            amount
        };
        if matches!(status, "paid" | "refunded") {
            let order = payments.value(row, "transaction_id");
            paid.entry(order).or_default().push((row.line, amount));
        }
    }
    for (order, parts) in &paid {
        let sum: i64 = parts.iter().map(|(_, amount)| amount).sum();
        let in_cents = parts.iter().filter(|(_, amount)| {
            *amount > 0
                && amount % 100 == 0
                && Some(&(sum - amount + amount / 100)) == due.get(order)
        });
        found.extend(in_cents.map(|(line, _)| ("payments.csv".to_owned(), *line)));
    }
    found
}

/// A number with two decimals at most, in hundredths.
fn cents(text: &str) -> Option<i64> {
    let number: f64 = text.parse().ok()?;
    Some((number * 100.0).round() as i64)
}

/// From millionths to hundredths.
fn rounded(exact: i64) -> i64 {
    (exact + 5_000 * exact.signum()) / 10_000
}
