//! Moving pairings between secret files and the directory.

messages! {
    migrate_whom()
        "Say whose: --user NAME, or --all";
    migrate_no_fleet()
        "There is no directory here: /etc/security/insis-otp.toml has no section [fleet].";
    migrate_would(moved, before)
        "{moved} {moved|pairing|pairings} would be moved, {before} {before|is|are} there already. Nothing was changed.";
    migrate_done(moved, before)
        "{moved} {moved|pairing|pairings} moved, {before} {before|was|were} there already.";
    migrate_resumed(count)
        "{count} of them had been begun before.";
    migrate_break_glass(user)
        "{user} is a break-glass user and stays in a secret file.";
    migrate_no_account(count)
        "{count} {count|has|have} no account on this machine and {count|stays|stay} where they are.";
    migrate_switch(store)
        "Here nobody who was moved gets in until /etc/security/insis-otp.toml has: store = \"{store}\"";
    migrate_again()
        "Then run the same command again: it removes what is left of them here.";
    migrate_failed(count)
        "{count} {count|was|were} not moved. What was moved stays; the same command goes on from there.";
    migrate_other_device()
        "another phone is paired there. Remove one of the two pairings first.";
    migrate_both()
        "the same phone is paired in both, and both take its codes: one is an old copy. Remove that with otp-setup remove.";
    migrate_elsewhere()
        "it is closed here and not open there: the move was begun on another machine (end it there), or the pairing was removed \
            since. Then otp-setup remove, and pair anew.";
    migrate_not_proved()
        "what was read back is not what was written. The pairing is where it was.";
    migrate_in_use()
        "somebody keeps trying codes. Run the same command again.";
}
