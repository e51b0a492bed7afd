use super::*;

const BUDGET: usize = 40;

fn flow(source: &str, user: &str) -> Flow {
    Flow::of(Source::of(source, 1000), &UserName::parse(user).unwrap())
}

/// How many of these get in, one after the other.
fn admitted(tally: &mut Tally, flows: impl Iterator<Item = Flow>) -> usize {
    flows
        .filter(|flow| {
            let is_in = tally.admits(*flow, BUDGET);
            if is_in {
                tally.add(*flow);
            }
            is_in
        })
        .count()
}

fn names(count: usize) -> impl Iterator<Item = String> {
    (0..count).map(|number| format!("name{number}"))
}

#[test]
fn whoever_is_alone_has_the_whole_budget_and_no_more() {
    let mut tally = Tally::default();
    let one = std::iter::repeat_n(flow("192.0.2.7", "anna"), 1000);
    assert_eq!(admitted(&mut tally, one), BUDGET);
}

#[test]
fn a_flood_from_one_place_leaves_others_their_share() {
    for flood in ["192.0.2.7", "127.0.0.1", ""] {
        let mut tally = Tally::default();
        let many = admitted(&mut tally, names(1000).map(|name| flow(flood, &name)));
        assert!((BUDGET..=2 * BUDGET).contains(&many), "{many}");
        // The owner of an account, also of one that was flooded, from elsewhere.
        let owner = std::iter::repeat_n(flow("198.51.100.9", "name0"), 5);
        assert_eq!(admitted(&mut tally, owner), 5, "{flood}");
        let another = Flow::of(Source::User(1001), &UserName::parse("name0").unwrap());
        assert_eq!(admitted(&mut tally, std::iter::once(another)), 1, "{flood}");
    }
}

#[test]
fn a_flood_for_one_user_leaves_other_users_of_the_same_place_some() {
    let mut tally = Tally::default();
    assert_eq!(admitted(&mut tally, std::iter::repeat_n(flow("192.0.2.7", "anna"), 1000)), BUDGET);
    assert_eq!(admitted(&mut tally, std::iter::repeat_n(flow("192.0.2.7", "bob"), 5)), 5);
}

#[test]
fn from_many_places_at_once_the_host_makes_so_many_and_no_more() {
    let mut tally = Tally::default();
    let addresses = (0..1000).map(|number| format!("10.0.{}.{}", number / 250, number % 250));
    let all = admitted(&mut tally, addresses.map(|address| flow(&address, "anna")));
    assert_eq!(all, MOST * BUDGET);
}

#[test]
fn what_somebody_has_for_nothing_is_one_place() {
    assert_eq!(flow("127.0.0.1", "a"), flow("127.9.9.9", "a"));
    assert_eq!(flow("127.0.0.1", "a"), flow("::1", "a"));
    assert_eq!(flow("2001:db8::1", "a"), flow("2001:db8::2:1", "a"));
    assert_ne!(flow("2001:db8::1", "a"), flow("2001:db8:0:1::1", "a"));
    assert_ne!(flow("192.0.2.7", "a"), flow("192.0.2.8", "a"));
    assert_eq!(flow("192.0.2.7", "a"), flow("::ffff:192.0.2.7", "a"));
}

fn folder() -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    std::fs::set_permissions(folder.path(), PermissionsExt::from_mode(0o2770)).unwrap();
    folder
}

/// Early in two seconds, so that what is counted is counted in the same.
fn early() {
    let into = uptime().unwrap().as_millis() % SLOT.as_millis();
    if into > 700 {
        std::thread::sleep(SLOT.saturating_sub(Duration::from_millis(into as u64)));
    }
}

#[test]
fn of_many_at_once_as_many_get_in_as_may() {
    let folder = folder();
    early();
    let turns: Vec<_> = std::thread::scope(|scope| {
        let take = || Bucket::open(folder.path()).unwrap().take(flow("192.0.2.7", "anna"), 10).unwrap();
        let threads: Vec<_> = (0..60).map(|_| scope.spawn(take)).collect();
        threads.into_iter().map(|thread| thread.join().unwrap()).collect()
    });
    assert_eq!(turns.iter().filter(|turn| **turn == Turn::Now).count(), 20, "{turns:?}");
    assert!(turns.iter().all(|turn| matches!(turn, Turn::Now | Turn::After(_))), "{turns:?}");
    // Refusals leave nothing: a flood does not fill the file.
    let before =
        std::fs::read_dir(folder.path()).unwrap().map(|file| file.unwrap().metadata().unwrap().len());
    let before: u64 = before.sum();
    for _ in 0..100 {
        let _ = Bucket::open(folder.path()).unwrap().take(flow("192.0.2.7", "anna"), 10).unwrap();
    }
    let after = std::fs::read_dir(folder.path()).unwrap().map(|file| file.unwrap().metadata().unwrap().len());
    assert_eq!(after.sum::<u64>(), before);
}

#[test]
fn who_waits_gets_a_place_in_the_next_two_seconds_and_old_files_go() {
    let folder = folder();
    std::fs::write(folder.path().join("1"), b"").unwrap();
    early();
    let mut bucket = Bucket::open(folder.path()).unwrap();
    assert!(!folder.path().join("1").exists(), "an old file is left");
    for _ in 0..2 {
        assert_eq!(bucket.take(flow("192.0.2.7", "anna"), 1).unwrap(), Turn::Now);
    }
    let Turn::After(wait) = bucket.take(flow("192.0.2.7", "anna"), 1).unwrap() else { panic!() };
    std::thread::sleep(wait);
    assert_eq!(bucket.take(flow("192.0.2.7", "anna"), 1).unwrap(), Turn::Now);
    assert_eq!(bucket.take(flow("192.0.2.7", "anna"), 1).unwrap(), Turn::Now);
    assert_eq!(bucket.take(flow("192.0.2.7", "anna"), 1).unwrap(), Turn::Never);
    // Whoever was stopped in between has no place in what is over.
    bucket.slot -= 2;
    assert_eq!(bucket.take(flow("192.0.2.8", "bob"), 1).unwrap(), Turn::Never);
}

#[test]
fn a_folder_that_others_can_open_is_not_used() {
    let folder = folder();
    std::fs::set_permissions(folder.path(), PermissionsExt::from_mode(0o777)).unwrap();
    assert!(Bucket::open(folder.path()).is_err());
    std::fs::set_permissions(folder.path(), PermissionsExt::from_mode(0o2770)).unwrap();
    let link = folder.path().join("link");
    std::os::unix::fs::symlink(folder.path(), &link).unwrap();
    assert!(Bucket::open(&link).is_err());
}

/// Which of these are in a file's bytes.
fn found(bytes: &[u8], of: &[[u8; RECORD]]) -> Vec<bool> {
    let records = records_of(bytes);
    assert!(records.iter().all(|one| of.contains(one)), "a record that nobody wrote");
    of.iter().map(|one| records.contains(one)).collect()
}

#[test]
fn a_record_that_is_cut_at_any_length_is_none_and_takes_no_other_with_it() {
    let folder = folder();
    let path = folder.path().join("0");
    let records = [1, 2, 3].map(|mark| record(flow("192.0.2.7", &format!("name{mark}")), [mark; 16]));
    for length in 0..=RECORD {
        let mut file = OpenOptions::new().read(true).append(true).create(true).open(&path).unwrap();
        append(&mut file, &records[0]).unwrap();
        let start = [&[BEGIN], &records[1][..]].concat();
        file.write_all(&start[..length]).unwrap();
        append(&mut file, &records[2]).unwrap();
        let bytes = std::fs::read(&path).unwrap();
        assert_eq!(found(&bytes, &records), [true, false, true], "cut at {length}");
        assert_eq!(read(&mut file).unwrap(), [records[0], records[2]], "cut at {length}");
        std::fs::remove_file(&path).unwrap();
    }
}

#[test]
fn cut_records_add_no_places_and_take_none() {
    let folder = folder();
    for length in [1, 12, RECORD] {
        let path = folder.path().join("0");
        let mut file = OpenOptions::new().read(true).append(true).create(true).open(&path).unwrap();
        let mut admitted = 0;
        for _ in 0..10 * BUDGET {
            let cut = record(flow("", "bob"), [9; 16]);
            file.write_all(&[&[BEGIN], &cut[..]].concat()[..length]).unwrap();
            admitted += usize::from(take_from(&mut file, flow("192.0.2.7", "anna"), BUDGET).unwrap());
        }
        assert_eq!(admitted, BUDGET, "cut at {length}");
        std::fs::remove_file(&path).unwrap();
    }
}

#[test]
fn who_cannot_write_a_whole_record_is_refused() {
    // Of a file that cannot be written, and of one whose end is not read.
    let folder = folder();
    let mut full = OpenOptions::new().read(true).append(true).open("/dev/full").unwrap();
    assert!(append(&mut full, &record(flow("", "bob"), [9; 16])).is_err());
    let path = folder.path().join("0");
    std::fs::write(&path, vec![BEGIN; usize::try_from(LONGEST).unwrap()]).unwrap();
    let mut file = OpenOptions::new().read(true).append(true).open(&path).unwrap();
    assert!(!take_from(&mut file, flow("192.0.2.7", "anna"), BUDGET).unwrap());
}

/// What a hash has in it does not matter.
#[test]
fn no_record_has_the_byte_in_it_that_begins_one() {
    for number in 0..1000 {
        let record = record(flow("192.0.2.7", &format!("name{number}")), [0; 16].map(without_begin));
        assert!(!record.contains(&BEGIN));
        assert_eq!(flow_of(&record), flow("192.0.2.7", &format!("name{number}")));
    }
}
