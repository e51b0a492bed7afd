//! Whose enrollment it is, and which road leads to it.

use std::path::{Path, PathBuf};

use insis_otp::config::{Config, ConfigError, StoreKind};
use insis_otp::record::UserName;
use insis_otp::service::{Clock, FleetClient, HelperClient, Service};
use insis_otp::store::{Account, SecretFile};
use nix::unistd::{Uid, geteuid, getuid};

use crate::backend::Backend;
use crate::caller::Caller;
use crate::sanitize;

/// The site's rules, and an account.
pub struct Context {
    /// The configuration.
    pub config: Config,
    /// Whose enrollment it is.
    pub account: Account,
    /// Whether root is acting.
    pub as_root: bool,
    /// Whether somebody of the help desk is, with root's rights.
    pub helpdesk: bool,
}

/// Why it is not known whose enrollment it is, or how to reach it.
#[derive(Debug)]
pub enum ContextError {
    /// The configuration cannot be used.
    Config(ConfigError),
    /// Another configuration, from somebody who must not choose one.
    ConfigNotHome(PathBuf),
    /// Another configuration than the site's, where that has a directory.
    ConfigNotSite(PathBuf),
    /// Somebody else's account, or a command of root's.
    OnlyRoot,
    /// No such user.
    NoSuchUser(String),
    /// The caller has no usable name.
    OwnAccount(Uid),
    /// The user database cannot be read.
    Database(nix::Error),
}

impl Context {
    /// Looks up configuration and account.
    pub fn find(config: Option<&Path>, user: Option<&str>) -> Result<Self, ContextError> {
        let as_root = geteuid().is_root();
        let account = account(user, as_root)?;
        let config = match config {
            None => Config::site().map_err(ContextError::Config)?,
            Some(path) => {
                let config = Config::load(path).map_err(ContextError::Config)?;
                // What asks the directory takes the site's configuration and no other.
                if config.store == StoreKind::Ldap && path != Path::new(Config::PATH) {
                    return Err(ContextError::ConfigNotSite(path.into()));
                }
                // So does the helper.
                if !as_root && !config.secret_file.is_home() {
                    return Err(ContextError::ConfigNotHome(path.into()));
                }
                config
            }
        };
        Ok(Self { config, account, as_root, helpdesk: false })
    }

    /// The same site, for another account.
    pub fn of(&self, account: Account) -> Self {
        Self { config: self.config.clone(), account, as_root: self.as_root, helpdesk: self.helpdesk }
    }

    /// The command by which whoever acts invites this account.
    pub fn invite_command(&self) -> String {
        let program = if self.helpdesk { "sudo otp-setup helpdesk" } else { "otp-setup" };
        format!("{program} invite --user {}", sanitize::name(self.account.name.as_str()))
    }

    /// The secret file, for who may open it.
    pub fn file(&self) -> SecretFile {
        self.config.secret_file.locate(&self.account)
    }

    /// Whether the enrollment is in the directory.
    pub fn is_in_directory(&self) -> bool {
        self.config.fleet_of(self.account.name.as_str()).is_some()
    }

    /// The way to the directory, where the enrollment is there.
    pub fn fleet(&self) -> Option<FleetClient> {
        let user = &self.account.name;
        self.config.fleet_of(user.as_str()).map(|fleet| FleetClient::new(&self.config, fleet, user))
    }

    /// Whoever acts, for the log.
    pub fn caller(&self) -> Caller {
        let mut caller = Caller::of_this_process();
        caller.helpdesk = self.helpdesk;
        caller
    }

    /// The way to the enrollment.
    pub fn backend<'a>(&self, clock: Clock<'a>) -> Backend<'a> {
        if let (true, Some(client)) = (self.as_root, self.fleet()) {
            return Backend::Fleet { client, caller: self.caller() };
        }
        if self.as_root || !self.is_in_directory() && self.config.secret_file.is_home() {
            let (file, policy) = (self.file(), self.config.policy);
            Backend::Direct { file, policy, as_root: self.as_root, clock, caller: self.caller() }
        } else {
            Backend::Helper {
                client: HelperClient { program: self.config.helper.clone() },
                self_enrollment: self.config.self_enrollment,
            }
        }
    }

    /// What root may do with a file of this site's.
    pub fn service<'a>(&'a self, file: &'a SecretFile, clock: Clock<'a>) -> Service<'a, SecretFile> {
        Service { store: file, policy: &self.config.policy, clock }
    }
}

fn account(user: Option<&str>, as_root: bool) -> Result<Account, ContextError> {
    let own =
        |uid| Account::of_uid(uid).map_err(ContextError::Database)?.ok_or(ContextError::OwnAccount(uid));
    let Some(name) = user else { return own(getuid()) };
    let unknown = || ContextError::NoSuchUser(sanitize::unsecret(name).into_owned());
    let parsed = UserName::parse(name).map_err(|_| unknown())?;
    if !as_root {
        // One's own name may be said, too, in any spelling that the user database takes.
        let own = own(getuid())?;
        let is_own = own.name == parsed || Account::lookup(&parsed).is_ok_and(|a| a.as_ref() == Some(&own));
        return if is_own { Ok(own) } else { Err(ContextError::OnlyRoot) };
    }
    Account::lookup(&parsed).map_err(ContextError::Database)?.ok_or_else(unknown)
}
