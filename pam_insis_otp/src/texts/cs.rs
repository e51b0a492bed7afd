//! Czech.

use super::Texts;

pub const TEXTS: Texts = Texts {
    cannot_check: "Jednorázové kódy teď nelze ověřit. Obraťte se prosím na správce.",
    wrong: "Chybný kód. Jen 0-9, nebo dva za sebou. ",
    used: "Už použitý kód. Opište ten zobrazený teď. ",
    used_wait: "Už použitý kód. Další přijde za {}. ",
    clock_was_wrong: "Hodiny zde šly špatně: dva kódy za sebou. ",
    recovery_used: "Tento záchranný kód už byl použit. ",
    throttled: "Moc chyb: čekejte {} či dva za sebou. ",
    too_soon: "Jen jeden za sekundu: znovu, či za {}. ",
    one_failure: "Od posledního přihlášení: 1 neúspěšný kód.",
    failures: "Od posledního přihlášení: neúspěšných kódů {}.",
    recovery_none_left: "To byl poslední záchranný kód; nové vytvoříte příkazem: otp-setup recovery-codes",
    recovery_few_left: "Zbývá záchranných kódů: {}; nové vytvoříte příkazem: otp-setup recovery-codes",
    recovery_left: "Zbývá záchranných kódů: {}.",
    both: "Heslo+kód: ",
    pairing: "{} bude odteď žádat jednorázové kódy.\n\
              Naskenujte ověřovací aplikací (Microsoft Authenticator: \"Jiný účet\"):",
    pairing_secret: "Nebo opište toto tajemství: {}",
    pairing_first: "První kód z aplikace (i: obrátit barvy obrázku): ",
    pairing_next: "Další kód, až ho aplikace ukáže: ",
    pairing_wrong: "To není kód k tomuto tajemství. Jdou v telefonu hodiny?",
    pairing_same: "To byl dvakrát týž kód. Počkejte na další.",
    pairing_not_consecutive: "Tyto dva kódy nejdou po sobě.",
    paired: "Telefon je spárován. Záchranné kódy pro případ ztráty: otp-setup recovery-codes",
};
