//! Refresh the analytical views and export their CSV files.
