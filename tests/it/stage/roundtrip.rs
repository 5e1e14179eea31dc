//! Any table of random text, written in any declared dialect, loads back equal.
//!
//! The writer shares no code with the reader; it counts its own lines.

mod dialect;
mod text;

use rand::SeedableRng as _;
use rand_chacha::ChaCha8Rng;
use tests::trial::{Delivery, Outcome, Trial};

use self::dialect::Dialect;
use self::text::Written;

/// Tables that are tried; several share a run, which costs the most.
const TABLES: u64 = 240;
const TABLES_PER_RUN: u64 = 12;
/// Seed of the first table; each further one has the next.
const SEED: u64 = 20_260_115;

/// Goal: nothing that a text may hold is lost or changed, whatever the dialect.
/// Method: the seed of a table makes its dialect and its rows; it is told when the test fails.
#[tokio::test]
async fn any_table_in_any_dialect_loads_back_equal() -> anyhow::Result<()> {
    let trial = Trial::new().await;
    let mut failures = Vec::new();
    for run in 0..TABLES / TABLES_PER_RUN {
        let seeds = (0..TABLES_PER_RUN).map(|it| SEED + run * TABLES_PER_RUN + it);
        let tables: Vec<Table> = seeds.map(Table::random).collect();
        failures.extend(try_tables(&trial, &format!("run_{run}"), &tables).await?);
    }
    assert!(
        failures.is_empty(),
        "{} of {TABLES} tables are not as they were written:\n{}",
        failures.len(),
        failures.join("\n")
    );
    Ok(())
}

/// A table, as it is declared and written.
struct Table {
    seed: u64,
    dialect: Dialect,
    written: Written,
}

impl Table {
    fn random(seed: u64) -> Self {
        let mut random = ChaCha8Rng::seed_from_u64(seed);
        let dialect = Dialect::random(&mut random);
        let rows = text::random_rows(&mut random, &dialect);
        let written = dialect.write(&mut random, rows);
        Self {
            seed,
            dialect,
            written,
        }
    }

    fn name(&self) -> String {
        format!("t{}", self.seed)
    }

    fn columns(&self) -> Vec<String> {
        (0..self.dialect.width).map(dialect::column_name).collect()
    }
}

async fn try_tables(trial: &Trial, source: &str, tables: &[Table]) -> anyhow::Result<Vec<String>> {
    let declarations = tables.iter().map(|it| it.dialect.declaration(&it.name()));
    let files = tables.iter().map(|it| {
        let name = it.dialect.file_name(&it.name());
        (name, it.written.bytes.clone())
    });
    let delivery = Delivery {
        source: source.to_owned(),
        tables: declarations.collect(),
        files: files.collect(),
    };
    let rejects = match trial.run(&delivery).await? {
        Outcome::Read { rejects, .. } => rejects,
        Outcome::Refused(message) if tables.len() > 1 => {
            // One refused file refuses its source: each table for itself tells which it is.
            let mut failures = Vec::new();
            for table in tables {
                let alone = std::slice::from_ref(table);
                let source = format!("one_{}", table.seed);
                failures.extend(Box::pin(try_tables(trial, &source, alone)).await?);
            }
            anyhow::ensure!(!failures.is_empty(), "refused only together: {message}");
            return Ok(failures);
        }
        Outcome::Refused(message) => return Ok(vec![explain(&tables[0], &message)]),
    };
    let mut failures = Vec::new();
    for table in tables {
        let file = table.dialect.file_name(&table.name());
        if let Some(reject) = rejects.iter().find(|it| it.file == file) {
            failures.push(explain(table, &format!("rejected: {reject:?}")));
            continue;
        }
        let rows = trial.rows(source, &table.name(), &table.columns()).await?;
        if let Err(reason) = table.written.compare(&rows) {
            failures.push(explain(table, &reason));
        }
    }
    Ok(failures)
}

fn explain(table: &Table, reason: &str) -> String {
    let Table { seed, dialect, .. } = table;
    format!("seed {seed}: {reason}\n    {dialect:?}")
}
