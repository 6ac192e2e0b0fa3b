//! Who is asking: signing in, staying signed in, signing out, and who is turned away.

mod administration;
mod forged;
mod oauth;
mod sessions;
