#![no_main]

use security::Descriptor;

// What is read as a descriptor is written as text that means the same.
libfuzzer_sys::fuzz_target!(|input: &[u8]| {
    if let Ok(descriptor) = Descriptor::parse(input) {
        let text = descriptor.sddl();
        let back: Descriptor = text.parse().expect("our own text");
        assert_eq!(back.sddl(), text);
        let _ = descriptor.sids();
    }
    if let Ok(text) = std::str::from_utf8(input) {
        let _ = text.parse::<Descriptor>();
    }
});
