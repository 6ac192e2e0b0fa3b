//! PostgreSQL: functions over a connection that take and give domain values.
//!
//! [`embedded`] runs the service's own server, [`pool`] connects to it or to any other, [`migrate`]
//! brings the schema up to date.

pub mod accounts;
pub mod actions;
pub mod checkpoint_file;
pub mod checkpoints;
pub mod clients;
pub mod closings;
pub mod column_types;
pub mod crossing_times;
pub mod declarations;
pub mod device_actions;
pub mod dwell;
pub mod embedded;
pub mod evidence;
pub mod feed;
pub mod firms;
pub mod hourly_backlog;
pub mod idempotency;
pub mod mandates;
pub mod migrate;
pub mod places;
pub mod pool;
pub mod published;
pub mod receipts;
pub mod records;
pub mod reference;
#[expect(missing_docs, reason = "the tables are described in the migrations")]
pub mod schema;
pub mod sessions;
pub mod sets;
pub mod sign_in_tries;
pub mod sources;
mod target;
pub mod throughput;
pub mod tls;
pub mod transferred;
pub mod vehicles;
