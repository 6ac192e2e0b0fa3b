//! PostgreSQL: functions over a connection that take and give domain values.
//!
//! [`embedded`] runs the service's own server, [`pool`] connects to it or to any other, [`migrate`]
//! brings the schema up to date.

pub mod actions;
pub mod column_types;
pub mod declarations;
pub mod embedded;
pub mod firms;
pub mod migrate;
pub mod pool;
pub mod reference;
#[expect(missing_docs, reason = "the tables are described in the migrations")]
pub mod schema;
pub mod sets;
pub mod sources;
mod target;
mod tls;
