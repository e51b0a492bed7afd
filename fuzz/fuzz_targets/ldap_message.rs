#![no_main]
libfuzzer_sys::fuzz_target!(|data: &[u8]| insis_otp_fuzz_targets::ldap_message(data));
