//! One module a command of the binary.

pub mod account;
pub mod audit;
pub mod database;
pub mod demo;
pub mod doctor;
pub mod healthcheck;
pub mod http;
pub mod import;
pub mod migrate;
pub mod openapi;
pub mod serve;

/// The call itself is wrong: what it names is not there. The exit code is 2, as for a wrong flag.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub struct UsedWrongly(pub String);
