//! Write the synthetic shop's raw files.
