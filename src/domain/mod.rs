//! The rules of the gate. Pure: no I/O, no clock, no framework, no async.

pub mod content;
pub mod gate;
pub mod reference;
pub mod rule_failure;
pub mod tracks;
pub mod words;
pub mod workflow;
