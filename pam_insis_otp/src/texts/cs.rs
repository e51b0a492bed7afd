//! Czech.

use super::Texts;

pub const TEXTS: Texts = Texts {
    cannot_check: "Jednorázové kódy teď nelze ověřit. Obraťte se prosím na správce.",
    wrong: "Chybný kód. Opište číslice 0 až 9 z aplikace, nebo dva po sobě jdoucí kódy. ",
    used: "Tento kód už byl použit; opište ten, který je zobrazen teď. ",
    used_wait: "Tento kód už byl použit, další přijde za {}. ",
    clock_was_wrong: "Hodiny tohoto počítače šly špatně. Zadejte dva po sobě jdoucí kódy nebo záložní kód. ",
    recovery_used: "Tento záložní kód už byl použit. ",
    throttled: "Příliš mnoho chybných kódů: počkejte {}, nebo zadejte dva po sobě jdoucí kódy. ",
    too_soon: "Neověřeno: nejvýše jeden pokus za sekundu. Zadejte dva po sobě jdoucí kódy znovu, nebo počkejte {}. ",
    one_failure: "Od posledního přihlášení: 1 neúspěšný kód.",
    failures: "Od posledního přihlášení: neúspěšných kódů {}.",
    recovery_none_left: "To byl poslední záložní kód; nové vytvoříte příkazem: otp-setup recovery-codes",
    recovery_few_left: "Zbývá záložních kódů: {}; nové vytvoříte příkazem: otp-setup recovery-codes",
    recovery_left: "Zbývá záložních kódů: {}.",
    both: "Heslo a jednorázový kód: ",
    pairing: "{} bude odteď žádat jednorázové kódy. Naskenujte tento obrázek ověřovací aplikací v telefonu \
              (Microsoft Authenticator: typ účtu \"Jiný účet\"):",
    pairing_secret: "Nebo opište toto tajemství: {}",
    pairing_first: "První kód, který aplikace ukáže: ",
    pairing_next: "Další kód, až ho aplikace ukáže: ",
    pairing_wrong: "To není kód k tomuto tajemství. Jdou hodiny v telefonu správně? ",
    pairing_same: "To byl dvakrát týž kód; počkejte na další. ",
    pairing_not_consecutive: "Tyto dva kódy nejdou po sobě. ",
    paired: "Telefon je spárován. Záložní kódy pro případ ztráty: otp-setup recovery-codes",
};
