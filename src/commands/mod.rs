//! One module a command of the binary.

pub mod database;
pub mod healthcheck;
pub mod http;
pub mod migrate;
pub mod openapi;
pub mod serve;
