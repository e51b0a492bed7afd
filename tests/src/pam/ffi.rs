//! The way into libpam: the only unsafe code of the tests.
//!
//! A [`Handle`] owns a libpam transaction and the [`Shared`] state that libpam calls back into; the pointers that libpam
//! keeps live exactly as long as the handle.
#![allow(unsafe_code, reason = "libpam is a C library")]

use std::ffi::{CStr, CString, c_char, c_int, c_uint, c_void};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::ptr;
use std::sync::Mutex;

use super::{Message, Reply, Style};

const SUCCESS: c_int = 0;
const BUF_ERR: c_int = 5;
const CONV_ERR: c_int = 19;
const CONV_AGAIN: c_int = 30;
const FAIL_DELAY: c_int = 10;

#[repr(C)]
struct PamMessage {
    style: c_int,
    text: *const c_char,
}

#[repr(C)]
struct PamResponse {
    text: *mut c_char,
    retcode: c_int,
}

type Converse = extern "C" fn(c_int, *const *const PamMessage, *mut *mut PamResponse, *mut c_void) -> c_int;

#[repr(C)]
struct PamConv {
    converse: Converse,
    data: *mut c_void,
}

#[link(name = "pam")]
unsafe extern "C" {
    fn pam_start_confdir(
        service: *const c_char,
        user: *const c_char,
        conv: *const PamConv,
        confdir: *const c_char,
        handle: *mut *mut c_void,
    ) -> c_int;
    fn pam_start(
        service: *const c_char,
        user: *const c_char,
        conv: *const PamConv,
        handle: *mut *mut c_void,
    ) -> c_int;
    fn pam_end(handle: *mut c_void, status: c_int) -> c_int;
    fn pam_set_item(handle: *mut c_void, item: c_int, value: *const c_void) -> c_int;
    fn pam_get_item(handle: *mut c_void, item: c_int, value: *mut *const c_void) -> c_int;
    fn pam_authenticate(handle: *mut c_void, flags: c_int) -> c_int;
    fn pam_setcred(handle: *mut c_void, flags: c_int) -> c_int;
    fn pam_acct_mgmt(handle: *mut c_void, flags: c_int) -> c_int;
    fn pam_chauthtok(handle: *mut c_void, flags: c_int) -> c_int;
    fn pam_open_session(handle: *mut c_void, flags: c_int) -> c_int;
    fn pam_close_session(handle: *mut c_void, flags: c_int) -> c_int;
    fn calloc(count: usize, size: usize) -> *mut c_void;
    fn free(memory: *mut c_void);
}

/// Who answers.
pub(super) type Talk = Box<dyn FnMut(&Message) -> Reply + Send>;

/// What libpam calls back into.
pub(super) struct Shared {
    pub(super) talk: Mutex<Talk>,
    pub(super) messages: Mutex<Vec<Message>>,
    pub(super) delays: Mutex<Vec<u32>>,
}

/// The calls that take nothing but flags.
#[derive(Clone, Copy)]
pub(super) enum Call {
    Authenticate,
    Setcred,
    AcctMgmt,
    Chauthtok,
    OpenSession,
    CloseSession,
}

/// A libpam transaction.
pub(super) struct Handle {
    raw: *mut c_void,
    shared: Box<Shared>,
    last: c_int,
}

// SAFETY: libpam keeps no state of the thread that made a handle, and a Handle is not Sync, so that only one thread at a
// time uses it.
unsafe impl Send for Handle {}

impl Handle {
    pub(super) fn start(
        service: &CStr,
        user: Option<&CStr>,
        confdir: Option<&CStr>,
        shared: Shared,
    ) -> Result<Self, i32> {
        let shared = Box::new(shared);
        let conv = PamConv { converse, data: ptr::from_ref(&*shared).cast_mut().cast() };
        let user = user.map_or(ptr::null(), CStr::as_ptr);
        let mut raw = ptr::null_mut();
        // SAFETY: all strings are NUL-terminated and outlive the call, which copies them and conv; conv.data points into
        // a box that the handle owns until after pam_end.
        let code = unsafe {
            match confdir {
                Some(dir) => pam_start_confdir(service.as_ptr(), user, &conv, dir.as_ptr(), &mut raw),
                None => pam_start(service.as_ptr(), user, &conv, &mut raw),
            }
        };
        if code != SUCCESS {
            return Err(code);
        }
        let handle = Self { raw, shared, last: SUCCESS };
        handle.capture_delays();
        Ok(handle)
    }

    pub(super) fn shared(&self) -> &Shared {
        &self.shared
    }

    fn capture_delays(&self) {
        // SAFETY: libpam takes the function pointer itself as this item's value, and calls it with the signature of
        // `delay` and the conversation's data.
        unsafe { pam_set_item(self.raw, FAIL_DELAY, delay as *const c_void) };
    }

    pub(super) fn call(&mut self, call: Call, flags: i32) -> i32 {
        let function = match call {
            Call::Authenticate => pam_authenticate,
            Call::Setcred => pam_setcred,
            Call::AcctMgmt => pam_acct_mgmt,
            Call::Chauthtok => pam_chauthtok,
            Call::OpenSession => pam_open_session,
            Call::CloseSession => pam_close_session,
        };
        // SAFETY: raw is a live handle from pam_start, used by this thread alone.
        self.last = unsafe { function(self.raw, flags) };
        self.last
    }

    pub(super) fn set_text(&mut self, item: i32, value: &CStr) -> i32 {
        // SAFETY: raw is live, and libpam copies the string.
        unsafe { pam_set_item(self.raw, item, value.as_ptr().cast()) }
    }

    pub(super) fn text(&self, item: i32) -> Option<CString> {
        let mut value = ptr::null();
        // SAFETY: raw is live; value receives a pointer that libpam owns.
        let code = unsafe { pam_get_item(self.raw, item, &mut value) };
        // SAFETY: the callers ask for items of type string only; libpam keeps it NUL-terminated until it is set anew.
        (code == SUCCESS && !value.is_null()).then(|| unsafe { CStr::from_ptr(value.cast()) }.to_owned())
    }
}

impl Drop for Handle {
    fn drop(&mut self) {
        // SAFETY: raw is live and used no more; the shared state outlives this call.
        unsafe { pam_end(self.raw, self.last) };
    }
}

/// libpam says how long it would sleep; a test need not.
extern "C" fn delay(_code: c_int, micros: c_uint, data: *mut c_void) {
    // SAFETY: data is the Shared that Handle::start gave to libpam, alive until after pam_end.
    let shared = unsafe { &*data.cast::<Shared>() };
    if let Ok(mut delays) = shared.delays.lock() {
        delays.push(micros);
    }
}

extern "C" fn converse(
    count: c_int,
    messages: *const *const PamMessage,
    replies: *mut *mut PamResponse,
    data: *mut c_void,
) -> c_int {
    // SAFETY: data is the Shared that Handle::start gave to libpam, alive until after pam_end.
    let shared = unsafe { &*data.cast::<Shared>() };
    let count = usize::try_from(count).unwrap_or(0);
    // SAFETY: a module passes count pointers to messages (the Linux convention, which libpam's own helpers use).
    let asked = unsafe { std::slice::from_raw_parts(messages, count) };
    // SAFETY: calloc has no precondition; the array starts out as "no replies", also for the clean-up below.
    let answers = unsafe { calloc(count.max(1), size_of::<PamResponse>()) }.cast::<PamResponse>();
    if answers.is_null() {
        return BUF_ERR;
    }
    let mut verdict = SUCCESS;
    for (index, &message) in asked.iter().enumerate() {
        // SAFETY: libpam and modules pass valid messages with NUL-terminated text.
        let message = unsafe { read(message) };
        match catch_unwind(AssertUnwindSafe(|| answer(shared, message))) {
            Ok(Reply::Text(text)) => {
                // SAFETY: index is below count, the array's length.
                unsafe { (*answers.add(index)).text = copied(&text) };
            }
            Ok(Reply::Null) => {}
            Ok(Reply::NoReplies) => {
                release(answers, count);
                // SAFETY: replies points to where the module wants the array's address.
                unsafe { *replies = ptr::null_mut() };
                return SUCCESS;
            }
            Ok(Reply::Again) => verdict = CONV_AGAIN,
            Ok(Reply::Error) | Err(_) => verdict = CONV_ERR,
        }
        if verdict != SUCCESS {
            release(answers, count);
            return verdict;
        }
    }
    // SAFETY: as above; from here on the module owns the array and its strings, and frees them with free.
    unsafe { *replies = answers };
    SUCCESS
}

fn answer(shared: &Shared, message: Message) -> Reply {
    if let Ok(mut messages) = shared.messages.lock() {
        messages.push(message.clone());
    }
    if !message.style.asks() {
        return Reply::Null;
    }
    shared.talk.lock().map_or(Reply::Error, |mut talk| talk(&message))
}

/// Reads one message of a module.
///
/// # Safety
/// `message` points to a message whose text is NULL or NUL-terminated.
unsafe fn read(message: *const PamMessage) -> Message {
    // SAFETY: the caller's promise.
    let PamMessage { style, text } = unsafe { message.read() };
    if text.is_null() {
        return Message { style: Style::from_raw(style), text: String::new() };
    }
    // SAFETY: not NULL, so NUL-terminated by the caller's promise.
    let text = unsafe { CStr::from_ptr(text) }.to_string_lossy().into_owned();
    Message { style: Style::from_raw(style), text }
}

/// A copy on the C heap, as modules free it. Ends at the first NUL, as every C string does.
fn copied(text: &[u8]) -> *mut c_char {
    // SAFETY: one byte more than the text, zeroed, so the copy is NUL-terminated; source and copy do not overlap.
    unsafe {
        let copy = calloc(text.len() + 1, 1).cast::<u8>();
        if !copy.is_null() {
            ptr::copy_nonoverlapping(text.as_ptr(), copy, text.len());
        }
        copy.cast()
    }
}

fn release(answers: *mut PamResponse, count: usize) {
    for index in 0..count {
        // SAFETY: the array has count entries, each NULL or from calloc, none handed to anybody.
        unsafe { free((*answers.add(index)).text.cast()) };
    }
    // SAFETY: from calloc, and not used again.
    unsafe { free(answers.cast()) };
}
