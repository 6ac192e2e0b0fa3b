//! PostgreSQL: functions over a connection that take and give domain values.

pub mod column_types;
pub mod declarations;
#[expect(missing_docs, reason = "the tables are described in the migrations")]
pub mod schema;
