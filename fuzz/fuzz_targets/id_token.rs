#![no_main]
libfuzzer_sys::fuzz_target!(|data: &[u8]| insis_otp_fuzz_targets::id_token(data));
