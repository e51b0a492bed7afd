//! Links: who an account's owner is at the site's identity provider. Root makes them, by having the person sign in, or from
//! what the provider's administrator says.

use std::collections::BTreeMap;
use std::io::Read;
use std::path::Path;

use insis_otp::config::IdentityProvider;
use insis_otp::identity::{Identity, Message, Start};
use insis_otp::oath::UnixTime;
use insis_otp::record::UserName;
use insis_otp::service::{Event, system_clock};
use insis_otp::service::{Flow, FlowError};
use insis_otp::store::{Account, Link, LinkMaker, LinkStatus, Links, StoreError};
use nix::unistd::geteuid;

use super::Setup;
use crate::caller::Caller;
use crate::context::{Context, ContextError};
use crate::exit::{self, ExitError, Status};
use crate::output::{Output, complain};
use crate::users::Directory;
use crate::{dates, sanitize, sign_in};

/// The largest file of links that is read, in bytes: a hundred thousand people.
const LARGEST: u64 = 32 << 20;

/// What a line of a file of links asks for.
struct Wanted {
    account: Account,
    identity: Identity,
}

impl Setup<'_> {
    /// Links an account to who signs in now, or to a subject that is known.
    pub(super) fn link(&self, site: &Context, subject: Option<&str>) -> Result<(), ExitError> {
        if !site.as_root && subject.is_none() {
            return self.link_own(site);
        }
        self.only_root(site)?;
        self.need_user()?;
        let provider = self.provider(site)?;
        let user = site.account.name.as_str();
        let refused = |status, text| Err((status, Some(self.messages.error(text))));
        if site.account.uid.is_root() {
            return refused(Status::Usage, self.messages.link_root());
        }
        let identity = match subject {
            Some(subject) => self.identity(provider, subject)?,
            None => self.sign_in(site, provider)?.0,
        };
        if let Some(other) = self.linked_to(&identity)?.filter(|other| *other != site.account.name) {
            return refused(
                Status::Exists,
                self.messages.link_other(other, sanitize::name(identity.subject())),
            );
        }
        self.save_link(&site.account, &identity)?;
        self.tell(&self.messages.linked(user, sanitize::name(identity.subject()), &provider.name))
    }

    /// Links many accounts, once every line of the file has turned out right. Where a write fails, those before it stand, and the
    /// same file can be taken again.
    pub(super) fn link_all(&self, site: &Context, path: &Path) -> Result<(), ExitError> {
        self.only_root(site)?;
        let provider = self.provider(site)?;
        let wanted = self.wanted(provider, &self.read_list(path)?)?;
        for Wanted { account, identity } in &wanted {
            self.save_link(account, identity)?;
        }
        self.tell(&self.messages.link_imported(wanted.len()))
    }

    /// Removes a link.
    pub(super) fn unlink(&self, site: &Context) -> Result<(), ExitError> {
        if !site.as_root {
            return self.unlink_own(site);
        }
        self.need_user()?;
        self.unlink_name(&site.account.name)
    }

    /// Removes what is left of somebody whom the user database does not know any more.
    pub(super) fn unlink_unknown(&self) -> Result<(), ExitError> {
        let name = self.cli.user.as_deref().unwrap_or_default();
        let unknown = || ContextError::NoSuchUser(sanitize::unsecret(name).into_owned());
        match UserName::parse(name) {
            Ok(name)
                if geteuid().is_root() && Links::system().list().is_ok_and(|all| all.contains(&name)) =>
            {
                self.unlink_name(&name)
            }
            _ => Err(exit::of_context(unknown(), &self.messages)),
        }
    }

    fn unlink_name(&self, name: &UserName) -> Result<(), ExitError> {
        let removed = reported("unlink", name, Links::system().remove(name));
        match removed.map_err(|error| self.broken(&error))? {
            true => self.tell(&self.messages.unlinked(name)),
            false => Err((Status::NotEnrolled, Some(self.messages.not_linked(name)))),
        }
    }

    /// Walks through a sign-in, and says what was seen.
    pub(super) fn test_provider(&self, site: &Context) -> Result<(), ExitError> {
        let provider = self.provider(site)?;
        let (identity, detail) = self.sign_in(site, provider)?;
        let mut output = Output::default();
        output.line(&self.messages.idp_test_done());
        let tenant = if identity.tenant().is_empty() { "-" } else { identity.tenant() };
        for (name, value) in [
            ("issuer", identity.issuer()),
            ("tenant", tenant),
            ("subject", identity.subject()),
            ("proof", detail.as_str()),
        ] {
            output.line(&format!("  {name:<8} {}", sanitize::name(value)));
        }
        self.written(output)
    }

    /// Whether an account is linked, where the site has a provider. A link that cannot be read is none.
    pub(super) fn is_linked(&self, site: &Context) -> Option<bool> {
        if !site.as_root {
            return self.own_link(site).map(|link| link.is_ok_and(|link| link != LinkStatus::None));
        }
        let has_provider = site.config.identity_provider.is_some();
        has_provider.then(|| Links::system().load(&site.account).is_ok_and(|link| link.is_some()))
    }

    /// The names of those who are linked, where the site has a provider.
    pub(super) fn linked_names(&self, site: &Context) -> Result<Option<Vec<UserName>>, ExitError> {
        if site.config.identity_provider.is_none() {
            return Ok(None);
        }
        Links::system().list().map(Some).map_err(|error| self.broken(&error))
    }

    /// Those of whom the user database knows; the others are told of, and what to do.
    pub(super) fn without_unknown(&self, linked: Vec<UserName>) -> Vec<UserName> {
        let directory = Directory::for_lookups(linked.len());
        let is_known = |name: &UserName| {
            let is_known = !matches!(directory.lookup(name), Ok(None));
            if !is_known {
                complain(&self.messages.list_link_unknown(name));
            }
            is_known
        };
        linked.into_iter().filter(is_known).collect()
    }

    /// What is said of a link.
    pub(super) fn link_line(&self, site: &Context) -> Option<String> {
        if !site.as_root {
            return self.own_link_line(site);
        }
        site.config.identity_provider.as_ref()?;
        Some(match Links::system().load(&site.account) {
            Ok(Some(Link { identity, linked_at, made_by })) => {
                let text = self.link_text(&identity, linked_at);
                match made_by {
                    LinkMaker::Administrator => text,
                    LinkMaker::Person => self.messages.status_link_own(text),
                }
            }
            Ok(None) => self.messages.status_not_linked(),
            Err(error) => self.messages.error(self.messages.store_error(error)),
        })
    }

    pub(super) fn link_text(&self, identity: &Identity, linked_at: UnixTime) -> String {
        let subject = sanitize::name(identity.subject()).into_owned();
        self.messages.status_linked(subject, identity.issuer(), dates::local(linked_at))
    }

    pub(super) fn provider<'a>(&self, site: &'a Context) -> Result<&'a IdentityProvider, ExitError> {
        let none = || (Status::Unusable, Some(self.messages.error(self.messages.idp_none())));
        site.config.identity_provider.as_ref().ok_or_else(none)
    }

    fn identity(&self, provider: &IdentityProvider, subject: &str) -> Result<Identity, ExitError> {
        let identity = Identity::new(&provider.issuer, &provider.tenant, subject);
        identity.map_err(|_| (Status::Usage, Some(self.messages.error(self.messages.link_subject()))))
    }

    /// Has somebody sign in.
    fn sign_in(&self, site: &Context, provider: &IdentityProvider) -> Result<(Identity, String), ExitError> {
        let failed = |status, text| Err((status, Some(self.messages.error(text))));
        let no_answer = |error: FlowError| failed(Status::Unusable, self.messages.idp_answer(error));
        let start = Start { seconds: provider.deadline.0 };
        let program = site.config.helper.with_file_name("otp-idp");
        let mut flow = match Flow::begin(&program, start) {
            Ok(flow) => flow,
            Err(error) => return no_answer(error),
        };
        loop {
            match flow.hear() {
                Ok(Message::Offered { uri, code }) => {
                    let open = self.messages.idp_open(&provider.name, uri, code);
                    self.tell(&format!("{open}\n{}", self.messages.idp_waiting(provider.deadline)))?;
                }
                Ok(Message::Proved { identity, detail }) => return Ok((identity, detail)),
                Ok(Message::Refused(why, detail)) => {
                    return failed(Status::Refused, sign_in::refused(&self.messages, why, &detail));
                }
                Ok(Message::Unavailable(why, detail)) => {
                    return failed(Status::Unusable, sign_in::unavailable(&self.messages, why, &detail));
                }
                Err(error) => return no_answer(error),
            }
        }
    }

    fn save_link(&self, account: &Account, identity: &Identity) -> Result<(), ExitError> {
        let saved = Links::system().save(account, identity, system_clock());
        let saved = reported("link", &account.name, saved);
        saved.map_err(|error| self.broken(&error))
    }

    /// Who is linked to an identity already.
    fn linked_to(&self, identity: &Identity) -> Result<Option<UserName>, ExitError> {
        Ok(self.links()?.remove(identity))
    }

    /// Everybody who is linked, by identity. Links of names that nobody has any more hold for nobody.
    fn links(&self) -> Result<BTreeMap<Identity, UserName>, ExitError> {
        let links = Links::system();
        let names = links.list().map_err(|error| self.broken(&error))?;
        let load = |name: UserName| {
            let account = Account::lookup(&name).ok()??;
            match links.load(&account) {
                Ok(link) => {
                    let link = link?;
                    // People who link themselves find it taken.
                    links.assign(&account, &link).ok()?;
                    Some((link.identity, name))
                }
                Err(error) => {
                    complain(&self.messages.error(self.messages.store_error(error)));
                    None
                }
            }
        };
        Ok(names.into_iter().filter_map(load).collect())
    }

    fn broken(&self, error: &StoreError) -> ExitError {
        (Status::Unusable, Some(self.messages.error(self.messages.store_error(error))))
    }

    /// A file, or standard input where it is called `-`.
    pub(super) fn read_list(&self, path: &Path) -> Result<String, ExitError> {
        let mut text = String::new();
        let read = match path.to_str() {
            Some("-") => std::io::stdin().lock().take(LARGEST + 1).read_to_string(&mut text),
            _ => std::fs::File::open(path).and_then(|file| file.take(LARGEST + 1).read_to_string(&mut text)),
        };
        let path = path.display().to_string();
        let failed = |why: String| {
            let text = self.messages.link_unreadable(sanitize::name(&path), why);
            (Status::Unusable, Some(self.messages.error(text)))
        };
        match read {
            Ok(length) if length as u64 > LARGEST => Err(failed(self.messages.link_too_large())),
            Ok(_) => Ok(text),
            Err(error) => Err(failed(self.messages.system_error(&error))),
        }
    }

    /// What the lines of a file ask for, if all of them can be done.
    fn wanted(&self, provider: &IdentityProvider, text: &str) -> Result<Vec<Wanted>, ExitError> {
        let mut owners = self.links()?;
        let mut wanted: Vec<Wanted> = Vec::new();
        let mut seen: BTreeMap<UserName, usize> = BTreeMap::new();
        let lines = text.trim_start_matches('\u{feff}').lines().enumerate();
        for (index, line) in lines.map(|(index, line)| (index + 1, line.trim())) {
            if line.is_empty() || line.starts_with('#') {
                continue;
            }
            let wrong =
                |why: String| (Status::Usage, Some(self.messages.error(self.messages.link_line(index, why))));
            let one = self.parse_link(provider, line).map_err(&wrong)?;
            if let Some(first) = seen.insert(one.account.name.clone(), index) {
                return Err(wrong(self.messages.link_twice(&one.account.name, first)));
            }
            // A person who gets another identity leaves the former one to others.
            owners.retain(|_, owner| *owner != one.account.name);
            if let Some(other) = owners.insert(one.identity.clone(), one.account.name.clone()) {
                let subject = sanitize::name(one.identity.subject()).into_owned();
                return Err(wrong(self.messages.link_other(other, subject)));
            }
            wanted.push(one);
        }
        Ok(wanted)
    }

    fn parse_link(&self, provider: &IdentityProvider, text: &str) -> Result<Wanted, String> {
        let (name, subject) = text.split_once(',').ok_or_else(|| self.messages.link_form())?;
        let (name, subject) = (name.trim(), subject.trim());
        let unknown = || self.messages.end_no_such_user(sanitize::unsecret(name));
        let parsed = UserName::parse(name).map_err(|_| unknown())?;
        let account = Account::lookup(&parsed)
            .map_err(|error| self.messages.end_user_database(self.messages.errno(error)))?
            .ok_or_else(unknown)?;
        if account.uid.is_root() {
            return Err(self.messages.link_root());
        }
        let identity = Identity::new(&provider.issuer, &provider.tenant, subject);
        let identity = identity.map_err(|_| self.messages.link_subject())?;
        Ok(Wanted { account, identity })
    }
}

/// Reports what root did with a link, and hands it on.
fn reported<T>(
    action: &'static str,
    user: &UserName,
    outcome: Result<T, StoreError>,
) -> Result<T, StoreError> {
    Caller::of_this_process().report(user.as_str(), &Event::of_root(action, &outcome));
    outcome
}
