//! When orders come: the guard of volumes, which compares the days that a batch is the first to tell
//! of with those before them, and orders that come late.

use common::Status;

use super::shop::{EARLIER, LINEAGE, Shop};

/// A shop with a hundred orders on each day up to 2026-01-12, over so many days.
async fn with_history(days: usize, is_open: &str) -> Shop {
    let shop = Shop::with_orders(1).await;
    shop.execute(&format!(
        "insert into production.retailers (source, retailer_name, time_zone, {LINEAGE})
            values ('shop', 'Shop', 'UTC', {EARLIER});
        insert into production.transactions
            (source, transaction_id, sale_date, {LINEAGE})
            select 'shop', 'P' || day::date || '-' || n, day::date, {EARLIER}
            from generate_series(date '2026-01-12' - {days} + 1, date '2026-01-12', '1 day') as day,
                generate_series(1, 100) as n
            where {is_open}"
    ))
    .await;
    shop
}

/// Judges a batch with so many orders on each day, and says what became of the guard.
async fn judge(shop: &Shop, days: &[(&str, usize)]) -> (Status, String) {
    for (number, (day, order_count)) in days.iter().enumerate() {
        shop.execute(&format!(
            "insert into staging.transactions
            select (jsonb_populate_record(staged, jsonb_build_object(
                'transaction_id', 'N{number}-' || n, 'row_id', 1000 * ({number} + 1) + n,
                'transaction_at', '{day}T12:00Z', 'total_amount', 0, 'tax_amount', 0,
                'discount_amount', 0, 'shipping_amount', 0))).*
            from staging.transactions as staged, generate_series(1, {order_count}) as n
            where staged.row_id = 1"
        ))
        .await;
    }
    let status = shop.judge().await.status;
    let guard = "select r ->> 'status' || ': ' || (r ->> 'actual')
        from ops.quality_runs as run, jsonb_array_elements(run.report -> 'results') as r
        where r ->> 'check_id' = 'transactions.volume'";
    (status, shop.text(guard).await)
}

const THIN: &str = "no new day with enough history before it";

/// Goal: a new day with under half of its orders stops the batch and is named; more than half pass.
/// Method: thirty days of history; 30, 0 and 70 orders on the day after, a day between left out.
#[tokio::test]
async fn a_day_with_under_half_of_its_orders_blocks() {
    let shop = with_history(30, "true").await;
    let (status, guard) = judge(&shop, &[("2026-01-13", 30)]).await;
    assert_eq!(status, Status::Blocked);
    assert_eq!(guard, "fail: 2026-01-13: 30 orders, expected about 100");
    let blocking = "select array_to_string(blocking_failures, ' ') from ops.quality_runs";
    assert_eq!(shop.text(blocking).await, "transactions.volume");

    let shop = with_history(30, "true").await;
    let (status, guard) = judge(&shop, &[("2026-01-13", 70)]).await;
    assert_eq!(status, Status::Succeeded);
    assert_eq!(guard, "pass: 1 days as expected");

    let shop = with_history(30, "true").await;
    let (status, guard) = judge(&shop, &[("2026-01-14", 100)]).await;
    assert_eq!(status, Status::Blocked);
    assert_eq!(guard, "fail: 2026-01-13: 0 orders, expected about 100");
}

/// Goal: the running day, days that production knows, and short histories stop nothing.
/// Method: few orders on the day of the batch and on a known day; ten days of history.
#[tokio::test]
async fn days_that_cannot_be_judged_stop_nothing() {
    let shop = with_history(30, "true").await;
    let days = [("2026-01-12", 3), ("2026-01-15", 3)];
    let (status, guard) = judge(
        &shop,
        &[days[0], ("2026-01-13", 99), ("2026-01-14", 98), days[1]],
    )
    .await;
    assert_eq!(status, Status::Succeeded);
    assert_eq!(guard, "pass: 2 days as expected");

    let shop = with_history(10, "true").await;
    let (status, guard) = judge(&shop, &[("2026-01-13", 3)]).await;
    assert_eq!(
        (status, guard),
        (Status::Succeeded, format!("skip: {THIN}"))
    );

    let shop = Shop::with_orders(1).await;
    let (status, guard) = judge(&shop, &[("2026-01-13", 3)]).await;
    assert_eq!(
        (status, guard),
        (Status::Succeeded, format!("skip: {THIN}"))
    );
}

/// Goal: a shop that is closed on Sundays is not stopped on a Monday, nor by its Sunday.
/// Method: the 11th of January 2026 is a Sunday; production ends on the 10th, as the batch of the
/// 12th comes.
#[tokio::test]
async fn a_closed_sunday_is_no_outage() {
    for days in [20, 60] {
        let is_open = "extract(isodow from day) <> 7 and day::date <= date '2026-01-10'";
        let shop = with_history(days, is_open).await;
        let (status, guard) = judge(&shop, &[("2026-01-12", 97)]).await;
        assert_eq!(status, Status::Succeeded, "{days}: {guard}");
        assert_eq!(guard, "pass: 1 days as expected", "{days}");

        let shop = with_history(days, is_open).await;
        let (status, guard) = judge(&shop, &[("2026-01-12", 20)]).await;
        assert_eq!(status, Status::Blocked, "{days}: {guard}");
    }
}

/// Goal: a folder's name tells up to when its days are closed, so that a day without a single order
/// stops the batch; a source whose folders are named by the day of delivery is not asked for it.
/// Method: an empty day in a folder of that day, after folders that held their own day and after
/// folders that did not; then once more after it was let pass.
#[tokio::test]
async fn a_folder_without_orders_is_an_outage() {
    for (own_day, expected) in [(true, Status::Blocked), (false, Status::Succeeded)] {
        let shop = with_history(30, "true").await;
        let told = if own_day { "2026-01-12" } else { "2026-01-13" };
        shop.execute(&format!(
            "insert into ops.batches
                select 0, run_id, source, business_date, 'published', staged_at from ops.batches;
            insert into ops.raw_files (file_id, batch_id, source, table_name, path, content_sha256,
                config_sha256, bytes, modified_at, business_date, rows_read, rows_loaded,
                rows_rejected, state)
                values (1, 0, 'shop', 'orders', 'old.csv', 'y', 'y', 1, '2026-01-12Z', '{told}',
                    0, 0, 0, 'loaded');
            update ops.raw_files
                set business_date = date '{told}' + 1 where batch_id = 1"
        ))
        .await;
        let day = if own_day { "2026-01-12" } else { "2026-01-13" };
        let (status, guard) = judge(&shop, &[(day, 100)]).await;
        assert_eq!(status, expected, "{guard}");
        if own_day {
            assert_eq!(guard, "fail: 2026-01-13: 0 orders, expected about 100");
            shop.execute(
                "insert into ops.raw_files
                    select (jsonb_populate_record(file, jsonb_build_object(
                        'file_id', 2, 'business_date', '2026-01-13'))).*
                    from ops.raw_files as file where file_id = 1;
                update ops.raw_files set business_date = '2026-01-14' where batch_id = 1;
                delete from staging.transactions where row_id > 1000",
            )
            .await;
            let (status, guard) = judge(&shop, &[("2026-01-14", 96)]).await;
            assert_eq!(status, Status::Succeeded, "{guard}");
        } else {
            assert_eq!(guard, "pass: 1 days as expected");
        }
    }
}

/// Goal: a new order that comes more than a week after its day is told; an old one's news is not,
/// nor a first load.
/// Method: a folder of the 14th brings orders of the 7th, of the 6th, and one that is known.
#[tokio::test]
async fn an_order_that_comes_late_is_told() {
    for days in [30, 0] {
        let shop = with_history(days, "true").await;
        let known = "P2025-12-20-1";
        shop.execute("update ops.raw_files set business_date = '2026-01-14'")
            .await;
        judge(
            &shop,
            &[("2026-01-07", 1), ("2026-01-06", 1), ("2025-12-20", 1)],
        )
        .await;
        shop.execute(&format!(
            "update staging.transactions set transaction_id = '{known}' where row_id = 3001;
            update ops.batches set state = 'staged'"
        ))
        .await;
        quality::run(&shop.ctx, &quality::Options::default())
            .await
            .expect("a verdict");
        for (row_id, is_late) in [(1001, false), (2001, days > 0), (3001, false)] {
            let verdict = shop.verdict("transactions", row_id).await;
            let is_told = verdict.contains("transactions.transaction_at.in_time");
            assert_eq!(is_told, is_late, "{days}, {row_id}: {verdict}");
        }
    }
}
