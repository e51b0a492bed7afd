//! Another machine on a network of the test's own: a network namespace, with a cable that can be cut.

use std::os::linux::net::SocketAddrExt;
use std::os::unix::net::{SocketAddr, UnixListener};
use std::process::Command;
use std::sync::OnceLock;
use std::time::{Duration, Instant};

use crate::env::run;
use crate::fleet::Address;

/// A namespace, and cables to it, until dropped. One process at a time has any: others wait.
#[derive(Debug)]
pub struct Network {
    name: String,
    cables: std::ops::RangeInclusive<u8>,
}

impl Network {
    /// With so many cables: 10.77.1.1 here is connected to 10.77.1.2 there, 10.77.2.1 to 10.77.2.2, and so on.
    ///
    /// # Panics
    /// When it cannot be made.
    #[must_use]
    pub fn new(name: &str, cables: u8) -> Self {
        Self::with(name, 1..=cables)
    }

    /// With the cable of this number alone, and routes to the other namespaces that there are.
    ///
    /// # Panics
    /// When it cannot be made.
    #[must_use]
    pub fn routed(name: &str, cable: u8) -> Self {
        let network = Self::with(name, cable..=cable);
        network.there(&format!("route add default via 10.77.{cable}.1"));
        std::fs::write("/proc/sys/net/ipv4/ip_forward", "1").expect("nothing is forwarded");
        network
    }

    fn with(name: &str, cables: std::ops::RangeInclusive<u8>) -> Self {
        be_alone();
        let network = Self { name: name.to_owned(), cables };
        network.remove();
        std::fs::create_dir_all("/run/netns").expect("no folder for namespaces");
        run(Command::new("ip").args(["netns", "add", name]));
        network.there("link set lo up");
        for number in network.cables.clone() {
            let (near, far) = (network.cable(number), format!("far{number}"));
            network.here(&format!("link add {near} type veth peer name {far} netns {name}"));
            network.here(&format!("addr add 10.77.{number}.1/24 dev {near}"));
            network.there(&format!("addr add 10.77.{number}.2/24 dev {far}"));
            network.here(&format!("link set {near} up"));
            network.there(&format!("link set {far} up"));
        }
        network
    }

    fn cable(&self, number: u8) -> String {
        format!("{}{number}", self.name)
    }

    fn here(&self, arguments: &str) {
        run(Command::new("ip").args(arguments.split(' ')));
    }

    fn there(&self, arguments: &str) {
        run(Command::new("ip").args(["-n", &self.name]).args(arguments.split(' ')));
    }

    /// The machine on the other side, as it is reached by a cable.
    #[must_use]
    pub fn address(&self, cable: u8) -> Address {
        Address { host: format!("10.77.{cable}.2"), namespace: Some(self.name.clone()) }
    }

    /// Cuts a cable on this side, or mends it.
    pub fn cut_here(&self, cable: u8, cut: bool) {
        self.here(&format!("link set {} {}", self.cable(cable), if cut { "down" } else { "up" }));
    }

    /// Cuts a cable on the other side, where nothing here learns of it but by silence, or mends it.
    pub fn cut_there(&self, cable: u8, cut: bool) {
        self.there(&format!("link set far{cable} {}", if cut { "down" } else { "up" }));
    }

    /// A command on the other machine.
    #[must_use]
    pub fn command(&self, program: &str) -> Command {
        let mut command = Command::new("ip");
        command.args(["netns", "exec", &self.name, program]);
        command
    }

    fn remove(&self) {
        for number in self.cables.clone() {
            let _ = Command::new("ip").args(["link", "del", &self.cable(number)]).output();
        }
        let _ = Command::new("ip").args(["netns", "del", &self.name]).output();
    }
}

/// Waits until no other process has cables here: names and addresses are the same in all tests. An abstract socket belongs to
/// the network in which it was bound, and is free again when its process has ended, however that came about.
fn be_alone() {
    static ALONE: OnceLock<UnixListener> = OnceLock::new();
    ALONE.get_or_init(|| {
        let address = SocketAddr::from_abstract_name("insis-otp-tests-network").expect("no address");
        let began = Instant::now();
        loop {
            if let Ok(socket) = UnixListener::bind_addr(&address) {
                return socket;
            }
            assert!(began.elapsed() < Duration::from_secs(150), "other tests have the network");
            std::thread::sleep(Duration::from_millis(50));
        }
    });
}

impl Drop for Network {
    fn drop(&mut self) {
        self.remove();
    }
}
