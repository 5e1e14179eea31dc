//! Failures that know their exit code, and errors as people read them.
//!
//! Invariant: a described error names codes, tables and files, and never a row's values.

use std::fmt::Write as _;
use std::io;

use tokio_postgres::error::{DbError, SqlState};

/// Exit code of a program that was stopped by the data gate.
pub const EXIT_BLOCKED: u8 = 1;
/// Exit code of wrong usage or configuration, or of a missing file.
pub const EXIT_USAGE: u8 = 2;
/// Exit code of a failure that another attempt may heal.
pub const EXIT_TRANSIENT: u8 = 3;
/// Exit code of a failure that no further attempt heals.
pub const EXIT_PERMANENT: u8 = 4;
/// Exit code when another run holds the lock.
pub const EXIT_LOCKED: u8 = 5;
/// Exit code when a part of the sources failed.
pub const EXIT_PARTIAL: u8 = 6;
/// Exit code when `monitor` found an anomaly or something overdue.
pub const EXIT_ANOMALY: u8 = 7;
/// Exit code after an interrupt from the terminal (SIGINT).
pub const EXIT_INTERRUPTED: u8 = 130;
/// Exit code after a request to end (SIGTERM).
pub const EXIT_TERMINATED: u8 = 143;

/// A failure whose exit code is known where it happens.
#[derive(Debug, thiserror::Error)]
#[error("{message}")]
pub struct Failure {
    /// One of the `EXIT_*` codes.
    pub exit_code: u8,
    /// What failed on which thing, and what to do next.
    pub message: String,
}

impl Failure {
    /// The data gate refused the batch (exit code 1).
    pub fn blocked(message: impl Into<String>) -> Self {
        Self::new(EXIT_BLOCKED, message)
    }

    /// Wrong usage, configuration or input files (exit code 2).
    pub fn usage(message: impl Into<String>) -> Self {
        Self::new(EXIT_USAGE, message)
    }

    /// Infrastructure that may be back soon (exit code 3).
    pub fn transient(message: impl Into<String>) -> Self {
        Self::new(EXIT_TRANSIENT, message)
    }

    /// Infrastructure that somebody must mend (exit code 4).
    pub fn permanent(message: impl Into<String>) -> Self {
        Self::new(EXIT_PERMANENT, message)
    }

    /// Another run holds the lock (exit code 5).
    pub fn locked(message: impl Into<String>) -> Self {
        Self::new(EXIT_LOCKED, message)
    }

    fn new(exit_code: u8, message: impl Into<String>) -> Self {
        let message = message.into();
        Self { exit_code, message }
    }
}

/// The exit code that tells a scheduler what kind of failure this was.
pub fn exit_code(error: &anyhow::Error) -> u8 {
    if let Some(failure) = error.downcast_ref::<Failure>() {
        return failure.exit_code;
    }
    for cause in error.chain() {
        if let Some(error) = cause.downcast_ref::<tokio_postgres::Error>() {
            return postgres_exit_code(error);
        }
        if let Some(error) = cause.downcast_ref::<io::Error>() {
            return io_exit_code(error);
        }
    }
    EXIT_PERMANENT
}

/// Retried are only the SQLSTATEs of quality-and-monitoring.md, and connections that broke.
fn postgres_exit_code(error: &tokio_postgres::Error) -> u8 {
    let Some(code) = error.code() else {
        let source = std::error::Error::source(error).and_then(|it| it.downcast_ref::<io::Error>());
        // What rustls refuses comes as invalid data; another attempt meets the same certificate.
        if source.is_some_and(|it| it.kind() == io::ErrorKind::InvalidData) {
            return EXIT_PERMANENT;
        }
        let is_broken = error.is_closed() || source.is_some();
        return if is_broken {
            EXIT_TRANSIENT
        } else {
            EXIT_PERMANENT
        };
    };
    if is_transient(code) {
        EXIT_TRANSIENT
    } else {
        EXIT_PERMANENT
    }
}

fn is_transient(code: &SqlState) -> bool {
    const RETRIED: [&str; 7] = [
        "40001", "40P01", "55P03", "57P01", "57P02", "57P03", "53300",
    ];
    code.code().starts_with("08") || RETRIED.contains(&code.code())
}

fn io_exit_code(error: &io::Error) -> u8 {
    match error.kind() {
        io::ErrorKind::NotFound | io::ErrorKind::NotADirectory | io::ErrorKind::IsADirectory => {
            EXIT_USAGE
        }
        io::ErrorKind::ConnectionRefused
        | io::ErrorKind::ConnectionReset
        | io::ErrorKind::TimedOut => EXIT_TRANSIENT,
        _ => EXIT_PERMANENT,
    }
}

/// The whole chain on one line, with PostgreSQL's own words, and a hint where there is one.
pub fn describe(error: &anyhow::Error) -> String {
    let mut parts: Vec<String> = Vec::new();
    for cause in error.chain() {
        if let Some(error) = cause.downcast_ref::<tokio_postgres::Error>() {
            parts.push(describe_postgres(error));
            break;
        }
        let part = cause.to_string();
        // Some libraries print their source in their own text.
        if parts.last().is_none_or(|last| !last.ends_with(&part)) {
            parts.push(part);
        }
    }
    let mut text = parts.join(": ");
    if let Some(hint) = hint(error) {
        let _ = write!(text, "\n  hint: {hint}");
    }
    text
}

/// What to do next, for failures that many people meet.
fn hint(error: &anyhow::Error) -> Option<&'static str> {
    let cause = |find: fn(&io::Error) -> bool| {
        error
            .chain()
            .filter_map(|it| it.downcast_ref::<io::Error>())
            .any(find)
    };
    if cause(|it| it.kind() == io::ErrorKind::StorageFull) {
        return Some("the disk is full: free some space, then run again; nothing was published");
    }
    if cause(|it| it.kind() == io::ErrorKind::PermissionDenied) {
        return Some("give the user that runs the pipeline access to this path, then run again");
    }
    let code = error
        .chain()
        .find_map(|it| it.downcast_ref::<tokio_postgres::Error>())
        .and_then(tokio_postgres::Error::code)?;
    match code.code() {
        "28P01" | "28000" => Some("check user and password in DATABASE_URL"),
        "3D000" => Some("create the database first, or mend its name in DATABASE_URL"),
        "42501" => Some("grant the missing right to the database user"),
        "53100" => Some("the server's disk is full: free space there, then run again"),
        "53300" => Some("the server has no free connection: raise max_connections or wait"),
        "57014" => Some("a time limit of [database] in pipeline.toml was reached"),
        _ => None,
    }
}

/// tokio-postgres prints only "db error"; the server's words are in its source.
fn describe_postgres(error: &tokio_postgres::Error) -> String {
    let Some(db) = error.as_db_error() else {
        let mut text = error.to_string();
        let mut source = std::error::Error::source(error);
        while let Some(cause) = source {
            let cause_text = cause.to_string();
            if !text.ends_with(&cause_text) {
                let _ = write!(text, ": {cause_text}");
            }
            source = cause.source();
        }
        return text;
    };
    describe_db_error(db)
}

fn describe_db_error(db: &DbError) -> String {
    let code = db.code().code();
    let holds_values = code.starts_with("22") || code.starts_with("23");
    let message = if holds_values {
        without_values(db.message())
    } else {
        db.message().to_owned()
    };
    let mut text = format!("PostgreSQL says {code}: {message}");
    if let Some(table) = db.table() {
        let _ = write!(text, " (table {}.{table}", db.schema().unwrap_or("?"));
        if let Some(column) = db.column() {
            let _ = write!(text, ", column {column}");
        }
        text.push(')');
    }
    if let Some(constraint) = db.constraint() {
        let _ = write!(text, " (constraint {constraint})");
    }
    if let Some(detail) = db.detail().filter(|_| !holds_values) {
        let _ = write!(text, "; {detail}");
    }
    if let Some(place) = db.where_() {
        let first_line = place.lines().next().unwrap_or_default();
        // COPY tells table, line and column, then the value; other contexts may be all value.
        let is_safe = !holds_values || first_line.starts_with("COPY ");
        if let Some(place) = first_line.split(": ").next().filter(|_| is_safe) {
            let _ = write!(text, "; in {place}");
        }
    }
    if let Some(hint) = db.hint() {
        let _ = write!(text, "; {hint}");
    }
    text
}

/// `value "4111" is out of range` → `value … is out of range`: what stands in double quotes in
/// messages of classes 22 and 23 may be a row's value. A value may hold such quotes itself, so that
/// everything from the first to the last one goes.
fn without_values(message: &str) -> String {
    match (message.split_once('"'), message.rsplit_once('"')) {
        (Some((before, _)), Some((_, after))) => format!("{before}…{after}"),
        _ => message.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use anyhow::Context as _;

    use super::*;

    #[test]
    fn a_failure_keeps_its_exit_code_below_other_context() {
        let error = anyhow::Error::from(Failure::locked("busy")).context("failed to start");
        assert_eq!(exit_code(&error), EXIT_LOCKED);
        assert_eq!(describe(&error), "failed to start: busy");
    }

    #[test]
    fn io_errors_are_classified_by_kind() {
        let full: anyhow::Result<()> =
            Err(io::Error::from(io::ErrorKind::StorageFull)).context("failed to write `x`");
        let error = full.expect_err("a full disk");
        assert_eq!(exit_code(&error), EXIT_PERMANENT);
        assert!(describe(&error).contains("free some space"));
        let missing = anyhow::Error::from(io::Error::from(io::ErrorKind::NotFound));
        assert_eq!(exit_code(&missing), EXIT_USAGE);
    }

    #[test]
    fn a_value_in_a_message_is_left_out() {
        for (message, expected) in [
            (
                "invalid input syntax for type integer: \"secret\"",
                "invalid input syntax for type integer: …",
            ),
            (
                "value \"4111\" is out of range for type integer",
                "value … is out of range for type integer",
            ),
            (
                "invalid input syntax for type integer: \"a\" secret \"b\"",
                "invalid input syntax for type integer: …",
            ),
            ("integer out of range", "integer out of range"),
        ] {
            assert_eq!(without_values(message), expected);
        }
    }
}
