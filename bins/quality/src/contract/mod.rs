//! Contracts: from YAML to checks that can be run.

mod compile;
mod custom;
mod document;
mod overrides;
mod quality;
mod read;

pub(crate) use document::LogicalType;
pub(crate) use overrides::Overridden;
pub(crate) use read::Contracts;
