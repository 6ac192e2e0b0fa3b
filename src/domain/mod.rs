//! The rules of the gate. Pure: no I/O, no clock, no framework, no async.

pub mod act;
pub mod actor;
pub mod audit;
pub mod check;
pub mod content;
pub mod declaration;
pub mod declare;
pub mod firm;
pub mod history;
pub mod mandate;
pub mod next;
pub mod number;
pub mod pass;
pub mod period;
pub mod plates;
pub mod reading;
pub mod reference;
pub mod rule_failure;
pub mod sent;
pub mod stamps;
pub mod take_over;
pub mod throughput;
pub mod tracks;
pub mod vehicle;
pub mod words;
pub mod workflow;
