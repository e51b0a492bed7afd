//! One flow from its start to a proof: discovery, device authorization, the waiting, and the ID token.

use std::io;
use std::time::{Duration, Instant};

use insis_otp::config::Preset;
use insis_otp::identity::{FlowRefusal, Message, Start, Unavailability};
use insis_otp::oath::UnixTime;

use crate::device_flow::{self, Grant, Progress};
use crate::discovery::{self, Endpoints};
use crate::error::Error;
use crate::form::{Form, basic};
use crate::http::{Answer, Client};
use crate::jws::{NotAccepted, Unverified};
use crate::key_set::{Key, KeySet, NoKey};
use crate::secret::Secret;
use crate::site::Site;
use crate::token::{self, Proof};

/// Before the end, so that the last answer comes in time.
const MARGIN: Duration = Duration::from_secs(1);
/// So many questions may fail one after the other.
const MAX_FAILURES: u32 = 3;

/// What a flow needs of the world besides the provider.
pub struct Surroundings<'s> {
    /// The time.
    pub clock: &'s dyn Fn() -> UnixTime,
    /// Tells whoever asked that the person is needed.
    pub say: &'s dyn Fn(&Message) -> io::Result<()>,
    /// When this login began.
    pub began: Instant,
}

/// Has somebody sign in. What comes last is for whoever asked to hear.
#[must_use]
pub fn run(site: &Site, start: Start, surroundings: &Surroundings) -> Message {
    match Flow::begin(site, start, surroundings).and_then(|flow| flow.finish()) {
        Ok(Proof { identity, detail }) => Message::Proved { identity, detail },
        Err(error) => error.into(),
    }
}

struct Flow<'f> {
    site: &'f Site,
    surroundings: &'f Surroundings<'f>,
    client: Client,
    endpoints: Endpoints,
    started: UnixTime,
    ends: Instant,
    grant: Grant,
}

impl<'f> Flow<'f> {
    fn begin(site: &'f Site, start: Start, surroundings: &'f Surroundings) -> Result<Self, Error> {
        let provider = &site.provider;
        let ends = surroundings.began + Duration::from_secs(start.seconds);
        let started = (surroundings.clock)();
        let client = Client::new(&site.authorities, provider.proxy.as_deref(), ends)?;
        let metadata = client.get(&discovery::address(&provider.issuer))?;
        let endpoints = discovery::parse(&metadata, &provider.issuer)?;
        let (form, header) = identify(site, &endpoints, device_flow::start(provider));
        let answer = client.post(&endpoints.device_authorization, &form, header.as_ref())?;
        let grant = device_flow::parse_start(answer.status, &answer.body)?;
        // From now on, since the request took its time.
        let ends = ends.min(Instant::now() + Duration::from_secs(grant.expires_in.min(start.seconds)));
        Ok(Self { site, surroundings, client, endpoints, started, ends, grant })
    }

    fn finish(&self) -> Result<Proof, Error> {
        let offer = Message::Offered { uri: self.grant.uri.clone(), code: self.grant.user_code.clone() };
        let offered = (self.surroundings.say)(&offer);
        offered.map_err(|error| Error::settings(format!("the caller is gone: {error}")))?;
        // While the person is on the way.
        let keys = self.fetch_keys()?;
        let token = self.wait()?;
        self.judge(&token, keys)
    }

    fn fetch_keys(&self) -> Result<KeySet, Error> {
        let document = self.client.get(&self.endpoints.keys)?;
        KeySet::parse(&document).ok_or_else(|| Error::answer("the provider's key set is none"))
    }

    /// Asks until the person is through.
    fn wait(&self) -> Result<Secret, Error> {
        let (mut interval, mut failures) = (self.grant.interval, 0);
        loop {
            self.pause(Duration::from_secs(interval))?;
            match self.ask() {
                Ok(Progress::Done(token)) => return Ok(token),
                Ok(Progress::Pending) => failures = 0,
                Ok(Progress::SlowDown) => {
                    failures = 0;
                    interval = device_flow::slower(interval);
                }
                // The next question may be answered again.
                Ok(Progress::Busy(detail)) => failures = endure(failures, Error::network(detail))?,
                Err(error @ Error::Unavailable(Unavailability::Network, _)) => {
                    failures = endure(failures, error)?
                }
                Err(error) => return Err(error),
            }
        }
    }

    /// Sleeps until the next question is due; the last one comes shortly before the end.
    fn pause(&self, interval: Duration) -> Result<(), Error> {
        let left = self.ends.saturating_duration_since(Instant::now());
        if left <= MARGIN {
            std::thread::sleep(left);
            return Err(Error::Refused(FlowRefusal::Expired, "nobody has signed in in time".to_owned()));
        }
        std::thread::sleep(interval.min(left.saturating_sub(MARGIN)));
        Ok(())
    }

    fn ask(&self) -> Result<Progress, Error> {
        let question = device_flow::question(&self.site.provider, &self.grant);
        let (form, header) = identify(self.site, &self.endpoints, question);
        let Answer { status, body } = self.client.post(&self.endpoints.token, &form, header.as_ref())?;
        device_flow::parse_progress(status, &body)
    }

    /// Checks the ID token: its signature first.
    fn judge(&self, token: &Secret, keys: KeySet) -> Result<Proof, Error> {
        let refused = |why: NotAccepted| Error::token(why.to_string());
        let unverified = Unverified::parse(token.reveal()).map_err(refused)?;
        let key = self.choose(&unverified, keys)?;
        let claims = unverified.verify(&key).map_err(refused)?;
        token::check(&claims, &self.site.provider, self.started, (self.surroundings.clock)())
    }

    /// The key that the token names. Where it is not known, there may be newer ones since; once.
    fn choose(&self, token: &Unverified, keys: KeySet) -> Result<Key, Error> {
        let choose = |keys: &KeySet| keys.choose(token.key_id.as_deref(), token.algorithm).cloned();
        let chosen = match choose(&keys) {
            Err(NoKey::Unknown) => choose(&self.fetch_keys()?),
            chosen => chosen,
        };
        chosen.map_err(|why| {
            Error::token(match why {
                NoKey::Unknown => "the ID token's key is not the provider's",
                NoKey::Unfit => "the ID token's key is not for its algorithm, or cannot be used",
                NoKey::Ambiguous => "several of the provider's keys could be the ID token's",
            })
        })
    }
}

/// One more question that was not answered, unless that is one too many.
fn endure(failures: u32, error: Error) -> Result<u32, Error> {
    if failures + 1 < MAX_FAILURES { Ok(failures + 1) } else { Err(error) }
}

/// Says who asks, where the site has a secret (RFC 6749, section 2.3.1). Google's device endpoint looks at parameters only.
fn identify(site: &Site, endpoints: &Endpoints, form: Form) -> (Form, Option<Secret>) {
    match &site.secret {
        None => (form, None),
        Some(secret) if endpoints.accepts_basic && site.provider.preset != Some(Preset::Google) => {
            (form, Some(basic(&site.provider.client_id, secret)))
        }
        Some(secret) => (form.with("client_secret", secret.reveal()), None),
    }
}
