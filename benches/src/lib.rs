//! How fast and how large the module is, measured beside others in the same run and in turn.
//!
//! A machine's mood changes from minute to minute; what two candidates take in the same minute can be compared. So
//! every figure is a ratio of medians, and what does not depend on mood (instructions, system calls, bytes) is counted.
//!
//! | part | subject |
//! | --- | --- |
//! | [`candidates`] | the modules, with their stacks and secrets |
//! | [`timer`] | a process that authenticates and says how long it took |
//! | [`count`] | system calls, instructions, bytes |
//! | [`report`] | the table, as text and as JSON |
//! | [`plot`] | curves, as SVG |

pub mod candidates;
pub mod count;
pub mod plot;
pub mod report;
pub mod timer;
