//! The one place that opens connections, with every limit set.

mod address;
pub mod db;
mod migrations;
pub(crate) mod pool;
mod tls;

pub use address::Address;
pub use deadpool_postgres::Pool;
pub use migrations::{MIGRATIONS, check_migrated, migrate};
pub use pool::{connect, open_pool};
