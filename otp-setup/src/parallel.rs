//! The same for many people at once: a site may have a hundred thousand, and each has a file of their own.

use std::num::NonZero;
use std::panic::resume_unwind;
use std::sync::Mutex;

use crate::output::Progress;

/// How many are done between two steps of the bar, at the most.
const STEP: usize = 256;

/// What `work` makes of each, in their order, with a bar that shows how far it is. Each thread begins with something of its
/// own. A panic in any of them is one here: a list that lacks people and does not say so is worse than none.
pub fn map<T: Sync, S, R: Send>(
    all: &[T],
    begin: impl Fn() -> S + Sync,
    work: impl Fn(&mut S, &T) -> R + Sync,
) -> Vec<R> {
    let progress = Mutex::new(Progress::of(all.len()));
    let share = |share: &[T]| {
        let mut own = begin();
        let mut done = Vec::with_capacity(share.len());
        for step in share.chunks((all.len() / 1024).clamp(1, STEP)) {
            done.extend(step.iter().map(|one| work(&mut own, one)));
            // Nobody panics while they hold it; if somebody did, the bar would be of no more interest.
            if let Ok(mut progress) = progress.lock() {
                progress.steps(step.len());
            }
        }
        done
    };
    let threads = std::thread::available_parallelism().map_or(2, NonZero::get).clamp(1, 8);
    let length = all.len().div_ceil(threads).max(1);
    if all.len() <= length {
        return share(all);
    }
    std::thread::scope(|scope| {
        let threads: Vec<_> = all.chunks(length).map(|part| scope.spawn(|| share(part))).collect();
        let done =
            threads.into_iter().map(|thread| thread.join().unwrap_or_else(|panic| resume_unwind(panic)));
        done.flatten().collect()
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn everybody_stays_in_their_order() {
        for count in [0, 1, 2, 7, 1000] {
            let all: Vec<_> = (0..count).collect();
            assert_eq!(map(&all, || (), |(), one| *one), all);
        }
    }

    #[test]
    fn a_panic_in_another_thread_is_not_a_shorter_list() {
        let list = || map(&[1, 2, 3], || (), |(), one| assert!(*one != 2, "somebody is missing"));
        assert!(std::panic::catch_unwind(list).is_err());
    }
}
