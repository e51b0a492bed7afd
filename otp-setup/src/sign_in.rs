//! What is said of a sign-in at the identity provider that proved nothing, and of a link that was not made.

use insis_otp::identity::{FlowRefusal, Unavailability};
use insis_otp::service::LinkRefusal;

use crate::exit::Status;
use crate::messages::Messages;
use crate::sanitize;

/// What is said of a flow that was refused.
pub fn refused(messages: &Messages, why: FlowRefusal, detail: &str) -> String {
    let detail = sanitize::name(detail);
    match why {
        FlowRefusal::Denied => messages.idp_denied(detail),
        FlowRefusal::Expired => messages.idp_expired(),
        FlowRefusal::NoMfa => messages.idp_no_mfa(detail),
        FlowRefusal::TooOld => messages.idp_too_old(detail),
        FlowRefusal::NoAuthTime => messages.idp_no_auth_time(),
        FlowRefusal::Token => messages.idp_token(detail),
    }
}

/// What is said of a provider that cannot be asked.
pub fn unavailable(messages: &Messages, why: Unavailability, detail: &str) -> String {
    let detail = sanitize::name(detail);
    match why {
        Unavailability::Settings => messages.idp_settings(detail),
        Unavailability::Network => messages.idp_network(detail),
        Unavailability::Certificate => messages.idp_certificate(detail),
        Unavailability::Answer => messages.idp_answer(detail),
        Unavailability::Policy => messages.idp_policy(detail),
    }
}

/// What is said of a link of one's own that was not made or removed, and the exit status.
pub fn not_linked(messages: &Messages, user: &str, why: &LinkRefusal) -> (Status, String) {
    match why {
        LinkRefusal::LinkedElsewhere => (Status::Exists, messages.link_elsewhere()),
        LinkRefusal::ByAdministrator => (Status::Refused, messages.link_by_administrator()),
        LinkRefusal::NotLinked => (Status::NotEnrolled, messages.not_linked(user)),
        LinkRefusal::NoProvider => (Status::Unusable, messages.idp_none()),
        LinkRefusal::ClientSecret => (Status::Unusable, messages.link_client_secret()),
        LinkRefusal::NotHere => (Status::Unusable, messages.link_home()),
        LinkRefusal::Abandoned => (Status::Declined, messages.input_ended()),
        LinkRefusal::Refused(why, detail) => (Status::Refused, refused(messages, *why, detail)),
        LinkRefusal::Unavailable(why, detail) => (Status::Unusable, unavailable(messages, *why, detail)),
    }
}
