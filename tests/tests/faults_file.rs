//! Secret files that a disk has spoiled, read and written by the module in a real libpam: single bits that flipped, and
//! writes of a state that came through in part.

use std::fs::File;
use std::os::unix::fs::FileExt;

use insis_otp_tests::machine::{Machine, ONE_TRY};
use insis_otp_tests::pam::Code;
use insis_otp_tests::person::{Person, STEP, time_of};
use insis_otp_tests::rounds::Crowd;

const PAGE: usize = 4096;
const SLOT: usize = 1024;

/// Anna, who logged in with the code of [`STEP`] before the file was spoiled, at a time when the next code is good too.
struct SpoiledFile {
    machine: Machine<Person>,
    crowd: Crowd,
    /// Opened a login and must never again.
    spent: String,
    /// Opens one.
    good: String,
    wrong: String,
}

impl SpoiledFile {
    fn new() -> Self {
        let machine = Machine::frozen(ONE_TRY);
        let (spent, good) = (machine.anna.code(STEP), machine.anna.code(STEP + 1));
        let wrong = machine.anna.wrong_codes(STEP, 1).remove(0);
        let crowd = Crowd::of(&machine.stack, &["anna"]);
        let mut file = Self { machine, crowd, spent, good, wrong };
        assert_eq!(file.types(&file.spent.clone()), Code::SUCCESS);
        file
    }

    fn types(&mut self, reply: &str) -> Code {
        // A process that is gone would not be heard here: a crash fails the test.
        self.crowd.round(&[reply]).remove(0)
    }

    fn file(&self) -> File {
        let path = self.machine.anna.file.path();
        File::options().read(true).write(true).open(path).expect("no secret file")
    }

    fn page(&self) -> Vec<u8> {
        std::fs::read(self.machine.anna.file.path()).expect("no secret file")
    }

    /// What holds of a spoiled file. Returns whether it still opens the login.
    fn try_it(&mut self, page: &[u8], what: &str) -> bool {
        assert_eq!(page.len(), PAGE, "{what}");
        self.file().write_all_at(page, 0).expect("cannot write the file");
        let (wrong, spent, good) = (self.wrong.clone(), self.spent.clone(), self.good.clone());
        let refused = self.types(&wrong);
        assert!(
            [Code::AUTH_ERR, Code::AUTHINFO_UNAVAIL].contains(&refused),
            "{what}: a wrong code: {refused:?}"
        );
        assert_ne!(self.types(&spent), Code::SUCCESS, "{what}: the spent code opened the login again");
        let opened = self.types(&good);
        assert!(
            [Code::SUCCESS, Code::AUTHINFO_UNAVAIL].contains(&opened),
            "{what}: the good code: {opened:?}"
        );
        // Whoever cannot use the file must not seem to have compared the wrong code.
        assert_eq!(
            opened == Code::SUCCESS,
            refused == Code::AUTH_ERR,
            "{what}: {refused:?}, then {opened:?}"
        );
        assert_ne!(self.types(&good), Code::SUCCESS, "{what}: the good code opened it twice");
        opened == Code::SUCCESS
    }

    /// Flips bits one at a time. Those of the head are noticed, those of the state repaired.
    fn flip(&mut self, positions: impl Iterator<Item = usize>) {
        let page = self.page();
        let (mut opened, mut refused) = (0, 0);
        for position in positions {
            let mut spoiled = page.clone();
            spoiled[position / 8] ^= 1 << (position % 8);
            let opens = self.try_it(&spoiled, &format!("bit {} of byte {}", position % 8, position / 8));
            assert_eq!(opens, position / 8 >= 2 * SLOT, "bit {} of byte {}", position % 8, position / 8);
            *(if opens { &mut opened } else { &mut refused }) += 1;
        }
        println!("| bits flipped: {} | opens once: {opened} | refused: {refused} |", opened + refused);
        assert!(opened > 0 && refused > 0);
    }

    /// A write of the next state that stopped: what was written, where it began, what was there before.
    fn torn(&mut self, kinds: &[Torn], lengths: impl Iterator<Item = usize> + Clone) {
        let before = self.page();
        let good = self.good.clone();
        assert_eq!(self.types(&good), Code::SUCCESS);
        let after = self.page();
        // The charge is in one slot, the accepted code in the other: that is the write that is torn here.
        let number = |page: &[u8], slot: usize| page[slot..slot + 26].to_vec();
        let start = if number(&after, 2 * SLOT) > number(&after, 3 * SLOT) { 2 * SLOT } else { 3 * SLOT };
        let charged = 5 * SLOT - start;
        assert_eq!(before[..2 * SLOT], after[..2 * SLOT], "more than the state was written");
        let mut writes = 0;
        for kind in kinds {
            for length in lengths.clone() {
                let mut page = before.clone();
                page[charged..charged + SLOT].copy_from_slice(&after[charged..charged + SLOT]);
                let (slot, new) = (&mut page[start..start + SLOT], &after[start..start + SLOT]);
                kind.write(slot, new, length);
                self.one_torn_write(&page, &format!("{kind:?}, {length} bytes"));
                writes += 1;
            }
        }
        println!("| torn writes | {kinds:?} | {writes} |");
    }

    /// The state is the old one or the new one: the old code stays used, the good one is or opens one more login, and
    /// the one after it opens.
    fn one_torn_write(&mut self, page: &[u8], what: &str) {
        self.file().write_all_at(page, 0).expect("cannot write the file");
        let (spent, good) = (self.spent.clone(), self.good.clone());
        assert_eq!(self.types(&spent), Code::AUTH_ERR, "{what}: the spent code");
        let opened = self.types(&good);
        assert!([Code::SUCCESS, Code::AUTH_ERR].contains(&opened), "{what}: {opened:?}");
        assert_eq!(self.types(&good), Code::AUTH_ERR, "{what}: the good code opened it twice");
        let next = self.machine.anna.code(STEP + 2);
        assert_eq!(self.types(&next), Code::SUCCESS, "{what}: the next code");
    }
}

/// How a write can come to its end too early.
#[derive(Clone, Copy, Debug)]
enum Torn {
    /// The first bytes are the new ones.
    Front,
    /// The last bytes are the new ones.
    Back,
    /// The first bytes are the new ones, and the rest was lost.
    ThenZeros,
}

impl Torn {
    fn write(self, slot: &mut [u8], new: &[u8], length: usize) {
        let (front, back) = (..length, SLOT - length..);
        match self {
            Self::Front => slot[front].copy_from_slice(&new[front]),
            Self::Back => slot[back.clone()].copy_from_slice(&new[back]),
            Self::ThenZeros => {
                slot.fill(0);
                slot[front].copy_from_slice(&new[front]);
            }
        }
    }
}

#[test]
fn a_flipped_bit_is_noticed_or_mended() {
    let mut file = SpoiledFile::new();
    file.machine.env.clock().freeze(time_of(STEP + 1));
    // Each seventh byte, another bit of each.
    file.flip((0..PAGE).step_by(7).map(|byte| byte * 8 + byte % 8));
}

#[test]
#[ignore = "long: make assurance"]
fn every_flipped_bit_is_noticed_or_mended() {
    let mut file = SpoiledFile::new();
    file.machine.env.clock().freeze(time_of(STEP + 1));
    file.flip(0..PAGE * 8);
}

#[test]
fn a_state_written_in_part_is_the_old_one_or_the_new_one() {
    let mut file = SpoiledFile::new();
    file.machine.env.clock().freeze(time_of(STEP + 1));
    file.torn(&[Torn::Front], 0..=SLOT);
}

#[test]
#[ignore = "long: make assurance"]
fn a_state_written_in_any_part_is_the_old_one_or_the_new_one() {
    let mut file = SpoiledFile::new();
    file.machine.env.clock().freeze(time_of(STEP + 1));
    file.torn(&[Torn::Front, Torn::Back, Torn::ThenZeros], 0..=SLOT);
}
