//! Mail to owners: what has become of their accounts since the last look.
//!
//! A look compares what the store says of everybody with what was told before, which `ledger` keeps in a directory of root's. What
//! there is to tell is found in what each event left in the store in the write that made it one, so that whoever ends a process, or
//! has no room left, cannot keep it from being told; and no login waits for mail, or fails with it.

pub mod ledger;
pub mod letter;
pub mod news;
pub mod sender;
