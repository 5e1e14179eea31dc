//! Files through `stage::run` in this process, and what became of them.
//!
//! In: a table of a `source.toml` and the bytes of its files. Out: the rows that landed and the
//! records that were rejected, or why the source was refused.

use std::path::{Path, PathBuf};

use anyhow::Context as _;
use common::testing::TestDatabase;
use common::{StageContext, Status, errors};
use stage::Options;
use tokio_postgres::Client;

const RETAILER: &str = "[retailer]\nname = \"Trial\"\ntime_zone = \"Europe/Berlin\"\n\
                        currency = \"EUR\"\n";

/// A database of its own, in which one source after the other is tried.
#[derive(Debug)]
pub struct Trial {
    db: TestDatabase,
    ctx: StageContext,
    client: Client,
}

/// A source and its files.
#[derive(Debug, Clone)]
pub struct Delivery {
    /// The source's name.
    pub source: String,
    /// Its `source.toml` beside the retailer.
    pub tables: String,
    /// Names and bytes of its files.
    pub files: Vec<(String, Vec<u8>)>,
}

/// What became of a delivery.
#[derive(Debug)]
pub enum Outcome {
    /// Nothing was loaded; the message for people.
    Refused(String),
    /// It was read to its end.
    Read {
        /// Too many records were rejected.
        is_blocked: bool,
        /// Records that were rejected, by file and line.
        rejects: Vec<Reject>,
    },
}

/// A record in quarantine.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reject {
    /// The file's name.
    pub file: String,
    /// Line on which it begins.
    pub line: i64,
    /// Column that failed, from 1; the whole record may be at fault.
    pub column: Option<i64>,
    /// The rule that it breaks.
    pub rule: String,
    /// Its bytes.
    pub raw: Vec<u8>,
}

/// A row that landed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Row {
    /// Line on which its record begins.
    pub line: i64,
    /// Number of its record.
    pub number: i64,
    /// Its values as text.
    pub cells: Vec<Option<String>>,
}

impl Trial {
    /// A fresh database and folder.
    pub async fn new() -> Self {
        let db = TestDatabase::new().await;
        let mut ctx = db.context("stage");
        ctx.config.paths.config_dir = db.dir.path().join("config");
        let client = db.client().await;
        Self { db, ctx, client }
    }

    /// Stages the delivery, as a run of its own.
    ///
    /// # Errors
    /// When its files cannot be written, or stage fails with anything but a refusal.
    pub async fn run(&self, delivery: &Delivery) -> anyhow::Result<Outcome> {
        let folder = self.write(delivery)?;
        let mut ctx = self.ctx.clone();
        ctx.run_id = uuid::Uuid::now_v7();
        let options = Options {
            source: vec![delivery.source.clone()],
            data: Some(folder),
            ..Options::default()
        };
        match stage::run(&ctx, &options).await {
            Ok(report) => Ok(Outcome::Read {
                is_blocked: report.status == Status::Blocked,
                rejects: self.rejects(&delivery.source).await?,
            }),
            Err(error) if errors::exit_code(&error) == errors::EXIT_USAGE => {
                Ok(Outcome::Refused(errors::describe(&error)))
            }
            Err(error) => Err(error),
        }
    }

    /// The rows of a table in the order of its file; values of `columns` as text.
    ///
    /// # Errors
    /// As the server says.
    pub async fn rows(
        &self,
        source: &str,
        table: &str,
        columns: &[String],
    ) -> anyhow::Result<Vec<Row>> {
        let values: Vec<String> = columns
            .iter()
            .map(|it| format!("\"{}\"::text", it.replace('"', "\"\"")))
            .collect();
        let query = format!(
            "select source_line, record_number, array[{}]::text[] from landing.{source}__{table}
             order by file_id, record_number",
            values.join(", ")
        );
        let rows = self.client.query(&query, &[]).await.context("the rows")?;
        Ok(rows
            .iter()
            .map(|row| Row {
                line: row.get(0),
                number: row.get(1),
                cells: row.get(2),
            })
            .collect())
    }

    /// Rows in any landing table of the source.
    ///
    /// # Errors
    /// As the server says.
    pub async fn landed_row_count(&self, source: &str) -> anyhow::Result<i64> {
        let tables = "select tablename::text from pg_catalog.pg_tables
                      where schemaname = 'landing' and starts_with(tablename, $1)";
        let mut row_count = 0;
        for row in self
            .client
            .query(tables, &[&format!("{source}__")])
            .await
            .context("the landing tables")?
        {
            let query = format!("select count(*) from landing.{}", row.get::<_, &str>(0));
            let row = self
                .client
                .query_one(&query, &[])
                .await
                .context("a count")?;
            row_count += row.get::<_, i64>(0);
        }
        Ok(row_count)
    }

    async fn rejects(&self, source: &str) -> anyhow::Result<Vec<Reject>> {
        let query = "
            select source_file, source_line, (payload ->> 'column_number')::bigint, rules[1], raw
            from ops.quarantine
            where batch_id = (select max(batch_id) from ops.batches where source = $1)
            order by source_file, source_line";
        let rows = self
            .client
            .query(query, &[&source])
            .await
            .context("the rejects")?;
        Ok(rows
            .iter()
            .map(|row| Reject {
                file: row.get(0),
                line: row.get(1),
                column: row.get(2),
                rule: row.get(3),
                raw: row.get(4),
            })
            .collect())
    }

    /// Writes declaration and files; what an earlier delivery of the source left is gone.
    fn write(&self, delivery: &Delivery) -> anyhow::Result<PathBuf> {
        let sources = self.ctx.config.paths.config_dir.join("sources");
        let declaration = format!("{RETAILER}{}", delivery.tables);
        let place = sources.join(&delivery.source).join("source.toml");
        write(&place, declaration.as_bytes())?;
        let folder = self.db.dir.path().join("raw").join(&delivery.source);
        if folder.is_dir() {
            std::fs::remove_dir_all(&folder).context("an earlier delivery")?;
        }
        std::fs::create_dir_all(&folder).context("a folder for the delivery")?;
        for (name, bytes) in &delivery.files {
            write(&folder.join(name), bytes)?;
        }
        Ok(folder)
    }
}

fn write(path: &Path, bytes: &[u8]) -> anyhow::Result<()> {
    let explain = || format!("failed to write `{}`", path.display());
    let folder = path.parent().with_context(explain)?;
    std::fs::create_dir_all(folder).with_context(explain)?;
    std::fs::write(path, bytes).with_context(explain)
}

/// A text as TOML writes it.
pub fn quoted(text: &str) -> String {
    toml::Value::String(text.to_owned()).to_string()
}
