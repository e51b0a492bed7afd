//! Programs that strace slows down at chosen system calls, so that others overtake them there.

use std::process::Command;

/// What strace makes wait, and how long: `pwrite64:delay_enter=300000:when=2+2`. Nothing is not traced at all.
#[derive(Clone, Debug, Default)]
pub struct Delays(Vec<String>);

impl Delays {
    /// Those of each of these expressions (strace(1), `inject`); at most one for each system call.
    #[must_use]
    pub fn at<const N: usize>(calls: [String; N]) -> Self {
        Self(calls.into())
    }

    /// The same command, slowed down.
    #[must_use]
    pub fn slow_down(&self, command: Command) -> Command {
        if self.0.is_empty() {
            return command;
        }
        let names = self.0.iter().filter_map(|call| call.split(':').next());
        let mut strace = Command::new("strace");
        strace.args(["-f", "-qq", "-o", "/dev/null", "-e"]);
        strace.arg(format!("trace={}", names.collect::<Vec<_>>().join(",")));
        for call in &self.0 {
            strace.args(["-e", &format!("inject={call}")]);
        }
        strace.arg("--").arg(command.get_program()).args(command.get_args());
        strace.envs(command.get_envs().filter_map(|(name, value)| Some((name, value?))));
        strace
    }
}
