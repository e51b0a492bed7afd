//! The page to keep safe.

messages! {
    page_heading()
        "Spare key for your login codes";
    page_whose(user, host)
        "{user} on {host}";
    page_warning()
        "Whoever holds this page holds the second factor of this account. Keep it like a passport: locked \
            away, not with the password, and not on a computer.";
    page_phone()
        "To set up a phone";
    page_scan()
        "In the authenticator app, add an account and scan the code, or type in what stands beside it. \
            In Microsoft Authenticator, choose “Other account (Google, Facebook, etc.)”.";
    page_issuer()
        "Issuer";
    page_account()
        "Account";
    page_secret()
        "Secret";
    page_kind()
        "Type";
    page_parameters(algorithm, digits, period)
        "time-based, {algorithm}, {digits} digits, {period} s";
    page_recovery()
        "Each opens one login in place of a code, and is a proof for otp-setup. Tick off the used ones.";
    page_uses()
        "What it is for";
    page_forgotten()
        "Phone forgotten";
    page_forgotten_do()
        "Log in with your password and, in place of the code, a recovery code.";
    page_new()
        "New phone";
    page_new_do()
        "Scan the code with the new phone. Then delete the entry on the old one.";
    page_lost()
        "Phone or page lost";
    page_lost_do()
        "Log in, with a recovery code if need be, and run “otp-setup replace”: it makes a new secret. The old \
            one, and this page, are good for nothing from then on.";
    page_help()
        "Help";
    page_footer(date)
        "Made on {date} by otp-setup. Good once the pairing is complete, and until the next one.";
    page_footer_recovery(date)
        "Made on {date} by otp-setup. Good until new recovery codes are made, or another phone is paired.";
    page_is_there(path)
        "{path} exists already";
    page_offer()
        "To keep it on paper, type print, or save page.pdf (.png, .svg, .txt).";
    page_printed()
        "The page is on its way to the printer. It is good once the pairing is complete.";
    page_saved(path)
        "Saved as {path}. Print it, then delete the file.";
    page_exists(path)
        "{path} is there already. Write over it? [yes/no] ";
    page_form()
        "The file's name has to end in .pdf, .png, .svg or .txt.";
    page_drawing()
        "The page cannot be drawn. Write the secret down by hand.";
    page_no_printer()
        "There is no printing system here (lp). Type save page.pdf instead.";
    page_not_printed(why)
        "It was not printed: {why}. lpstat -e lists the printers, lpoptions -d NAME makes one the default. \
            Then type print again, or save page.pdf instead.";
    page_failed(why)
        "It did not work: {why}";
    page_void()
        "The page that you printed or saved is void; destroy it.";
}
