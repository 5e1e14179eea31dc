//! A private PostgreSQL in `data/postgres`, for a machine without a server.
//!
//! It is found through `server.json` and nothing else, and trusted only when the data folder that
//! it reports is ours. Programs start it when they need it and leave it running.

mod account;
mod binaries;
mod cluster;
mod ledger;

use std::fs::File;
use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::Context as _;
use fs2::FileExt;
use tokio_postgres::NoTls;

use self::binaries::Binaries;
use self::cluster::Cluster;
use self::ledger::ServerFile;
use crate::config::{Config, DatabaseUrl, EmbeddedConfig};
use crate::errors::Failure;

/// Database and superuser of the embedded server.
const NAME: &str = "bullion";
/// Longest wait for an answer of a server that may be ours.
const ANSWER_TIMEOUT: Duration = Duration::from_secs(5);

/// Where the embedded server of a data folder lives, and how it is set up.
#[derive(Debug, Clone)]
pub struct Embedded {
    folder: PathBuf,
    config: EmbeddedConfig,
    extra_settings: Vec<(&'static str, &'static str)>,
}

impl Embedded {
    /// The server of the configured data folder.
    pub fn new(config: &Config) -> Self {
        Self {
            folder: config.paths.data_dir.join("postgres"),
            config: config.embedded.clone(),
            extra_settings: Vec::new(),
        }
    }

    /// A server for tests, which may lose its data at a power cut.
    #[cfg(feature = "testing")]
    pub fn for_tests(folder: &Path) -> Self {
        Self {
            folder: folder.to_owned(),
            config: EmbeddedConfig::default(),
            extra_settings: vec![("fsync", "off"), ("max_connections", "200")],
        }
    }

    /// The address of the running server; starts it, and makes it first, where needed.
    ///
    /// # Errors
    /// Exit code 2 without server binaries, 4 when the server does not start.
    pub async fn ensure(&self) -> anyhow::Result<DatabaseUrl> {
        std::fs::create_dir_all(&self.folder)
            .with_context(|| format!("failed to create `{}`", self.folder.display()))?;
        if let Some(url) = self.running().await? {
            return Ok(url);
        }
        let _lock = self.lock_start()?;
        // Another program may have started it while this one waited for the lock.
        if let Some(url) = self.running().await? {
            return Ok(url);
        }
        self.start().await
    }

    /// Stops the server; says whether there was one.
    ///
    /// # Errors
    /// When `pg_ctl` fails.
    pub async fn stop(&self) -> anyhow::Result<bool> {
        if self.running().await?.is_none() {
            return Ok(false);
        }
        let file = ServerFile::read(&self.folder)?.context("server.json vanished")?;
        let binaries = Binaries::find(self.config.bin_dir.as_deref(), Some(file.major_version))?;
        Cluster {
            home: file.home(),
            binaries,
        }
        .stop()?;
        Ok(true)
    }

    /// Free bytes on the volume of its data; none where there is no such server, or where `used` is
    /// the address of another.
    ///
    /// # Errors
    /// When the volume cannot be asked.
    pub fn free_bytes(&self, used: Option<&DatabaseUrl>) -> anyhow::Result<Option<u64>> {
        let Some(file) = ServerFile::read(&self.folder)? else {
            return Ok(None);
        };
        // A run hands the address on to the programs that it starts.
        if let Some(used) = used
            && used.0 != file.url(NAME, NAME)?.0
        {
            return Ok(None);
        }
        let folder = &file.data_directory;
        let free = fs2::available_space(folder)
            .with_context(|| format!("failed to ask for free space in `{}`", folder.display()))?;
        Ok(Some(free))
    }

    /// Removes the cluster, wherever it lives, and what is known of it; says whether there was one.
    /// The server must be stopped.
    ///
    /// # Errors
    /// When a file will not go.
    pub fn delete(&self) -> anyhow::Result<bool> {
        let Some(file) = ServerFile::read(&self.folder)? else {
            return Ok(false);
        };
        for folder in [file.home(), self.folder.clone()] {
            if folder.exists() {
                std::fs::remove_dir_all(&folder)
                    .with_context(|| format!("failed to remove `{}`", folder.display()))?;
            }
        }
        Ok(true)
    }

    /// The address, if the server in `server.json` answers and is ours.
    async fn running(&self) -> anyhow::Result<Option<DatabaseUrl>> {
        let Some(file) = ServerFile::read(&self.folder)? else {
            return Ok(None);
        };
        let url = file.url(NAME, NAME)?;
        let is_ours = match tokio::time::timeout(ANSWER_TIMEOUT, data_directory(&url)).await {
            Ok(Ok(directory)) => Path::new(&directory) == file.data_directory,
            Ok(Err(_)) | Err(_) => false,
        };
        Ok(is_ours.then_some(url))
    }

    fn lock_start(&self) -> anyhow::Result<File> {
        let path = self.folder.join("start.lock");
        let file = File::create(&path)
            .with_context(|| format!("failed to create `{}`", path.display()))?;
        FileExt::lock_exclusive(&file)
            .with_context(|| format!("failed to lock `{}`", path.display()))?;
        Ok(file)
    }

    async fn start(&self) -> anyhow::Result<DatabaseUrl> {
        let known = ServerFile::read(&self.folder)?.filter(|it| it.data_directory.is_dir());
        let major_version = known.as_ref().map(|it| it.major_version);
        let binaries = Binaries::find(self.config.bin_dir.as_deref(), major_version)?;
        let home = match &known {
            Some(file) => file.home(),
            None => account::home_for(&self.folder, &binaries)?,
        };
        let cluster = Cluster { home, binaries };
        let mut file = match known {
            Some(file) => file,
            None => self.create(&cluster)?,
        };
        file.port = cluster.start()?;
        file.write(&self.folder)?;
        self.wait_until_ours(&file).await?;
        tracing::info!(port = file.port, "the embedded PostgreSQL is running");
        file.url(NAME, NAME)
    }

    /// `server.json` comes before the cluster gets its name: a run that is killed in between is
    /// healed by the next, and a cluster without its `server.json` is never overwritten.
    fn create(&self, cluster: &Cluster) -> anyhow::Result<ServerFile> {
        let data = cluster.data_directory();
        if data.exists() {
            return Err(Failure::usage(format!(
                "`{}` holds a cluster, but `{}` does not tell its password; restore server.json \
                 or move the cluster away",
                data.display(),
                self.folder.join("server.json").display()
            ))
            .into());
        }
        let password = ledger::new_password();
        cluster.init(NAME, &password, &self.config, &self.extra_settings)?;
        let file = ServerFile::create(&self.folder, cluster, &password)?;
        file.write(&self.folder)?;
        cluster.finish_init()?;
        Ok(file)
    }

    /// The database is made at the first start; `create database` twice is an error of no interest.
    async fn wait_until_ours(&self, file: &ServerFile) -> anyhow::Result<()> {
        let admin = file.url(NAME, "postgres")?;
        let directory = tokio::time::timeout(ANSWER_TIMEOUT, data_directory(&admin))
            .await
            .context(Failure::transient("the embedded server does not answer"))?
            .context(Failure::transient(
                "the embedded server is not ready; after a crash it may need minutes",
            ))?;
        if Path::new(&directory) != file.data_directory {
            return Err(Failure::transient(format!(
                "port {} is answered by another server (`{directory}`); run again",
                file.port
            ))
            .into());
        }
        let (client, connection) = tokio_postgres::connect(&admin.0, NoTls)
            .await
            .context("failed to connect to the embedded server")?;
        let connection = tokio::spawn(connection);
        let exists = client
            .query_opt(
                "select 1 from pg_catalog.pg_database where datname = $1",
                &[&NAME],
            )
            .await
            .context("failed to look for the embedded database")?
            .is_some();
        if !exists {
            client
                .batch_execute(&format!("create database {NAME}"))
                .await
                .context("failed to create the embedded database")?;
        }
        drop(client);
        connection.await.ok();
        Ok(())
    }
}

async fn data_directory(url: &DatabaseUrl) -> anyhow::Result<String> {
    let (client, connection) = tokio_postgres::connect(&url.0, NoTls).await?;
    tokio::spawn(connection);
    let row = client.query_one("show data_directory", &[]).await?;
    Ok(row.get(0))
}
