//! PostgreSQL: the private cluster, connections and migrations.
//!
//! [`embedded`] runs the service's own server, [`pool`] connects to it or to any other, [`migrate`]
//! brings the schema up to date. What reads and writes rows takes a connection and gives domain values.

pub mod embedded;
pub mod migrate;
pub mod pool;
mod target;
mod tls;
