use proptest::prelude::*;

use super::*;

const HEAD_SUM: [u8; 16] = [7; 16];

fn cursor(sequence: u64) -> SlotCursor {
    SlotCursor { head_sum: HEAD_SUM, sequence, slot: 0 }
}

fn times() -> impl Strategy<Value = u64> {
    prop_oneof![0..=MOST, Just(MOST), Just(0), Just(1)]
}

fn stretch() -> impl Strategy<Value = Option<(Step, Step)>> {
    prop::option::of((times(), 1..=MOST).prop_map(|(from, to)| (Step(from), Step(to))))
}

fn throttle() -> impl Strategy<Value = Throttle> {
    let sources = prop::collection::vec((any::<u32>(), 1..1_u64 << 48, 0..1_u64 << 48), 0..=Budgets::SOURCES);
    let numbers = (any::<u32>(), times(), any::<u32>(), any::<u32>(), any::<u32>());
    (numbers, 0..1_u64 << 48, sources).prop_map(|(numbers, two_codes, sources)| {
        let (guesses, guessed_at, single_codes, day, today) = numbers;
        let source = |(tag, two_codes, recovery)| SourceMeter {
            tag: SourceTag(tag),
            two_codes: Meter(two_codes),
            recovery: Meter(recovery),
        };
        let sources = sources.into_iter().map(source).collect();
        let budgets = Budgets { two_codes: Meter(two_codes), sources };
        let guessed_at = UnixTime(guessed_at);
        Throttle { guesses, guessed_at, single_codes, day: day.into(), today, budgets }
    })
}

fn states() -> impl Strategy<Value = State> {
    let used = (times(), stretch(), stretch());
    let numbers = (any::<i16>(), any::<u32>(), any::<u16>());
    let clients = prop::collection::vec((any::<u64>(), 1..=MOST), 0..=State::MOST_REMEMBERED);
    let time = || prop::option::of(1..=MOST);
    let options = (time(), prop::option::of((times(), 1..=MOST)), time());
    let bypass = prop::option::of((any::<[u8; 12]>(), times(), 1..=u8::MAX));
    let news = prop::option::of((1..=MOST, any::<u8>()));
    (used, numbers, throttle(), clients, options, (bypass, news)).prop_map(
        |(used, numbers, throttle, clients, options, (bypass, news))| State {
            bypass: bypass.map(|(hash, expires, uses)| Bypass {
                hash: BypassHash(hash),
                expires: UnixTime(expires),
                uses,
            }),
            bypass_news: news.map(|(at, logins)| BypassNews { at: UnixTime(at), logins }),
            used: UsedSteps { upto: Step(used.0), unused_range: used.1, used_ahead: used.2 },
            drift: Drift(numbers.0.into()),
            failures: numbers.1,
            used_recovery: numbers.2,
            throttle,
            last_login: options.0.map(UnixTime),
            told_until: options.2.map(UnixTime),
            resync: options.1.map(|(step, at)| ResyncStart { step: Step(step), at: UnixTime(at) }),
            remembered: clients
                .into_iter()
                .map(|(tag, since)| Remembered { tag, since: UnixTime(since) })
                .collect(),
        },
    )
}

proptest! {
    #[test]
    fn what_was_written_is_read(state in states(), sequence: u64, id: u64, kind in 0..3_usize) {
        let pending = Inherits::ALL.get(kind).map(|inherits| Pending { id, inherits: *inherits });
        let slot = encode(&cursor(sequence), &state, pending).unwrap();
        prop_assert_eq!(slot.len(), 2 * LINE);
        let (line, again) = slot.split_at(LINE);
        prop_assert_eq!(line, again);
        prop_assert_eq!(claimed_sequence(line), Some(sequence));
        let read = decode(line, HEAD_SUM).unwrap();
        prop_assert_eq!((read.sequence, read.state, read.pending), (sequence, state, pending));
        prop_assert!(decode(line, [8; 16]).is_none(), "of another file");
    }

    #[test]
    fn a_line_that_was_changed_anywhere_is_not_read(at in 0..LINE, bit in 0..8_u32) {
        let mut line = encode(&cursor(5), &State::default(), None).unwrap();
        line.truncate(LINE);
        line[at] ^= 1 << bit;
        // Blanks at its end may be other white space.
        prop_assert!(decode(&line, HEAD_SUM).is_none_or(|read| read.state == State::default()));
    }

    #[test]
    fn nothing_makes_it_panic(bytes in prop::collection::vec(any::<u8>(), 0..LINE)) {
        let _ = (decode(&bytes, HEAD_SUM), claimed_sequence(&bytes));
        let line = [PREFIX.as_bytes(), &bytes].concat();
        let _ = (decode(&line, HEAD_SUM), claimed_sequence(&line));
    }
}

#[test]
fn numbers_out_of_range_are_held_to_it() {
    let used = UsedSteps { upto: Step(u64::MAX), unused_range: None, used_ahead: None };
    let state = State { used, drift: Drift(i32::MIN), ..State::default() };
    let slot = encode(&cursor(1), &state, None).unwrap();
    let read = decode(&slot[..LINE], HEAD_SUM).unwrap().state;
    assert_eq!((read.used.upto, read.drift), (Step(MOST), Drift(i16::MIN.into())));
}

/// Lines that were written before sources had a budget of recovery codes, and before there were bypass codes.
#[test]
fn a_line_with_fewer_fields_is_read() {
    let tag = SourceTag(7);
    let sources = vec![SourceMeter { tag, two_codes: Meter(9), recovery: Meter(0) }];
    let throttle = Throttle { budgets: Budgets { two_codes: Meter(8), sources }, ..Throttle::default() };
    let state = State { failures: 3, throttle, ..State::default() };
    let pending = Some(Pending { id: 5, inherits: Inherits::State });
    for length in [FORMER_FIELDS, FIELDS_WITHOUT_BYPASS] {
        let former = BASE64.encode(fields(&state, pending).get(..length).unwrap());
        let text = format!("{PREFIX}{:016x} {former}", 9);
        let mut line = [text.as_bytes(), b" ", &sum(HEAD_SUM, text.as_bytes())].concat();
        line.resize(LINE - 1, b' ');
        line.push(b'\n');
        let read = decode(&line, HEAD_SUM).unwrap();
        assert_eq!((read.sequence, read.state, read.pending), (9, state.clone(), pending), "{length}");
    }
}

#[test]
fn a_state_of_an_earlier_version_is_read_where_there_are_no_lines() {
    let state = State { failures: 3, ..State::default() };
    let bytes = state_to_bytes(&state);
    for (length, is_read) in [(STATE_BYTES, true), (FIELDS_WITHOUT_BYPASS, true), (329, false), (0, false)] {
        let read = state_from_bytes(bytes.get(..length).unwrap());
        assert_eq!(read, is_read.then(|| state.clone()), "{length}");
    }
    assert_eq!(state_from_bytes(&[&bytes[..], &[0]].concat()), None);
}

#[test]
fn fields_of_a_later_version_are_not_ignored() {
    let mut bytes = fields(&State::default(), None);
    *bytes.last_mut().unwrap() = 1;
    assert!(Reader(&bytes).state().is_none());
}
