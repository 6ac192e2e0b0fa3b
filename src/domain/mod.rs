//! The rules of the gate. Pure: no I/O, no clock, no framework, no async.

pub mod rule_failure;
pub mod words;
