//! What every program's `run` receives.

use std::sync::Arc;

use chrono::{DateTime, NaiveDate, Utc};
use deadpool_postgres::{Object, Pool};
use tokio::sync::OnceCell;
use uuid::Uuid;

use crate::args::{LogFormat, OutputFormat};
use crate::config::{Config, DatabaseUrl};
use crate::database::{self, Address, pool};
use crate::embedded::Embedded;

/// Everything that a stage may depend on. A stage reads no clock and no environment of its own, so
/// that running it twice with the same context does the same work.
#[derive(Debug, Clone)]
pub struct StageContext {
    /// The program's name.
    pub program: &'static str,
    /// The run.
    pub run_id: Uuid,
    /// The day that the run is about.
    pub business_date: NaiveDate,
    /// Start of the run.
    pub started_at: DateTime<Utc>,
    /// Say what would be done and change nothing.
    pub dry_run: bool,
    /// Form of the result on stdout.
    pub output: OutputFormat,
    /// Form of the log lines, where a flag chose it.
    pub log_format: Option<LogFormat>,
    /// All settings.
    pub config: Config,
    pub(crate) database: Arc<OnceCell<Database>>,
}

/// An open pool and where it leads.
pub(crate) struct Database {
    pub(crate) address: Address,
    pub(crate) pool: Pool,
}

impl std::fmt::Debug for Database {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(formatter, "Database({})", self.address.display())
    }
}

impl StageContext {
    /// A connection of the program's pool; the pool, and the embedded server where no
    /// `DATABASE_URL` is set, are opened at the first call.
    ///
    /// # Errors
    /// Exit code 2 for a bad address, 3 when the server cannot be reached, 4 when it refuses.
    pub async fn client(&self) -> anyhow::Result<Object> {
        let database = self.database().await?;
        pool::get(&database.pool, &database.address, &self.config.database).await
    }

    /// The address that children of this run must use, with its password.
    ///
    /// # Errors
    /// As [`StageContext::client`], but for reaching the server.
    pub async fn database_url(&self) -> anyhow::Result<DatabaseUrl> {
        match &self.config.database.url {
            Some(url) => Ok(url.clone()),
            None => Embedded::new(&self.config).ensure().await,
        }
    }

    /// Where the database is, as `host:port/database`; never with the password.
    ///
    /// # Errors
    /// As [`StageContext::client`], but for reaching the server.
    pub async fn database_place(&self) -> anyhow::Result<String> {
        Ok(self.database().await?.address.display())
    }

    /// Free bytes on the volume of the embedded server's data; none where the server is another, on
    /// whose disks this program cannot look.
    ///
    /// # Errors
    /// When the volume cannot be asked.
    pub fn embedded_free_bytes(&self) -> anyhow::Result<Option<u64>> {
        Embedded::new(&self.config).free_bytes(self.config.database.url.as_ref())
    }

    pub(crate) async fn database(&self) -> anyhow::Result<&Database> {
        self.database
            .get_or_try_init(|| async {
                let url = self.database_url().await?;
                let address = Address::parse(&url, self.config.database.tls)?;
                let pool = database::open_pool(&address, &self.config.database, self.program)?;
                Ok(Database { address, pool })
            })
            .await
    }
}
