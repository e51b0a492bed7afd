//! Requests to the provider: https only, no redirects, no proxy but the site's, and bounds on time and length.

use std::io::{self, Read};
use std::sync::Arc;
use std::time::{Duration, Instant};

use insis_otp::identity::Unavailability;
use ureq::config::Config;
use ureq::http::Response;
use ureq::tls::{Certificate, PemItem, RootCerts, TlsConfig, TlsProvider, parse_pem};
use ureq::{Agent, Body, Proxy};
use zeroize::Zeroizing;

use crate::error::{Error, word};
use crate::form::Form;
use crate::json::Json;
use crate::secret::Secret;

/// How long to look up a name, and to connect.
const CONNECT: Duration = Duration::from_secs(3);
/// How long a request takes at the most.
const REQUEST: Duration = Duration::from_secs(8);
/// What a request gets at the end of a flow.
const LAST_REQUEST: Duration = Duration::from_secs(1);
/// The longest body, in bytes.
const LONGEST_BODY: u64 = 64 * 1024;
/// The longest header, in bytes.
const LONGEST_HEADER: usize = 16 * 1024;

/// Who asks.
pub struct Client {
    agent: Agent,
    ends: Instant,
}

/// What the provider answers.
#[derive(Debug)]
pub struct Answer {
    /// The status code.
    pub status: u16,
    /// The body: an object.
    pub body: Json,
}

impl Client {
    /// One that trusts these authorities (PEM) and no others, and that asks nothing any more after `ends`.
    ///
    /// # Errors
    /// There is no authority, or the proxy is none.
    pub fn new(authorities: &[u8], proxy: Option<&str>, ends: Instant) -> Result<Self, Error> {
        let certificates: Vec<_> = parse_pem(authorities).filter_map(certificate).collect();
        if certificates.is_empty() {
            return Err(Error::settings(
                "no certificates of authorities are trusted: install ca-certificates, or set ca_file",
            ));
        }
        let proxy = proxy.map(Proxy::new).transpose();
        let proxy = proxy.map_err(|_| Error::settings("proxy is no address of an HTTP proxy"))?;
        let tls = TlsConfig::builder()
            .provider(TlsProvider::Rustls)
            .unversioned_rustls_crypto_provider(Arc::new(rustls::crypto::ring::default_provider()))
            .root_certs(RootCerts::new_with_certs(&certificates))
            .build();
        let config = Config::builder()
            .tls_config(tls)
            .https_only(true)
            .proxy(proxy)
            .max_redirects(0)
            .http_status_as_error(false)
            .user_agent(concat!("pam_insis_otp/", env!("CARGO_PKG_VERSION")))
            .accept("application/json")
            .max_response_header_size(LONGEST_HEADER)
            .timeout_resolve(Some(CONNECT))
            .timeout_connect(Some(CONNECT))
            .build();
        Ok(Self { agent: Agent::new_with_config(config), ends })
    }

    /// Fetches a document.
    ///
    /// # Errors
    /// There is no answer, or it is no JSON object, or the status is not 200.
    pub fn get(&self, address: &str) -> Result<Json, Error> {
        let request = self.agent.get(address).config().timeout_global(Some(self.time_for_request())).build();
        let answer = read(address, request.call())?;
        if answer.status == 200 {
            Ok(answer.body)
        } else {
            Err(Error::answer(format!("{} answers {}", host(address), answer.status)))
        }
    }

    /// Sends parameters.
    ///
    /// # Errors
    /// There is no answer, or it is no JSON object.
    pub fn post(&self, address: &str, form: &Form, authorization: Option<&Secret>) -> Result<Answer, Error> {
        let mut request = self.agent.post(address).content_type("application/x-www-form-urlencoded");
        if let Some(header) = authorization {
            request = request.header("Authorization", header.reveal());
        }
        let request = request.config().timeout_global(Some(self.time_for_request())).build();
        read(address, request.send(form.as_str()))
    }

    fn time_for_request(&self) -> Duration {
        self.ends.saturating_duration_since(Instant::now()).clamp(LAST_REQUEST, REQUEST)
    }
}

impl std::fmt::Debug for Client {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Client")
    }
}

fn certificate(item: Result<PemItem<'static>, ureq::Error>) -> Option<Certificate<'static>> {
    match item {
        Ok(PemItem::Certificate(certificate)) => Some(certificate),
        _ => None,
    }
}

fn read(address: &str, response: Result<Response<Body>, ureq::Error>) -> Result<Answer, Error> {
    let host = host(address);
    let mut response = response.map_err(|error| failure(host, error))?;
    let status = response.status().as_u16();
    if response.status().is_redirection() {
        return Err(Error::answer(format!("{host} answers {status}, and redirects are not followed")));
    }
    // Of the final size at once, so that no grown-out-of copy of a token is left behind.
    let mut body = Zeroizing::new(Vec::with_capacity(LONGEST_BODY as usize + 1));
    let read = response.body_mut().as_reader().take(LONGEST_BODY + 1).read_to_end(&mut body);
    read.map_err(|error| failure(host, error.into()))?;
    if body.len() as u64 > LONGEST_BODY {
        return Err(Error::answer(format!("{host} answers more than 64 KiB")));
    }
    match Json::parse_object(&body) {
        Ok(body) => Ok(Answer { status, body }),
        // What stands before a provider that is down says so in HTML.
        Err(_) if matches!(status, 429 | 500..) => Err(Error::network(format!("{host} answers {status}"))),
        Err(_) => Err(Error::answer(format!(
            "{host} answers {status} and no JSON object, or one with a name twice"
        ))),
    }
}

/// The host, and the port, of an address.
fn host(address: &str) -> &str {
    let rest = address.strip_prefix("https://").unwrap_or(address);
    rest.split(['/', '?']).next().unwrap_or_default()
}

fn failure(host: &str, error: ureq::Error) -> Error {
    match error {
        ureq::Error::Rustls(error) => tls_failure(host, &error),
        ureq::Error::Io(error) => io_failure(host, &error),
        ureq::Error::Timeout(what) => Error::network(format!("{host} takes too long ({what})")),
        ureq::Error::HostNotFound => Error::network(format!("{host} is not found")),
        ureq::Error::ConnectionFailed => Error::network(format!("{host} cannot be reached")),
        ureq::Error::ConnectProxyFailed(_) => Error::network(format!("the proxy does not connect to {host}")),
        ureq::Error::InvalidProxyUrl => Error::settings("proxy is no address of an HTTP proxy"),
        // A number or a header in an answer that is none, too long a header, an address that cannot be asked.
        _ => Error::answer(format!("{host} does not answer as HTTP/1.1 asks for")),
    }
}

fn io_failure(host: &str, error: &io::Error) -> Error {
    match error.get_ref().and_then(|inner| inner.downcast_ref::<rustls::Error>()) {
        Some(error) => tls_failure(host, error),
        None => Error::network(format!("{host}: {}", word(&error.to_string(), 80).replace('?', " "))),
    }
}

fn tls_failure(host: &str, error: &rustls::Error) -> Error {
    match error {
        rustls::Error::InvalidCertificate(why) => {
            let fault = server_certificate::fault(why, "ca_file or this system");
            Error::Unavailable(Unavailability::Certificate, format!("the certificate of {host}: {fault}"))
        }
        other => {
            Error::network(format!("no TLS with {host}: {}", word(&other.to_string(), 80).replace('?', " ")))
        }
    }
}
