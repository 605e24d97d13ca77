#![no_main]

libfuzzer_sys::fuzz_target!(|input: &[u8]| hvrestore_fuzz::run("configuration", input));
