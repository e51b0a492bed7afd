//! Czech.

use super::Messages;

pub const TEXTS: Messages = Messages {
    cannot_check: "Jednorázové kódy teď nelze ověřit. Obraťte se prosím na správce.",
    contact: "Pomoc: {}",
    press_enter: "Skončíte klávesou Enter: ",
    wrong: "Chybný kód. Opište, co aplikace ukazuje teď. ",
    wrong_again: "Chybně. Zkuste dva kódy po sobě či záchranný. ",
    used: "Kód už byl použit. Opište ten, co je vidět. ",
    used_wait: "Kód už byl použit. Další bude za {}. ",
    clock_was_wrong: "Hodiny zde šly špatně. Opište dva kódy po sobě. ",
    recovery_used: "Tento záchranný kód už byl použit. Zkuste jiný. ",
    throttled: "Moc chyb. Čekejte {} nebo opište dva po sobě. ",
    throttled_again: "Čekejte {} nebo opište dva kódy či záchranný. ",
    too_soon: "Moc pokusů. Záchranný kód, nebo počkejte {}. ",
    single_codes_used_up: "Moc chyb. Opište dva kódy po sobě či záchranný. ",
    one_failure: "Od posledního přihlášení: 1 neúspěšný kód.",
    failures: "Od posledního přihlášení: neúspěšných kódů {}.",
    new_device: "S tímto účtem byl spárován telefon: {}.\nPokud jste to nebyli vy, řekněte to hned správci.",
    new_link: "Tento účet byl propojen s poskytovatelem identity: {}.\nPokud jste to nebyli vy, řekněte to hned správci.",
    required_from: "Od {} budete k přihlášení sem potřebovat jednorázový kód.\n\
                    Do té doby spárujte telefon příkazem: otp-setup",
    recovery_none_left: "To byl poslední záchranný kód; nové vytvoříte příkazem: otp-setup recovery-codes",
    recovery_few_left: "Zbývá záchranných kódů: {}; nové vytvoříte příkazem: otp-setup recovery-codes",
    recovery_left: "Zbývá záchranných kódů: {}.",
    both: "Heslo+kód: ",
    code_or_sign_in: "Jednorázový kód (nebo m: {}): ",
    sign_in_address: "Otevřete {}",
    sign_in_code: "a opište tam tento kód: {}",
    sign_in_login: "Pustí to dovnitř {}. Udělejte to, jen když se přihlašujete vy.",
    sign_in_enter: "Pak stiskněte Enter (nebo opište jednorázový kód): ",
    sign_in_refused: "To přihlášení neotevírá. Opište kód. ",
    sign_in_expired: "Trvalo to moc dlouho. Opište kód, či znovu. ",
    sign_in_busy: "Moc přihlášení. Počkejte, nebo opište kód. ",
    sign_in_unavailable: "To teď nelze ověřit. Opište kód. ",
    enroll_intro: "{} bude odteď žádat jednorázové kódy.\n\
              Vytváří je aplikace v telefonu (Microsoft Authenticator: \"Jiný účet\").",
    enroll_name: "V aplikaci bude jako {}",
    enroll_short_name: "V aplikaci bude, zkráceně, jako {}",
    enroll_picture: "Aplikace snímá obrázek z takovýchto bloků: \u{2588}\u{2580}\u{2584}\n\
                      Enter: nakreslit.  i: na světlou obrazovku.\n\
                      a: z obyčejných znaků (42 řádků, tmavá obrazovka).  t: jen text. ",
    enroll_scan: "Naskenujte aplikací (i: na světlé obrazovce, a: obyčejné znaky):",
    enroll_secret: "Nebo opište toto tajemství: {}",
    enroll_first: "První kód z aplikace: ",
    enroll_next: "Další kód, až ho aplikace ukáže: ",
    enroll_wrong: "To není kód k tomuto tajemství. Jdou v telefonu hodiny?",
    enroll_clock: "Správně, ale telefon jde o {} špatně: až se seřídí, kódy by neplatily.\n\
                    Nastavte v něm automatický čas a začněte znovu (nejde-li to, pokračujte).",
    enroll_same: "To byl dvakrát týž kód. Počkejte na další.",
    enroll_not_consecutive: "Tyto dva kódy nejdou po sobě.",
    enroll_invitation: "Ke spárování telefonu opište kód z pozvánky, který jste dostali: ",
    enroll_not_invited: "To není kód z vaší pozvánky.\n",
    enrolled: "Telefon je spárován. Záchranné kódy pro případ ztráty: otp-setup recovery-codes",
};
