//! What the tests share.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test that cannot be set up fails at once")]

pub mod database;
