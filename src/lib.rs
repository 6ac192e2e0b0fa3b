//! The digital border gate of a province.
//!
//! [`domain`] holds the rules: who may do what to a declaration from where, what a declaration's
//! history adds up to, and where it counts in the statistics. [`casework`] is the one way in which
//! declarations change, in sets; [`intake`] reads files of them, [`demo`] makes some up; [`storage`] keeps
//! them in PostgreSQL; [`identity`] knows who is asking; [`reports`] and [`charts`] are made of the figures; [`api`] speaks HTTP. [`clock`] is the one place that reads the time, [`texts`] holds every word said to people.

pub mod api;
pub mod casework;
pub mod charts;
pub mod clock;
pub mod demo;
pub mod domain;
pub mod identity;
pub mod intake;
pub mod reports;
pub mod service;
pub mod settings;
pub mod storage;
pub mod telemetry;
pub mod texts;
pub mod workflow_document;
