//! The section `[identity_provider]`: whose MFA opens logins beside codes, and what counts as proof of it.

use std::path::PathBuf;

use crate::oath::Seconds;
use crate::strict::Error;

/// An OpenID provider, and what is asked of it (OAuth 2.0 device authorization grant, RFC 8628).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct IdentityProvider {
    /// Whose peculiarities are known.
    pub preset: Option<Preset>,
    /// What people read: `Microsoft 365`.
    pub name: String,
    /// The issuer of the ID tokens (OpenID Connect Discovery 1.0, section 3): an address that begins with https.
    pub issuer: String,
    /// The tenant that the ID token's `tid` must name; empty where the provider has none.
    pub tenant: String,
    /// This site's name at the provider.
    pub client_id: String,
    /// The file of root's with this site's secret at the provider. Public clients have none.
    pub client_secret_file: Option<PathBuf>,
    /// The claim that names a person for ever.
    pub subject: String,
    /// What shows that the person has used a second factor.
    pub mfa: MfaProof,
    /// How long ago the person may have signed in at the provider; none: any time ago.
    pub max_age: Seconds,
    /// How long a login waits for the person.
    pub deadline: Seconds,
    /// Whether who is linked and has no device is led to the provider at once, without being asked for a code.
    pub at_once: bool,
    /// The PAM services in which it is offered.
    pub services: Vec<String>,
    /// The proxy through which the provider is reached: `http://proxy.example.org:3128`.
    pub proxy: Option<String>,
    /// The certificates of the authorities that are trusted, in place of the system's.
    pub ca_file: Option<PathBuf>,
}

/// A provider whose peculiarities are known.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Preset {
    /// Microsoft Entra ID.
    Entra,
    /// Keycloak.
    Keycloak,
    /// Google.
    Google,
}

/// What shows that the person has used a second factor.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum MfaProof {
    /// Nothing was chosen; then the section is not complete.
    NotChosen,
    /// The claim `amr` (RFC 8176) has this among its values.
    Amr(String),
    /// The claim `acr` is this.
    Acr(String),
    /// The claim `acrs`, of Entra's authentication contexts, has this among its values.
    Acrs(String),
    /// The provider asks everybody for it before it issues a token to this site.
    Provider,
}

impl Default for IdentityProvider {
    fn default() -> Self {
        Self {
            preset: None,
            name: String::new(),
            issuer: String::new(),
            tenant: String::new(),
            client_id: String::new(),
            client_secret_file: None,
            subject: String::new(),
            mfa: MfaProof::NotChosen,
            max_age: Self::MAX_AGE,
            deadline: Self::DEADLINE,
            at_once: true,
            services: vec!["sshd".to_owned(), "login".to_owned()],
            proxy: None,
            ca_file: None,
        }
    }
}

impl IdentityProvider {
    const MAX_AGE: Seconds = Seconds(600);
    const DEADLINE: Seconds = Seconds(90);

    /// Whether it is offered in a PAM service: in those that are listed, and in those of their families.
    #[must_use]
    pub fn is_offered_in(&self, service: &str) -> bool {
        let family = super::service_family(service);
        self.services.iter().any(|listed| listed == service || listed == family)
    }

    /// Fills in what a preset says and nobody else has.
    ///
    /// # Errors
    /// The first key that is needed and not there.
    pub(super) fn complete(&mut self) -> Result<(), Error> {
        let (name, subject) = match self.preset {
            Some(Preset::Entra) => ("Microsoft 365", "oid"),
            Some(Preset::Keycloak) => ("Keycloak", "sub"),
            Some(Preset::Google) => ("Google", "sub"),
            None => ("", "sub"),
        };
        let fill = |text: &mut String, value: &str| {
            if text.is_empty() {
                value.clone_into(text);
            }
        };
        fill(&mut self.name, name);
        fill(&mut self.subject, subject);
        match self.preset {
            Some(Preset::Entra) if self.tenant.is_empty() => {
                return Err(Error::Missing("identity_provider", "tenant"));
            }
            Some(Preset::Entra) => {
                fill(&mut self.issuer, &format!("https://login.microsoftonline.com/{}/v2.0", self.tenant));
            }
            Some(Preset::Google) => fill(&mut self.issuer, "https://accounts.google.com"),
            Some(Preset::Keycloak) | None => {}
        }
        let missing = match self {
            Self { name, .. } if name.is_empty() => "name",
            Self { issuer, .. } if issuer.is_empty() => "issuer",
            Self { client_id, .. } if client_id.is_empty() => "client_id",
            Self { mfa: MfaProof::NotChosen, .. } => "mfa",
            _ => return Ok(()),
        };
        Err(Error::Missing("identity_provider", missing))
    }
}

impl Preset {
    pub(super) fn named(word: &str) -> Option<Self> {
        match word {
            "entra" => Some(Self::Entra),
            "keycloak" => Some(Self::Keycloak),
            "google" => Some(Self::Google),
            _ => None,
        }
    }
}

impl MfaProof {
    /// `amr=mfa`, `acr=https://refeds.org/profile/mfa`, `acrs=c1`, `provider`.
    pub(super) fn parse(text: &str) -> Option<Self> {
        if text == "provider" {
            return Some(Self::Provider);
        }
        let (claim, value) = text.split_once('=').filter(|(_, value)| !value.is_empty())?;
        match claim {
            "amr" => Some(Self::Amr(value.to_owned())),
            "acr" => Some(Self::Acr(value.to_owned())),
            "acrs" => Some(Self::Acrs(value.to_owned())),
            _ => None,
        }
    }
}

/// Whether it is an address that begins with that, of printable ASCII without blanks, question mark or fragment.
pub(super) fn is_address(text: &str, beginning: &str) -> bool {
    let rest = text.strip_prefix(beginning).unwrap_or_default();
    let is_plain = |byte: u8| byte.is_ascii_graphic() && !matches!(byte, b'?' | b'#' | b'@' | b'"' | b'\\');
    (1..=200).contains(&rest.len()) && !rest.starts_with('/') && rest.bytes().all(is_plain)
}
