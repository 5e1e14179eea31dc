//! Any file: findings or a reason; and what `stage init` writes about it is a declaration that the
//! loader takes.

#![no_main]

use std::path::{Path, PathBuf};
use std::sync::LazyLock;

use bullion_fuzz::Choices;
use libfuzzer_sys::fuzz_target;
use stage::detect::{self, InitOptions};
use stage::read::Limits;
use stage::source;

/// A folder of this process, in memory where the system has such a place.
static FOLDER: LazyLock<PathBuf> = LazyLock::new(|| {
    let memory = Path::new("/dev/shm");
    let parent = if memory.is_dir() {
        memory.to_owned()
    } else {
        std::env::temp_dir()
    };
    let folder = parent.join(format!("bullion-fuzz-{}", std::process::id()));
    std::fs::create_dir_all(&folder).expect("a folder");
    folder
});

fuzz_target!(|input: &[u8]| {
    let mut choices = Choices::new(input);
    let name = choices.pick(&[
        "orders.csv",
        "orders.csv.gz",
        "orders.csv.zst",
        "orders.ndjson",
    ]);
    let path = FOLDER.join(name);
    std::fs::write(&path, choices.body()).expect("a file");
    let limits = Limits {
        record_bytes_max: 1024,
        unpacked_bytes_max: 1024 * 1024,
        ..Limits::default()
    };
    let found = detect::describe(&path, &limits, 1_000);
    let options = InitOptions {
        source: "shop".to_owned(),
        from: FOLDER.clone(),
        name: None,
        time_zone: None,
        currency: None,
        force: false,
        records: 1_000,
    };
    let declared = detect::declare(&options, &limits);
    std::fs::remove_file(&path).expect("the file is ours");
    if let Ok(text) = declared {
        assert!(found.is_ok(), "what is declared was looked at");
        if let Err(error) = source::check_text(&text, Path::new("source.toml")) {
            panic!("{error:#}\n{text}");
        }
    }
});
