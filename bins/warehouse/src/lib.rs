//! Keep the star schema: dimensions with history, facts and aggregates.
