//! Stock: counts, movements and days of supply against an oracle that works them out one by one.

use std::collections::BTreeSet;

use chrono::{Days, NaiveDate};

use super::{TABLES, product};
use crate::production::by_hand::Shop;

/// A count of what is on the shelf, or units sold, on a day of January or February 2025.
#[derive(Debug, Clone, Copy)]
enum Event {
    Count(i64),
    Sale(i64),
}

fn day(number: u64) -> NaiveDate {
    let first = NaiveDate::from_ymd_opt(2025, 1, 1).expect("a day");
    first + Days::new(number)
}

/// As a source would bring it; a sale in the evening of New York is of the next day in UTC.
fn staged(number: u64, event: Event) -> String {
    let date = day(number);
    match event {
        Event::Count(units) => format!(
            "insert into staging.inventory_snapshots
                 (snapshot_date, product_id, store_id, quantity_on_hand, reorder_point)
             values ('{date}', 'P1', 'S1', {units}, 5);"
        ),
        Event::Sale(units) => format!(
            "insert into staging.inventory_movements
                 (movement_id, product_id, store_id, movement_type, quantity, moved_at)
             values ('M{number}', 'P1', 'S1', 'sale', -{units},
                     timestamp '{date} 21:30' at time zone 'America/New_York');"
        ),
    }
}

/// What each count should say: day, units, sold and in-stock days of four weeks, days of supply.
fn oracle(events: &[(u64, Event)]) -> Vec<String> {
    let mut lines = Vec::new();
    for (number, event) in events {
        let Event::Count(units) = event else { continue };
        let (mut sold, mut in_stock) = (0, BTreeSet::new());
        for (other, event) in events {
            if *other > *number || *other + 27 < *number {
                continue;
            }
            match event {
                Event::Sale(units) => {
                    sold += units;
                    in_stock.insert(other);
                }
                Event::Count(units) if *units > 0 => {
                    in_stock.insert(other);
                }
                Event::Count(_) => {}
            }
        }
        let days = i64::try_from(in_stock.len()).expect("few days");
        let supply = match sold {
            0 => String::new(),
            // To the hundredth, half up.
            _ => {
                let hundredths = (units * days * 1000 / sold + 5) / 10;
                format!("{}.{:02}", hundredths / 100, hundredths % 100)
            }
        };
        let is_over = sold > 0 && units * days > 90 * sold;
        let flag = |it: bool| if it { "t" } else { "f" };
        lines.push(format!(
            "({},{units},{sold},{days},{supply},{},{},{})",
            day(*number),
            flag(*units <= 5),
            flag(*units <= 0),
            flag(is_over)
        ));
    }
    lines.sort();
    lines
}

const COUNTS: &str = "select snapshot_date, quantity_on_hand, sold_quantity, in_stock_days,
        days_of_supply, is_low_stock, is_out_of_stock, is_overstocked
    from warehouse.fact_inventory order by snapshot_date";

/// Goal: days of supply are what their definition says, whatever arrives late.
/// Method: counts and sales in an unfriendly order, a batch each, against the oracle after every
/// load; only counts of the 28 days from a late row on are written; a rebuild changes nothing.
#[tokio::test]
async fn days_of_supply_follow_late_counts_and_late_sales() -> anyhow::Result<()> {
    let batches: [&[(u64, Event)]; 4] = [
        &[
            (0, Event::Count(200)),
            (7, Event::Count(40)),
            (8, Event::Sale(3)),
            (40, Event::Count(0)),
            (50, Event::Count(4)),
        ],
        // A late sale: only the counts of days 20 to 47 look at it.
        &[(20, Event::Sale(2))],
        // A late count: days 10 to 37.
        &[(10, Event::Count(7)), (37, Event::Count(30))],
        &[
            (36, Event::Sale(1)),
            (63, Event::Count(9)),
            (64, Event::Count(9)),
        ],
    ];
    let mut shop = Shop::open().await?;
    let mut known: Vec<(u64, Event)> = Vec::new();
    for (number, batch) in batches.iter().enumerate() {
        known.extend_from_slice(batch);
        let rows: String = batch
            .iter()
            .map(|(day, event)| staged(*day, *event))
            .collect();
        let rows = rows + &product("P1", "Pen", "4", "2024-01-01Z");
        shop.publish(&rows).await?;
        let report = shop.warehouse(false).await?;
        assert_eq!(shop.lines(COUNTS).await?, oracle(&known), "batch {number}");
        if number == 1 {
            let step = report
                .steps
                .iter()
                .find(|it| it.name == "upsert warehouse.fact_inventory")
                .expect("a step");
            assert_eq!((step.rows.input, step.rows.updated), (1, 1), "{step:?}");
        }
    }
    let values = "select sum(stock_value), sum(quantity_on_hand) from warehouse.fact_inventory";
    assert_eq!(shop.lines(values).await?, ["(1196,299)"]);
    let moved = "select movement_id, quantity, value, moved_date, date_key
                 from warehouse.fact_inventory_transactions order by moved_date";
    assert_eq!(
        shop.lines(moved).await?,
        [
            "(M8,-3,-12,2025-01-09,20250109)",
            "(M20,-2,-8,2025-01-21,20250121)",
            "(M36,-1,-4,2025-02-06,20250206)",
        ]
    );
    let before = shop.state_of(&TABLES).await?;
    assert_eq!(shop.warehouse(true).await?.rows().written(), 0);
    assert_eq!(shop.state_of(&TABLES).await?, before);
    a_late_cost_moves_values(&mut shop).await?;
    what_is_deleted_leaves(&mut shop, &known).await
}

/// From 20 January on the product costs 5: later counts and movements point to that version.
async fn a_late_cost_moves_values(shop: &mut Shop) -> anyhow::Result<()> {
    shop.publish(&product("P1", "Pen", "5", "2025-01-20T00:00-05:00"))
        .await?;
    shop.warehouse(false).await?;
    let values = "select snapshot_date, stock_value, cost
        from warehouse.fact_inventory join warehouse.dim_products using (product_key)
        where snapshot_date in ('2025-01-11', '2025-02-07') order by 1";
    assert_eq!(
        shop.lines(values).await?,
        ["(2025-01-11,28,4)", "(2025-02-07,150,5)"]
    );
    let moved = "select movement_id, value, cost
        from warehouse.fact_inventory_transactions join warehouse.dim_products using (product_key)
        order by moved_date";
    assert_eq!(
        shop.lines(moved).await?,
        ["(M8,-12,4)", "(M20,-10,5)", "(M36,-5,5)"]
    );
    Ok(())
}

async fn what_is_deleted_leaves(shop: &mut Shop, known: &[(u64, Event)]) -> anyhow::Result<()> {
    shop.publish(&product("P2", "Ink", "5", "2025-01-01Z"))
        .await?;
    shop.client
        .batch_execute(
            "update production.inventory_movements set is_deleted = true,
                 batch_id = (select max(batch_id) from ops.batches) where movement_id = 'M20';
             update production.inventory_snapshots set is_deleted = true,
                 batch_id = (select max(batch_id) from ops.batches)
                 where snapshot_date = '2025-01-08'",
        )
        .await?;
    shop.warehouse(false).await?;
    let mut left = known.to_vec();
    left.retain(|(number, event)| match event {
        Event::Sale(_) => *number != 20,
        Event::Count(_) => *number != 7,
    });
    assert_eq!(shop.lines(COUNTS).await?, oracle(&left));
    let movements = "select count(*) from warehouse.fact_inventory_transactions";
    assert_eq!(shop.lines(movements).await?, ["(2)"]);
    Ok(())
}
