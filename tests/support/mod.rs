//! What the tests share.

#![expect(clippy::unwrap_used, reason = "a test that cannot be set up fails at once")]

pub mod database;
pub mod demo_gate;
pub mod gate;
pub mod http;
