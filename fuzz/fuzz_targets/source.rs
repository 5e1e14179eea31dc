//! Any text as `source.toml`: a source, or a reason.

#![no_main]

use libfuzzer_sys::fuzz_target;

fuzz_target!(|text: &str| {});
