//! The options of commands that enroll.

use clap::Args;
use insis_otp::oath::Parameters;
use insis_otp::oath::{Algorithm, Digits, InvalidParameter, Period};

use crate::page::Paper;
use crate::session::PageAction;

/// What is done with new recovery codes.
#[derive(Args, Clone, Debug)]
pub struct RecoveryOptions {
    #[arg(long)]
    pub text: bool,
    #[arg(long, short)]
    pub yes: bool,
    #[arg(long)]
    pub print: bool,
    #[arg(long)]
    pub save: Option<String>,
    #[arg(long, value_enum)]
    pub paper: Option<Paper>,
}

/// How a phone is enrolled.
#[derive(Args, Clone, Debug, Default, PartialEq, Eq)]
pub struct EnrollOptions {
    #[arg(long)]
    pub text: bool,
    #[arg(long)]
    pub ascii: bool,
    #[arg(long, short)]
    pub yes: bool,
    #[arg(long)]
    pub print: bool,
    #[arg(long)]
    pub save: Option<String>,
    #[arg(long, value_parser = algorithm)]
    pub algorithm: Option<Algorithm>,
    #[arg(long, value_parser = digits)]
    pub digits: Option<Digits>,
    #[arg(long, value_parser = period)]
    pub period: Option<Period>,
    #[arg(long)]
    pub force: bool,
    #[arg(long, value_enum)]
    pub paper: Option<Paper>,
}

impl RecoveryOptions {
    /// The same, as options of enrollment.
    pub fn as_enrollment(&self) -> EnrollOptions {
        let Self { text, yes, print, save, paper } = self.clone();
        EnrollOptions { text, yes, print, save, paper, ..EnrollOptions::default() }
    }
}

impl EnrollOptions {
    /// The parameters of the new enrollment: the site's, or what was said.
    pub fn new_keys(&self, site: Parameters) -> Parameters {
        Parameters {
            algorithm: self.algorithm.unwrap_or(site.algorithm),
            digits: self.digits.unwrap_or(site.digits),
            period: self.period.unwrap_or(site.period),
        }
    }

    /// What is to be done with the page.
    pub fn page_actions(&self) -> Vec<PageAction> {
        let print = self.print.then_some(PageAction::Print);
        print.into_iter().chain(self.save.clone().map(PageAction::Save)).collect()
    }
}

fn algorithm(text: &str) -> Result<Algorithm, InvalidParameter> {
    text.parse()
}

fn digits(text: &str) -> Result<Digits, InvalidParameter> {
    Digits::try_from(text.parse::<u64>().unwrap_or(0))
}

fn period(text: &str) -> Result<Period, InvalidParameter> {
    Period::try_from(text.parse::<u64>().unwrap_or(0))
}
