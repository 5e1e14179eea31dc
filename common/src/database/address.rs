//! `DATABASE_URL` as tokio-postgres and rustls need it.
//!
//! tokio-postgres knows neither `sslmode=verify-full` nor `sslrootcert`; both are taken out here.

use std::net::IpAddr;
use std::path::PathBuf;

use tokio_postgres::config::{Host, SslMode};

use crate::config::{DatabaseUrl, TlsPolicy};
use crate::errors::Failure;

/// Where the server is and how it must be spoken to.
#[derive(Clone)]
pub struct Address {
    /// Host, port, user, password, database, options.
    pub postgres: tokio_postgres::Config,
    /// Whether the connection is encrypted, and its certificate verified.
    pub is_encrypted: bool,
    /// PEM file of the authorities to trust in place of the system's.
    pub root_certificates: Option<PathBuf>,
}

impl Address {
    /// Reads a URL or a key=value text.
    ///
    /// # Errors
    /// Exit code 2 for a text that does not parse, and for a host that is not local without TLS.
    pub fn parse(url: &DatabaseUrl, policy: TlsPolicy) -> anyhow::Result<Self> {
        let (text, mut ssl) = split_ssl(&url.0);
        let mut postgres: tokio_postgres::Config = text.parse().map_err(|_| {
            // The parser's own words may hold the password.
            Failure::usage(
                "DATABASE_URL does not parse; write postgres://user:password@host:port/database",
            )
        })?;
        if postgres.get_hosts().len() > 1 {
            return Err(Failure::usage(
                "DATABASE_URL names several hosts; name one, or a proxy in front of them",
            )
            .into());
        }
        let is_local = postgres.get_hosts().iter().all(is_local)
            && postgres.get_hostaddrs().iter().all(IpAddr::is_loopback);
        let is_encrypted = match ssl.mode.as_deref() {
            Some("require" | "verify-ca" | "verify-full") => true,
            Some("disable") => false,
            None | Some("allow" | "prefer") => !is_local && policy == TlsPolicy::Verify,
            Some(other) => {
                return Err(Failure::usage(format!(
                    "DATABASE_URL has an unknown sslmode `{other}`; write disable or verify-full"
                ))
                .into());
            }
        };
        if !is_local && !is_encrypted && policy == TlsPolicy::Verify {
            return Err(Failure::usage(
                "DATABASE_URL switches TLS off for a host that is not local; use \
                 sslmode=verify-full, or set tls = \"insecure\" in [database] on a private network",
            )
            .into());
        }
        postgres.ssl_mode(if is_encrypted {
            SslMode::Require
        } else {
            SslMode::Disable
        });
        Ok(Self {
            postgres,
            is_encrypted,
            root_certificates: ssl.root_certificates.take(),
        })
    }

    /// `host:port/database`, for messages; never the password.
    pub fn display(&self) -> String {
        let host = match self.postgres.get_hosts().first() {
            Some(Host::Tcp(host)) => host.clone(),
            #[cfg(unix)]
            Some(Host::Unix(path)) => path.display().to_string(),
            None => "localhost".to_owned(),
        };
        let port = self.postgres.get_ports().first().copied().unwrap_or(5432);
        let database = self.postgres.get_dbname().unwrap_or_default();
        format!("{host}:{port}/{database}")
    }
}

#[derive(Default)]
struct Ssl {
    mode: Option<String>,
    root_certificates: Option<PathBuf>,
}

impl Ssl {
    /// Keeps a parameter of TLS and says whether it was one.
    fn take(&mut self, parameter: &str) -> bool {
        match parameter.split_once('=') {
            Some(("sslmode", mode)) => self.mode = Some(mode.to_owned()),
            Some(("sslrootcert", path)) => self.root_certificates = Some(decode(path).into()),
            _ => return false,
        }
        true
    }
}

fn split_ssl(url: &str) -> (String, Ssl) {
    let mut ssl = Ssl::default();
    if !url.starts_with("postgres://") && !url.starts_with("postgresql://") {
        let rest: Vec<&str> = url.split_whitespace().filter(|it| !ssl.take(it)).collect();
        return (rest.join(" "), ssl);
    }
    let Some((base, query)) = url.split_once('?') else {
        return (url.to_owned(), ssl);
    };
    let rest: Vec<&str> = query.split('&').filter(|it| !ssl.take(it)).collect();
    let query = if rest.is_empty() {
        String::new()
    } else {
        format!("?{}", rest.join("&"))
    };
    (format!("{base}{query}"), ssl)
}

/// Paths in a URL have their slashes as `%2F` now and then.
fn decode(text: &str) -> String {
    text.replace("%2F", "/")
        .replace("%2f", "/")
        .replace("%20", " ")
}

fn is_local(host: &Host) -> bool {
    match host {
        #[cfg(unix)]
        Host::Unix(_) => true,
        Host::Tcp(name) => {
            name == "localhost" || name.parse::<IpAddr>().is_ok_and(|it| it.is_loopback())
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(url: &str, policy: TlsPolicy) -> anyhow::Result<Address> {
        Address::parse(&DatabaseUrl(url.to_owned()), policy)
    }

    #[test]
    fn verify_full_and_its_authority_are_translated() -> anyhow::Result<()> {
        let address = parse(
            "postgres://u:p@db.example:5433/shop?sslmode=verify-full&sslrootcert=/etc/ca.pem&application_name=x",
            TlsPolicy::Verify,
        )?;
        assert!(address.is_encrypted);
        assert_eq!(address.root_certificates, Some("/etc/ca.pem".into()));
        assert_eq!(address.display(), "db.example:5433/shop");
        Ok(())
    }

    #[test]
    fn a_remote_host_without_tls_is_refused() {
        let url = "postgres://u:p@db.example/shop?sslmode=disable";
        assert!(parse(url, TlsPolicy::Verify).is_err());
        assert!(parse(url, TlsPolicy::Insecure).is_ok_and(|it| !it.is_encrypted));
    }

    #[test]
    fn an_address_beside_a_local_name_decides() {
        let text = "host=localhost hostaddr=10.0.0.5 user=u dbname=d sslmode=disable";
        assert!(parse(text, TlsPolicy::Verify).is_err());
    }

    #[test]
    fn a_remote_host_is_encrypted_by_default_and_a_local_one_is_not() -> anyhow::Result<()> {
        assert!(parse("postgres://u@db.example/shop", TlsPolicy::Verify)?.is_encrypted);
        assert!(!parse("host=127.0.0.1 user=u dbname=shop", TlsPolicy::Verify)?.is_encrypted);
        Ok(())
    }

    #[test]
    fn a_url_that_does_not_parse_never_shows_its_password() {
        let error = parse("postgres://u:hush@h:port/db", TlsPolicy::Verify).err();
        assert!(error.is_some_and(|it| !format!("{it:#}{it:?}").contains("hush")));
    }
}
