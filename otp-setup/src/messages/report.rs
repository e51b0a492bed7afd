//! What is said around the doctor's findings.

messages! {
    doctor_note()
        en "Note"
        cs "Poznámka";
    doctor_warning()
        en "Warning"
        cs "Varování";
    doctor_problem()
        en "PROBLEM"
        cs "ZÁVADA";
    doctor_why(why)
        en "Why it matters: {why}"
        cs "Proč na tom záleží: {why}";
    doctor_remedy(remedy)
        en "What to do: {remedy}"
        cs "Co s tím: {remedy}";
    doctor_sound()
        en "Nothing was found that would lock people out or let them in without a code."
        cs "Nenašlo se nic, co by lidi nepustilo, nebo je pustilo bez kódu.";
    doctor_summary(problems, warnings)
        en "{problems} {problems|problem|problems}, {warnings} {warnings|warning|warnings}."
        cs "{problems} {problems|závada|závady|závad}, {warnings} {warnings|varování|varování|varování}.";
}
