//! Publish accepted staged rows into clean, keyed, constrained tables.
