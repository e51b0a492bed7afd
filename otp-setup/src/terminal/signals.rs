//! Signals, turned into something that can be waited for: whatever ends the program first puts the terminal right.

use std::io;
use std::os::fd::{AsFd, BorrowedFd};
use std::os::unix::net::UnixStream;
use std::thread::{Builder, JoinHandle};

use nix::errno::Errno;
use nix::poll::{PollFd, PollFlags, PollTimeout, poll};
use nix::sys::signal::{SigSet, Signal, raise};
use nix::sys::signalfd::{SfdFlags, SignalFd};

use crate::output::complain;

/// The signals that end a program, and the one that says that the window has another size.
pub struct Signals {
    descriptor: SignalFd,
}

/// What came first.
pub enum Event {
    /// There is something to read, or the other side has gone.
    Input,
    /// A signal that ends the program.
    SessionError(i32),
    /// The window has another size.
    Resized,
    /// Nothing, for as long as it was waited.
    Nothing,
}

/// Those that end a program, and the one that says that the window has another size.
fn held() -> SigSet {
    let mut set = SigSet::empty();
    for signal in [Signal::SIGINT, Signal::SIGHUP, Signal::SIGTERM, Signal::SIGQUIT, Signal::SIGWINCH] {
        set.add(signal);
    }
    set
}

/// From here on signals end this program again: nothing is asked any more, and the terminal is as it was.
pub fn release() -> nix::Result<()> {
    held().thread_unblock()
}

/// While there is one, a signal that ends this program has something said before it does.
pub struct Farewell {
    /// Its other side tells the thread that there is none any more.
    other: Option<UnixStream>,
    thread: Option<JoinHandle<()>>,
}

impl Farewell {
    /// Has this said.
    pub fn saying(message: String) -> io::Result<Self> {
        // Blocked in every thread, they wait for the one that reads them.
        let signals = Signals::hold()?;
        let (other, end) = UnixStream::pair()?;
        let thread = Builder::new().spawn(move || {
            loop {
                match signals.wait(end.as_fd(), None) {
                    Ok(Event::SessionError(number)) => {
                        complain(&message);
                        let _ = held().thread_unblock();
                        let _ = Signal::try_from(number).and_then(raise);
                    }
                    Ok(Event::Resized | Event::Nothing) => {}
                    Ok(Event::Input) | Err(_) => return,
                }
            }
        })?;
        Ok(Self { other: Some(other), thread: Some(thread) })
    }
}

impl Drop for Farewell {
    fn drop(&mut self) {
        drop(self.other.take());
        let _ = self.thread.take().map(JoinHandle::join);
    }
}

impl Signals {
    /// From here on these signals wait to be read. Children inherit that; the helper undoes it.
    pub fn hold() -> nix::Result<Self> {
        let set = held();
        set.thread_block()?;
        let descriptor = SignalFd::with_flags(&set, SfdFlags::SFD_CLOEXEC | SfdFlags::SFD_NONBLOCK)?;
        Ok(Self { descriptor })
    }

    /// Waits for input or a signal, for so many milliseconds at the most.
    pub fn wait(&self, input: BorrowedFd<'_>, milliseconds: Option<u16>) -> nix::Result<Event> {
        let timeout = milliseconds.map_or(PollTimeout::NONE, PollTimeout::from);
        let mut both =
            [PollFd::new(input, PollFlags::POLLIN), PollFd::new(self.descriptor.as_fd(), PollFlags::POLLIN)];
        match poll(&mut both, timeout) {
            Err(Errno::EINTR) | Ok(0) => return Ok(Event::Nothing),
            Err(error) => return Err(error),
            Ok(_) => {}
        }
        if let Some(signal) = self.descriptor.read_signal()? {
            let number = i32::try_from(signal.ssi_signo).unwrap_or(Signal::SIGTERM as i32);
            return Ok(if number == Signal::SIGWINCH as i32 {
                Event::Resized
            } else {
                Event::SessionError(number)
            });
        }
        Ok(Event::Input)
    }
}
