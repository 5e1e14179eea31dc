//! A real, migrated database for each test, on one server for the suite.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::SystemTime;

use anyhow::Context as _;
use chrono::{DateTime, NaiveDate, Utc};
use sha2::{Digest as _, Sha256};
use tempfile::TempDir;
use tokio::sync::OnceCell;
use tokio_postgres::{Client, NoTls};
use uuid::{NoContext, Timestamp, Uuid};

use crate::args::OutputFormat;
use crate::config::{Config, DatabaseUrl, hex};
use crate::context::StageContext;
use crate::database::{self, Address};
use crate::embedded::Embedded;

/// Lock of the suite's template, in the server's `postgres` database.
const TEMPLATE_LOCK: i64 = 7_231_990_114;
const TEMPLATE_PREFIX: &str = "bullion_template_";
const TEST_PREFIX: &str = "test_";
/// Databases of earlier suites are removed after this time; a suite of now may run beside us.
const LEFTOVER_AGE_S: u64 = 3_600;

static SERVER: OnceCell<DatabaseUrl> = OnceCell::const_new();

/// A copy of the migrated template, and a folder of its own for files.
#[derive(Debug)]
pub struct TestDatabase {
    /// Raw files, reports and logs of the test.
    pub dir: TempDir,
    url: DatabaseUrl,
}

impl TestDatabase {
    /// Copies the template, which takes tens of milliseconds.
    pub async fn new() -> Self {
        Self::try_new().await.expect("a test database")
    }

    async fn try_new() -> anyhow::Result<Self> {
        let server = SERVER.get_or_try_init(start_server).await?;
        let name = format!("{TEST_PREFIX}{}", Uuid::now_v7().simple());
        let admin = connect(&with_database(server, "postgres")).await?;
        // Copying a template fails while another copy is being made.
        admin
            .execute("select pg_advisory_lock($1)", &[&TEMPLATE_LOCK])
            .await?;
        let template = template_name();
        admin
            .batch_execute(&format!("create database {name} template {template}"))
            .await?;
        admin
            .execute("select pg_advisory_unlock($1)", &[&TEMPLATE_LOCK])
            .await?;
        let dir = tempfile::Builder::new().prefix("bullion-").tempdir()?;
        Ok(Self {
            dir,
            url: with_database(server, &name),
        })
    }

    /// The address, for child processes.
    pub fn url(&self) -> &str {
        &self.url.0
    }

    /// A connection outside of any pool.
    pub async fn client(&self) -> Client {
        connect(&self.url)
            .await
            .expect("a connection to the test database")
    }

    /// The context that the named program would get at a fixed time.
    pub fn context(&self, program: &'static str) -> StageContext {
        let mut ctx = context_without_database(self.dir.path());
        ctx.program = program;
        ctx.config.database.url = Some(self.url.clone());
        ctx
    }

    /// Values of a query whose columns are all text.
    pub async fn rows(&self, query: &str) -> Vec<Vec<Option<String>>> {
        let rows = self
            .client()
            .await
            .query(query, &[])
            .await
            .expect("a query");
        rows.iter()
            .map(|row| (0..row.len()).map(|index| row.get(index)).collect())
            .collect()
    }

    /// First column of the first row, which must be a bigint.
    pub async fn number(&self, query: &str) -> i64 {
        self.client()
            .await
            .query_one(query, &[])
            .await
            .expect("a query")
            .get(0)
    }
}

/// The context of a program that needs files only; its data and logs are below `dir`.
pub fn context_without_database(dir: &Path) -> StageContext {
    let root = workspace_root();
    let mut config =
        Config::load(&root.join("config/pipeline.toml")).expect("the project's own settings");
    config.paths.data_dir = dir.join("data");
    config.paths.log_dir = dir.join("logs");
    config.paths.config_dir = root.join("config");
    StageContext {
        program: "test",
        run_id: Uuid::now_v7(),
        business_date: NaiveDate::from_ymd_opt(2026, 1, 15).expect("a date"),
        started_at: "2026-01-15T02:00:00Z"
            .parse::<DateTime<Utc>>()
            .expect("a time"),
        dry_run: false,
        output: OutputFormat::Text,
        log_format: None,
        config,
        database: Arc::new(OnceCell::new()),
    }
}

/// The folder of the workspace.
pub fn workspace_root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .parent()
        .expect("the workspace")
        .to_owned()
}

/// Starts the suite's server in `target/`, or finds it running, and makes the template once for
/// each state of the migrations.
async fn start_server() -> anyhow::Result<DatabaseUrl> {
    let folder = workspace_root().join("target/test-data/postgres");
    let url = Embedded::for_tests(&folder).ensure().await?;
    let admin = connect(&with_database(&url, "postgres")).await?;
    admin
        .execute("select pg_advisory_lock($1)", &[&TEMPLATE_LOCK])
        .await?;
    drop_leftovers(&admin).await?;
    let exists = admin
        .query_opt(
            "select 1 from pg_catalog.pg_database where datname = $1",
            &[&template_name()],
        )
        .await?;
    if exists.is_none() {
        make_template(&admin, &url).await?;
    }
    admin
        .execute("select pg_advisory_unlock($1)", &[&TEMPLATE_LOCK])
        .await?;
    Ok(url)
}

/// Named after the migrations' content, so that a changed one makes a new template.
fn template_name() -> String {
    let mut digest = Sha256::new();
    for migration in database::MIGRATIONS {
        digest.update(migration.text);
    }
    format!("{TEMPLATE_PREFIX}{}", &hex(&digest.finalize())[..16])
}

/// Under another name until it is whole: a suite that is killed leaves no half-made template.
async fn make_template(admin: &Client, url: &DatabaseUrl) -> anyhow::Result<()> {
    let unfinished = format!("{TEST_PREFIX}{}", Uuid::now_v7().simple());
    admin
        .batch_execute(&format!("create database {unfinished}"))
        .await?;
    let config = crate::config::DatabaseConfig::default();
    let address = Address::parse(&with_database(url, &unfinished), config.tls)?;
    let pool = database::open_pool(&address, &config, "test")?;
    database::migrate(&mut pool.get().await?).await?;
    pool.close();
    admin
        .execute(
            "select pg_terminate_backend(pid, 5000) from pg_catalog.pg_stat_activity
             where datname = $1",
            &[&unfinished],
        )
        .await?;
    let name = template_name();
    admin
        .batch_execute(&format!("alter database {unfinished} rename to {name}"))
        .await?;
    Ok(())
}

/// Names of test databases hold their time (UUIDv7), so that old ones sort before a limit.
async fn drop_leftovers(admin: &Client) -> anyhow::Result<()> {
    let now_s = SystemTime::now()
        .duration_since(SystemTime::UNIX_EPOCH)?
        .as_secs();
    let time = Timestamp::from_unix(NoContext, now_s - LEFTOVER_AGE_S, 0);
    let limit = format!("{TEST_PREFIX}{}", Uuid::new_v7(time).simple());
    let rows = admin
        .query(
            "select datname::text from pg_catalog.pg_database
             where datname like 'test\\_%' and datname < $1",
            &[&limit],
        )
        .await?;
    for row in rows {
        let name: String = row.get(0);
        admin
            .batch_execute(&format!("drop database {name} with (force)"))
            .await?;
    }
    Ok(())
}

async fn connect(url: &DatabaseUrl) -> anyhow::Result<Client> {
    let (client, connection) = tokio_postgres::connect(&url.0, NoTls)
        .await
        .context("failed to connect to the test server")?;
    tokio::spawn(connection);
    Ok(client)
}

/// The same server and user, another database.
fn with_database(url: &DatabaseUrl, name: &str) -> DatabaseUrl {
    let (base, query) = url.0.split_once('?').unwrap_or((&url.0, ""));
    let server = base.rsplit_once('/').map_or(base, |(server, _)| server);
    DatabaseUrl(format!("{server}/{name}?{query}"))
}
