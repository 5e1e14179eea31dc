//! The pipeline against a real PostgreSQL: one test binary, one module per subject.
