//! What the help desk may not do.

messages! {
    helpdesk_off()
        "This site has no help desk: helpdesk_group is not set in insis-otp.toml.";
    helpdesk_not_by_sudo()
        "This is for the help desk, by sudo. Root uses status, unlock, invite and bypass without helpdesk.";
    helpdesk_not_member(group)
        "You are not in the group {group}.";
    helpdesk_own()
        "Nobody helps themselves. Ask a colleague or an administrator.";
    helpdesk_no_person(user)
        "{user} is root or a system account, which an administrator looks after.";
    helpdesk_shared_user_id(user, other)
        "{user} and {other} have the same user id. An administrator looks after such accounts.";
    helpdesk_administrator(user, group)
        "{user} is in the group {group}, whose members an administrator looks after.";
    helpdesk_no_group(group)
        "insis-otp.toml names the group {group}, which does not exist: nobody can tell whom the help desk may help. An administrator \
            has to create the group, or take it out of insis-otp.toml.";
    helpdesk_by_sudo(command)
        "The help desk does this by sudo: {command}";
    helpdesk_not_enrolled(user, invite)
        "{user} has no pairing. What {user} needs is an invitation: {invite}";
    helpdesk_paired(user)
        "{user} has a paired phone. An administrator removes the pairing first.";
    helpdesk_damaged(user)
        "It was damaged, and which recovery codes are used is not known any more: none of them counts. {user} makes new ones, \
            by recovery-codes.";
    helpdesk_config()
        "The help desk has the site's settings: without --config.";
}
