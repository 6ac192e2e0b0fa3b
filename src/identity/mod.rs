//! Who is asking: accounts, clients, sessions and the tokens they carry.

pub mod principal;
pub mod tokens;
