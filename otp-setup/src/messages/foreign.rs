//! What the library and the operating system say in English, in the other languages. The English texts here are the library's own,
//! so that translators see them; a test holds one to the other.

use std::io;

use insis_otp::config::{ConfigError, FileKind, Unreadable};
use insis_otp::strict::{Error, Found, Name, Requirement};
use nix::errno::Errno;

use super::Messages;

messages! {
    config_missing()
        "there is no such file";
    config_open(why)
        "cannot be opened: {why}";
    config_not_a_file(kind)
        "is {kind}, not a regular file";
    config_untrusted()
        "must belong to root and be writable by nobody else (chmod 0644)";
    config_large()
        "is larger than 64 KiB";
    config_read(why)
        "cannot be read: {why}";
    config_changed()
        "changed while it was read";
    config_not_text()
        "is not UTF-8 text";
    // What is no regular file.
    kind_file()
        "a regular file";
    kind_directory()
        "a directory";
    kind_link()
        "a symbolic link";
    kind_fifo()
        "a FIFO";
    kind_socket()
        "a socket";
    kind_device()
        "a device";
    setting_unknown_key(word, right)
        "unknown key {word}; the right ones are {right}";
    setting_unknown_key_near(word, nearest)
        "unknown key {word}; did you mean \"{nearest}\"?";
    setting_unknown_argument(word, right)
        "unknown argument {word}; the right ones are {right}";
    setting_unknown_argument_near(word, nearest)
        "unknown argument {word}; did you mean \"{nearest}\"?";
    setting_section(name)
        "unknown section [{name}]; the right ones are [service.NAME], [identity_provider], [fleet] and [mail]";
    setting_missing(section, key)
        "[{section}] needs the key {key}";
    setting_missing_identity()
        "[fleet] needs the key bind_dn with password_file, or certificate_file with key_file";
    setting_missing_section(setting, section)
        "{setting} needs the section [{section}]";
    setting_not_together(one, other)
        "{one} and {other} cannot be used together";
    /// {must} is one of the texts whose names begin with must_.
    setting_value(key, must)
        "{key} must {must}";
    setting_value_not(key, must, found)
        "{key} must {must}, not {found}";
    setting_value_list(key, must)
        "{key} must {must}, not a list";
    setting_value_nothing(key, must)
        "{key} must {must}: write {key}=VALUE";
    setting_only_for_service(key)
        "{key} can only be set for a service, in a section [service.NAME]";
    setting_only_for_site(key)
        "{key} is for the whole site and cannot stand in a section";
    /// Behind "must" of setting_value, as all texts whose names begin with must_: "tries must be between 1 and 10, not 0".
    must_number(least, most)
        "be between {least} and {most}";
    must_whole_number(least, most)
        "be a whole number between {least} and {most}";
    /// {words} are in quotes, with must_or between them.
    must_words(words)
        "be {words}";
    must_or()
        "or";
    must_time(least, most)
        "be a time between \"{least}\" and \"{most}\", written like \"30s\", \"5m\" or \"8h\"";
    must_time_or_off(least, most)
        "be \"off\" or a time between \"{least}\" and \"{most}\", written like \"30s\", \"5m\" or \"8h\"";
    must_address(beginning)
        "be an address that begins with {beginning}, without blanks, ?, # and @";
    must_text(longest)
        "be a text of 1 to {longest} bytes without control characters";
    must_text_without_colon(longest)
        "be a text of 1 to {longest} bytes without control characters and without a colon, at which apps split the label";
    must_networks_without(text)
        "be a list of networks: {text} is not written like \"192.0.2.0/24\" or \"2001:db8::/32\"";
    must_networks_without_address(text)
        "be a list of networks: {text} has bits set behind its prefix: is a single address meant?";
    must_deadlines_without(text)
        "be a list of names: {text} is not written like \"anna\" or \"staff from 2027-01-31\"";
    must_mfa_proof()
        "be \"provider\", \"amr=VALUE\", \"acr=VALUE\" or \"acrs=VALUE\"";
    must_servers()
        "be a list of 1 to 8 servers: [\"ldaps://ldap.example.org\"], or \"ldap://\" for StartTLS";
    must_attribute_name()
        "be the name of an attribute: letters, digits and hyphens";
    must_mail_address()
        "be a mail address, written like \"otp@example.org\"";
    must_mail_domain()
        "be a domain, written like \"example.org\"";
    must_flag()
        "be true or false";
    must_day()
        "be a day from 1970 on, written like \"2027-01-31\"";
    must_path()
        "be a path that begins with /";
    must_template()
        "be a path with %u, %U or %h in it";
    must_template_letters()
        "have u (user), U (user id), h (home) or % after each %";
    must_template_user()
        "have %u, %U or %h in it, or everybody would share one secret file";
    must_template_beginning()
        "begin with / or with %h/, and have %h nowhere else";
    must_template_plain()
        "be a plain path: no .., no //, no control characters";
    must_deadlines()
        "be a list of names: [\"anna\", \"staff from 2027-01-31\"]";
    must_list()
        "be a list of texts: [\"one\", \"two\"]";
    must_networks()
        "be a list of networks: [\"192.0.2.0/24\"]";
    /// What the parser of TOML has no better words for.
    syntax_other()
        "this is not written as TOML has it";
    /// What the operating system says, as all texts whose names begin with errno_.
    errno_access()
        "Permission denied";
    errno_perm()
        "Operation not permitted";
    errno_no_entry()
        "No such file or directory";
    errno_not_directory()
        "Not a directory";
    errno_is_directory()
        "Is a directory";
    errno_loop()
        "Too many symbolic links encountered";
    errno_name_too_long()
        "File name too long";
    errno_exists()
        "File exists";
    errno_io()
        "I/O error";
    errno_no_space()
        "No space left on device";
    errno_quota()
        "Quota exceeded";
    errno_read_only()
        "Read-only file system";
    errno_file_too_big()
        "File too large";
    errno_too_many_files()
        "Too many open files";
    errno_no_memory()
        "Out of memory";
    errno_again()
        "Try again";
    errno_busy()
        "Device or resource busy";
    errno_invalid()
        "Invalid argument";
    errno_no_device()
        "No such device";
    errno_no_exec()
        "Exec format error";
    errno_pipe()
        "Broken pipe";
    errno_stale()
        "Stale file handle";
    errno_timed_out()
        "Connection timed out";
    errno_refused()
        "Connection refused";
    errno_other(number)
        "error {number}";
    errno_unknown()
        "unknown error";
}

// What the parser says, most often of a quote or a bracket that is missing.
phrases! { SYNTAX
    "control characters must be written as escapes (\\u001b)";
    "this has too many parts";
    "this is there twice";
    "this table is there twice";
    "there are too many settings";
    "there are too many tables";
    "there are no lists of tables here";
    "there are no tables within values here";
    "there are no lists within lists here";
    "a text must stand in quotes";
    "this must be true or false, or a text in quotes";
    "the value is missing";
    "string values must be quoted";
    "invalid basic string";
    "invalid literal string";
    "invalid multi-line basic string";
    "invalid multi-line literal string";
    "missing escaped value";
    "unclosed array";
    "unclosed table";
    "missing table open";
    "key with no value";
    "missing comma between array elements";
    "extra comma in array";
    "extra `=`";
    "invalid float";
    "`_` may only go between digits";
    "unexpected leading zero";
    "invalid unquoted key";
    "unquoted keys cannot be empty";
    "unexpected key or value";
}

impl Messages {
    /// A configuration that cannot be used.
    pub(super) fn foreign_config(&self, error: &ConfigError) -> String {
        match error {
            ConfigError::Unreadable { path, why } => format!("{}: {}", path.display(), self.unreadable(why)),
            ConfigError::Invalid { path, problem } => {
                format!("{}:{}: {}", path.display(), problem.line, self.foreign_setting(&problem.error))
            }
        }
    }

    fn unreadable(&self, why: &Unreadable) -> String {
        match why {
            Unreadable::Missing => self.config_missing(),
            Unreadable::Open(error) => self.config_open(self.foreign_system(error)),
            Unreadable::NotAFile(kind) => self.config_not_a_file(self.file_kind(*kind)),
            Unreadable::Untrusted => self.config_untrusted(),
            Unreadable::Large => self.config_large(),
            Unreadable::Read(error) => self.config_read(self.foreign_system(error)),
            Unreadable::Changed => self.config_changed(),
            Unreadable::NotText => self.config_not_text(),
        }
    }

    fn file_kind(&self, kind: FileKind) -> String {
        match kind {
            FileKind::File => self.kind_file(),
            FileKind::Directory => self.kind_directory(),
            FileKind::Link => self.kind_link(),
            FileKind::Fifo => self.kind_fifo(),
            FileKind::Socket => self.kind_socket(),
            FileKind::Device => self.kind_device(),
        }
    }

    /// What is wrong with a setting.
    pub(super) fn foreign_setting(&self, error: &Error) -> String {
        match error {
            Error::Syntax(why) => self.syntax(why),
            Error::Unknown { what, word, right } => {
                let word = format!("{word:?}");
                match (what, error.suggestion()) {
                    (Name::Key, Some(nearest)) => self.setting_unknown_key_near(word, nearest),
                    (Name::Key, None) => self.setting_unknown_key(word, right.join(", ")),
                    (Name::Argument, Some(nearest)) => self.setting_unknown_argument_near(word, nearest),
                    (Name::Argument, None) => self.setting_unknown_argument(word, right.join(", ")),
                }
            }
            Error::Section(name) => self.setting_section(name),
            Error::Missing(section, key) => self.setting_missing(section, key),
            Error::MissingIdentity => self.setting_missing_identity(),
            Error::MissingSection(setting, section) => self.setting_missing_section(setting, section),
            Error::NotTogether(one, other) => self.setting_not_together(one, other),
            Error::Value { key, must, found } => {
                let must = self.requirement(must);
                match found {
                    Found::Nothing => self.setting_value_nothing(key, must),
                    Found::List => self.setting_value_list(key, must),
                    Found::Written(written) => self.setting_value_not(key, must, written),
                    Found::Named => self.setting_value(key, must),
                }
            }
            Error::OnlyForService(key) => self.setting_only_for_service(key),
            Error::OnlyForSite(key) => self.setting_only_for_site(key),
        }
    }

    /// What a value must be.
    fn requirement(&self, must: &Requirement) -> String {
        match must {
            Requirement::Number(least, most) => self.must_number(least, most),
            Requirement::WholeNumber(least, most) => self.must_whole_number(least, most),
            Requirement::Words(words) => {
                let or = format!("\" {} \"", self.must_or());
                self.must_words(format!("\"{}\"", words.join(&or)))
            }
            Requirement::Time(least, most) => self.must_time(least, most),
            Requirement::TimeOrOff(least, most) => self.must_time_or_off(least, most),
            Requirement::Address(beginning) => self.must_address(beginning),
            Requirement::Text(longest) => self.must_text(longest),
            Requirement::TextWithoutColon(longest) => self.must_text_without_colon(longest),
            Requirement::NetworksWithout(text) => self.must_networks_without(format!("{text:?}")),
            Requirement::NetworksWithoutAddress(text) => {
                self.must_networks_without_address(format!("{text:?}"))
            }
            Requirement::DeadlinesWithout(text) => self.must_deadlines_without(format!("{text:?}")),
            Requirement::MfaProof => self.must_mfa_proof(),
            Requirement::Servers => self.must_servers(),
            Requirement::AttributeName => self.must_attribute_name(),
            Requirement::MailAddress => self.must_mail_address(),
            Requirement::MailDomain => self.must_mail_domain(),
            Requirement::Flag => self.must_flag(),
            Requirement::Day => self.must_day(),
            Requirement::Path => self.must_path(),
            Requirement::Template => self.must_template(),
            Requirement::TemplateLetters => self.must_template_letters(),
            Requirement::TemplateUser => self.must_template_user(),
            Requirement::TemplateBeginning => self.must_template_beginning(),
            Requirement::TemplatePlain => self.must_template_plain(),
            Requirement::Deadlines => self.must_deadlines(),
            Requirement::List => self.must_list(),
            Requirement::Networks => self.must_networks(),
        }
    }

    fn syntax(&self, why: &str) -> String {
        SYNTAX.of(self.language, why).map_or_else(|| self.syntax_other(), str::to_owned)
    }

    fn foreign_system(&self, error: &io::Error) -> String {
        let number = error.raw_os_error();
        number.map_or_else(|| self.errno_unknown(), |number| self.foreign_errno(Errno::from_raw(number)))
    }

    /// An error number of the operating system.
    pub(super) fn foreign_errno(&self, errno: Errno) -> String {
        match errno {
            Errno::EACCES => self.errno_access(),
            Errno::EPERM => self.errno_perm(),
            Errno::ENOENT => self.errno_no_entry(),
            Errno::ENOTDIR => self.errno_not_directory(),
            Errno::EISDIR => self.errno_is_directory(),
            Errno::ELOOP => self.errno_loop(),
            Errno::ENAMETOOLONG => self.errno_name_too_long(),
            Errno::EEXIST => self.errno_exists(),
            Errno::EIO => self.errno_io(),
            Errno::ENOSPC => self.errno_no_space(),
            Errno::EDQUOT => self.errno_quota(),
            Errno::EROFS => self.errno_read_only(),
            Errno::EFBIG => self.errno_file_too_big(),
            Errno::EMFILE | Errno::ENFILE => self.errno_too_many_files(),
            Errno::ENOMEM => self.errno_no_memory(),
            Errno::EAGAIN => self.errno_again(),
            Errno::EBUSY | Errno::ETXTBSY => self.errno_busy(),
            Errno::EINVAL => self.errno_invalid(),
            Errno::ENXIO | Errno::ENODEV => self.errno_no_device(),
            Errno::ENOEXEC => self.errno_no_exec(),
            Errno::EPIPE => self.errno_pipe(),
            Errno::ESTALE => self.errno_stale(),
            Errno::ETIMEDOUT => self.errno_timed_out(),
            Errno::ECONNREFUSED => self.errno_refused(),
            other => self.errno_other(other as i32),
        }
    }
}

#[cfg(test)]
mod tests;
