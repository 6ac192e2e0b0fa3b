//! What people do: sets of declarations and actions, one transaction a set.
