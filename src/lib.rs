//! The digital border gate of a province.
//!
//! [`domain`] holds the rules: who may do what to a declaration from where, what a declaration's
//! history adds up to, and where it counts in the statistics.

pub mod demo;
pub mod domain;
pub mod intake;
