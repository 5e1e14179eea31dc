//! `fact_sales`: the lines of the touched orders.

use common::{Rows, Sql, Step, db, sql};

use crate::load::Load;

const RELATION: &str = "warehouse.fact_sales";
const DELETE_FACT_SALES: Sql = sql!("warehouse/delete_fact_sales.sql");
const COUNT_TOUCHED_FACTS: Sql = sql!("warehouse/count_touched_facts.sql");
const UPSERT_FACT_SALES: Sql = sql!("warehouse/upsert_fact_sales.sql");

/// Deletes facts whose line is gone or moved to another day, then upserts the rest.
pub(crate) async fn write(load: &mut Load<'_>) -> anyhow::Result<()> {
    let step = Step::begin("upsert warehouse.fact_sales").relation(RELATION);
    let days = &load.sale_dates.days;
    let deleted = db::count(load.tx, DELETE_FACT_SALES, &[days]).await?;
    let before = db::count(load.tx, COUNT_TOUCHED_FACTS, &[days]).await?;
    let written = db::count(load.tx, UPSERT_FACT_SALES, &[&load.ctx.started_at, days]).await?;
    let after = match before {
        0 => written,
        _ => db::count(load.tx, COUNT_TOUCHED_FACTS, &[days]).await?,
    };
    let rows = rows(deleted, before, written, after);
    load.report.finish(step, rows);
    Ok(())
}

/// Facts are never deleted by the upsert, so what is more afterwards was inserted.
fn rows(deleted: u64, before: u64, written: u64, after: u64) -> Rows {
    let inserted = after.saturating_sub(before);
    Rows {
        input: after,
        inserted,
        updated: written.saturating_sub(inserted),
        deleted,
        unchanged: after.saturating_sub(written),
        ..Rows::default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_follow_from_the_counts() {
        let counted = rows(1, 10, 5, 13);
        assert_eq!((counted.inserted, counted.updated), (3, 2));
        assert_eq!((counted.unchanged, counted.deleted), (8, 1));
    }
}
