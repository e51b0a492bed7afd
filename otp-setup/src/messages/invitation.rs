//! Invitations, and other credentials for a first enrollment.

messages! {
    denied_password()
        "That is not your password.";
    denied_password_unchecked(why)
        "Your password cannot be checked: {why}. An administrator can give you an invitation, by \
            otp-setup invite.";
    denied_no_invitation()
        "To pair a phone here, you need an invitation. Ask your administrator for one.";
    denied_invitation_wrong(left)
        "That is not your invitation code. You have {left} more {left|try|tries}.";
    denied_invitation_expired()
        "Your invitation has expired. Ask your administrator for a new one.";
    denied_invitation_used_up()
        "Your invitation cannot be used any more. Ask your administrator for a new one.";
    denied_off()
        "Here phones are paired by an administrator. Ask yours.";
    invite_code(user, code)
        "Invitation code for {user}: {code}";
    invite_how(user, until)
        "With it {user} pairs one phone until {until}, by the command otp-setup or at the next login. Give it to \
            nobody else. A former invitation is void.";
    invite_off()
        "self_enrollment is \"off\" in insis-otp.toml: nobody could use an invitation.";
    invite_home()
        "Here secret files are in homes, whose owners need no invitation.";
    invite_exists(user)
        "{user} has a paired phone. Remove the pairing first: otp-setup remove --user {user}";
}
