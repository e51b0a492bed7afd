//! Placeholder until the rooms below stand.
fn main() {}
