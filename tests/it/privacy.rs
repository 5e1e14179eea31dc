//! No value of a person leaves the tables that are there for it.
//!
//! What counts as personal say the contracts (`classification: personal`); what is searched is
//! everything that people, schedulers and other programs get to see of a run.

mod values;

use std::fs;
use std::path::Path;
use std::process::Command;

use values::Personal;

use crate::support::{Ended, Pipeline};

/// A shop with every kind of fault, so that personal values stand in records that do not parse,
/// in the wrong columns, in broken encodings and in rows that break rules.
const SHOP: [&str; 8] = [
    "--scale",
    "2000",
    "--customers",
    "8000",
    "--seed",
    "5",
    "--faults",
    "0.03",
];
/// A source whose SQL fails on the values of persons, which PostgreSQL quotes in its errors.
const CLUMSY: &str = "[retailer]\nname = \"Clumsy\"\ntime_zone = \"UTC\"\ncurrency = \"EUR\"\n\
                      [tables.people]\nfiles = [\"customers.csv\"]\n[tables.people.columns]\n\
                      id = \"text\"\nmail = \"text\"\nborn = \"text\"\n";
const CLUMSY_SQL: [&str; 3] = [
    "cast(mail as integer)::text as email",
    "cast(born as date)::text as email",
    "(mail::jsonb ->> 'mail') as email",
];
/// What is a copy of rows by purpose: for stewards only, and never a report.
const OPS_ROWS: &str = "
    select format(
        'select (to_jsonb(entry)%s)::text from ops.%I as entry',
        case when tablename = 'quarantine' then ' - ''raw'' - ''payload''' else '' end,
        tablename
    )
    from pg_catalog.pg_tables where schemaname = 'ops' order by tablename";
const QUARANTINE: &str = "select concat(payload, encode(raw, 'escape')) from ops.quarantine";

/// Everything that a run shows, by where it is.
struct Shown(Vec<(String, Vec<u8>)>);

impl Shown {
    /// Runs a program as talkative as it can be, and keeps what it says.
    fn run(&mut self, mut command: Command) -> Option<i32> {
        command
            .args(["--log-level", "debug"])
            .env("BULLION__LOGGING__LEVEL", "debug")
            .env("RUST_BACKTRACE", "1");
        let mut name = format!("{:?}", command.get_program());
        for argument in command.get_args() {
            name.push_str(&format!(" {}", argument.display()));
        }
        let ended = Ended::of(command.output().expect("a program that starts"));
        self.0
            .push((format!("stdout of {name}"), ended.stdout.into_bytes()));
        self.0
            .push((format!("stderr of {name}"), ended.stderr.into_bytes()));
        ended.exit_code
    }

    fn files(&mut self, folder: &Path) {
        for entry in fs::read_dir(folder).expect("a folder") {
            let path = entry.expect("an entry").path();
            if path.is_dir() {
                self.files(&path);
            } else {
                let bytes = fs::read(&path).expect("a file");
                self.0.push((path.display().to_string(), bytes));
            }
        }
    }

    async fn ops_tables(&mut self, pipeline: &Pipeline) {
        let queries = pipeline.db.rows(OPS_ROWS).await;
        assert!(queries.len() > 10, "the tables of ops are found");
        for query in queries.into_iter().flatten().flatten() {
            let rows = pipeline
                .db
                .rows(&query)
                .await
                .into_iter()
                .flatten()
                .flatten();
            self.0
                .push((query, rows.collect::<Vec<_>>().join("\n").into_bytes()));
        }
    }
}

/// Goal: no value of a personal column is found in any report, log, alert, output or record of a
/// run with planted faults; a search that could find them proves it.
/// Method: one shop through blocked, accepted, failing and watched runs, all programs at debug
/// level; every personal value of its files is looked for in all that they leave.
#[tokio::test(flavor = "multi_thread")]
async fn no_personal_value_is_shown_anywhere() {
    let pipeline = Pipeline::new().await;
    let mut shown = Shown(Vec::new());
    assert_eq!(shown.run(pipeline.program("generate", &SHOP)), Some(0));
    let personal = Personal::of(&pipeline.raw_dir());
    say(&format!(
        "{} personal values are looked for",
        personal.len()
    ));
    assert!(personal.len() > 1_000, "{}", personal.len());

    judge_and_publish(&pipeline, &mut shown);
    let quarantined = pipeline
        .db
        .rows(QUARANTINE)
        .await
        .into_iter()
        .flatten()
        .flatten();
    let text = quarantined.collect::<Vec<_>>().join("\n");
    let held = personal.found_in(text.as_bytes()).len();
    say(&format!(
        "{held} of them are in quarantine, where they may be"
    ));
    assert!(held > 100, "the search finds what is there: {held}");

    fail_on_damaged_files(&pipeline, &mut shown);
    fail_on_values(&pipeline, &mut shown);
    assert_eq!(shown.run(pipeline.program("monitor", &[])), Some(7));
    assert_eq!(
        shown.run(pipeline.program("monitor", &["--output", "json"])),
        Some(7)
    );

    shown.files(&pipeline.data_dir().join("processed"));
    shown.files(&pipeline.db.dir.path().join("logs"));
    shown.ops_tables(&pipeline).await;
    let bytes: usize = shown.0.iter().map(|(_, bytes)| bytes.len()).sum();
    say(&format!(
        "{} texts of {bytes} bytes are searched",
        shown.0.len()
    ));
    for kind in [
        ".html",
        ".json",
        ".csv",
        ".log.",
        "stdout",
        "ops.check_results",
    ] {
        let is_there =
            |(place, bytes): &(String, Vec<u8>)| place.contains(kind) && !bytes.is_empty();
        assert!(shown.0.iter().any(is_there), "{kind}");
    }
    let leaks: Vec<String> = shown
        .0
        .iter()
        .flat_map(|(place, bytes)| {
            let found = personal.found_in(bytes);
            let first: Vec<_> = found.iter().take(5).cloned().collect();
            (!found.is_empty()).then(|| format!("{} in {place}: {first:?}", found.len()))
        })
        .collect();
    assert!(leaks.is_empty(), "{leaks:#?}");
}

/// A blocked run, the same accepted by a person, every program by hand, and what was planted.
fn judge_and_publish(pipeline: &Pipeline, shown: &mut Shown) {
    let run = ["run", "--skip", "generate"];
    let accept = [&run[..], &["--accept-gate", "faults on purpose"]].concat();
    for (arguments, exit_code) in [(&run[..], 1), (&accept[..], 0)] {
        let mut program = pipeline.program("orchestrator", arguments);
        program.env("BULLION__QUALITY__MIN_SCORE", "99.99");
        assert_eq!(shown.run(program), Some(exit_code), "{arguments:?}");
    }
    for name in [
        "stage",
        "quality",
        "production",
        "warehouse",
        "analytics",
        "cleanup",
    ] {
        let program = pipeline.program(name, &["--output", "json", "--log-format", "json"]);
        assert_eq!(shown.run(program), Some(0), "{name}");
    }
    let labels = pipeline.raw_dir().join("faults.jsonl");
    let labels = labels.to_string_lossy();
    for command in [
        &["faults", &*labels][..],
        &["lint"],
        &["init", "--from", "staging.customers"],
        &["explain", "customers.email.pattern", "--limit", "100"],
        &["quarantine", "list", "--status", "any", "--limit", "1000"],
        &["quarantine", "replay"],
    ] {
        for form in ["text", "json"] {
            let arguments = [command, &["--output", form]].concat();
            let ended = shown.run(pipeline.program("quality", &arguments));
            assert_eq!(ended, Some(0), "{arguments:?}");
        }
    }
}

/// Files that cannot be read as declared, each refused.
fn fail_on_damaged_files(pipeline: &Pipeline, shown: &mut Shown) {
    let sound = fs::read_to_string(pipeline.raw_dir().join("customers.csv"));
    let sound = sound.unwrap_or_else(|_| {
        let bytes = fs::read(pipeline.raw_dir().join("customers.csv")).expect("a file");
        String::from_utf8_lossy(&bytes).into_owned()
    });
    let (header, rest) = sound.split_once('\n').expect("a header");
    let damaged = [
        // Without its header, a record of a person takes its place.
        rest.to_owned(),
        format!("{header}\n\"{rest}"),
        sound[..sound.floor_char_boundary(sound.len() / 2)].to_owned(),
        format!("{}\n{rest}", header.replace("email", "mail")),
    ];
    for text in damaged {
        fs::write(pipeline.raw_dir().join("customers.csv"), text).expect("a file");
        let run = ["run", "--skip", "generate", "--output", "json"];
        assert_eq!(shown.run(pipeline.program("orchestrator", &run)), Some(2));
    }
    fs::write(pipeline.raw_dir().join("customers.csv"), sound).expect("a file");
}

/// SQL that PostgreSQL stops at a value.
fn fail_on_values(pipeline: &Pipeline, shown: &mut Shown) {
    let config = pipeline.db.dir.path().join("config");
    let source = config.join("sources/clumsy");
    fs::create_dir_all(&source).expect("a folder");
    fs::write(source.join("source.toml"), CLUMSY).expect("a file");
    let data = pipeline.db.dir.path().join("clumsy");
    fs::create_dir_all(&data).expect("a folder");
    let people = values::people(&pipeline.raw_dir());
    fs::write(data.join("customers.csv"), people).expect("a file");
    for email in CLUMSY_SQL {
        let sql = format!(
            "select id as customer_id, {email}, file_id, source_line from landing.clumsy__people;\n"
        );
        fs::write(source.join("customers.sql"), sql).expect("a file");
        let arguments = ["--source", "clumsy", "--data", &data.to_string_lossy()];
        let mut program = pipeline.program("stage", &arguments);
        program.env("BULLION__PATHS__CONFIG_DIR", &config);
        assert_ne!(shown.run(program), Some(0), "{email}");
    }
}

/// Past the capture of the test runner: what a search that found nothing looked for.
fn say(text: &str) {
    use std::io::Write as _;
    let _ = writeln!(std::io::stderr(), "privacy: {text}");
}
