//! The rules of the gate. Pure: no I/O, no clock, no framework, no async.

pub mod actor;
pub mod content;
pub mod rule_failure;
pub mod tracks;
pub mod words;
pub mod workflow;
