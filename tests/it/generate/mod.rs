//! The synthetic shop: the same seed gives the same bytes, and a healthy shop has no fault.

mod exact;
mod faults;
mod realism;
mod repeatable;
mod stream;

use std::collections::{HashMap, HashSet};
use std::path::Path;

use common::testing::context_without_database;
use common::{StageReport, Status, errors};
use generate::Options;
use serde_json::Value;
use sha2::{Digest as _, Sha256};
use tempfile::TempDir;

/// Files of one delivery.
const FILES: [&str; 13] = [
    "categories.csv",
    "suppliers.csv",
    "stores.csv",
    "sales_representatives.csv",
    "customers.csv",
    "products.csv",
    "transactions.csv",
    "transaction_items.csv",
    "payments.csv",
    "shipments.csv",
    "inventory_movements.csv",
    "inventory_snapshots.csv",
    "web_events.ndjson",
];

/// Columns that other tools rely on, in their order.
const HEADERS: [(&str, &str); 4] = [
    (
        "customers.csv",
        "customer_id,first_name,last_name,email,phone,registration_date,city,state,country,\
         age_group,birth_date,gender,segment,postal_code,updated_at",
    ),
    (
        "products.csv",
        "product_id,product_name,category,sub_category,price,cost,brand,stock_quantity,\
         supplier_id,category_id,currency,is_active,updated_at",
    ),
    (
        "transactions.csv",
        "transaction_id,customer_id,transaction_date,transaction_time,payment_method,\
         shipping_address,total_amount,status,store_id,sales_rep_id,currency,discount_amount,\
         tax_amount,shipping_amount,shipping_city,shipping_state,shipping_postal_code,\
         shipping_country,billing_city,billing_state,billing_postal_code,billing_country,updated_at",
    ),
    (
        "transaction_items.csv",
        "item_id,transaction_id,product_id,quantity,unit_price,discount_percentage,line_total,\
         line_number,supplier_id",
    ),
];

type Row = HashMap<String, String>;

/// A shop in a folder of its own.
struct Shop {
    dir: TempDir,
}

impl Shop {
    async fn generate(seed: u64, transactions: u64) -> anyhow::Result<Self> {
        Self::made_by(&sized(seed, transactions)).await
    }

    async fn made_by(options: &Options) -> anyhow::Result<Self> {
        let shop = Self {
            dir: tempfile::tempdir()?,
        };
        shop.run(options).await?;
        Ok(shop)
    }

    /// A shop by the settings of this text, in place of those of `config/generate.toml`.
    async fn configured(settings: &str, options: &Options) -> anyhow::Result<Self> {
        let shop = Self {
            dir: tempfile::tempdir()?,
        };
        let folder = tempfile::tempdir()?;
        std::fs::write(folder.path().join("pipeline.toml"), "")?;
        std::fs::write(folder.path().join("generate.toml"), settings)?;
        let mut ctx = context_without_database(shop.dir.path());
        ctx.config = common::Config::load(&folder.path().join("pipeline.toml"))?;
        let options = Options {
            out: Some(shop.dir.path().to_owned()),
            ..options.clone()
        };
        generate::run(&ctx, &options).await?;
        Ok(shop)
    }

    async fn run(&self, options: &Options) -> anyhow::Result<StageReport> {
        let options = Options {
            out: Some(self.dir.path().to_owned()),
            ..options.clone()
        };
        generate::run(&context_without_database(self.dir.path()), &options).await
    }

    fn bytes(&self, file: &str) -> anyhow::Result<Vec<u8>> {
        Ok(std::fs::read(self.dir.path().join(file))?)
    }

    fn rows(&self, file: &str) -> anyhow::Result<Vec<Row>> {
        let mut reader = csv::Reader::from_path(self.dir.path().join(file))?;
        Ok(reader.deserialize().collect::<Result<_, _>>()?)
    }

    /// Rows of a file, without its header.
    fn row_count(&self, file: &str) -> anyhow::Result<u64> {
        let lines = self
            .bytes(file)?
            .iter()
            .filter(|&&byte| byte == b'\n')
            .count() as u64;
        Ok(lines - u64::from(file.ends_with(".csv")))
    }

    /// Every file with its SHA-256, in the order of names; the metadata holds a clock.
    fn digests(&self) -> anyhow::Result<Vec<(String, String)>> {
        let mut digests = Vec::new();
        for name in self.metadata()?["files"]
            .as_array()
            .expect("a list of files")
        {
            let name = name.as_str().expect("a name").to_owned();
            let digest = common::config::hex(&Sha256::digest(self.bytes(&name)?));
            digests.push((name, digest));
        }
        digests.sort();
        Ok(digests)
    }

    fn metadata(&self) -> anyhow::Result<Value> {
        Ok(serde_json::from_slice(
            &self.bytes("generation_metadata.json")?,
        )?)
    }
}

fn sized(seed: u64, transactions: u64) -> Options {
    Options {
        seed: Some(seed),
        scale: transactions.to_string().parse().ok(),
        ..Options::default()
    }
}

/// A number with two decimals in hundredths.
fn hundredths(text: &str) -> i64 {
    let (whole, decimals) = text.split_once('.').expect("a decimal point");
    assert_eq!(decimals.len(), 2, "{text}");
    format!("{whole}{decimals}").parse().expect("a number")
}

fn distinct<'a>(rows: &'a [Row], column: &str) -> HashSet<&'a str> {
    let values: HashSet<&str> = rows.iter().map(|row| row[column].as_str()).collect();
    assert_eq!(values.len(), rows.len(), "{column} repeats a value");
    values
}

fn file_names(folder: &Path) -> anyhow::Result<Vec<String>> {
    let mut names = Vec::new();
    for entry in std::fs::read_dir(folder)? {
        names.push(entry?.file_name().to_string_lossy().into_owned());
    }
    names.sort_unstable();
    Ok(names)
}

#[tokio::test]
async fn the_files_have_the_columns_that_other_tools_rely_on() -> anyhow::Result<()> {
    let shop = Shop::generate(11, 10).await?;

    for (file, header) in HEADERS {
        let text = String::from_utf8(shop.bytes(file)?)?;
        assert_eq!(text.lines().next(), Some(header));
        assert!(
            text.ends_with('\n') && !text.contains('\r'),
            "{file} has odd line ends"
        );
    }
    Ok(())
}

#[tokio::test]
async fn people_register_before_they_buy_and_can_be_told_apart() -> anyhow::Result<()> {
    let shop = Shop::generate(15, 4_000).await?;
    let customers = shop.rows("customers.csv")?;
    let registered: HashMap<&str, &str> = customers
        .iter()
        .map(|row| {
            (
                row["customer_id"].as_str(),
                row["registration_date"].as_str(),
            )
        })
        .collect();

    for order in shop.rows("transactions.csv")? {
        assert!(registered[order["customer_id"].as_str()] < order["transaction_date"].as_str());
    }
    for email in distinct(&customers, "email") {
        let (name, domain) = email.split_once('@').expect("an e-mail address");
        assert!(
            name.bytes()
                .all(|byte| byte.is_ascii_alphanumeric() || byte == b'.'),
            "{email}"
        );
        assert!(domain.starts_with("example."), "{email}");
    }
    Ok(())
}

#[tokio::test]
async fn orders_come_by_time_and_never_in_the_hour_that_spring_skips() -> anyhow::Result<()> {
    let days = Options {
        start_date: "2025-03-08".parse().ok(),
        end_date: "2025-03-10".parse().ok(),
        ..sized(16, 20_000)
    };
    let shop = Shop::made_by(&days).await?;
    let times: Vec<String> = shop
        .rows("transactions.csv")?
        .iter()
        .map(|row| format!("{} {}", row["transaction_date"], row["transaction_time"]))
        .collect();

    assert!(times.is_sorted());
    assert!(times[0].starts_with("2025-03-08") && times[19_999].starts_with("2025-03-10"));
    assert!(!times.iter().any(|time| time.starts_with("2025-03-09 02:")));
    assert!(times.iter().any(|time| time.starts_with("2025-03-10 02:")));
    Ok(())
}

#[tokio::test]
async fn a_rerun_overwrites_and_leaves_nothing_else() -> anyhow::Result<()> {
    let shop = Shop::generate(17, 300).await?;
    let report = shop.run(&sized(17, 100)).await?;

    assert_eq!(report.status, Status::Succeeded);
    let inserted: Vec<u64> = report.steps.iter().map(|step| step.rows.inserted).collect();
    for (file, row_count) in FILES.iter().zip(&inserted) {
        assert_eq!(shop.row_count(file)?, *row_count, "{file}");
    }
    assert_eq!(inserted[4..7], [10, 50, 100]);
    let metadata = shop.metadata()?;
    assert_eq!(metadata["seed"], 17);
    assert_eq!(metadata["generated_at"], "2026-01-15T02:00:00Z");
    assert_eq!(metadata["record_counts"]["transaction_items"], inserted[7]);
    assert_eq!(
        metadata["transaction_date_range"]["start_date"],
        "2025-01-01"
    );
    let mut expected: Vec<&str> = [FILES.as_slice(), &["generation_metadata.json"]].concat();
    expected.sort_unstable();
    assert_eq!(file_names(shop.dir.path())?, expected);
    Ok(())
}

/// Goal: an earlier run's files go, whatever they are, and nobody else's do.
#[tokio::test]
async fn only_files_of_an_earlier_run_are_removed() -> anyhow::Result<()> {
    let shop = Shop::generate(17, 100).await?;
    let path = |name: &str| shop.dir.path().join(name);
    for name in [
        "customers.csv.mine",
        "customers.csv.gz",
        ".customers.csv.gz.1.tmp",
    ] {
        std::fs::write(path(name), "mine")?;
    }
    let leftover = ".products.csv.zst.999999999.tmp";
    std::fs::write(path(leftover), "")?;
    let listed = r#"{"files": ["customers.csv.mine", "customers.csv.gz", "../generate"]}"#;
    std::fs::write(path("generation_metadata.json"), listed)?;
    shop.run(&sized(17, 100)).await?;

    assert!(path("customers.csv.mine").exists());
    assert!(!path("customers.csv.gz").exists());
    // Process 1 lives; the other one cannot.
    assert!(path(".customers.csv.gz.1.tmp").exists() && !path(leftover).exists());

    std::fs::write(path("generation_metadata.json"), "{broken")?;
    let error = shop.run(&sized(17, 100)).await.expect_err("metadata");
    assert!(errors::describe(&error).contains("which tells the files of an earlier run"));
    Ok(())
}

#[tokio::test]
async fn a_dry_run_writes_nothing() -> anyhow::Result<()> {
    let dir = tempfile::tempdir()?;
    let mut ctx = context_without_database(dir.path());
    ctx.dry_run = true;
    let report = generate::run(&ctx, &Options::default()).await?;

    let planned: u64 = report.steps.iter().map(|step| step.rows.input).sum();
    assert_eq!(planned, 25 + 500 + 1_000 + 10_000);
    assert!(file_names(dir.path())?.is_empty());
    Ok(())
}

/// Goal: a run that cannot finish leaves the previous files as they were.
/// Method: ask for a shop that cannot be, then put a folder where a file should go.
#[tokio::test]
async fn a_failed_run_says_what_failed_and_leaves_the_files() -> anyhow::Result<()> {
    let shop = Shop::generate(18, 100).await?;
    let before = shop.bytes("customers.csv")?;
    let many_days = Options {
        days: Some(400),
        ..sized(19, 100)
    };
    let error = shop
        .run(&many_days)
        .await
        .expect_err("more days than a year");
    assert!(errors::describe(&error).contains("days 400 is more than the 365 days"));

    let backwards = Options {
        end_date: "1999-12-31".parse().ok(),
        ..sized(19, 100)
    };
    let error = shop
        .run(&backwards)
        .await
        .expect_err("an end before the start");
    assert_eq!(errors::exit_code(&error), errors::EXIT_USAGE);
    assert!(
        errors::describe(&error).contains("is after end_date 1999-12-31"),
        "{error:#}"
    );
    assert!(before == shop.bytes("customers.csv")?);

    let blocked = Shop {
        dir: tempfile::tempdir()?,
    };
    std::fs::create_dir(blocked.dir.path().join("products.csv"))?;
    let error = blocked
        .run(&sized(19, 10))
        .await
        .expect_err("a folder in the way");
    assert!(
        errors::describe(&error).contains("products.csv"),
        "{error:#}"
    );
    assert_eq!(file_names(blocked.dir.path())?, ["products.csv"]);
    Ok(())
}
