//! One query into one CSV file, row by row: no result is ever held in memory.

use std::path::Path;
use std::pin::pin;
use std::time::Instant;

use anyhow::Context as _;
use chrono::NaiveDate;
use common::atomic::AtomicFile;
use common::{Sql, sql};
use deadpool_postgres::{GenericClient as _, Transaction};
use futures_util::TryStreamExt as _;
use serde::Serialize;
use tokio_postgres::types::ToSql;

use crate::cells;
use crate::settings::Settings;
use crate::sources::Source;

/// A query and its file `<name>.csv`; the columns are the query's.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Export {
    pub(crate) name: &'static str,
    sql: Sql,
    parameters: Parameters,
}

/// What a query wants beside source and currency.
#[derive(Debug, Clone, Copy)]
enum Parameters {
    Sales,
    /// The business date, and whether names are masked.
    People,
}

/// What a file holds, and how long that took.
#[derive(Debug, Clone, Copy, Serialize)]
pub(crate) struct Written {
    pub(crate) rows: u64,
    columns: usize,
    execution_time_ms: f64,
}

pub(crate) const EXPORTS: [Export; 10] = [
    sales(
        "query1_top_products",
        sql!("analytics/query1_top_products.sql"),
    ),
    sales(
        "query2_monthly_trend",
        sql!("analytics/query2_monthly_trend.sql"),
    ),
    sales(
        "query3_customer_segmentation",
        sql!("analytics/query3_customer_segmentation.sql"),
    ),
    sales(
        "query4_category_performance",
        sql!("analytics/query4_category_performance.sql"),
    ),
    sales(
        "query5_payment_distribution",
        sql!("analytics/query5_payment_distribution.sql"),
    ),
    sales(
        "query6_geographic_analysis",
        sql!("analytics/query6_geographic_analysis.sql"),
    ),
    Export {
        name: "query7_customer_lifetime_value",
        sql: sql!("analytics/query7_customer_lifetime_value.sql"),
        parameters: Parameters::People,
    },
    sales(
        "query8_product_profitability",
        sql!("analytics/query8_product_profitability.sql"),
    ),
    sales(
        "query9_day_of_week_pattern",
        sql!("analytics/query9_day_of_week_pattern.sql"),
    ),
    sales(
        "query10_discount_impact",
        sql!("analytics/query10_discount_impact.sql"),
    ),
];

const fn sales(name: &'static str, sql: Sql) -> Export {
    Export {
        name,
        sql,
        parameters: Parameters::Sales,
    }
}

impl Export {
    /// Writes the file under a temporary name; the caller commits it.
    ///
    /// # Errors
    /// What the server says, or a full disk; names query or file.
    pub(crate) async fn write(
        &self,
        tx: &Transaction<'_>,
        path: &Path,
        source: &Source,
        settings: &Settings,
        business_date: NaiveDate,
    ) -> anyhow::Result<(AtomicFile, Written)> {
        let clock = Instant::now();
        let mut parameters: Vec<&(dyn ToSql + Sync)> = vec![&source.name, &source.currency];
        if matches!(self.parameters, Parameters::People) {
            parameters.extend([&business_date as &(dyn ToSql + Sync), &settings.mask_names]);
        }
        let failed = || format!("failed to run sql/{}", self.sql.path);
        let statement = tx.prepare(self.sql.text).await.with_context(failed)?;
        let rows = tx
            .query_raw(&statement, parameters)
            .await
            .with_context(failed)?;
        let mut rows = pin!(rows);
        let mut csv = csv::Writer::from_writer(AtomicFile::create(path)?);
        let unwritten = || format!("failed to write `{}`", path.display());
        let columns = statement.columns();
        csv.write_record(columns.iter().map(|column| column.name()))
            .with_context(unwritten)?;
        let mut row_count = 0;
        while let Some(row) = rows.try_next().await.with_context(failed)? {
            for index in 0..columns.len() {
                csv.write_field(cells::cell(&row, index)?)
                    .with_context(unwritten)?;
            }
            csv.write_record(None::<&[u8]>).with_context(unwritten)?;
            row_count += 1;
        }
        // A writer that is dropped hides what a full disk said.
        let file = csv
            .into_inner()
            .map_err(|error| error.into_error())
            .with_context(unwritten)?;
        let written = Written {
            rows: row_count,
            columns: columns.len(),
            execution_time_ms: (clock.elapsed().as_secs_f64() * 1e6).round() / 1e3,
        };
        Ok((file, written))
    }
}
