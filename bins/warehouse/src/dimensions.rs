//! Dimensions: those with history from the change logs, the others from their current rows.

use common::{Rows, Sql, Step, db, sql};

use crate::load::{Load, rows_of};
use crate::settings::Settings;

/// A dimension with history (SCD2). The logs of the touched members are collected, all versions are
/// computed from them, and completed to rows of the dimension in a work table; then versions that
/// were merged go, known ones are mended and new ones are added.
struct History {
    dimension: &'static str,
    relation: &'static str,
    collect: Sql,
    fill: Sql,
    record_changed: Sql,
    delete: Sql,
    update: Sql,
    insert: Sql,
}

const HISTORIES: [History; 3] = [
    History {
        dimension: "customers",
        relation: "warehouse.dim_customers",
        collect: sql!("warehouse/collect_customers.sql"),
        fill: sql!("warehouse/fill_work_customers.sql"),
        record_changed: sql!("warehouse/record_changed_customers.sql"),
        delete: sql!("warehouse/delete_dim_customers.sql"),
        update: sql!("warehouse/update_dim_customers.sql"),
        insert: sql!("warehouse/insert_dim_customers.sql"),
    },
    History {
        dimension: "products",
        relation: "warehouse.dim_products",
        collect: sql!("warehouse/collect_products.sql"),
        fill: sql!("warehouse/fill_work_products.sql"),
        record_changed: sql!("warehouse/record_changed_products.sql"),
        delete: sql!("warehouse/delete_dim_products.sql"),
        update: sql!("warehouse/update_dim_products.sql"),
        insert: sql!("warehouse/insert_dim_products.sql"),
    },
    History {
        dimension: "stores",
        relation: "warehouse.dim_stores",
        collect: sql!("warehouse/collect_stores.sql"),
        fill: sql!("warehouse/fill_work_stores.sql"),
        record_changed: sql!("warehouse/record_changed_stores.sql"),
        delete: sql!("warehouse/delete_dim_stores.sql"),
        update: sql!("warehouse/update_dim_stores.sql"),
        insert: sql!("warehouse/insert_dim_stores.sql"),
    },
];

/// Dimensions without history (SCD1).
const CURRENT: [(&str, Sql); 5] = [
    (
        "warehouse.dim_retailer",
        sql!("warehouse/upsert_dim_retailer.sql"),
    ),
    (
        "warehouse.dim_suppliers",
        sql!("warehouse/upsert_dim_suppliers.sql"),
    ),
    (
        "warehouse.dim_sales_representatives",
        sql!("warehouse/upsert_dim_sales_representatives.sql"),
    ),
    (
        "warehouse.dim_payment_method",
        sql!("warehouse/upsert_dim_payment_method.sql"),
    ),
    (
        "warehouse.dim_locations",
        sql!("warehouse/upsert_dim_locations.sql"),
    ),
];
const UPSERT_DIM_DATE: Sql = sql!("warehouse/upsert_dim_date.sql");
const FILL_WORK_VERSIONS: Sql = sql!("warehouse/fill_work_versions.sql");
const ANALYZE_WORK_INSTANTS: Sql = sql!("warehouse/analyze_work_instants.sql");
const ANALYZE_WORK_VERSIONS: Sql = sql!("warehouse/analyze_work_versions.sql");
const ANALYZE_WORK_MEMBERS: Sql = sql!("warehouse/analyze_work_members.sql");

/// Computes the versions of the touched members, and which of them differ from the known ones.
pub(crate) async fn collect(load: &mut Load<'_>, settings: &Settings) -> anyhow::Result<()> {
    let changed = settings.dimensions.find_changed(load.tx).await?;
    settings.dimensions.write(load).await?;
    for history in &HISTORIES {
        let is_all = changed.iter().any(|name| name == history.dimension);
        db::count(load.tx, history.collect, &[&is_all]).await?;
    }
    db::execute(load.tx, ANALYZE_WORK_INSTANTS, &[]).await?;
    db::count(load.tx, FILL_WORK_VERSIONS, &[]).await?;
    db::execute(load.tx, ANALYZE_WORK_VERSIONS, &[]).await?;
    for history in &HISTORIES {
        let step = Step::begin(format!("compute versions of {}", history.relation));
        let input = db::count(load.tx, history.fill, &[]).await?;
        let rows = Rows {
            input,
            ..Rows::default()
        };
        load.report.finish(step, rows);
    }
    db::execute(load.tx, ANALYZE_WORK_MEMBERS, &[]).await?;
    for history in &HISTORIES {
        db::count(load.tx, history.record_changed, &[]).await?;
    }
    db::execute(load.tx, ANALYZE_WORK_MEMBERS, &[]).await?;
    Ok(())
}

/// Brings every dimension to what was computed.
pub(crate) async fn write(load: &mut Load<'_>, settings: &Settings) -> anyhow::Result<()> {
    for (relation, sql) in CURRENT {
        load.upsert(relation, sql).await?;
    }
    for history in &HISTORIES {
        write_history(load, history).await?;
    }
    let step = Step::begin("upsert warehouse.dim_date").relation("warehouse.dim_date");
    let row = db::row(
        load.tx,
        UPSERT_DIM_DATE,
        &[
            &load.ctx.started_at,
            &settings.fiscal_year_first_month,
            &settings.holidays,
        ],
    )
    .await?;
    let rows = rows_of(&row)?;
    load.report.finish(step, rows);
    Ok(())
}

async fn write_history(load: &mut Load<'_>, history: &History) -> anyhow::Result<()> {
    let step = Step::begin(format!("upsert {}", history.relation)).relation(history.relation);
    let deleted = db::count(load.tx, history.delete, &[]).await?;
    let updated = db::count(load.tx, history.update, &[&load.ctx.started_at]).await?;
    let inserted = db::count(load.tx, history.insert, &[&load.ctx.started_at]).await?;
    let rows = Rows {
        input: inserted + updated,
        inserted,
        updated,
        deleted,
        ..Rows::default()
    };
    load.report.finish(step, rows);
    Ok(())
}
