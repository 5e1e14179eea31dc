//! The tables of `config/generate.toml`, each with the ranges that it tells.

use chrono::{Datelike as _, NaiveDate};
use serde::{Deserialize, Serialize};
use validator::{Validate, ValidationError};

use super::explained;

/// Visits that end in an order, as a share of all.
const FUNNEL_MIN: f64 = 0.001;
/// A year with a 29th of February, so that every day of a year is known.
const LEAP_YEAR: i32 = 2024;

/// `[calendar]`
#[derive(Debug, Clone, Deserialize, Validate)]
#[serde(deny_unknown_fields)]
#[allow(missing_docs)]
pub struct CalendarSettings {
    #[validate(custom(function = "check_calendar_weights"))]
    pub month_pct: [u64; 12],
    #[validate(custom(function = "check_calendar_weights"))]
    pub weekday_pct: [u64; 7],
    #[validate(custom(function = "check_calendar_weights"))]
    pub hour_weights: [u64; 24],
    #[validate(range(min = 0, max = 90))]
    pub noise_pct: u64,
}

/// One of `[[promotions]]`.
#[derive(Debug, Clone, Deserialize, Serialize, Validate)]
#[serde(deny_unknown_fields)]
#[allow(missing_docs)]
pub struct Promotion {
    #[validate(length(min = 1, max = 100))]
    pub name: String,
    #[validate(custom(function = "check_month_and_day"))]
    pub starts: String,
    #[validate(range(min = 1, max = 60))]
    pub days: u32,
    #[validate(range(min = 1, max = 90))]
    pub discount_pct: u64,
    #[validate(range(min = 0, max = 900))]
    pub uplift_pct: u64,
}

impl Promotion {
    /// Whether its prices hold on that day; one that begins in December may reach into January.
    #[must_use]
    pub fn covers(&self, date: NaiveDate) -> bool {
        let starts_in = |year: i32| {
            let (month, day) = month_and_day(&self.starts)?;
            // Where the year has no such day, it starts with the next month.
            NaiveDate::from_ymd_opt(year, month, day)
                .or_else(|| NaiveDate::from_ymd_opt(year, month + 1, 1))
        };
        [date.year() - 1, date.year()].into_iter().any(|year| {
            starts_in(year)
                .is_some_and(|start| (0..i64::from(self.days)).contains(&(date - start).num_days()))
        })
    }
}

/// `[customers]`
#[derive(Debug, Clone, Deserialize, Validate)]
#[serde(deny_unknown_fields)]
#[allow(missing_docs)]
pub struct CustomerSettings {
    #[validate(range(min = 1, max = 10_000_000))]
    pub count: Option<u64>,
    #[validate(range(min = 0.0, max = 100.0))]
    pub earlier_pct: f64,
    #[validate(range(min = 0.1, max = 20.0))]
    pub purchase_rate_shape: f64,
    #[validate(range(min = 0.0, max = 50.0))]
    pub churn_monthly_pct: f64,
    #[validate(range(min = 0.0, max = 100.0))]
    pub moves_yearly_pct: f64,
    #[validate(range(min = 0.0, max = 100.0))]
    pub gifts_pct: f64,
}

/// `[products]`
#[derive(Debug, Clone, Deserialize, Validate)]
#[serde(deny_unknown_fields)]
#[allow(missing_docs)]
pub struct ProductSettings {
    #[validate(range(min = 1, max = 1_000_000))]
    pub count: Option<u64>,
    #[validate(range(min = 25.0, max = 95.0))]
    pub top_fifth_revenue_pct: f64,
    #[validate(range(min = 0.0, max = 90.0))]
    pub launched_pct: f64,
    #[validate(range(min = 0.0, max = 90.0))]
    pub inactive_pct: f64,
    #[validate(range(min = 0.0, max = 12.0))]
    pub price_changes_yearly: f64,
    #[validate(range(min = 0.0, max = 12.0))]
    pub cost_changes_yearly: f64,
    #[validate(range(min = 1, max = 50))]
    pub change_pct_max: u64,
}

/// `[baskets]`
#[derive(Debug, Clone, Deserialize, Validate)]
#[serde(deny_unknown_fields)]
#[allow(missing_docs)]
pub struct Baskets {
    #[validate(custom(function = "check_basket_weights"))]
    pub line_count_weights: [u64; 5],
    #[validate(custom(function = "check_basket_weights"))]
    pub quantity_weights: [u64; 5],
    #[validate(range(min = 0, max = 1_000))]
    pub pairs: usize,
    #[validate(range(min = 0.0, max = 100.0))]
    pub attached_pct: f64,
    #[validate(range(min = 0.0, max = 100.0))]
    pub discounted_lines_pct: f64,
}

/// `[orders]`
#[derive(Debug, Clone, Deserialize, Validate)]
#[serde(deny_unknown_fields)]
#[validate(schema(function = "check_return_days"))]
#[allow(missing_docs)]
pub struct OrderSettings {
    #[validate(range(min = 0.0, max = 30.0))]
    pub cancelled_pct: f64,
    #[validate(range(min = 0.0, max = 30.0))]
    pub unpaid_pct: f64,
    #[validate(range(min = 0.0, max = 30.0))]
    pub returned_pct: f64,
    #[validate(range(min = 0.0, max = 30.0))]
    pub partly_returned_pct: f64,
    pub return_days: [u64; 2],
    #[validate(range(min = 0.0, max = 100.0))]
    pub split_payments_pct: f64,
    #[validate(range(min = 0.0, max = 50.0))]
    pub tax_pct: f64,
    #[validate(range(min = 0.0, max = 1_000.0))]
    pub shipping_fee: f64,
}

/// `[channels]`
#[derive(Debug, Clone, Deserialize, Validate)]
#[serde(deny_unknown_fields)]
#[validate(schema(function = "check_channels"))]
#[allow(missing_docs)]
pub struct Channels {
    #[validate(range(min = 0.0, max = 100.0))]
    pub online_pct: f64,
    #[validate(range(min = 0.0, max = 100.0))]
    pub marketplace_pct: f64,
    #[validate(range(min = 0, max = 200))]
    pub stores: Option<u64>,
}

/// One of `[[carriers]]`.
#[derive(Debug, Clone, Deserialize, Serialize, Validate)]
#[serde(deny_unknown_fields)]
#[allow(missing_docs)]
pub struct Carrier {
    #[validate(length(min = 1, max = 100))]
    pub name: String,
    #[validate(range(min = 0, max = 1_000))]
    pub weight: u64,
    #[validate(range(min = 1, max = 30))]
    pub transit_days: u64,
    #[validate(range(min = 0.0, max = 100.0))]
    pub late_pct: f64,
    #[validate(range(min = 0.0, max = 1_000.0))]
    pub cost: f64,
}

/// `[stock]`
#[derive(Debug, Clone, Deserialize, Validate)]
#[serde(deny_unknown_fields)]
#[validate(schema(function = "check_lead_time"))]
#[allow(missing_docs)]
pub struct Stock {
    #[validate(range(min = 1.0, max = 100.0))]
    pub store_assortment_pct: f64,
    #[validate(range(min = 5, max = 365))]
    pub cover_days: u64,
    pub lead_time_days: [u64; 2],
    #[validate(range(min = 0.0, max = 30.0))]
    pub stock_out_pct: f64,
    #[validate(range(min = 1, max = 366))]
    pub snapshot_every_days: u32,
    #[validate(range(min = 0.0, max = 100.0))]
    pub adjusted_monthly_pct: f64,
}

/// `[web]`
#[derive(Debug, Clone, Deserialize, Validate)]
#[serde(deny_unknown_fields)]
#[validate(schema(function = "check_funnel"))]
#[allow(missing_docs)]
pub struct Web {
    #[validate(range(min = 0.0, max = 100.0))]
    pub tracked_orders_pct: f64,
    #[validate(range(min = 1.0, max = 100.0))]
    pub viewed_pct: f64,
    #[validate(range(min = 1.0, max = 100.0))]
    pub carted_pct: f64,
    #[validate(range(min = 1.0, max = 100.0))]
    pub checkout_pct: f64,
    #[validate(range(min = 1.0, max = 100.0))]
    pub purchased_pct: f64,
}

/// `[stream]`
#[derive(Debug, Clone, Deserialize, Validate)]
#[serde(deny_unknown_fields)]
#[allow(missing_docs)]
pub struct Stream {
    #[validate(range(min = 0.0, max = 50.0))]
    pub late_orders_pct: f64,
    #[validate(range(min = 0.0, max = 50.0))]
    pub deleted_customers_monthly_pct: f64,
}

fn check_weights(weights: &[u64], max: u64) -> Result<(), ValidationError> {
    let is_fine = weights.iter().all(|&weight| weight <= max);
    if !is_fine || weights.iter().all(|&weight| weight == 0) {
        let message = format!("must be from 0 to {max} each, and one of them more than 0");
        return Err(explained("weights", message.into()));
    }
    Ok(())
}

fn check_calendar_weights(weights: &[u64]) -> Result<(), ValidationError> {
    check_weights(weights, 1_000)
}

fn check_basket_weights(weights: &[u64; 5]) -> Result<(), ValidationError> {
    check_weights(weights, 1_000_000)
}

fn month_and_day(text: &str) -> Option<(u32, u32)> {
    let (month, day) = text.split_once('-')?;
    Some((month.parse().ok()?, day.parse().ok()?))
}

fn check_month_and_day(text: &str) -> Result<(), ValidationError> {
    let is_day = month_and_day(text)
        .is_some_and(|(month, day)| NaiveDate::from_ymd_opt(LEAP_YEAR, month, day).is_some());
    if is_day {
        return Ok(());
    }
    let message = format!("`{text}` must be a month and a day such as 11-24");
    Err(explained("day", message.into()))
}

fn check_range(name: &str, [least, most]: [u64; 2], max: u64) -> Result<(), ValidationError> {
    if (1..=most).contains(&least) && most <= max {
        return Ok(());
    }
    let message = format!("{name} must be two numbers from 1 to {max}, the smaller one first");
    Err(explained("range", message.into()))
}

fn check_return_days(orders: &OrderSettings) -> Result<(), ValidationError> {
    check_range("return_days", orders.return_days, 60)
}

fn check_lead_time(stock: &Stock) -> Result<(), ValidationError> {
    check_range("lead_time_days", stock.lead_time_days, 60)
}

/// For each visit with an order there are as many without one as the funnel asks for.
fn check_funnel(web: &Web) -> Result<(), ValidationError> {
    let shares = [
        web.viewed_pct,
        web.carted_pct,
        web.checkout_pct,
        web.purchased_pct,
    ];
    let bought: f64 = shares.iter().map(|percent| percent / 100.0).product();
    if bought >= FUNNEL_MIN {
        return Ok(());
    }
    let message = "viewed_pct, carted_pct, checkout_pct and purchased_pct must leave one visit of \
                   1,000 that buys, at least";
    Err(explained("funnel", message.into()))
}

fn check_channels(channels: &Channels) -> Result<(), ValidationError> {
    if channels.online_pct + channels.marketplace_pct <= 100.0 {
        return Ok(());
    }
    let message = "online_pct and marketplace_pct must be 100 at most together";
    Err(explained("channels", message.into()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_promotion_may_reach_into_the_next_year() {
        let promotion = Promotion {
            name: "New year".to_owned(),
            starts: "12-30".to_owned(),
            days: 4,
            discount_pct: 10,
            uplift_pct: 0,
        };
        let covered =
            |year, month, day| promotion.covers(NaiveDate::from_ymd_opt(year, month, day).unwrap());

        assert!(!covered(2025, 12, 29));
        assert!(covered(2025, 12, 30) && covered(2026, 1, 2));
        assert!(!covered(2026, 1, 3));
    }
}
