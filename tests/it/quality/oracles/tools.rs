//! `datacontract-cli` and `soda` as programs, and what they say in one shape.

use std::path::{Path, PathBuf};
use std::process::Command;

use common::testing::{TestDatabase, workspace_root};
use serde_json::Value;

use crate::support::skipped;

/// Set to `required` where the tools must be there, as in CI.
const VARIABLE: &str = "ORACLES";

/// The programs, each in a virtual environment of its own.
#[derive(Debug)]
pub(super) struct Oracles {
    folder: PathBuf,
}

/// What a tool says of one of its checks.
#[derive(Debug)]
pub(super) struct Answer {
    /// `<table>__<column>__<kind>`: both tools use the same names.
    pub(super) key: String,
    /// Rows or values that fail; none where the tool did not count.
    pub(super) count: Option<i64>,
    pub(super) is_passed: bool,
    /// Columns of a check over several.
    pub(super) columns: Vec<String>,
}

/// All that one tool says.
#[derive(Debug)]
pub(super) struct Testimony {
    pub(super) tool: &'static str,
    pub(super) answers: Vec<Answer>,
    /// Kinds of our checks that it has nothing for.
    pub(super) lacks: &'static [&'static str],
}

/// Our own rules; and that a repeated key is told from an older or equal version.
const LACKED_BY_DATACONTRACT: &[&str] = &["expression", "unique"];
/// Beside those, relationships, keys of several columns and the pattern of `invalidValues`, which
/// the export leaves out.
const LACKED_BY_SODA: &[&str] = &["expression", "unique", "reference", "pattern"];

/// Where a run keeps its files and finds its server.
struct Place {
    folder: PathBuf,
    server: tokio_postgres::Config,
}

impl Oracles {
    /// None, said loudly, where the tools are not installed.
    pub(super) fn find() -> Option<Self> {
        let folder = workspace_root().join("target/oracles");
        let programs = ["datacontract/bin/datacontract", "soda/bin/soda"];
        if programs.iter().all(|it| folder.join(it).is_file()) {
            return Some(Self { folder });
        }
        let reason = format!(
            "datacontract-cli and soda are not in `{}`; `make oracles` gets them",
            folder.display()
        );
        let is_required = std::env::var_os(VARIABLE).is_some_and(|it| it == "required");
        assert!(!is_required, "{reason} ({VARIABLE}=required)");
        skipped(&reason);
        None
    }

    /// Runs both tools with the contracts of a folder over the staged tables.
    pub(super) fn ask(&self, db: &TestDatabase, contracts: &Path) -> [Testimony; 2] {
        let place = Place::new(db);
        let contract = place.file("all.odcs.yaml");
        self.merge(&place, contracts, &contract);
        let checks = place.file("all.sodacl.yml");
        run(self.program("datacontract/bin/datacontract", &place).args([
            "export".as_ref(),
            "sodacl".as_ref(),
            contract.as_os_str(),
            "--server".as_ref(),
            "local".as_ref(),
            "--output".as_ref(),
            checks.as_os_str(),
        ]));
        [
            self.ask_datacontract(&place, &contract),
            self.ask_soda(&place, &checks),
        ]
    }

    fn merge(&self, place: &Place, contracts: &Path, contract: &Path) {
        let [host, port, database] = place.address();
        run(self
            .program("datacontract/bin/python", place)
            .arg(workspace_root().join("tests/oracles/one_contract.py"))
            .arg(contracts)
            .args([host, port, database])
            .arg(contract));
    }

    fn ask_datacontract(&self, place: &Place, contract: &Path) -> Testimony {
        let output = place.file("datacontract.json");
        run(self
            .program("datacontract/bin/datacontract", place)
            .arg("test")
            .arg(contract)
            .args(["--server", "local", "--output-format", "json", "--output"])
            .arg(&output));
        let report = read(&output);
        let answers = list(&report["checks"]).iter().map(|check| Answer {
            key: text(&check["key"]),
            count: check["diagnostics"]["value"].as_i64(),
            is_passed: check["result"] == "passed",
            columns: list(&check["diagnostics"]["columns"])
                .iter()
                .map(text)
                .collect(),
        });
        Testimony {
            tool: "datacontract",
            answers: answers.collect(),
            lacks: LACKED_BY_DATACONTRACT,
        }
    }

    fn ask_soda(&self, place: &Place, checks: &Path) -> Testimony {
        let output = place.file("soda.json");
        run(self
            .program("soda/bin/soda", place)
            .args(["scan", "--data-source", "oracle", "--configuration"])
            .arg(place.soda_configuration())
            .arg("--scan-results-file")
            .arg(&output)
            .arg(checks));
        let report = read(&output);
        assert_eq!(report["hasErrors"], false, "soda: {}", report["logs"]);
        let answers = list(&report["checks"])
            .iter()
            .filter(|check| is_whole(&text(&check["definition"])))
            .map(|check| Answer {
                key: text(&check["name"]),
                count: whole_number(&check["diagnostics"]["value"]),
                is_passed: check["outcome"] == "pass",
                columns: columns(&text(&check["definition"])),
            });
        Testimony {
            tool: "soda",
            answers: answers.collect(),
            lacks: LACKED_BY_SODA,
        }
    }

    fn program(&self, path: &str, place: &Place) -> Command {
        let password = place.server.get_password().expect("a password");
        let password = String::from_utf8_lossy(password).into_owned();
        let mut command = Command::new(self.folder.join(path));
        command
            .current_dir(&place.folder)
            // There soda finds that it must not send what it is used for.
            .env("HOME", &place.folder)
            .env("DATACONTRACT_POSTGRES_USERNAME", place.user())
            .env("DATACONTRACT_POSTGRES_PASSWORD", &password)
            .env("SODA_PASSWORD", &password);
        command
    }
}

impl Place {
    fn new(db: &TestDatabase) -> Self {
        let folder = db.dir.path().join("oracles");
        std::fs::create_dir_all(folder.join(".soda")).expect("a folder");
        let privacy = "send_anonymous_usage_stats: false\n";
        std::fs::write(folder.join(".soda/config.yml"), privacy).expect("a file");
        let server = db.url().parse().expect("an address");
        Self { folder, server }
    }

    fn file(&self, name: &str) -> PathBuf {
        self.folder.join(name)
    }

    fn user(&self) -> &str {
        self.server.get_user().expect("a user")
    }

    /// Host, port and database.
    fn address(&self) -> [String; 3] {
        let [tokio_postgres::config::Host::Tcp(host), ..] = self.server.get_hosts() else {
            panic!("a server that is reached by TCP");
        };
        let port = self.server.get_ports().first().expect("a port");
        let database = self.server.get_dbname().expect("a database");
        [host.clone(), port.to_string(), database.to_owned()]
    }

    fn soda_configuration(&self) -> PathBuf {
        let [host, port, database] = self.address();
        let text = format!(
            "data_source oracle:\n  type: postgres\n  host: {host}\n  port: {port}\n  \
             username: {}\n  password: ${{SODA_PASSWORD}}\n  database: {database}\n  \
             schema: staging\n",
            self.user()
        );
        let path = self.file("soda.yml");
        std::fs::write(&path, text).expect("a file");
        path
    }
}

/// The export leaves out the pattern of `invalidValues`: what is left asks for nothing.
fn is_whole(definition: &str) -> bool {
    let has_rule = |line: &str| {
        let line = line.trim_start();
        line.starts_with("valid ") || line.starts_with("invalid ")
    };
    !definition.contains("- invalid_count(") || definition.lines().any(has_rule)
}

/// Columns of `duplicate_count("a", "b")`, behind the quoted name of the table.
fn columns(definition: &str) -> Vec<String> {
    if !definition.contains("duplicate_count(") {
        return Vec::new();
    }
    let quoted = definition.split('"').skip(1).step_by(2);
    quoted.skip(1).map(str::to_owned).collect()
}

/// Failing checks end a tool with a code of its own: what counts is that it wrote its results.
fn run(command: &mut Command) {
    let output = command.output().expect("a program that starts");
    let is_refusal = output.status.code().is_none_or(|code| code > 2);
    assert!(
        !is_refusal,
        "{command:?}: {}\n{}\n{}",
        output.status,
        String::from_utf8_lossy(&output.stdout),
        String::from_utf8_lossy(&output.stderr)
    );
}

fn read(path: &Path) -> Value {
    let text = std::fs::read(path).unwrap_or_else(|_| panic!("no `{}`", path.display()));
    serde_json::from_slice(&text).expect("results in JSON")
}

fn list(value: &Value) -> &[Value] {
    value.as_array().map_or(&[], Vec::as_slice)
}

fn text(value: &Value) -> String {
    value.as_str().unwrap_or_default().to_owned()
}

/// Counts of queries come as `3.0`.
fn whole_number(value: &Value) -> Option<i64> {
    let text = value.to_string();
    text.strip_suffix(".0").unwrap_or(&text).parse().ok()
}
