//! What is in everybody's secret file, read once: several parts of the examination ask for it, of every person there is.

use std::cell::RefCell;
use std::collections::HashMap;
use std::path::PathBuf;
use std::rc::Rc;

use insis_otp::oath::UnixTime;
use insis_otp::store::{Reader, SecretFile, StoreError};

/// When a person enrolled, or why the file cannot be used.
pub type Enrolled = Result<UnixTime, Rc<StoreError>>;

/// Secret files that were read during this examination.
#[derive(Default)]
pub struct Records {
    reader: RefCell<Reader>,
    seen: RefCell<HashMap<PathBuf, Enrolled>>,
}

impl Records {
    /// When the owner of a file enrolled.
    ///
    /// # Errors
    /// The file cannot be used, or there is none.
    pub fn enrolled(&self, file: &SecretFile) -> Enrolled {
        if let Some(seen) = self.seen.borrow().get(file.path()) {
            return seen.clone();
        }
        let record = self.reader.borrow_mut().read(file);
        let enrolled = record.map(|record| record.enrollment.enrolled_at).map_err(Rc::new);
        self.seen.borrow_mut().insert(file.path().to_owned(), enrolled.clone());
        enrolled
    }

    /// Whether a file is that of somebody who has not enrolled.
    pub fn is_unenrolled(&self, file: &SecretFile) -> bool {
        self.enrolled(file).is_err_and(|error| error.is_not_enrolled())
    }
}
