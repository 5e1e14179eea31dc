//! Corrupted files through the whole chain: what is held back, what is blocked, what comes back.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use common::testing::workspace_root;

use crate::support::{Ended, Pipeline};

/// The datasets of an order, whose rows name it.
const OF_ORDERS: [&str; 4] = ["transactions", "transaction_items", "payments", "shipments"];
const CHAIN: [&str; 4] = ["--source", "synthetic", "--skip", "generate"];

/// Goal: one bad row in a hundred costs these rows and their consequences and nothing else; more
/// than that, or one critical failure, changes nothing that anybody reads; mended files give what
/// clean ones would have given, and there is nothing left to replay.
/// Method: every hundredth line sells nothing and every hundredth order, of the others, has a wrong
/// total; what must be missing is worked out from the files.
#[tokio::test(flavor = "multi_thread")]
async fn corrupted_rows_are_held_back_until_they_are_mended() {
    let clean = Pipeline::new().await;
    clean.run("generate", &[]).expect(0);
    let shop = Pipeline::new().await;
    copy_files(&clean.raw_dir(), &shop.raw_dir());
    clean.orchestrate(&CHAIN).expect(0);

    let bad = corrupt_one_percent(&shop);
    shop.orchestrate(&CHAIN).expect(0);
    bad.are_held_back(&shop).await;
    let published = shop.hashes().await;
    shop.orchestrate(&["--replay"]).expect(0);
    assert_eq!(
        shop.hashes().await,
        published,
        "what is still wrong is not published"
    );

    copy_files(&clean.raw_dir(), &shop.raw_dir());
    corrupt_lines(&shop, |index| index == 7);
    let critical = config_with_critical_lines(&shop);
    let ended = shop
        .program("orchestrator", &["run"])
        .args(CHAIN)
        .env("BULLION__PATHS__CONFIG_DIR", &critical)
        .output();
    let ended = Ended::of(ended.expect("an orchestrator that starts"));
    ended
        .expect(1)
        .says(&["transaction_items.quantity.not_zero"]);
    assert_eq!(shop.hashes().await, published, "a critical failure blocks");

    copy_files(&clean.raw_dir(), &shop.raw_dir());
    corrupt_lines(&shop, |index| index % 100 < 6);
    let ended = shop.orchestrate(&CHAIN).expect(1);
    ended.says(&["transaction_items.quarantined_percent"]);
    assert_eq!(shop.hashes().await, published, "six percent block");

    copy_files(&clean.raw_dir(), &shop.raw_dir());
    shop.orchestrate(&CHAIN).expect(0);
    assert_eq!(shop.hashes().await, clean.hashes().await);
    let open = "select count(*) from ops.quarantine where status = 'open'";
    assert_eq!(shop.db.number(open).await, 0);

    let versions = shop.row_versions().await;
    shop.orchestrate(&["--replay"]).expect(0);
    assert_eq!(shop.row_versions().await, versions);
}

/// Goal: rows that wait are published by `orchestrator run --replay` once their rule is mended.
/// Method: a least price that is too high holds products back; then the project's own applies.
#[tokio::test(flavor = "multi_thread")]
async fn a_replay_run_publishes_what_a_mended_rule_lets_pass() {
    let clean = Pipeline::new().await;
    clean.run("generate", &[]).expect(0);
    let shop = Pipeline::new().await;
    copy_files(&clean.raw_dir(), &shop.raw_dir());
    clean.orchestrate(&CHAIN).expect(0);
    let strict = strict_config(&shop);
    let run = |arguments: &[&str], config: Option<&Path>| {
        let mut program = shop.program("orchestrator", &["run"]);
        program.args(arguments);
        if let Some(config) = config {
            program.env("BULLION__PATHS__CONFIG_DIR", config);
        }
        Ended::of(program.output().expect("an orchestrator that starts"))
    };
    run(&CHAIN, Some(&strict)).expect(0);
    let waiting = shop
        .db
        .number("select count(*) from ops.quarantine where status = 'open'")
        .await;
    assert!(waiting > 0, "the strict rule holds rows back");
    assert_ne!(shop.hashes().await, clean.hashes().await);

    run(&["--replay"], None).expect(0);
    assert_eq!(shop.hashes().await, clean.hashes().await);
    let versions = shop.row_versions().await;
    run(&["--replay"], None).expect(0);
    assert_eq!(shop.row_versions().await, versions);
}

/// What was corrupted, by natural key.
struct Corrupted {
    lines: BTreeSet<String>,
    orders: BTreeSet<String>,
}

impl Corrupted {
    /// Orders of which nothing may be published.
    fn held_orders(&self) -> BTreeSet<String> {
        let of_lines = self.lines.iter().map(|key| {
            let (order, _) = key.split_once('/').expect("a key of two parts");
            order.to_owned()
        });
        of_lines.chain(self.orders.iter().cloned()).collect()
    }

    async fn are_held_back(&self, shop: &Pipeline) {
        let causes = |dataset: &str| {
            format!(
                "select natural_key from ops.quarantine where dataset = '{dataset}'
                and status = 'open' and severity <> 'warning' and caused_by is null order by 1"
            )
        };
        assert_eq!(keys(shop, &causes("transaction_items")).await, self.lines);
        assert_eq!(keys(shop, &causes("transactions")).await, self.orders);
        let others = "select dataset from ops.quarantine where caused_by is null
            and severity <> 'warning' and dataset not in ('transactions', 'transaction_items')";
        assert_eq!(keys(shop, others).await, BTreeSet::new());

        let held = self.held_orders();
        for dataset in OF_ORDERS {
            let staged = format!("select distinct transaction_id from staging.{dataset}");
            let published = format!("select distinct transaction_id from production.{dataset}");
            let (staged, published) = (keys(shop, &staged).await, keys(shop, &published).await);
            let missing: BTreeSet<String> = staged.difference(&published).cloned().collect();
            let expected: BTreeSet<String> = held.intersection(&staged).cloned().collect();
            assert_eq!(missing, expected, "{dataset}");
            let consequences = format!(
                "select distinct payload ->> 'transaction_id' from ops.quarantine
                where dataset = '{dataset}' and caused_by is not null"
            );
            let named = keys(shop, &consequences).await;
            assert!(named.is_subset(&held), "{dataset}");
            // Every row of a held order stands in quarantine, as a cause or a consequence.
            let rows = format!(
                "select count(*) from staging.{dataset} as staged
                where not exists (
                    select 1 from production.{dataset} as published
                    where published.transaction_id = staged.transaction_id
                )"
            );
            let entries = format!(
                "select count(*) from ops.quarantine where dataset = '{dataset}'
                and severity <> 'warning'"
            );
            let (rows, entries) = (shop.db.number(&rows).await, shop.db.number(&entries).await);
            assert_eq!(rows, entries, "{dataset}");
        }
    }
}

async fn keys(shop: &Pipeline, query: &str) -> BTreeSet<String> {
    let rows = shop.db.rows(query).await;
    rows.into_iter()
        .filter_map(|row| row.into_iter().next().flatten())
        .collect()
}

fn corrupt_one_percent(shop: &Pipeline) -> Corrupted {
    let lines = corrupt_lines(shop, |index| index % 100 == 50);
    let held = Corrupted {
        lines: lines.clone(),
        orders: BTreeSet::new(),
    }
    .held_orders();
    let mut orders = BTreeSet::new();
    let mut index = 0;
    edit_rows(shop, "transactions.csv", |row| {
        index += 1;
        let order = row.get("transaction_id");
        if index % 100 == 25 && !held.contains(&order) {
            let total: f64 = row.get("total_amount").parse().expect("an amount");
            row.set("total_amount", &format!("{:.2}", total + 5.0));
            orders.insert(order);
        }
    });
    assert!(lines.len() > 20 && orders.len() > 10, "enough is corrupted");
    Corrupted { lines, orders }
}

/// Lines that sell nothing; returns their keys.
fn corrupt_lines(shop: &Pipeline, is_bad: impl Fn(usize) -> bool) -> BTreeSet<String> {
    let mut keys = BTreeSet::new();
    let mut index = 0;
    edit_rows(shop, "transaction_items.csv", |row| {
        if is_bad(index) {
            row.set("quantity", "0");
            keys.insert(format!(
                "{}/{}",
                row.get("transaction_id"),
                row.get("line_number")
            ));
        }
        index += 1;
    });
    keys
}

/// A record with its columns' names.
struct Row<'a> {
    header: &'a csv::StringRecord,
    cells: Vec<String>,
}

impl Row<'_> {
    fn index(&self, column: &str) -> usize {
        let is_it = |name: &str| name == column;
        self.header.iter().position(is_it).expect("a column")
    }

    fn get(&self, column: &str) -> String {
        self.cells[self.index(column)].clone()
    }

    fn set(&mut self, column: &str, value: &str) {
        let index = self.index(column);
        value.clone_into(&mut self.cells[index]);
    }
}

fn edit_rows(shop: &Pipeline, file: &str, mut edit: impl FnMut(&mut Row<'_>)) {
    shop.edit_raw(file, |text| {
        let mut reader = csv::Reader::from_reader(text.as_bytes());
        let mut writer = csv::Writer::from_writer(Vec::new());
        let header = reader.headers().expect("a header").clone();
        writer.write_record(&header).expect("a header");
        for record in reader.records() {
            let cells = record
                .expect("a record")
                .iter()
                .map(str::to_owned)
                .collect();
            let mut row = Row {
                header: &header,
                cells,
            };
            edit(&mut row);
            writer.write_record(&row.cells).expect("a record");
        }
        String::from_utf8(writer.into_inner().expect("a buffer")).expect("UTF-8")
    });
}

fn copy_files(from: &Path, to: &Path) {
    std::fs::create_dir_all(to).expect("a folder");
    for entry in std::fs::read_dir(from).expect("a folder") {
        let path = entry.expect("an entry").path();
        if path.is_file() {
            let name = path.file_name().expect("a name");
            std::fs::copy(&path, to.join(name)).expect("a copy");
        }
    }
}

/// The project's configuration with another severity for lines that sell nothing.
fn config_with_critical_lines(shop: &Pipeline) -> PathBuf {
    let folder = copy_of_config(shop, "critical");
    let path = folder.join("sources/synthetic/source.toml");
    let source = std::fs::read_to_string(&path).expect("a source");
    let rule = "\"transaction_items.quantity.not_zero\" = { severity = \"critical\" }";
    std::fs::write(&path, format!("{source}\n[quality.checks]\n{rule}\n")).expect("a source");
    folder
}

/// The project's configuration with a least price that sound products are below.
fn strict_config(shop: &Pipeline) -> PathBuf {
    let folder = copy_of_config(shop, "strict");
    let path = folder.join("contracts/products.odcs.yaml");
    let contract = std::fs::read_to_string(&path).expect("a contract");
    let strict = contract.replacen("minimum: 0", "minimum: 15", 1);
    assert_ne!(strict, contract, "the contract has a least price");
    std::fs::write(&path, strict).expect("a contract");
    folder
}

fn copy_of_config(shop: &Pipeline, name: &str) -> PathBuf {
    let folder = shop.db.dir.path().join(name);
    for part in ["contracts", "sources/synthetic"] {
        let project = workspace_root().join("config");
        copy_files(&project.join(part), &folder.join(part));
    }
    folder
}
