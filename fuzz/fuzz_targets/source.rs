//! Any text as `source.toml`: tables that can be read by, or a reason.

#![no_main]

use std::path::Path;

use libfuzzer_sys::fuzz_target;
use stage::read::{self, Limits, RecordReader};
use stage::source;
use stage::values::Reader;

fuzz_target!(|text: &str| {
    let (zone, tables) = match source::check_text(text, Path::new("source.toml")) {
        Ok(read) => read,
        Err(error) => {
            assert!(!format!("{error:#}").is_empty(), "a reason is told");
            return;
        }
    };
    for (name, table) in &tables {
        read::check(name, table).expect("what was checked can be read by");
        for (column, options) in &table.columns {
            let options = options.options();
            if options.constant.is_none() {
                Reader::new(&options, table, zone)
                    .unwrap_or_else(|reason| panic!("column {column} was checked: {reason}"));
            }
        }
        let opened = RecordReader::from_reader(&b"a,b\n1,2\n"[..], "a.csv", table, &Limits::default());
        if let Ok(mut reader) = opened {
            let _ = reader.header();
        }
    }
});
