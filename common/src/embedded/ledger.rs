//! `server.json`: the only way in which the embedded server is found.

use std::fs::{self, OpenOptions};
use std::io::Write as _;
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};

use anyhow::Context as _;
use rand::RngExt as _;
use serde::{Deserialize, Serialize};

use super::cluster::Cluster;
use crate::config::{DatabaseUrl, hex};
use crate::errors::Failure;

const FILE_NAME: &str = "server.json";
const PASSWORD_FILE_NAME: &str = "password";
const PASSWORD_BYTES: usize = 24;

/// What is known of the embedded server; readable by its owner only.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct ServerFile {
    pub(super) data_directory: PathBuf,
    pub(super) port: u16,
    pub(super) password_file: PathBuf,
    pub(super) major_version: u32,
}

impl ServerFile {
    pub(super) fn create(folder: &Path, cluster: &Cluster, password: &str) -> anyhow::Result<Self> {
        let folder = folder
            .canonicalize()
            .context("failed to resolve the server's folder")?;
        let password_file = folder.join(PASSWORD_FILE_NAME);
        write_private(&password_file, password.as_bytes())?;
        Ok(Self {
            data_directory: cluster.data_directory(),
            port: 0,
            password_file,
            major_version: cluster.binaries.major_version,
        })
    }

    pub(super) fn read(folder: &Path) -> anyhow::Result<Option<Self>> {
        let path = folder.join(FILE_NAME);
        let text = match fs::read_to_string(&path) {
            Ok(text) => text,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(None),
            Err(error) => {
                return Err(error).with_context(|| format!("failed to read `{}`", path.display()));
            }
        };
        serde_json::from_str(&text).map(Some).with_context(|| {
            Failure::usage(format!(
                "`{}` is damaged; restore it from a copy, or move the folder away to begin anew",
                path.display()
            ))
        })
    }

    pub(super) fn write(&self, folder: &Path) -> anyhow::Result<()> {
        let json = serde_json::to_vec_pretty(self).context("failed to write server.json")?;
        write_private(&folder.join(FILE_NAME), &json)
    }

    /// The folder of the cluster and its log.
    pub(super) fn home(&self) -> PathBuf {
        self.data_directory
            .parent()
            .unwrap_or(Path::new("/"))
            .to_owned()
    }

    pub(super) fn url(&self, user: &str, database: &str) -> anyhow::Result<DatabaseUrl> {
        let password = fs::read_to_string(&self.password_file)
            .with_context(|| format!("failed to read `{}`", self.password_file.display()))?;
        Ok(DatabaseUrl(format!(
            "postgres://{user}:{password}@127.0.0.1:{}/{database}?sslmode=disable",
            self.port
        )))
    }
}

pub(super) fn new_password() -> String {
    let mut bytes = [0_u8; PASSWORD_BYTES];
    rand::rng().fill(&mut bytes[..]);
    hex(&bytes)
}

/// Mode 0600 from its first byte; whole or not at all.
pub(super) fn write_private(path: &Path, bytes: &[u8]) -> anyhow::Result<()> {
    let temporary = path.with_extension("tmp");
    let write = || {
        let mut file = OpenOptions::new()
            .write(true)
            .create(true)
            .truncate(true)
            .mode(0o600)
            .open(&temporary)?;
        file.write_all(bytes)?;
        file.sync_all()?;
        fs::rename(&temporary, path)
    };
    write().with_context(|| format!("failed to write `{}`", path.display()))
}
