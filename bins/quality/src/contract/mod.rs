//! Contracts: from YAML to checks that can be run.

mod compile;
mod custom;
mod document;
mod options;
mod overrides;
mod parse;
mod problem;
mod quality;
mod read;
mod relationship;
mod service_level;
mod sql_shape;
#[cfg(test)]
mod tests;
mod threshold;

pub(crate) use document::LogicalType;
pub(crate) use overrides::Overridden;
pub(crate) use problem::{Located, Problem, nearest, refusal, suggestion};
pub(crate) use read::{Contracts, Survey, read_contract};
