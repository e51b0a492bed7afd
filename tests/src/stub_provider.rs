//! An OpenID provider that answers what a test wants: what no sound provider does, too. Over TLS, on 127.0.0.1.

use std::collections::BTreeMap;
use std::io::{Read, Write};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::thread::JoinHandle;
use std::time::Duration;

use otp_idp::signing::SigningKey;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::{ServerConfig, ServerConnection, StreamOwned};
use serde_json::{Value, json};

use crate::identity_provider::own;

/// What is asked of a provider.
#[derive(Clone, Debug)]
pub struct Question {
    /// Which of its pages.
    pub page: Page,
    /// How often that page was asked for before.
    pub before: usize,
    /// The provider's issuer.
    pub issuer: String,
    /// The parameters that were sent.
    pub form: BTreeMap<String, String>,
    /// The header `Authorization`.
    pub authorization: Option<String>,
}

/// A page of a provider's.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Page {
    /// The metadata.
    Discovery,
    /// The keys.
    Keys,
    /// Where flows begin.
    Device,
    /// Where their end is asked for.
    Token,
    /// Another one: nothing may ask for it.
    Other,
}

/// What is sent.
#[derive(Clone, Debug)]
pub enum Reply {
    /// A status and a document.
    Json(u16, Value),
    /// A status and a body.
    Text(u16, String),
    /// Bytes, as they are; then the connection ends.
    Raw(Vec<u8>),
    /// Bytes, one each so many milliseconds.
    Drip(Vec<u8>, u64),
    /// A redirect to there.
    Redirect(String),
    /// Nothing, for a minute.
    Hang,
    /// Nothing; the connection ends.
    Close,
}

type Behaviour = dyn Fn(&Question) -> Option<Reply> + Send + Sync;

/// The provider. It ends when this is dropped.
#[derive(Debug)]
pub struct Stub {
    issuer: String,
    asked: Arc<Mutex<Vec<Question>>>,
    ends: Arc<AtomicBool>,
    accepting: Option<JoinHandle<()>>,
}

/// What a provider says that is asked nothing special: a flow begins, is pending once, and ends with no token.
fn usual(question: &Question) -> Reply {
    let issuer = &question.issuer;
    match question.page {
        Page::Discovery => Reply::Json(200, metadata(issuer)),
        Page::Keys => Reply::Json(200, json!({ "keys": [SigningKey::rsa("a").jwk()] })),
        Page::Device => Reply::Json(200, device(issuer, question.before)),
        Page::Token if question.before == 0 => pending(),
        Page::Token => Reply::Json(400, json!({ "error": "expired_token" })),
        Page::Other => Reply::Text(404, String::new()),
    }
}

/// The metadata of a provider.
#[must_use]
pub fn metadata(issuer: &str) -> Value {
    json!({
        "issuer": issuer,
        "device_authorization_endpoint": format!("{issuer}/device"),
        "token_endpoint": format!("{issuer}/token"),
        "jwks_uri": format!("{issuer}/keys"),
    })
}

/// The begin of the flow of that number.
#[must_use]
pub fn device(issuer: &str, number: usize) -> Value {
    json!({
        "device_code": number.to_string(), "user_code": format!("CASE-{number}"), "verification_uri": format!("{issuer}/go"),
        "expires_in": 60, "interval": 1,
    })
}

/// The person is not through.
#[must_use]
pub fn pending() -> Reply {
    Reply::Json(400, json!({ "error": "authorization_pending" }))
}

/// A person has signed in: the token's claims, for the client `otp`.
#[must_use]
pub fn claims(issuer: &str) -> Value {
    let now = insis_otp::service::system_clock().0;
    json!({
        "iss": issuer, "aud": "otp", "sub": "anna-7", "iat": now, "exp": now + 300, "auth_time": now,
        "amr": ["pwd", "mfa"], "preferred_username": "anna",
    })
}

/// The end of a flow, with that token.
#[must_use]
pub fn done(token: &str) -> Reply {
    Reply::Json(200, json!({ "access_token": "not looked at", "token_type": "Bearer", "id_token": token }))
}

impl Stub {
    /// Starts a provider that answers as `behaviour` says, and as usual where it says nothing.
    #[must_use]
    pub fn start(behaviour: impl Fn(&Question) -> Option<Reply> + Send + Sync + 'static) -> Self {
        Self::with_certificate("server", behaviour)
    }

    /// The same, with another certificate of the tests: `another-name`, `expired`.
    ///
    /// # Panics
    /// It cannot be started.
    #[must_use]
    pub fn with_certificate(
        certificate: &str,
        behaviour: impl Fn(&Question) -> Option<Reply> + Send + Sync + 'static,
    ) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
        let issuer = format!("https://{}", listener.local_addr().expect("an address"));
        let (config, asked) = (tls(certificate), Arc::new(Mutex::new(Vec::new())));
        let ends = Arc::new(AtomicBool::new(false));
        let server = Arc::new(Server {
            issuer: issuer.clone(),
            behaviour: Box::new(behaviour),
            asked: Arc::clone(&asked),
            counts: Default::default(),
        });
        let is_over = Arc::clone(&ends);
        let accepting = std::thread::spawn(move || {
            for stream in listener.incoming().map_while(Result::ok) {
                if is_over.load(Ordering::SeqCst) {
                    return;
                }
                let (server, config) = (Arc::clone(&server), Arc::clone(&config));
                std::thread::spawn(move || server.serve(stream, config));
            }
        });
        Self { issuer, asked, ends, accepting: Some(accepting) }
    }

    /// Its issuer.
    #[must_use]
    pub fn issuer(&self) -> &str {
        &self.issuer
    }

    /// What it was asked so far.
    ///
    /// # Panics
    /// A connection's thread has ended badly.
    #[must_use]
    pub fn asked(&self) -> Vec<Question> {
        self.asked.lock().expect("questions").clone()
    }

    /// How often a page was asked for.
    #[must_use]
    pub fn count(&self, page: Page) -> usize {
        self.asked().iter().filter(|question| question.page == page).count()
    }
}

impl Drop for Stub {
    fn drop(&mut self) {
        self.ends.store(true, Ordering::SeqCst);
        // Wakes the thread that waits for connections.
        let _ = TcpStream::connect(self.issuer.trim_start_matches("https://"));
        let _ = self.accepting.take().map(JoinHandle::join);
    }
}

fn tls(certificate: &str) -> Arc<ServerConfig> {
    let file = |ending: &str| own(&format!("apps/tls/{certificate}.{ending}"));
    let chain =
        CertificateDer::pem_file_iter(file("pem")).expect("a certificate").collect::<Result<Vec<_>, _>>();
    let key = PrivateKeyDer::from_pem_file(file("key")).expect("a key");
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let builder =
        ServerConfig::builder_with_provider(provider).with_safe_default_protocol_versions().expect("TLS");
    let config = builder.with_no_client_auth().with_single_cert(chain.expect("a certificate"), key);
    Arc::new(config.expect("a certificate with its key"))
}

struct Server {
    issuer: String,
    behaviour: Box<Behaviour>,
    asked: Arc<Mutex<Vec<Question>>>,
    counts: [AtomicUsize; 5],
}

impl Server {
    fn serve(&self, stream: TcpStream, config: Arc<ServerConfig>) -> Option<()> {
        stream.set_nodelay(true).ok()?;
        let raw = stream.try_clone().ok()?;
        let mut stream = StreamOwned::new(ServerConnection::new(config).ok()?, stream);
        let mut bytes = Vec::new();
        loop {
            let question = self.read(&mut stream, &mut bytes)?;
            self.asked.lock().ok()?.push(question.clone());
            let reply = (self.behaviour)(&question).unwrap_or_else(|| usual(&question));
            if !send(&mut stream, reply)? {
                stream.conn.send_close_notify();
                let _ = stream.flush();
                let _ = raw.shutdown(Shutdown::Both);
                return None;
            }
        }
    }

    /// One request; `bytes` has what was read beyond the one before.
    fn read(&self, stream: &mut impl Read, bytes: &mut Vec<u8>) -> Option<Question> {
        loop {
            let text = String::from_utf8_lossy(bytes).into_owned();
            if let Some((head, rest)) = text.split_once("\r\n\r\n") {
                let header = |name: &str| {
                    let line = head.lines().find(|line| line.to_ascii_lowercase().starts_with(name))?;
                    line.split_once(": ").map(|(_, value)| value.to_owned())
                };
                let length = header("content-length:").and_then(|length| length.parse().ok()).unwrap_or(0);
                if rest.len() >= length {
                    let form = rest.get(..length)?;
                    bytes.drain(..head.len() + 4 + length);
                    return Some(self.question(head.lines().next()?, form, header("authorization:")));
                }
            }
            let mut part = [0; 4096];
            let count = stream.read(&mut part).ok().filter(|count| *count > 0)?;
            bytes.extend_from_slice(part.get(..count)?);
        }
    }

    fn question(&self, line: &str, form: &str, authorization: Option<String>) -> Question {
        let (page, counter) = match line.split(' ').nth(1) {
            Some("/.well-known/openid-configuration") => (Page::Discovery, self.counts.first()),
            Some("/keys") => (Page::Keys, self.counts.get(1)),
            Some("/device") => (Page::Device, self.counts.get(2)),
            Some("/token") => (Page::Token, self.counts.get(3)),
            _ => (Page::Other, self.counts.get(4)),
        };
        let before = counter.map_or(0, |counter| counter.fetch_add(1, Ordering::SeqCst));
        let two_codes = form.split('&').filter_map(|pair| pair.split_once('='));
        let form = two_codes.map(|(name, value)| (name.to_owned(), value.to_owned())).collect();
        Question { page, before, issuer: self.issuer.clone(), form, authorization }
    }
}

/// Whether the connection goes on.
fn send(stream: &mut impl Write, reply: Reply) -> Option<bool> {
    let head = |status: u16, length: usize, more: &str| {
        format!(
            "HTTP/1.1 {status} Status\r\nContent-Type: application/json\r\nContent-Length: {length}\r\n{more}\r\n"
        )
    };
    let whole = match reply {
        Reply::Json(status, value) => {
            let body = value.to_string();
            head(status, body.len(), "") + &body
        }
        Reply::Text(status, body) => head(status, body.len(), "") + &body,
        Reply::Redirect(to) => head(302, 0, &format!("Location: {to}\r\n")),
        Reply::Raw(bytes) => {
            stream.write_all(&bytes).ok()?;
            stream.flush().ok()?;
            return Some(false);
        }
        Reply::Drip(bytes, pause) => {
            for byte in bytes {
                stream.write_all(&[byte]).ok()?;
                stream.flush().ok()?;
                std::thread::sleep(Duration::from_millis(pause));
            }
            return Some(false);
        }
        Reply::Hang => {
            std::thread::sleep(Duration::from_secs(60));
            return Some(false);
        }
        Reply::Close => return Some(false),
    };
    stream.write_all(whole.as_bytes()).ok()?;
    stream.flush().ok()?;
    Some(true)
}
