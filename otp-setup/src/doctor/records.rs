//! What is kept of everybody, read once: several parts of the examination ask for it, of every person there is.

use std::cell::RefCell;
use std::collections::HashMap;
use std::rc::Rc;

use insis_otp::oath::UnixTime;
use insis_otp::store::{Account, Location, Store, StoreError, Template, UserStore};

/// When a person enrolled, or why the record cannot be used.
pub type Enrolled = Result<UnixTime, Rc<StoreError>>;

/// Records that were read during this examination.
pub struct Records<S: Store = Template> {
    reader: RefCell<<S::User as UserStore>::Reader>,
    seen: RefCell<HashMap<Location, Enrolled>>,
}

impl<S: Store> Default for Records<S> {
    fn default() -> Self {
        Self { reader: RefCell::default(), seen: RefCell::default() }
    }
}

impl<S: Store> Records<S> {
    /// When somebody enrolled.
    ///
    /// # Errors
    /// The record cannot be used, or there is none.
    pub fn enrolled(&self, store: &S, account: &Account) -> Enrolled {
        let user = store.user(account);
        let location = user.location();
        if let Some(seen) = self.seen.borrow().get(&location) {
            return seen.clone();
        }
        let record = user.load_by(&mut self.reader.borrow_mut());
        let enrolled = record.map(|record| record.enrollment.enrolled_at).map_err(Rc::new);
        self.seen.borrow_mut().insert(location, enrolled.clone());
        enrolled
    }

    /// Whether somebody has not enrolled, as far as the store can tell.
    pub fn is_unenrolled(&self, store: &S, account: &Account) -> bool {
        self.enrolled(store, account).is_err_and(|error| error.is_not_enrolled())
    }
}
