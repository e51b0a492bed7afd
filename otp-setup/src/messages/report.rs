//! What is said around the doctor's findings.

messages! {
    doctor_note()
        "Note";
    doctor_warning()
        "Warning";
    doctor_problem()
        "PROBLEM";
    doctor_why(why)
        "Why it matters: {why}";
    doctor_remedy(remedy)
        "What to do: {remedy}";
    doctor_sound()
        "Nothing was found that would lock people out or let them in without a code.";
    doctor_summary(problems, warnings)
        "{problems} {problems|problem|problems}, {warnings} {warnings|warning|warnings}.";
}
