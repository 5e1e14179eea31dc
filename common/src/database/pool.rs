//! Connections with every timeout and keepalive of the reliability rules.

use std::time::Duration;

use anyhow::Context as _;
use deadpool_postgres::{Manager, ManagerConfig, Pool, PoolError, RecyclingMethod, Runtime};
use tokio_postgres::{Client, NoTls};

use super::address::Address;
use super::tls;
use crate::config::DatabaseConfig;
use crate::errors::{self, Failure};
use crate::retry;

/// TCP keepalive: first probe after 2 s, then every second, three times.
const KEEPALIVE_IDLE: Duration = Duration::from_secs(2);
const KEEPALIVE_INTERVAL: Duration = Duration::from_secs(1);
const KEEPALIVE_PROBES: u32 = 3;
/// Unacknowledged data for longer than this breaks the connection, on both sides.
const TCP_USER_TIMEOUT: Duration = Duration::from_secs(20);

/// Opens a pool; nothing is connected yet.
///
/// # Errors
/// Exit code 2 when TLS cannot be set up.
pub fn open_pool(address: &Address, config: &DatabaseConfig, name: &str) -> anyhow::Result<Pool> {
    let postgres = with_limits(&address.postgres, config, name);
    let recycling = ManagerConfig {
        recycling_method: RecyclingMethod::Fast,
    };
    let manager = if address.is_encrypted {
        let connector = tls::connector(address.root_certificates.as_deref())?;
        Manager::from_config(postgres, connector, recycling)
    } else {
        Manager::from_config(postgres, NoTls, recycling)
    };
    let connect_timeout = Duration::from_secs(config.connect_timeout_s);
    Pool::builder(manager)
        .max_size(config.pool_size_max)
        .runtime(Runtime::Tokio1)
        .wait_timeout(Some(Duration::from_secs(config.pool_wait_timeout_s)))
        // Connecting, TLS and the password's handshake together.
        .create_timeout(Some(connect_timeout * 2))
        .recycle_timeout(Some(connect_timeout))
        .build()
        .context("failed to build the connection pool")
}

/// One connection outside the pool, for a lock that lives as long as the program.
///
/// # Errors
/// As the server says; the connection ends when the client is dropped.
pub async fn connect(
    address: &Address,
    config: &DatabaseConfig,
    name: &str,
) -> anyhow::Result<Client> {
    // The holder of a session lock does nothing for hours.
    let patient = DatabaseConfig {
        idle_in_transaction_timeout_s: 0,
        ..config.clone()
    };
    let postgres = with_limits(&address.postgres, &patient, name);
    let explain = || format!("failed to connect to {}", address.display());
    let client = if address.is_encrypted {
        let connector = tls::connector(address.root_certificates.as_deref())?;
        let (client, connection) = postgres.connect(connector).await.with_context(explain)?;
        tokio::spawn(log_end(connection));
        client
    } else {
        let (client, connection) = postgres.connect(NoTls).await.with_context(explain)?;
        tokio::spawn(log_end(connection));
        client
    };
    Ok(client)
}

async fn log_end<E: std::fmt::Display>(connection: impl Future<Output = Result<(), E>>) {
    if let Err(error) = connection.await {
        tracing::debug!(%error, "the lock's connection ended");
    }
}

/// A connection of the pool; only connecting is tried again inside a program.
///
/// # Errors
/// As the server says, classified; names host, port and database.
pub(crate) async fn get(
    pool: &Pool,
    address: &Address,
    config: &DatabaseConfig,
) -> anyhow::Result<deadpool_postgres::Object> {
    let mut attempt = 1;
    loop {
        let error = match pool.get().await {
            Ok(client) => return Ok(client),
            Err(error) => explain(error, address),
        };
        let is_last = attempt >= config.connect_attempts_max;
        if is_last || errors::exit_code(&error) != errors::EXIT_TRANSIENT {
            return Err(error);
        }
        let pause = retry::pause_after(attempt);
        let reason = errors::describe(&error);
        tracing::warn!(attempt, pause_ms = pause.as_millis(), %reason, "trying to connect again");
        tokio::time::sleep(pause).await;
        attempt += 1;
    }
}

fn explain(error: PoolError, address: &Address) -> anyhow::Error {
    let target = address.display();
    match error {
        PoolError::Backend(error) => {
            anyhow::Error::from(error).context(format!("failed to connect to {target}"))
        }
        PoolError::Timeout(_) => {
            Failure::transient(format!("{target} did not answer in time")).into()
        }
        other => anyhow::Error::from(other).context(format!("failed to use the pool to {target}")),
    }
}

fn with_limits(
    postgres: &tokio_postgres::Config,
    config: &DatabaseConfig,
    name: &str,
) -> tokio_postgres::Config {
    let mut postgres = postgres.clone();
    let mut server_options = postgres.get_options().unwrap_or_default().to_owned();
    server_options.push_str(&options(config));
    postgres
        .application_name(format!("bullion-{name}"))
        .options(server_options)
        .connect_timeout(Duration::from_secs(config.connect_timeout_s))
        .keepalives(true)
        .keepalives_idle(KEEPALIVE_IDLE)
        .keepalives_interval(KEEPALIVE_INTERVAL)
        .keepalives_retries(KEEPALIVE_PROBES)
        .tcp_user_timeout(TCP_USER_TIMEOUT);
    postgres
}

/// The same limits on the server's side, so that it does not work on for a client that is gone.
fn options(config: &DatabaseConfig) -> String {
    let settings = [
        (
            "statement_timeout",
            format!("{}s", config.statement_timeout_s),
        ),
        ("lock_timeout", format!("{}s", config.lock_timeout_s)),
        (
            "idle_in_transaction_session_timeout",
            format!("{}s", config.idle_in_transaction_timeout_s),
        ),
        ("client_connection_check_interval", "500ms".to_owned()),
        ("tcp_keepalives_idle", KEEPALIVE_IDLE.as_secs().to_string()),
        (
            "tcp_keepalives_interval",
            KEEPALIVE_INTERVAL.as_secs().to_string(),
        ),
        ("tcp_keepalives_count", KEEPALIVE_PROBES.to_string()),
        ("tcp_user_timeout", TCP_USER_TIMEOUT.as_millis().to_string()),
        ("timezone", "UTC".to_owned()),
        ("datestyle", "ISO".to_owned()),
    ];
    settings
        .iter()
        .map(|(key, value)| format!(" -c {key}={value}"))
        .collect()
}
