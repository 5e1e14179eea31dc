//! Fulfilment: milestones and lags of every order, computed from the two CSV files that hold them.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use chrono::{DateTime, DurationRound as _, NaiveDateTime, TimeDelta, TimeZone as _, Utc};

use crate::support::Pipeline;

/// Compares order by order.
pub(super) async fn assert_lags(pipeline: &Pipeline, folder: &Path) -> anyhow::Result<()> {
    let expected = lags_of_the_files(folder)?;
    let rows = pipeline
        .db
        .rows(
            "select transaction_id, order_to_payment_days::text, payment_to_shipment_days::text,
                    shipment_to_delivery_days::text, order_to_delivery_days::text,
                    delivery_delay_days::text
             from warehouse.fact_fulfilment where source = 'olist'",
        )
        .await;
    assert_eq!(rows.len(), expected.len());
    for mut row in rows {
        let order = row.remove(0).expect("an order");
        let days: Vec<Option<f64>> = row
            .iter()
            .map(|it| it.as_deref().map(|it| it.parse().expect("a number")))
            .collect();
        for (found, wanted) in days.iter().zip(&expected[&order]) {
            let is_equal = match (found, wanted) {
                (Some(found), Some(wanted)) => (found - wanted).abs() < 0.000_06,
                (found, wanted) => found.is_none() && wanted.is_none(),
            };
            assert!(is_equal, "{order}: {days:?}, but {:?}", expected[&order]);
        }
    }
    Ok(())
}

/// Days from one milestone to the next, by order; an order without payment was never paid, and one
/// without a line never sent.
fn lags_of_the_files(folder: &Path) -> anyhow::Result<BTreeMap<String, [Option<f64>; 5]>> {
    let first_column = |file: &str| -> anyhow::Result<BTreeSet<String>> {
        let mut reader = csv::Reader::from_path(folder.join(file))?;
        let ids = reader.records().map(|it| Ok(it?[0].to_owned()));
        ids.collect()
    };
    let paid = first_column("olist_order_payments_dataset.csv")?;
    let sent = first_column("olist_order_items_dataset.csv")?;
    let mut lags = BTreeMap::new();
    let mut reader = csv::Reader::from_path(folder.join("olist_orders_dataset.csv"))?;
    let header = reader.headers()?.clone();
    let column = |name: &str| header.iter().position(|it| it == name).expect("a column");
    for record in reader.records() {
        let record = record?;
        let id = &record[column("order_id")];
        let at = |name: &str, is_known: bool| -> Option<DateTime<Utc>> {
            let text = &record[column(name)];
            (is_known && !text.is_empty()).then(|| sao_paulo(text))
        };
        let (is_paid, is_sent) = (paid.contains(id), sent.contains(id));
        let ordered = at("order_purchase_timestamp", true);
        let approved = at("order_approved_at", is_paid);
        let shipped = at("order_delivered_carrier_date", is_sent);
        let delivered = at("order_delivered_customer_date", is_sent);
        let promised = at("order_estimated_delivery_date", is_sent);
        let days = |from: Option<DateTime<_>>, to: Option<DateTime<_>>| {
            let seconds = (to? - from?).num_seconds();
            Some(f64::from(i32::try_from(seconds).expect("some years")) / 86_400.0)
        };
        lags.insert(
            id.to_owned(),
            [
                days(ordered, approved),
                days(approved, shipped),
                days(shipped, delivered),
                days(ordered, delivered),
                days(promised, delivered),
            ],
        );
    }
    Ok(lags)
}

/// A local time as `stage` reads it: the earlier one of two, and the end of a gap.
fn sao_paulo(text: &str) -> DateTime<Utc> {
    let mut local = NaiveDateTime::parse_from_str(text, "%Y-%m-%d %H:%M:%S").expect(text);
    let zone = chrono_tz::America::Sao_Paulo;
    loop {
        if let Some(time) = zone.from_local_datetime(&local).earliest() {
            return time.to_utc();
        }
        let minute = TimeDelta::minutes(1);
        local = local.duration_trunc(minute).expect("a minute") + minute;
    }
}
