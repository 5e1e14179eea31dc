//! Any declared file into staging: every record once, or in quarantine with its place.

mod loading;
mod malformed;
mod modes;
mod packing;
mod pollock;
mod reload;
mod roundtrip;
mod wholes;

use std::path::{Path, PathBuf};

use common::testing::TestDatabase;
use common::{StageContext, Status};
use stage::Options;

/// A source of the test's own, in a configuration folder of its own.
struct Shop {
    db: TestDatabase,
    ctx: StageContext,
    /// Flags beside source and folder.
    options: Options,
}

const RETAILER: &str = "[retailer]\nname = \"Corner\"\ntime_zone = \"Europe/Berlin\"\n\
                        currency = \"EUR\"\n";

const ORDERS: &str = "[tables.orders]\nfiles = [\"orders*.csv\"]\n[tables.orders.columns]\n\
                      id = \"text\"\nbuyer = \"text\"\nat = \"timestamp\"\namount = \"decimal\"\n";

const ORDERS_SQL: &str = "select id as transaction_id, buyer as customer_id, at as transaction_at,
    amount as total_amount, file_id, source_line from landing.corner__orders;\n";

impl Shop {
    async fn new(tables: &str) -> Self {
        let db = TestDatabase::new().await;
        let mut ctx = db.context("stage");
        ctx.config.paths.config_dir = db.dir.path().join("config");
        let options = Options::default();
        let shop = Self { db, ctx, options };
        shop.write_config("source.toml", &format!("{RETAILER}{tables}"));
        shop
    }

    fn write_config(&self, name: &str, text: &str) {
        write(
            &self
                .ctx
                .config
                .paths
                .config_dir
                .join("sources/corner")
                .join(name),
            text,
        );
    }

    fn data(&self) -> PathBuf {
        self.db.dir.path().join("raw")
    }

    fn write_data(&self, name: &str, text: &str) {
        write(&self.data().join(name), text);
    }

    async fn stage(&self) -> anyhow::Result<common::StageReport> {
        // Each call is a run of its own.
        let mut ctx = self.ctx.clone();
        ctx.run_id = uuid::Uuid::now_v7();
        let options = Options {
            source: vec!["corner".to_owned()],
            data: Some(self.data()),
            ..self.options.clone()
        };
        stage::run(&ctx, &options).await
    }

    /// The publication by `production`, as far as `stage` looks at it.
    async fn publish(&self) {
        let client = self.db.client().await;
        client
            .batch_execute(
                "update ops.batches set state = 'published' where state = 'staged';
                 update ops.raw_files set state = 'loaded' where state = 'staged'",
            )
            .await
            .expect("a publication");
    }

    async fn stage_and_publish(&self) -> anyhow::Result<Status> {
        let status = self.stage().await?.status;
        self.publish().await;
        Ok(status)
    }

    async fn refused(&self) -> String {
        let error = self.stage().await.expect_err("a refusal");
        assert_eq!(
            common::errors::exit_code(&error),
            common::errors::EXIT_USAGE
        );
        common::errors::describe(&error)
    }
}

fn write(path: &Path, text: &str) {
    std::fs::create_dir_all(path.parent().expect("a folder")).expect("a folder");
    std::fs::write(path, text).expect("a file");
}

#[tokio::test]
async fn files_land_and_their_sql_makes_the_entity() -> anyhow::Result<()> {
    let shop = Shop::new(ORDERS).await;
    shop.write_config("transactions.sql", ORDERS_SQL);
    shop.write_data(
        "orders.csv",
        "id,buyer,at,amount\r\n1,\"Ada, \"\"the\"\" first\",2025-07-01 12:00:00,10.50\r\n\
         2,,2025-10-26 02:30:00,\r\n",
    );

    let report = shop.stage().await?;

    assert_eq!(report.status, Status::Succeeded);
    let rows = shop
        .db
        .rows(
            "select source, transaction_id, customer_id, transaction_at::text,
                    total_amount::text, source_line::text, row_id::text
             from staging.transactions order by transaction_id",
        )
        .await;
    let text = |it: &str| Some(it.to_owned());
    assert_eq!(
        rows,
        [
            [
                text("corner"),
                text("1"),
                text("Ada, \"the\" first"),
                text("2025-07-01 10:00:00+00"),
                text("10.50"),
                text("2"),
                text("1")
            ],
            // The repeated hour takes its earlier instant.
            [
                text("corner"),
                text("2"),
                None,
                text("2025-10-26 00:30:00+00"),
                None,
                text("3"),
                text("2")
            ],
        ]
    );
    let ledger = shop
        .db
        .rows(
            "select layer, dataset, rows_read::text, rows_staged::text from ops.ledger order by 1",
        )
        .await;
    assert_eq!(ledger[0], ["landing", "corner__orders", "2", "2"].map(text));
    assert_eq!(
        ledger[1],
        [text("staging"), text("transactions"), None, text("2")]
    );
    Ok(())
}

/// Goal: records that are no rows are told by file, line and column; the others are loaded.
#[tokio::test]
async fn each_bad_record_is_in_quarantine_with_line_column_and_rule() -> anyhow::Result<()> {
    let shop = Shop::new(ORDERS).await;
    shop.write_config("transactions.sql", ORDERS_SQL);
    shop.write_data(
        "orders.csv",
        "id,buyer,at,amount\n1,a,2025-07-01 12:00:00,1.00\n\
         2,\"two\nlines\",2025-07-01 12:00:00,much\n3,a,2025-02-30 12:00:00,1.00\n\
         4,a,2025-07-01 12:00:00\n5,a\"b,2025-07-01 12:00:00,1.00\n6,a,2025-07-01 12:00:00,1.00\n",
    );

    let report = shop.stage().await?;

    let rows = shop
        .db
        .rows(
            "select source_line::text, record_number::text, rules[1],
                    payload ->> 'column_number', payload ->> 'line',
                    concat_ws(' of ', payload ->> 'fields', payload ->> 'fields_expected')
             from ops.quarantine order by source_line",
        )
        .await;
    let expected = [
        ["3", "2", "amount.not_a_decimal", "4", "4", ""],
        ["5", "3", "at.not_a_timestamp", "3", "5", ""],
        ["6", "4", "csv.ragged", "4", "6", "3 of 4"],
        ["7", "5", "csv.quote_inside_field", "2", "7", ""],
    ];
    let expected = expected.map(|row| row.map(|it| Some(it.to_owned())));
    assert_eq!(rows, expected);
    assert_eq!(
        shop.db
            .number("select count(*) from staging.transactions")
            .await,
        2
    );
    assert!(
        report.warnings[0].contains("4 of 6 records"),
        "{:?}",
        report.warnings
    );
    Ok(())
}

#[tokio::test]
async fn headers_that_do_not_match_are_refused_one_by_one() {
    for (header, part) in [
        ("id,buyer,amount", "column `at` is missing"),
        (
            "id,buyer,at,amount,note",
            "column 5 is `note`, which source.toml does not know",
        ),
        (
            "id,id,buyer,at,amount",
            "column `id` is there twice, as column 1 and column 2",
        ),
    ] {
        let shop = Shop::new(ORDERS).await;
        shop.write_config("transactions.sql", ORDERS_SQL);
        shop.write_data("orders.csv", &format!("{header}\n"));
        let text = shop.refused().await;
        assert!(text.contains(part) && text.contains("orders.csv"), "{text}");
    }
}

#[tokio::test]
async fn columns_in_another_order_are_loaded_by_name() -> anyhow::Result<()> {
    let shop = Shop::new(ORDERS).await;
    shop.write_config("transactions.sql", ORDERS_SQL);
    shop.write_data(
        "orders.csv",
        "amount,at,id,buyer\n1.00,2025-07-01 12:00:00,1,a\n",
    );
    shop.stage().await?;
    let rows = shop
        .db
        .rows("select transaction_id, customer_id from staging.transactions")
        .await;
    assert_eq!(rows, [[Some("1".to_owned()), Some("a".to_owned())]]);
    Ok(())
}

/// Goal: a source's SQL reads its own landing tables and writes its own entity, and nothing else.
#[tokio::test]
async fn the_sql_of_a_source_reaches_nothing_but_its_own_tables() {
    for (sql, part) in [
        (
            "select o.id as transaction_id from landing.corner__orders as o, ops.runs",
            "42501",
        ),
        (
            "select o.id as transaction_id from landing.corner__orders as o, production.retailers",
            "42501",
        ),
        (
            "select id as transaction_id from landing.corner__orders; drop schema ops cascade",
            "42601",
        ),
        (
            "select id as transaction_id from landing.corner__orders) as a, (select 1",
            "transactions.sql",
        ),
        (
            "delete from landing.corner__orders returning id as transaction_id",
            "42601",
        ),
        (
            "select id as transactionid from landing.corner__orders",
            "did you mean `transaction_id`?",
        ),
        (
            // A superuser's session could take its own role back, were it not inside a function.
            "select set_config('role', 'none', true) as transaction_id from landing.corner__orders",
            "42501",
        ),
        (
            "select query_to_xml('select * from ops.runs', true, true, '')::text as transaction_id
             from landing.corner__orders",
            "42501",
        ),
        (
            "select pg_read_file('/etc/passwd') as transaction_id from landing.corner__orders",
            "42501",
        ),
    ] {
        let shop = Shop::new(ORDERS).await;
        shop.write_config("transactions.sql", sql);
        shop.write_data(
            "orders.csv",
            "id,buyer,at,amount\n1,a,2025-07-01 12:00:00,1.00\n",
        );
        let error = shop.stage().await.expect_err("a refusal");
        let text = common::errors::describe(&error);
        assert!(text.contains(part), "{sql}: {text}");
        assert!(text.contains("transactions.sql"), "{sql}: {text}");
        for table in ["staging.transactions", "ops.batches", "ops.raw_files"] {
            let left = shop
                .db
                .number(&format!("select count(*) from {table}"))
                .await;
            assert_eq!(left, 0, "{sql}: nothing is left in {table}");
        }
        let roles = shop
            .db
            .number(
                "select count(*) from pg_catalog.pg_roles where rolname like 'bullion_conform%'",
            )
            .await;
        assert_eq!(roles, 0, "the role went with the transaction");
    }
}

/// Goal: the same bytes through COPY and back, whatever they are.
#[tokio::test]
async fn texts_come_back_as_they_were() -> anyhow::Result<()> {
    let shop = Shop::new(
        "[tables.orders]\nfiles = [\"orders.csv\"]\n[tables.orders.columns]\nid = \"integer\"\n\
         buyer = \"text\"\n",
    )
    .await;
    shop.write_config(
        "transactions.sql",
        "select id::text as transaction_id, buyer as customer_id from landing.corner__orders",
    );
    let texts = [
        "plain",
        " padded ",
        "\"",
        "a,b",
        "line\nbreak",
        "\r\n",
        "\t",
        "\\N",
        "\\.",
        "🦀",
        "e\u{301}",
        "NULL",
        "\u{feff}",
        "'; drop",
    ];
    let mut writer = csv::Writer::from_writer(Vec::new());
    writer.write_record(["id", "buyer"])?;
    for (index, text) in texts.iter().enumerate() {
        writer.write_record([index.to_string().as_str(), text])?;
    }
    shop.write_data("orders.csv", &String::from_utf8(writer.into_inner()?)?);
    shop.stage().await?;
    let rows = shop
        .db
        .rows("select customer_id from staging.transactions order by transaction_id::int")
        .await;
    let found: Vec<&str> = rows
        .iter()
        .map(|it| it[0].as_deref().unwrap_or("(null)"))
        .collect();
    assert_eq!(found, texts);
    Ok(())
}
