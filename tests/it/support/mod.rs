//! The pipeline as its users run it: programs as processes, on a database and a folder of their own.

use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};

use common::testing::{TestDatabase, workspace_root};

/// Size of the shop in tests that need one: large enough for every branch, small enough for many.
pub(crate) const TRANSACTIONS: &str = "1500";

/// Every table that a run may write and a reader may read, with a comparable content.
pub(crate) const PUBLISHED: &str = "
    select format('%I.%I', n.nspname, c.relname) as name
    from pg_catalog.pg_class as c
    join pg_catalog.pg_namespace as n on n.oid = c.relnamespace
    where n.nspname in ('production', 'warehouse')
      and c.relkind in ('r', 'p')
      and not c.relispartition
      and c.relname not like 'work\\_%'
    order by 1";

/// One database and data folder, and the programs that work on them.
#[derive(Debug)]
pub(crate) struct Pipeline {
    pub(crate) db: TestDatabase,
}

impl Pipeline {
    pub(crate) async fn new() -> Self {
        Self {
            db: TestDatabase::new().await,
        }
    }

    pub(crate) fn data_dir(&self) -> PathBuf {
        self.db.dir.path().join("data")
    }

    pub(crate) fn raw_dir(&self) -> PathBuf {
        self.data_dir().join("raw/synthetic")
    }

    /// A program as a shell would start it.
    pub(crate) fn program(&self, name: &str, arguments: &[&str]) -> Command {
        let mut command = Command::new(programs_dir().join(name));
        command
            .args(arguments)
            .current_dir(workspace_root())
            .env("DATABASE_URL", self.db.url())
            .env("BULLION__PATHS__DATA_DIR", self.data_dir())
            .env("BULLION__PATHS__LOG_DIR", self.db.dir.path().join("logs"))
            .env("BULLION__GENERATE__SCALE", TRANSACTIONS)
            // Weekly counts would be most of all rows of so small a shop.
            .env("BULLION__GENERATE__STOCK__SNAPSHOT_EVERY_DAYS", "60")
            .env("NO_COLOR", "1")
            .stdin(Stdio::null());
        command
    }

    /// Runs a program to its end.
    pub(crate) fn run(&self, name: &str, arguments: &[&str]) -> Ended {
        Ended::of(
            self.program(name, arguments)
                .output()
                .expect("a program that starts"),
        )
    }

    /// `orchestrator run` with these arguments behind it.
    pub(crate) fn orchestrate(&self, arguments: &[&str]) -> Ended {
        let arguments: Vec<&str> = ["run"].iter().chain(arguments).copied().collect();
        self.run("orchestrator", &arguments)
    }

    /// `orchestrator run` that goes on while the test does.
    pub(crate) fn start_orchestrator(&self, arguments: &[&str]) -> Child {
        self.program("orchestrator", &["run"])
            .args(arguments)
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .expect("an orchestrator that starts")
    }

    /// Name and content hash of every published table.
    pub(crate) async fn hashes(&self) -> Vec<(String, String)> {
        let client = self.db.client().await;
        let mut hashes = Vec::new();
        for row in client
            .query(PUBLISHED, &[])
            .await
            .expect("a list of tables")
        {
            let name: String = row.get("name");
            let query = format!("select ops.content_hash('{name}'::regclass)");
            let hash = client.query_one(&query, &[]).await.expect("a hash").get(0);
            hashes.push((name, hash));
        }
        assert!(
            hashes.len() > 20,
            "the published tables are found: {hashes:?}"
        );
        let views = "select format('%I.%I', schemaname, matviewname) as name
                     from pg_catalog.pg_matviews where schemaname = 'analytics' order by 1";
        for row in client.query(views, &[]).await.expect("a list of views") {
            let name: String = row.get("name");
            // Keys of the warehouse differ from run to run; everything else must not.
            let query = format!(
                "select md5(coalesce(string_agg(line, e'\\n' order by line collate \"C\"), ''))
                 from (select (to_jsonb(v) - 'retailer_key')::text as line from {name} as v) as l"
            );
            let hash = client.query_one(&query, &[]).await.expect("a hash").get(0);
            hashes.push((name, hash));
        }
        hashes
    }

    /// Every export with its bytes, but for the summary, which holds times.
    pub(crate) fn exports(&self) -> Vec<(String, Vec<u8>)> {
        let folder = self.data_dir().join("processed/analytics");
        let mut found: Vec<_> = std::fs::read_dir(&folder)
            .expect("exports")
            .map(|entry| entry.expect("an entry").path())
            .filter(|path| path.extension().is_some_and(|it| it == "csv"))
            .map(|path| {
                let name = path
                    .file_name()
                    .expect("a name")
                    .to_string_lossy()
                    .into_owned();
                (name, std::fs::read(&path).expect("an export"))
            })
            .collect();
        found.sort();
        assert_eq!(found.len(), 10, "the ten exports are there");
        found
    }

    /// Name, row count and sum of row versions of every published table: a row that was written
    /// again, even with the same values, changes it.
    pub(crate) async fn row_versions(&self) -> Vec<(String, i64, String)> {
        let client = self.db.client().await;
        let mut versions = Vec::new();
        for row in client
            .query(PUBLISHED, &[])
            .await
            .expect("a list of tables")
        {
            let name: String = row.get("name");
            let query =
                format!("select count(*), coalesce(sum(xmin::text::bigint), 0)::text from {name}");
            let row = client.query_one(&query, &[]).await.expect("row versions");
            versions.push((name, row.get(0), row.get(1)));
        }
        versions
    }

    /// A report of `data/processed`, parsed.
    pub(crate) fn report(&self, name: &str) -> serde_json::Value {
        let path = self
            .data_dir()
            .join("processed")
            .join(format!("{name}.json"));
        let text = std::fs::read(&path).unwrap_or_else(|_| panic!("no `{}`", path.display()));
        serde_json::from_slice(&text).expect("a report in JSON")
    }

    /// Replaces `from` by `to` in a raw file of the synthetic shop; there must be something to do.
    pub(crate) fn edit_raw(&self, file: &str, edit: impl FnOnce(String) -> String) {
        let path = self.raw_dir().join(file);
        let before = std::fs::read_to_string(&path).expect("a raw file");
        let after = edit(before.clone());
        assert_ne!(before, after, "the edit of {file} changes something");
        std::fs::write(&path, after).expect("a raw file that can be written");
    }
}

/// Says that a test was skipped, past the capture of the test runner.
pub(crate) fn skipped(reason: &str) {
    use std::io::Write as _;
    let _ = writeln!(std::io::stderr(), "SKIPPED: {reason}");
}

/// How a program ended and what it said.
#[derive(Debug)]
pub(crate) struct Ended {
    pub(crate) exit_code: Option<i32>,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

impl Ended {
    pub(crate) fn of(output: Output) -> Self {
        Self {
            exit_code: output.status.code(),
            stdout: String::from_utf8_lossy(&output.stdout).into_owned(),
            stderr: String::from_utf8_lossy(&output.stderr).into_owned(),
        }
    }

    /// Fails the test with what the program said when it ended otherwise.
    #[track_caller]
    pub(crate) fn expect(self, exit_code: i32) -> Self {
        assert_eq!(
            self.exit_code,
            Some(exit_code),
            "{}\n{}",
            self.stdout,
            self.stderr
        );
        self
    }

    /// The message for people must hold all of these.
    #[track_caller]
    pub(crate) fn says(&self, parts: &[&str]) {
        for part in parts {
            assert!(
                self.stderr.contains(part),
                "`{part}` is not in:\n{}",
                self.stderr
            );
        }
        assert!(!self.stderr.contains("panicked"), "{}", self.stderr);
    }
}

/// Where `cargo build --bins` put the programs: beside this test binary's folder.
pub(crate) fn programs_dir() -> PathBuf {
    let test_binary = std::env::current_exe().expect("this test binary");
    let folder = test_binary
        .parent()
        .and_then(Path::parent)
        .expect("target/<profile>")
        .to_owned();
    assert!(
        folder.join("orchestrator").is_file(),
        "the programs are not built; run `cargo build --bins` first, as `make test` does"
    );
    folder
}
