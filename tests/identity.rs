//! Who is asking: signing in, staying signed in, signing out, and who is turned away.

#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test that cannot be set up fails at once")]

mod administration;
mod forged;
mod machine;
mod oauth;
mod sessions;
