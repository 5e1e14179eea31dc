//! Settings: flags over environment over `config/pipeline.toml`.
//!
//! The environment overrides a key by its path: `BULLION__DATABASE__POOL_SIZE_MAX=8`. A key that
//! nobody reads is an error that names the nearest one. A program's section may stand in a file of
//! its own beside the others', `config/<program>.toml`, without the section's name.

mod layers;
mod text;

use std::path::{Path, PathBuf};

use anyhow::Context as _;
use serde::Deserialize;
use serde::de::DeserializeOwned;
use sha2::{Digest as _, Sha256};
use toml::{Table, Value};

use crate::args::LogFormat;
use crate::errors::Failure;

use layers::{add_own_files, lay_over, overlay, own_file, refuse_endless};
use text::explain;
pub use text::{Secret, nearest_hint, parse_toml, parse_toml_text};

/// Prefix of the environment's keys; `__` stands between section and key.
const ENVIRONMENT_PREFIX: &str = "BULLION__";

/// Sections that belong to one program each, parsed by it with [`Config::section`].
const PROGRAM_SECTIONS: [&str; 10] = [
    "analytics",
    "cleanup",
    "generate",
    "lineage",
    "monitor",
    "orchestrator",
    "production",
    "quality",
    "stage",
    "warehouse",
];

/// All settings; the sections of single programs are kept as they are.
#[derive(Debug, Clone)]
pub struct Config {
    /// Where the settings came from.
    pub path: PathBuf,
    /// Folders.
    pub paths: Paths,
    /// How the database is reached.
    pub database: DatabaseConfig,
    /// The private server that is used where no `DATABASE_URL` is set.
    pub embedded: EmbeddedConfig,
    /// Log lines.
    pub logging: LoggingConfig,
    /// `BULLION_LINEAGE_KEY`: what opens the endpoint of \[lineage\].
    pub lineage_key: Option<Secret>,
    sections: Table,
    hash: String,
}

/// Folders, below the current one where they are relative.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Paths {
    /// Raw files, reports, the embedded server.
    pub data_dir: PathBuf,
    /// Log files.
    pub log_dir: PathBuf,
    /// Contracts and sources.
    pub config_dir: PathBuf,
}

impl Default for Paths {
    fn default() -> Self {
        Self {
            data_dir: "data".into(),
            log_dir: "logs".into(),
            config_dir: "config".into(),
        }
    }
}

impl Paths {
    /// Folder of the raw files; one folder below it for each source.
    pub fn raw_dir(&self) -> PathBuf {
        self.data_dir.join("raw")
    }

    /// Folder of the reports and exports.
    pub fn processed_dir(&self) -> PathBuf {
        self.data_dir.join("processed")
    }
}

/// How the database is reached; the address itself comes from `DATABASE_URL`.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct DatabaseConfig {
    /// From `DATABASE_URL` only: a password does not belong into a file of settings.
    #[serde(skip)]
    pub url: Option<DatabaseUrl>,
    /// Connections of one program.
    pub pool_size_max: usize,
    /// Attempts to connect before a program gives up.
    pub connect_attempts_max: u32,
    /// Time to reach the server.
    pub connect_timeout_s: u64,
    /// Time to wait for a free connection of the pool.
    pub pool_wait_timeout_s: u64,
    /// Longest statement.
    pub statement_timeout_s: u64,
    /// Longest wait for a lock.
    pub lock_timeout_s: u64,
    /// Longest pause inside a transaction.
    pub idle_in_transaction_timeout_s: u64,
    /// What a host that is not local must show.
    pub tls: TlsPolicy,
}

impl Default for DatabaseConfig {
    fn default() -> Self {
        Self {
            url: None,
            pool_size_max: 4,
            connect_attempts_max: 3,
            connect_timeout_s: 5,
            pool_wait_timeout_s: 30,
            statement_timeout_s: 3_600,
            lock_timeout_s: 60,
            idle_in_transaction_timeout_s: 600,
            tls: TlsPolicy::Verify,
        }
    }
}

/// An address with its password, which no `{:?}` prints.
#[derive(Clone)]
pub struct DatabaseUrl(pub String);

impl std::fmt::Debug for DatabaseUrl {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str("DatabaseUrl(hidden)")
    }
}

/// What a host that is not local must show before we speak to it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum TlsPolicy {
    /// A certificate whose chain and name are verified.
    Verify,
    /// Nothing: for private networks such as docker compose's own.
    Insecure,
}

/// The private server in `data/postgres`.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct EmbeddedConfig {
    /// Folder of `initdb`, `postgres` and `pg_ctl`; found by itself when absent.
    pub bin_dir: Option<PathBuf>,
    /// The server's cache.
    pub shared_buffers_mb: u32,
    /// Write-ahead log between two checkpoints.
    pub wal_size_max_mb: u32,
    /// Memory of one sort or hash table.
    pub work_mem_mb: u32,
}

impl Default for EmbeddedConfig {
    fn default() -> Self {
        Self {
            bin_dir: None,
            shared_buffers_mb: 256,
            wal_size_max_mb: 4_096,
            work_mem_mb: 64,
        }
    }
}

/// Log lines on stderr and in the log folder.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct LoggingConfig {
    /// Text or JSON.
    pub format: LogFormat,
    /// Least level in the log files.
    pub level: String,
}

impl Default for LoggingConfig {
    fn default() -> Self {
        Self {
            format: LogFormat::Text,
            level: "info".to_owned(),
        }
    }
}

impl Config {
    /// Reads the file, lays the environment over it and checks every key.
    ///
    /// # Errors
    /// A missing file, bad TOML or an unknown key, with exit code 2.
    pub fn load(path: &Path) -> anyhow::Result<Self> {
        let environment = std::env::vars_os()
            .filter_map(|(key, value)| Some((key.into_string().ok()?, value.into_string().ok()?)));
        Self::load_with(path, environment)
    }

    fn load_with(
        path: &Path,
        environment: impl Iterator<Item = (String, String)>,
    ) -> anyhow::Result<Self> {
        let text = std::fs::read_to_string(path).with_context(|| {
            Failure::usage(format!(
                "failed to read settings `{}`; start in the project's folder or name the file \
                 with --config",
                path.display()
            ))
        })?;
        let mut sections = parse_toml_text::<Table>(&text, path)?;
        add_own_files(&mut sections, path)?;
        let (mut url, mut lineage_key) = (None, None);
        for (key, value) in environment {
            if key == "DATABASE_URL" && !value.is_empty() {
                url = Some(DatabaseUrl(value));
            } else if key == "BULLION_LINEAGE_KEY" && !value.is_empty() {
                lineage_key = Some(Secret(value));
            } else if let Some(keys) = key.strip_prefix(ENVIRONMENT_PREFIX) {
                overlay(&mut sections, keys, value)?;
            }
        }
        for (name, section) in &sections {
            refuse_endless(section, name)?;
        }
        let mut config = Self {
            path: path.to_owned(),
            hash: hash_of(&sections)?,
            paths: take(&mut sections, "paths", path)?,
            database: take(&mut sections, "database", path)?,
            embedded: take(&mut sections, "embedded", path)?,
            logging: take(&mut sections, "logging", path)?,
            lineage_key,
            sections,
        };
        config.database.url = url;
        if config.database.pool_size_max == 0 || config.database.connect_attempts_max == 0 {
            return Err(Failure::usage(
                "pool_size_max and connect_attempts_max in [database] must be at least 1",
            )
            .into());
        }
        config.check_section_names()?;
        Ok(config)
    }

    /// The section of one program; its defaults where the file has none.
    ///
    /// # Errors
    /// An unknown key or a value of the wrong type, with exit code 2.
    pub fn section<T: DeserializeOwned>(&self, name: &str) -> anyhow::Result<T> {
        take(&mut self.sections.clone(), name, &self.path)
    }

    /// The section of one program laid over `defaults`, a text in TOML: a key that the section does
    /// not have keeps its default, key by key in tables, while a list is replaced as a whole.
    ///
    /// # Errors
    /// An unknown key or a value of the wrong type, with exit code 2.
    pub fn section_over<T: DeserializeOwned>(
        &self,
        name: &str,
        defaults: &str,
    ) -> anyhow::Result<T> {
        let mut section: Table = toml::from_str(defaults).context("defaults that are no TOML")?;
        lay_over(&mut section, self.section(name)?);
        let mut sections = Table::from_iter([(name.to_owned(), Value::Table(section))]);
        let file = own_file(&self.path, name);
        let path = if file.is_file() { &file } else { &self.path };
        take(&mut sections, name, path)
    }

    /// `sha256:<64 hex>` of the effective settings, without secrets.
    pub fn hash(&self) -> &str {
        &self.hash
    }

    fn check_section_names(&self) -> anyhow::Result<()> {
        let known: Vec<&str> = ["paths", "database", "embedded", "logging"]
            .into_iter()
            .chain(PROGRAM_SECTIONS)
            .collect();
        for name in self.sections.keys() {
            if !known.contains(&name.as_str()) {
                let hint = nearest_hint(name, known.iter().copied());
                let path = self.path.display();
                return Err(
                    Failure::usage(format!("unknown section [{name}] in `{path}`{hint}")).into(),
                );
            }
        }
        Ok(())
    }
}

fn take<T: DeserializeOwned>(sections: &mut Table, name: &str, path: &Path) -> anyhow::Result<T> {
    let value = sections
        .remove(name)
        .unwrap_or_else(|| Value::Table(Table::new()));
    value.try_into().map_err(|error: toml::de::Error| {
        let text = explain(error.message());
        Failure::usage(format!(
            "in section [{name}] of `{}`: {text}",
            path.display()
        ))
        .into()
    })
}

fn hash_of(sections: &Table) -> anyhow::Result<String> {
    let text = toml::to_string(sections).context("failed to write the settings as TOML")?;
    let digest = Sha256::digest(text.as_bytes());
    Ok(format!("sha256:{}", hex(&digest)))
}

/// Lower-case hexadecimal digits.
pub fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::errors;

    fn load(text: &str, environment: &[(&str, &str)]) -> anyhow::Result<Config> {
        let dir = tempfile::tempdir()?;
        let path = dir.path().join("pipeline.toml");
        std::fs::write(&path, text)?;
        let environment = environment
            .iter()
            .map(|(k, v)| ((*k).to_owned(), (*v).to_owned()));
        Config::load_with(&path, environment)
    }

    #[test]
    fn an_unknown_key_names_the_nearest_known_one() {
        let error = load("[database]\npool_size = 3\n", &[]).expect_err("an unknown key");
        let text = errors::describe(&error);
        assert!(
            text.contains("unknown key `pool_size`; did you mean `pool_size_max`?"),
            "{text}"
        );
        assert_eq!(errors::exit_code(&error), errors::EXIT_USAGE);
    }

    #[test]
    fn an_unknown_section_names_the_nearest_known_one() {
        let error = load("[databse]\n", &[]).expect_err("an unknown section");
        assert!(errors::describe(&error).contains("did you mean `database`?"));
    }

    #[test]
    fn the_environment_wins_over_the_file() -> anyhow::Result<()> {
        let config = load(
            "[database]\npool_size_max = 3\n",
            &[
                ("BULLION__DATABASE__POOL_SIZE_MAX", "7"),
                ("BULLION__PATHS__DATA_DIR", "/tmp/x"),
            ],
        )?;
        assert_eq!(config.database.pool_size_max, 7);
        assert_eq!(config.paths.data_dir, Path::new("/tmp/x"));
        Ok(())
    }

    #[test]
    fn the_url_never_shows_its_password() -> anyhow::Result<()> {
        let config = load("", &[("DATABASE_URL", "postgres://u:hush@h/db")])?;
        assert!(!format!("{config:?}").contains("hush"));
        Ok(())
    }
}
