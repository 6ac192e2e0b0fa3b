//! Who is asking: accounts, clients, sessions and the tokens they carry.

pub mod keys;
pub mod passes;
pub mod passwords;
pub mod principal;
pub mod revocations;
pub mod sessions;
pub mod tokens;
