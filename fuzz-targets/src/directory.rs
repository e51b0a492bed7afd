//! What a directory sends: the encoding, and the messages with the entries in them.

use insis_otp::store::{STATE_BYTES, state_from_bytes};
use otp_fleet::attributes::{self as at, Entry};
use otp_fleet::ber::{self, INTEGER, OCTET_STRING, Reader, SEQUENCE, SET, Writer};
use otp_fleet::message::Response;

/// How deep elements are looked into: far deeper than in any message.
const DEEP: usize = 40;

/// Elements of BER: what is read lies within what was sent, says the same twice, and can be written and read again.
pub fn ber(data: &[u8]) {
    walk(data, DEEP);
    if let Ok(Some((tag, header, content))) = ber::header(data) {
        assert!((2..=6).contains(&header), "a header of {header} bytes");
        // A header does not change when more of the message is there.
        assert_eq!(ber::header(data.get(..header).unwrap_or_default()), Ok(Some((tag, header, content))));
        let read = Reader::new(data).element();
        assert_eq!(read.is_ok(), header + content <= data.len(), "an element beyond the end");
    }
}

fn walk(data: &[u8], deep: usize) {
    let mut reader = Reader::new(data);
    let mut length = 0;
    while let Ok((tag, content)) = reader.element() {
        length += content.len() + 2;
        assert!(length <= data.len(), "more was read than there is");
        again(tag, content);
        if deep > 0 && tag & 0x20 != 0 {
            walk(content, deep - 1);
        }
    }
}

/// What was read is written, and read as the same.
fn again(tag: u8, content: &[u8]) {
    let mut writer = Writer::new();
    writer.bytes(tag, content);
    if let Some(written) = writer.finish() {
        assert_eq!(Reader::new(&written).element(), Ok((tag, content)));
    }
    let mut element = Writer::new();
    element.bytes(INTEGER, content);
    let written = element.finish();
    if let Some(Ok(number)) = written.map(|written| Reader::new(&written).number(INTEGER)) {
        let mut writer = Writer::new();
        writer.number(INTEGER, number);
        let written = writer.finish().expect("a number is short");
        assert_eq!(Reader::new(&written).number(INTEGER), Ok(number));
    }
}

/// A message of a server's; or, where it begins with 0xff, the values of an entry, parted by 0xfe, with a state whose checksum
/// fits. Whatever an entry says, it is a record or none, and a record that can be read is the one that was written.
pub fn ldap_message(data: &[u8]) {
    match data.split_first() {
        Some((0xff, values)) => forged(values),
        _ => message(data),
    }
}

fn message(data: &[u8]) {
    let Ok((_, response)) = Response::decode(data) else { return };
    match response {
        Response::Entry(found) => {
            let Ok((entry, wrong)) = Entry::read(&found, "uid") else { return };
            let mut values = 0;
            found.each(&mut |_, _| values += 1).expect("it was read before");
            assert!(entry.names.len() <= values, "names from nowhere");
            if wrong.is_none() {
                look(&entry);
            }
        }
        Response::Done { message, cookie, .. } => {
            assert!(message.len() + cookie.map_or(0, <[u8]>::len) <= data.len());
        }
        Response::Reference => {}
    }
}

/// Reads everything there is in an entry.
fn look(entry: &Entry) {
    let _ = (entry.version(), entry.last_step(), entry.enrollment());
    if let Ok(Some((invitation, _))) = entry.invitation() {
        assert!(invitation.encode().len() < 4096);
    }
    if let Ok(Some((record, version))) = entry.record() {
        assert_eq!(entry.version(), Some(version));
        let step = entry.last_step().expect("it was read").unwrap_or_default();
        assert!(record.state.used.contains(step), "a step that was used elsewhere is free");
    }
}

fn forged(values: &[u8]) {
    let mut parts = values.split(|byte| *byte == 0xfe);
    let mut part = || parts.next().unwrap_or_default();
    let attributes =
        [at::SECRET, at::LENGTH, at::ALGORITHM, at::PERIOD, at::ENROLLMENT, at::LAST_STEP, at::INVITATION];
    let mut entry = entry(&attributes.map(|attribute| (attribute, part())));
    look(&entry);
    let state: Vec<u8> = part().iter().copied().chain(std::iter::repeat(0)).take(STATE_BYTES).collect();
    let (Ok(enrollment), Some(state)) = (entry.enrollment(), state_from_bytes(&state)) else { return };
    let Ok(version) = insis_otp::store::conditional::Version::new() else { return };
    entry.note(at::STATE, Some(&at::state_value(&enrollment, &state, version)));
    entry.note(at::LAST_STEP, None);
    let (record, read) = entry.record().expect("a record that was written").expect("a record");
    assert_eq!((read, &record.state), (version, &state), "another state than was written");
    assert_eq!(at::enrollment_value(&record.enrollment), at::enrollment_value(&enrollment));
    look(&entry);
}

/// An entry as a server sends it.
fn entry(attributes: &[(&str, &[u8])]) -> Entry {
    let mut writer = Writer::new();
    writer.within(SEQUENCE, |writer| {
        writer.number(INTEGER, 2);
        writer.within(0x64, |writer| {
            writer.bytes(OCTET_STRING, b"uid=anna,dc=ex");
            writer.within(SEQUENCE, |writer| {
                for (name, value) in attributes {
                    writer.within(SEQUENCE, |writer| {
                        writer.bytes(OCTET_STRING, name.as_bytes());
                        let some = !value.is_empty();
                        writer.within(SET, |writer| {
                            if some {
                                writer.bytes(OCTET_STRING, value)
                            }
                        });
                    });
                }
            });
        });
    });
    let Some(message) = writer.finish() else { return Entry::default() };
    let Ok((2, Response::Entry(found))) = Response::decode(&message) else {
        panic!("what was written is read")
    };
    Entry::read(&found, "uid").expect("what was written is read").0
}
