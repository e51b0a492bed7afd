//! Links to the identity provider, and signing in there.

messages! {
    link_root()
        "Root is never linked: whoever takes over a person at the provider would be root.";
    link_subject()
        "A subject is what the provider calls a person for ever (sub, with Entra oid): 1 to 255 printable ASCII characters.";
    link_other(user, subject)
        "{subject} is linked to {user} already (otp-setup unlink --user {user}).";
    linked(user, subject, provider)
        "{user} is linked to {subject}, and may sign in with {provider} from now on: at the question for the code, m.";
    link_imported(count)
        "{count} {count|link|links} written.";
    unlinked(user)
        "{user} is linked to nobody any more.";
    not_linked(user)
        "{user} is linked to nobody.";
    link_unreadable(path, why)
        "{path} cannot be read: {why}";
    link_too_large()
        "it is larger than 32 MiB";
    link_line(line, why)
        "Line {line}: {why} Nothing was changed.";
    link_twice(user, line)
        "{user} stands in line {line} already.";
    link_form()
        "A line is USER,SUBJECT.";
    status_linked(subject, issuer, time)
        "Linked to {subject} at {issuer}, since {time}";
    status_not_linked()
        "Not linked to the identity provider";
    link_begin(provider)
        "To link your account to {provider}, first prove that it is you; then you sign in there.";
    unlink_begin(provider)
        "To remove the link of your account to {provider}, prove that it is you.";
    link_takes_invitation()
        "You have no phone paired here, so that it takes an invitation code of your administrator's.";
    linked_own(provider)
        "Your account is linked. From now on you may sign in with {provider}: at the question for the code, type m.";
    link_elsewhere()
        "Whoever has signed in there is linked to another account already. If that is not right, ask your administrator.";
    link_code_used()
        "Nothing was linked. The code that you typed is used; the next try takes the next one.";
    link_stopped()
        "Stopped. Nothing was linked.";
    link_stopped_code_used()
        "Stopped. Nothing was linked; the code that you typed is used.";
    link_by_administrator()
        "An administrator has linked your account, and alone can change that. Ask yours.";
    link_off()
        "Here accounts are linked by an administrator. Ask yours.";
    link_home()
        "Where secret files are in homes, accounts are linked by an administrator. Ask yours.";
    link_client_secret()
        "With client_secret_file in insis-otp.toml accounts are linked by an administrator: the secret is not for people's processes.";
    link_no_invitation()
        "You have no phone paired here: pair one first (otp-setup), or ask your administrator for an invitation.";
    status_link_own(link)
        "{link} (linked by the person)";
    status_linked_by_administrator()
        "Linked to the identity provider by an administrator";
    list_link_unknown(user)
        "{user} is linked, and the user database knows nobody of that name: otp-setup unlink --user {user}";
    idp_none()
        "insis-otp.toml has no [identity_provider]. How one is set up: insis-otp.toml(5).";
    idp_open(provider, uri, code)
        "Sign in with {provider}: open {uri} on any device, and type this code there: {code}";
    idp_waiting(wait)
        "Waiting {wait} for that.";
    idp_test_done()
        "Everything is as it has to be. Whoever is linked to this subject would be let in:";
    idp_denied(detail)
        "The provider says that the person declined, or may not: {detail}";
    idp_expired()
        "Nobody signed in in time. Begin again.";
    idp_no_mfa(detail)
        "The sign-in does not show the second factor that the key mfa asks for: {detail}";
    idp_too_old(detail)
        "The person signed in there longer ago than max_age allows: {detail}";
    idp_no_auth_time()
        "The ID token has no auth_time, which max_age needs: switch that claim on at the provider (with Entra it is an optional claim), or set max_age = \"off\".";
    idp_token(detail)
        "The ID token is not valid, or not for this login: {detail}";
    idp_settings(detail)
        "The provider cannot be asked with these settings: {detail}";
    idp_network(detail)
        "The provider does not answer: {detail}";
    idp_certificate(detail)
        "The provider's certificate is not valid, or not for its name: {detail}";
    idp_answer(detail)
        "That is no answer of a provider: {detail}";
    idp_policy(detail)
        "The provider does not let this site use the device flow: {detail}";
}
