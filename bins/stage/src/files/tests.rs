//! Files on disk, found or refused.

use super::*;

const ORDERS: &str = "files = [\"**/orders*\"]\ncolumns = { id = \"text\" }\n";

struct Shop {
    dir: tempfile::TempDir,
    source: Source,
}

impl Shop {
    fn new(more: &str) -> Self {
        let table: Table = toml::from_str(&format!("{more}\n{ORDERS}")).expect("a table");
        let retailer = "name = \"Corner\"\ntime_zone = \"UTC\"\ncurrency = \"EUR\"";
        Self {
            dir: tempfile::tempdir().expect("a folder"),
            source: Source {
                name: "corner".to_owned(),
                folder: PathBuf::from("corner"),
                retailer: toml::from_str(retailer).expect("a retailer"),
                schema_drift: crate::source::SchemaDrift::default(),
                tables: [("orders".to_owned(), table)].into_iter().collect(),
                entities: Vec::new(),
            },
        }
    }

    fn write(&self, name: &str, bytes: impl AsRef<[u8]>) -> &Self {
        let path = self.dir.path().join(name);
        std::fs::create_dir_all(path.parent().expect("a parent")).expect("a folder");
        std::fs::write(path, bytes).expect("a file");
        self
    }

    fn vouch(&self, name: &str, bytes: &[u8], rows: u64) -> &Self {
        let sha256 = hex(&Sha256::digest(bytes));
        let size = bytes.len();
        let text = format!("{{\"bytes\": {size}, \"sha256\": \"{sha256}\", \"rows\": {rows}}}");
        self.write(&format!("{name}.manifest.json"), text)
    }

    fn find(&self, selection: &Selection) -> anyhow::Result<TableFiles> {
        let mut tables = discover(&self.source, self.dir.path(), selection)?;
        Ok(tables.remove(0))
    }

    fn refused(&self) -> String {
        let error = self
            .find(&Selection::default())
            .expect_err("a refusal of the file");
        assert_eq!(common::errors::exit_code(&error), 2);
        common::errors::describe(&error)
    }

    fn only(&self) -> RawFile {
        let mut found = self.find(&Selection::default()).expect("files");
        assert_eq!(found.present.len(), 1);
        found.present.remove(0)
    }
}

#[test]
fn a_last_line_must_end_unless_it_is_declared_or_vouched_for() {
    for (more, bytes) in [
        ("", "id\n1"),
        ("", "id\r1\r"),
        ("line_break = \"cr\"", "id\n1\n"),
        ("encoding = \"latin-1\"", "id\n1"),
    ] {
        let text = Shop::new(more).write("orders.csv", bytes).refused();
        assert!(text.contains("ends without a line break"), "{text}");
    }
    for (more, bytes) in [
        ("last_line_is_open = true", "id\n1"),
        ("line_break = \"cr\"", "id\r1\r"),
        ("", "id\n1\n"),
    ] {
        let shop = Shop::new(more);
        shop.write("orders.csv", bytes);
        let must_end = !more.contains("open");
        assert_eq!(shop.only().must_end_with_line_break, must_end);
    }
    let shop = Shop::new("");
    shop.write("orders.csv", "id\n1")
        .vouch("orders.csv", b"id\n1", 1);
    assert!(!shop.only().must_end_with_line_break);
}

#[test]
fn what_the_last_byte_cannot_tell_is_left_to_the_reader() {
    for (more, name) in [
        ("", "orders.csv.gz"),
        ("", "orders.csv.zst"),
        ("encoding = \"utf-16le\"", "orders.csv"),
    ] {
        let shop = Shop::new(more);
        shop.write(name, "packed");
        assert!(shop.only().must_end_with_line_break, "{name}");
    }
}

#[test]
fn a_manifest_must_fit_its_file() {
    let shop = Shop::new("");
    shop.write("orders.csv", "id\n1\n")
        .vouch("orders.csv", b"id\n1\n", 1);
    let file = shop.only();
    assert!(file.check_rows(1).is_ok());
    let text = file.check_rows(2).expect_err("other rows").to_string();
    assert!(
        text.contains("names 1 as rows of its file, but 2"),
        "{text}"
    );
    shop.vouch("orders.csv", b"id\n2\n", 1);
    assert!(shop.refused().contains("SHA-256"));
    shop.vouch("orders.csv", b"id\n1", 1);
    assert!(
        shop.refused()
            .contains("names 4 as bytes of its file, but 5")
    );
}

#[test]
fn a_required_manifest_must_be_there() {
    let shop = Shop::new("manifest = \"required\"");
    let text = shop.write("orders.csv", "id\n1\n").refused();
    assert!(text.contains("orders.csv.manifest.json"), "{text}");
    shop.vouch("orders.csv", b"id\n1\n", 1);
    assert!(shop.find(&Selection::default()).is_ok());
}

#[test]
fn an_empty_file_is_refused_unless_it_may_be_empty() {
    let shop = Shop::new("");
    shop.write("orders.csv", "").vouch("orders.csv", b"", 0);
    assert!(shop.refused().contains("it has not even a header"));
    let shop = Shop::new("format = \"ndjson\"");
    assert!(shop.write("orders.json", "").refused().contains("is empty"));
    shop.vouch("orders.json", b"", 0);
    assert!(shop.find(&Selection::default()).is_ok());
}

#[test]
fn a_range_leaves_other_days_and_files_without_a_day_as_they_are() {
    let shop = Shop::new("");
    // Only files of the range are even opened.
    shop.write("orders.csv", "cut off");
    for day in ["2025-03-03", "2025-03-01", "2025-03-02"] {
        shop.write(&format!("business_date={day}/orders.csv"), "id\n1\n");
    }
    let selection = Selection {
        from: "2025-03-02".parse().ok(),
        ..Selection::default()
    };
    let found = shop.find(&selection).expect("files");
    assert_eq!(
        found.paths(),
        [
            "business_date=2025-03-02/orders.csv",
            "business_date=2025-03-03/orders.csv"
        ]
    );
    assert!(found.is_partial && found.left_out == 2);
    let none = Selection {
        from: "2026-01-01".parse().ok(),
        ..Selection::default()
    };
    let found = shop.find(&none).expect("no files");
    assert!(found.present.is_empty() && !found.is_changed());
    let warning = found.nothing_in_range().expect("a warning");
    assert!(warning.contains("none of its 4 files"), "{warning}");
}

#[test]
fn files_come_by_day_and_then_by_path() {
    let shop = Shop::new("");
    for name in [
        "a/business_date=2025-03-02/orders.csv",
        "b/business_date=2025-03-01/orders.csv",
        "b/business_date=2025-03-01/orders_2.csv",
        "orders.csv",
    ] {
        shop.write(name, "id\n1\n");
    }
    let found = shop.find(&Selection::default()).expect("files");
    assert_eq!(
        found.paths(),
        [
            "orders.csv",
            "b/business_date=2025-03-01/orders.csv",
            "b/business_date=2025-03-01/orders_2.csv",
            "a/business_date=2025-03-02/orders.csv",
        ]
    );
}

#[test]
fn a_file_that_changes_is_noticed() {
    let shop = Shop::new("");
    shop.write("orders.csv", "id\n1\n");
    let file = shop.only();
    assert!(file.check_unchanged().is_ok());
    shop.write("orders.csv", "id\n1\n2\n");
    let error = file.check_unchanged().expect_err("a longer file");
    assert_eq!(common::errors::exit_code(&error), 3);
    // The same bytes in a file of its own that took the name.
    shop.write("orders.csv", "id\n1\n");
    let file = shop.only();
    shop.write("other", "id\n1\n");
    let other = File::options()
        .write(true)
        .open(shop.dir.path().join("other"))
        .expect("a file");
    other
        .set_modified(file.modified_at.into())
        .expect("a time of change");
    std::fs::rename(
        shop.dir.path().join("other"),
        shop.dir.path().join("orders.csv"),
    )
    .expect("a rename");
    assert!(file.check_unchanged().is_err());
}

#[test]
fn links_out_of_the_folder_are_refused() {
    let elsewhere = tempfile::tempdir().expect("a folder");
    let target = elsewhere.path().join("secret.csv");
    std::fs::write(&target, "id\n1\n").expect("a file");
    let shop = Shop::new("");
    let link = shop.dir.path().join("orders.csv");
    std::os::unix::fs::symlink(&target, link).expect("a link");
    assert!(shop.refused().contains("leads out of its source's folder"));
}
