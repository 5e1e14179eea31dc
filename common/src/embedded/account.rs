//! The account that the server runs under: PostgreSQL refuses root.

use std::fs;
use std::os::unix::process::CommandExt as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::Context as _;
use sha2::{Digest as _, Sha256};

use super::binaries::Binaries;
use crate::config::hex;
use crate::errors::Failure;

/// Unprivileged accounts to switch to, the first that exists.
const ACCOUNTS: [&str; 2] = ["postgres", "nobody"];
/// Where the cluster of a root user lives whose own folder the account cannot enter.
const FALLBACK_HOME: &str = "/var/lib/bullion";

/// A user and its group.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Account {
    uid: u32,
    gid: u32,
}

/// The account to switch to; `None` where we are unprivileged already.
pub(super) fn unprivileged() -> anyhow::Result<Option<Account>> {
    if !rustix::process::geteuid().is_root() {
        return Ok(None);
    }
    let passwd = fs::read_to_string("/etc/passwd").context("failed to read `/etc/passwd`")?;
    ACCOUNTS
        .iter()
        .find_map(|name| find(&passwd, name))
        .map(Some)
        .context(Failure::usage(
            "PostgreSQL refuses root, and this machine has no account `postgres` or `nobody` to \
             run it under; start as another user or set DATABASE_URL",
        ))
}

fn find(passwd: &str, name: &str) -> Option<Account> {
    let line = passwd
        .lines()
        .find(|line| line.split(':').next() == Some(name))?;
    let mut ids = line.split(':').skip(2).map(str::parse);
    Some(Account {
        uid: ids.next()?.ok()?,
        gid: ids.next()?.ok()?,
    })
}

/// A command that runs under the account, in a folder that it can enter.
pub(super) fn command(program: &Path, home: &Path) -> anyhow::Result<Command> {
    let mut command = Command::new(program);
    command.current_dir(home).stdin(Stdio::null());
    if let Some(account) = unprivileged()? {
        command.uid(account.uid).gid(account.gid);
    }
    Ok(command)
}

/// Makes the cluster's home below `folder`, or where that account can enter it.
pub(super) fn home_for(folder: &Path, binaries: &Binaries) -> anyhow::Result<PathBuf> {
    let folder = folder
        .canonicalize()
        .with_context(|| format!("failed to resolve `{}`", folder.display()))?;
    let own = folder.join("cluster");
    make_home(&own)?;
    if can_enter(&own, binaries)? {
        return Ok(own);
    }
    fs::remove_dir(&own).with_context(|| format!("failed to remove `{}`", own.display()))?;
    let digest = hex(&Sha256::digest(folder.as_os_str().as_encoded_bytes()));
    let elsewhere = Path::new(FALLBACK_HOME).join(&digest[..16]);
    make_home(&elsewhere)?;
    tracing::info!(
        home = %elsewhere.display(),
        "the server's account cannot enter `{}`; the cluster lives elsewhere",
        folder.display()
    );
    Ok(elsewhere)
}

fn make_home(home: &Path) -> anyhow::Result<()> {
    fs::create_dir_all(home).with_context(|| format!("failed to create `{}`", home.display()))?;
    if let Some(account) = unprivileged()? {
        std::os::unix::fs::chown(home, Some(account.uid), Some(account.gid))
            .with_context(|| format!("failed to hand `{}` over", home.display()))?;
    }
    Ok(())
}

/// The account is switched before the folder is entered, so that a closed one is a failed start.
fn can_enter(home: &Path, binaries: &Binaries) -> anyhow::Result<bool> {
    let status = command(&binaries.program("postgres"), home)?
        .arg("--version")
        .stdout(Stdio::null())
        .status();
    Ok(status.is_ok_and(|it| it.success()))
}

#[cfg(test)]
mod tests {
    use super::{Account, find};

    #[test]
    fn an_account_is_read_from_its_line() {
        let passwd = "root:x:0:0:root:/root:/bin/bash\npostgres:x:101:104:,,,:/var:/bin/bash\n";
        assert_eq!(
            find(passwd, "postgres"),
            Some(Account { uid: 101, gid: 104 })
        );
        assert_eq!(find(passwd, "post"), None);
    }
}
