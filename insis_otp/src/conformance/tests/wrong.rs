//! Stores that do one thing wrong on purpose: each test of the suite fails for one of them, for the reason that it is about.

use crate::conformance::memory::Flaw as Memory;
use crate::conformance::unknown_users::Flaw as Unknown;
use crate::conformance::{self as suite, MemoryEntry, MemoryStore, MemoryUnknownUsers, Subject};
use crate::oath::{RecoveryCode, RecoveryCodes, Salt, UnixTime};
use crate::record::{Enrollment, UserName};
use crate::store::conditional::ConditionalUser;
use crate::store::{
    Account, Charge, Decision, InvitationFile, InvitationRefusal, InvitationStore, Listed, Location, Record,
    StillHolds, Store, StoreError, UserStore, Write,
};
use crate::verify::State;

/// What a store does wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Flaw {
    ComparesFirst,
    ChargesNothing,
    AnswersUnwritten,
    CreatesWithoutLeave,
    KeepsStateOfFormer,
    ReplacesAllTheSame,
    TakesAnyProof,
    ForgetsStateWithRecoveryCodes,
    RepairsFromNothing,
    MovesWithoutState,
    RemovesNobody,
    ListsNobody,
    GuessesInvitationsForFree,
    KeepsInvitations,
    HoldsWhatWasTakenBack,
}

/// A store that is right but for one thing.
struct Wrong {
    memory: MemoryStore,
    flaw: Flaw,
}

struct WrongUser {
    right: ConditionalUser<MemoryEntry>,
    flaw: Flaw,
}

impl Wrong {
    fn with(flaw: Flaw) -> Self {
        Self { memory: MemoryStore::default(), flaw }
    }
}

impl Store for Wrong {
    type User = WrongUser;
    type UnknownUsers = MemoryUnknownUsers;

    fn user(&self, account: &Account) -> WrongUser {
        WrongUser { right: self.memory.user(account), flaw: self.flaw }
    }

    fn list(&self) -> Result<Option<Vec<Listed>>, StoreError> {
        if self.flaw == Flaw::ListsNobody { Ok(Some(Vec::new())) } else { self.memory.list() }
    }

    fn unknown_users(&self) -> MemoryUnknownUsers {
        self.memory.unknown_users()
    }
}

impl Subject for Wrong {
    type Store = Self;
    const LISTS: bool = true;

    fn store(&self) -> &Self {
        self
    }

    fn account(&self, name: UserName) -> Account {
        self.memory.account(name)
    }

    fn break_writes(&self, account: &Account) {
        self.memory.break_writes(account);
    }
}

fn settled<T>(decision: Decision<T>) -> impl FnMut(&Enrollment, &State) -> Charge<(), T> {
    let mut decision = Some(decision);
    move |_, _| Charge::Settled(decision.take().expect("once"))
}

fn never<T>(_: &Enrollment, (): ()) -> Decision<T> {
    panic!("nothing is compared")
}

impl UserStore for WrongUser {
    type Reader = ();
    type Invitation = Self;
    type Link = MemoryEntry;

    fn user(&self) -> &UserName {
        self.right.user()
    }

    fn location(&self) -> Location {
        self.right.location()
    }

    fn load_by(&self, reader: &mut ()) -> Result<Record, StoreError> {
        self.right.load_by(reader)
    }

    fn transact_charged<P, T>(
        &self,
        mut charge: impl FnMut(&Enrollment, &State) -> Charge<P, T>,
        mut compare: impl FnMut(&Enrollment, P) -> Decision<T>,
    ) -> Result<T, StoreError> {
        let Record { enrollment, state } = self.right.load()?;
        match (self.flaw, charge(&enrollment, &state)) {
            (Flaw::ComparesFirst, Charge::Due(charged, pending)) => {
                let decision = compare(&enrollment, pending);
                let state = if decision.write == Write::AsCharged { charged } else { decision.state };
                self.right.transact_charged(
                    settled(Decision { state, write: Write::Durable, answer: decision.answer }),
                    never,
                )
            }
            (Flaw::ChargesNothing, Charge::Due(_, pending)) => {
                let decision = compare(&enrollment, pending);
                match decision.write {
                    Write::AsCharged => Ok(decision.answer),
                    _ => self.right.transact_charged(settled(decision), never),
                }
            }
            (Flaw::AnswersUnwritten, Charge::Due(state, pending)) => {
                let charged = Decision { state, write: Write::Durable, answer: () };
                self.right.transact_charged(settled(charged), never)?;
                Ok(compare(&enrollment, pending).answer)
            }
            _ => self.right.transact_charged(charge, compare),
        }
    }

    fn create(
        &self,
        enrollment: &Enrollment,
        state: &State,
        still_holds: StillHolds<'_>,
    ) -> Result<(), StoreError> {
        match self.flaw {
            Flaw::CreatesWithoutLeave => self.right.create(enrollment, state, &|| Ok(())),
            _ => self.right.create(enrollment, state, still_holds),
        }
    }

    fn replace<F>(
        &self,
        mut decide: impl FnMut(&Record) -> Result<(Enrollment, State), F>,
    ) -> Result<Result<(), F>, StoreError> {
        let former = self.right.load()?;
        match self.flaw {
            Flaw::KeepsStateOfFormer => {
                self.right.replace(|record| decide(record).map(|(new, _)| (new, former.state.clone())))
            }
            Flaw::ReplacesAllTheSame => {
                let decided = decide(&former);
                let anything = |_: &Record| Ok::<_, ()>((former.enrollment.clone(), State::default()));
                self.right.replace(anything).map(|_| decided.map(|_| ()))
            }
            _ => self.right.replace(decide),
        }
    }

    fn replace_recovery_codes(
        &self,
        proved: Option<&Enrollment>,
        recovery: &RecoveryCodes,
    ) -> Result<(), StoreError> {
        match self.flaw {
            Flaw::ForgetsStateWithRecoveryCodes => {
                let new = |record: &Record| {
                    let recovery = recovery.clone();
                    let enrollment = Enrollment { recovery, ..record.enrollment.clone() };
                    Ok::<_, ()>((enrollment, State::default()))
                };
                self.right.replace(new).map(|_| ())
            }
            _ => self.right.replace_recovery_codes(proved, recovery),
        }
    }

    fn repair(&self, state: impl Fn(&Enrollment, Option<&State>) -> State) -> Result<(), StoreError> {
        match self.flaw {
            Flaw::RepairsFromNothing => self.right.repair(|enrollment, _| state(enrollment, None)),
            _ => self.right.repair(state),
        }
    }

    fn remove(&self, proved: Option<&Enrollment>) -> Result<(), StoreError> {
        match (self.flaw, self.right.remove(proved.filter(|_| self.flaw != Flaw::TakesAnyProof))) {
            (Flaw::RemovesNobody, Err(error)) if error.is_not_enrolled() => Ok(()),
            (_, removed) => removed,
        }
    }

    fn rename_to(&self, new: &Self) -> Result<(), StoreError> {
        if self.flaw == Flaw::MovesWithoutState {
            let old = self.right.load()?;
            let enrollment = Enrollment { user: new.right.user.clone(), ..old.enrollment };
            new.right.create(&enrollment, &suite::first_state(), &|| Ok(()))?;
            return self.right.remove(None);
        }
        self.right.rename_to(&new.right)
    }

    fn invitation(&self) -> Self {
        Self { right: self.right.clone(), flaw: self.flaw }
    }

    fn link(&self) -> MemoryEntry {
        self.right.link()
    }
}

impl InvitationStore for WrongUser {
    fn issue(&self, code: &RecoveryCode, salt: Salt, expires: UnixTime) -> Result<(), StoreError> {
        self.right.issue(code, salt, expires)
    }

    fn check(&self, code: &RecoveryCode, now: UnixTime) -> Result<Result<(), InvitationRefusal>, StoreError> {
        if self.flaw == Flaw::GuessesInvitationsForFree {
            let left = InvitationFile::GUESSES - 1;
            let guessed = self.right.check(code, now)?;
            return Ok(guessed.map_err(|_| InvitationRefusal::Wrong { left }));
        }
        self.right.check(code, now)
    }

    fn redeem<T, F>(
        &self,
        code: &RecoveryCode,
        now: UnixTime,
        enroll: impl FnOnce(StillHolds<'_>) -> Result<T, F>,
    ) -> Result<Result<Result<T, F>, InvitationRefusal>, StoreError> {
        match self.flaw {
            Flaw::KeepsInvitations => Ok(self.right.check(code, now)?.map(|()| enroll(&|| Ok(())))),
            Flaw::HoldsWhatWasTakenBack => self.right.redeem(code, now, |_| enroll(&|| Ok(()))),
            _ => self.right.redeem(code, now, enroll),
        }
    }

    fn withdraw(&self) -> Result<(), StoreError> {
        if self.flaw == Flaw::KeepsInvitations { Ok(()) } else { self.right.withdraw() }
    }
}

macro_rules! fails {
    ($($test:ident: $store:expr, $why:literal;)+) => {
        $(#[test] #[should_panic(expected = $why)] fn $test() { suite::$test(&$store) })+
    };
}

fails! {
    one_code_opens_one_login: MemoryStore::with(Memory::LastWriterWins), "a code opened so many logins";
    a_bypass_code_opens_as_many_logins_as_it_says: MemoryStore::with(Memory::LastWriterWins), "a bypass code opened so many logins";
    what_several_count_at_once_is_not_lost: MemoryStore::with(Memory::LastWriterWins), "what was counted is lost";
    a_charge_is_in_the_store_before_anything_is_compared: Wrong::with(Flaw::ComparesFirst), "compared before it was charged";
    what_cannot_be_charged_is_not_compared: Wrong::with(Flaw::ComparesFirst), "compared without a charge";
    an_answer_is_in_the_store_before_anybody_has_it: Wrong::with(Flaw::AnswersUnwritten), "answered without the last state";
    a_wrong_code_costs_its_charge: Wrong::with(Flaw::ChargesNothing), "a guess was free";
    a_code_that_was_used_stays_used: Wrong::with(Flaw::AnswersUnwritten), "a used code is not known as such";
    a_slow_transaction_takes_nothing_back: MemoryStore::with(Memory::LastWriterWins), "decided on what was there before";
    a_login_does_not_outlive_its_enrollment: MemoryStore::with(Memory::LastWriterWins), "an answer for an enrollment that was replaced";
    an_enrollment_is_created_once: MemoryStore::with(Memory::LastWriterWins), "so many were created";
    an_enrollment_whose_leave_has_ended_is_not_written: Wrong::with(Flaw::CreatesWithoutLeave), "created without leave";
    a_replacement_is_decided_on_what_is_there: Wrong::with(Flaw::KeepsStateOfFormer), "the old state is there";
    a_replacement_that_is_refused_changes_nothing: Wrong::with(Flaw::ReplacesAllTheSame), "it has changed all the same";
    a_proof_holds_for_the_enrollment_that_it_was_given_for: Wrong::with(Flaw::TakesAnyProof), "removed with the proof of another one";
    new_recovery_codes_leave_all_else_as_it_is: Wrong::with(Flaw::ForgetsStateWithRecoveryCodes), "more than the recovery codes has changed";
    a_repair_starts_from_what_is_there: Wrong::with(Flaw::RepairsFromNothing), "a used step is free again";
    an_enrollment_moves_with_its_state: Wrong::with(Flaw::MovesWithoutState), "a code opened two logins";
    of_nobody_nothing_is_done: Wrong::with(Flaw::RemovesNobody), "removed where nobody was";
    the_store_is_listed: Wrong::with(Flaw::ListsNobody), "the list is not of who has enrolled";
    an_invitation_is_guessed_a_few_times_only: Wrong::with(Flaw::GuessesInvitationsForFree), "a guess was free";
    an_invitation_enrolls_once: Wrong::with(Flaw::KeepsInvitations), "it enrolled a second time";
    an_invitation_that_was_taken_back_enrolls_nobody: Wrong::with(Flaw::HoldsWhatWasTakenBack), "enrolled without an invitation";
    races_that_were_lost_are_run_again_a_few_times: MemoryStore::with(Memory::GivesUp), "the race was not run again";
    an_answer_that_was_lost_is_looked_for: MemoryStore::with(Memory::NoAnswerIsNo), "what was written does not count";
    what_may_not_have_arrived_is_not_accepted: MemoryStore::with(Memory::NoAnswerIsYes), "answered, but its charge is not there";
    of_many_at_once_the_wrong_ones_are_charged: Wrong::with(Flaw::ChargesNothing), "charged not once for each wrong code";
    an_unknown_user_is_refused_like_somebody_who_has_enrolled: MemoryUnknownUsers::with(Unknown::CountsNothing), "told apart";
    each_unknown_user_has_failures_of_its_own: MemoryUnknownUsers::with(Unknown::CountsTogether), "another name's failures";
    what_several_guess_at_an_unknown_user_is_not_lost: MemoryUnknownUsers::with(Unknown::LastWriterWins), "a guess is lost";
    an_unknown_user_is_charged_before_anything_is_compared: MemoryUnknownUsers::with(Unknown::ComparesFirst), "compared before it was charged";
    what_lags_behind_is_not_decided_upon: MemoryStore::with(Memory::LastWriterWins), "a code that was used opened a login";
}
