//! The report on a roll-out.

messages! {
    roster_head()
        "USER           STATE        SINCE      LAST CODE  FAILED DELAY  CODES NEEDED";
    roster_enrolled()
        "enrolled";
    roster_linked()
        "linked";
    roster_invited()
        "invited";
    roster_not_enrolled()
        "not enrolled";
    roster_unreadable()
        "unreadable";
    roster_unknown()
        "unknown";
    roster_exempt()
        "exempt";
    roster_now()
        "now";
    roster_total(all, enrolled, linked, invited, none)
        "{all} {all|person|people}: {enrolled} enrolled, {linked} linked without a phone, {invited} invited, {none} not enrolled.";
    roster_overdue(count)
        "{count} {count|needs|need} a second factor by now and {count|has|have} none.";
    roster_throttled(count)
        "{count} {count|is|are} delayed after wrong codes.";
    roster_few(count)
        "{count} {count|has|have} two recovery codes or fewer.";
    roster_unreadables(count)
        "Of {count} the secret file or invitation cannot be read.";
    roster_unknowns(count)
        "{count} {count|name is|names are} not in the user database.";
    roster_no_group(group)
        "There is no group called {group}.";
    roster_not_enumerated()
        "The directory does not list its people: those of them who have nothing here are missing. \
                            --people takes a list of names.";
}
