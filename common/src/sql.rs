//! SQL lives in files under `sql/`; Rust refers to it by path.

/// One SQL file, embedded at compile time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Sql {
    /// Path below `sql/`, named in logs, errors and reports.
    pub path: &'static str,
    /// The statement.
    pub text: &'static str,
}

/// Embeds `sql/<path>`; a missing file is a compile error.
#[macro_export]
macro_rules! sql {
    ($path:literal) => {
        $crate::Sql {
            path: $path,
            text: include_str!(concat!(env!("BULLION_SQL_DIR"), "/", $path)),
        }
    };
}
