//! What the tests and the commands that check the programs have in common.

pub mod pollock;
pub mod trial;
