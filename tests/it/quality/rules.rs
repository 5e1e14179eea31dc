//! Every rule of the contracts, with a row that breaks it and its healthy twin.

use common::Status;

use super::cases::CASES;
use super::shop::{Shop, publish_some};

/// Goal: every rule of the contracts finds the row that breaks it and spares its healthy twin.
/// Method: one batch with two orders per fault; row 2n+1 is broken, row 2n+2 is its twin.
#[tokio::test]
async fn every_rule_finds_the_row_that_breaks_it_and_spares_its_twin() {
    let shop = Shop::with_orders(CASES.len() * 2).await;
    publish_some(&shop).await;
    for (index, case) in CASES.iter().enumerate() {
        let (bad, good) = (2 * index + 1, 2 * index + 2);
        for (row_id, change) in [(bad, case.bad), (good, case.good)] {
            shop.execute(&format!(
                "update staging.{} set {change} where row_id = {row_id}",
                case.table
            ))
            .await;
        }
    }
    // What a line's own fault does to its order's total is another test's business.
    shop.execute(
        "update staging.transactions as staged
        set total_amount = staged.total_amount - 18 + line.line_total
        from staging.transaction_items as line
        where line.row_id = staged.row_id and line.line_total not between 17.9 and 18.1",
    )
    .await;
    shop.judge().await;
    for (index, case) in CASES.iter().enumerate() {
        let name = format!("{}: {}", case.table, case.bad);
        assert_eq!(
            shop.verdict(case.table, 2 * index + 1).await,
            case.verdict,
            "{name}"
        );
        let twin = shop.verdict(case.table, 2 * index + 2).await;
        assert_eq!(twin, "", "the twin of {name}, with {}", case.good);
    }
}

/// A return has a negative quantity, and its order may have a negative total.
#[tokio::test]
async fn a_return_is_no_fault() {
    let shop = Shop::with_orders(3).await;
    shop.execute(
        "update staging.transaction_items set quantity = -2, line_total = -18 where row_id = 1;
        update staging.transactions
        set total_amount = -18, tax_amount = 0, shipping_amount = 0, discount_amount = 0
        where row_id = 1;
        update staging.payments set amount = -18, status = 'refunded' where row_id = 1",
    )
    .await;
    let report = shop.judge().await;
    assert_eq!(report.status, Status::Succeeded);
    assert_eq!(
        shop.db.number("select count(*) from ops.rejections").await,
        0
    );
}
