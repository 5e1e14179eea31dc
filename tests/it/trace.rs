//! The way back from a row of the warehouse, and which batch each schema shows.

mod published;

use serde_json::Value;

use crate::support::{Ended, Pipeline};

/// Values of persons in the ten orders, by their columns, as production holds them.
const PERSONAL: &str = "
    select distinct value from (
        select unnest(array[first_name, last_name, email, phone]) as value
        from production.customers
        union all
        select unnest(array[shipping_address, shipping_city, billing_city, shipping_postal_code])
        from production.transactions
        union all
        select unnest(array[sales_rep_name, email]) from production.sales_representatives
        union all
        select manager from production.stores
    ) as personal
    where length(value) > 3
    order by 1";

/// A shop whose files are shaped otherwise than an entity.
const CORNER: &str = "[retailer]\nname = \"Corner\"\ntime_zone = \"UTC\"\ncurrency = \"EUR\"\n\
                      [tables.articles]\nfiles = [\"articles.csv\"]\n[tables.articles.columns]\n\
                      code = \"text\"\ntitle = \"text\"\nprice = \"decimal\"\n";
const CORNER_SQL: &str = "
    select
        code as product_id, title as product_name, 'Office' as category, price, price as cost,
        'EUR' as currency, file_id, source_line
    from landing.corner__articles";

async fn loaded() -> Pipeline {
    let pipeline = Pipeline::new().await;
    pipeline.place_ten_orders();
    pipeline.orchestrate(&["--skip", "generate"]).expect(0);
    pipeline
}

fn trace(pipeline: &Pipeline, arguments: &[&str]) -> Ended {
    let arguments: Vec<&str> = ["trace"].iter().chain(arguments).copied().collect();
    pipeline.run("orchestrator", &arguments)
}

fn findings(pipeline: &Pipeline, arguments: &[&str]) -> Value {
    let arguments: Vec<&str> = arguments
        .iter()
        .chain(&["--output", "json"])
        .copied()
        .collect();
    let ended = trace(pipeline, &arguments).expect(0);
    let report: Value = serde_json::from_str(&ended.stdout).expect("a report");
    report["findings"].clone()
}

/// The raw line of a row, looked up in the file by the test itself.
fn line_of(pipeline: &Pipeline, path: &str, line: u64) -> String {
    let text = std::fs::read_to_string(pipeline.raw_dir().join(path)).expect("a raw file");
    let index = usize::try_from(line).expect("a small number") - 1;
    text.lines().nth(index).expect("a line").to_owned()
}

/// Goal: from a line of an order back to the lines of its files, its members' versions, its batch
/// and its run; every line that is named holds the row that it is named for.
#[tokio::test(flavor = "multi_thread")]
async fn a_fact_is_followed_back_to_the_lines_of_its_files() {
    let pipeline = loaded().await;

    let found = findings(&pipeline, &["fact_sales", "TXN00001", "1", "--show-line"]);
    let way = &found["rows"][0];
    assert_eq!(way["row"]["key"]["transaction_id"], "TXN00001");
    let origins = way["origins"].as_array().expect("origins");
    for (table, needle) in [
        ("production.transactions", "TXN00001"),
        ("production.transaction_items", "TXN00001"),
        ("production.payments", "TXN00001"),
    ] {
        let origin = origins.iter().find(|it| it["table"] == table).expect(table);
        let file = &way["places"]["files"][origin["place"]["file_id"].to_string()];
        let line = origin["place"]["source_line"].as_u64().expect("a line");
        let path = file["path"].as_str().expect("a path");
        let raw = line_of(&pipeline, path, line);
        assert!(raw.contains(needle), "{table}: {path}:{line} is {raw}");
        assert_eq!(file["version"], 1);
        assert_eq!(file["state"], "loaded");
    }
    let shown = found["raw_lines"][0].as_array().expect("lines");
    assert!(shown.iter().any(|it| {
        it["text"]
            .as_str()
            .is_some_and(|it| it.contains("TXN00001"))
    }));

    let members = way["members"].as_array().expect("members");
    let member = |column: &str| {
        members
            .iter()
            .find(|it| it["column"] == column)
            .unwrap_or_else(|| panic!("{column}"))
    };
    let customer = member("customer_key");
    assert_eq!(customer["row"]["table"], "warehouse.dim_customers");
    assert_eq!(customer["origin"]["table"], "production.customers_changes");
    let place = &customer["origin"]["place"];
    let id = customer["row"]["key"]["customer_id"]
        .as_str()
        .expect("an id");
    let raw = line_of(
        &pipeline,
        "customers.csv",
        place["source_line"].as_u64().expect("a line"),
    );
    assert!(raw.starts_with(id), "{raw}");
    assert_eq!(member("date_key")["row"]["table"], "warehouse.dim_date");

    let batch = &way["places"]["batches"]["1"];
    let run = pipeline.report("pipeline_execution_report")["metadata"].clone();
    assert_eq!(batch["run_id"], run["invocation_id"]);
    assert_eq!(batch["state"], "published");
    assert_eq!(batch["is_replay"], false);
}

/// Goal: what names a row names no person, in text and in JSON, for facts and for dimensions.
#[tokio::test(flavor = "multi_thread")]
async fn every_fact_and_dimension_can_be_traced_and_no_value_of_a_person_is_shown() {
    let pipeline = loaded().await;
    let tables = "select tables.relname::text from pg_catalog.pg_class as tables
        where tables.relnamespace = 'warehouse'::regnamespace and tables.relkind in ('r', 'p')
        and not tables.relispartition and tables.relname ~ '^(dim|fact)_' order by 1";
    let tables: Vec<String> = pipeline
        .db
        .rows(tables)
        .await
        .into_iter()
        .map(|mut row| row.remove(0).expect("a name"))
        .collect();
    assert!(tables.len() >= 10, "{tables:?}");
    let mut said = String::new();
    for table in &tables {
        let Some(parts) = first_key(&pipeline, table).await else {
            continue;
        };
        let parts: Vec<&str> = parts.iter().map(String::as_str).collect();
        let arguments: Vec<&str> = [table.as_str()].iter().chain(&parts).copied().collect();
        let ended = trace(&pipeline, &arguments).expect(0);
        assert!(
            ended.stdout.contains(&format!("warehouse.{table} ")),
            "{}",
            ended.stdout
        );
        said.push_str(&ended.stdout);
        said.push_str(&findings(&pipeline, &arguments).to_string());
    }
    let personal = pipeline.db.rows(PERSONAL).await;
    assert!(personal.len() > 10, "the ten orders name persons");
    for value in personal.iter().filter_map(|row| row[0].as_deref()) {
        assert!(!said.contains(value), "`{value}` is shown");
    }
    // The search finds what is there: the line itself does name a person.
    let shown = trace(&pipeline, &["dim_customers", "CUST0001", "--show-line"])
        .expect(0)
        .stdout;
    assert!(
        personal
            .iter()
            .filter_map(|row| row[0].as_deref())
            .any(|it| shown.contains(it))
    );
}

/// The key of a table's first row that a file brought, without its source.
async fn first_key(pipeline: &Pipeline, table: &str) -> Option<Vec<String>> {
    let columns = format!(
        "select attributes.attname::text
         from pg_catalog.pg_constraint as naturals
         cross join unnest(naturals.conkey) with ordinality as used (attnum, ordinal)
         join pg_catalog.pg_attribute as attributes
             on attributes.attrelid = naturals.conrelid and attributes.attnum = used.attnum
         where naturals.conname = '{table}_natural_key'
             and naturals.conrelid = 'warehouse.{table}'::regclass
         order by used.ordinal"
    );
    let names: Vec<String> = pipeline
        .db
        .rows(&columns)
        .await
        .into_iter()
        .map(|mut row| row.remove(0).expect("a name"))
        .collect();
    let parts: Vec<&String> = names
        .iter()
        .filter(|it| *it != "source" || names.len() == 1)
        .collect();
    let list: Vec<String> = parts.iter().map(|it| format!("{it}::text")).collect();
    let order = names.join(", ");
    let has_source = names.iter().any(|it| it == "source");
    let known = if has_source {
        "where source = 'synthetic'"
    } else {
        ""
    };
    let query = format!(
        "select {} from warehouse.{table} {known} order by {order} limit 1",
        list.join(", ")
    );
    let row = pipeline.db.rows(&query).await.into_iter().next()?;
    row.into_iter().collect()
}

/// Goal: a key that is not there is never an empty success, and the nearest help is given.
#[tokio::test(flavor = "multi_thread")]
async fn a_key_that_is_not_there_is_explained() {
    let pipeline = loaded().await;
    trace(&pipeline, &["fact_sale", "TXN00001", "1"])
        .expect(2)
        .says(&[
            "no fact or dimension `fact_sale`",
            "did you mean `fact_sales`?",
        ]);
    trace(&pipeline, &["fact_sales", "TXN00001", "99"])
        .expect(2)
        .says(&[
            "fact_sales has no row TXN00001 99",
            "TXN00001 is there, with other parts",
        ]);
    trace(&pipeline, &["fact_sales", "TXN0000x", "1"])
        .expect(2)
        .says(&["the nearest transaction_id are TXN0000"]);
    trace(&pipeline, &["fact_sales", "TXN00001", "one"])
        .expect(2)
        .says(&["does not read as its column's type", "<line_number bigint>"]);
    trace(
        &pipeline,
        &["fact_sales", "TXN00001", "1", "2025-01-01", "4"],
    )
    .expect(2)
    .says(&["has fewer parts", "<transaction_id> <line_number>"]);
    trace(
        &pipeline,
        &["fact_sales", "TXN00001", "1", "--source", "sinthetic"],
    )
    .expect(2)
    .says(&["no shop `sinthetic`", "did you mean `synthetic`?"]);

    // In production, and not yet in the warehouse.
    let gone = "delete from warehouse.fact_sales where transaction_id = 'TXN00001'";
    pipeline
        .db
        .client()
        .await
        .execute(gone, &[])
        .await
        .expect("a deletion");
    trace(&pipeline, &["fact_sales", "TXN00001", "1"])
        .expect(2)
        .says(&["production.transaction_items has it, from batch 1"]);
}

/// Goal: a row that once waited says so, and one that still waits is found by its key.
#[tokio::test(flavor = "multi_thread")]
async fn the_history_in_quarantine_belongs_to_the_way() {
    let pipeline = Pipeline::new().await;
    pipeline.place_ten_orders();
    let file = "transaction_items.csv";
    let mut good = String::new();
    pipeline.edit_raw(file, |text| {
        good.clone_from(&text);
        break_quantity(&text)
    });
    pipeline.orchestrate(&["--skip", "generate", "--accept-gate", "a test"]);
    trace(&pipeline, &["fact_sales", "TXN00001", "1"])
        .expect(2)
        .says(&["waits in quarantine, entry", "quality quarantine show"]);

    pipeline.edit_raw(file, |_| good.clone());
    pipeline.orchestrate(&["--skip", "generate", "--accept-gate", "a test"]);
    let ended = trace(&pipeline, &["fact_sales", "TXN00001", "1"]).expect(0);
    assert!(
        ended.stdout.contains("waited in quarantine\n  entry"),
        "{}",
        ended.stdout
    );
    assert!(ended.stdout.contains("version 2"), "{}", ended.stdout);
}

/// The first line of the first order asks for a quantity that no rule lets pass.
fn break_quantity(text: &str) -> String {
    let header: Vec<&str> = text.lines().next().expect("a header").split(',').collect();
    let at = |name: &str| header.iter().position(|it| *it == name).expect("a column");
    let (order, quantity) = (at("transaction_id"), at("quantity"));
    let lines: Vec<String> = text
        .lines()
        .map(|line| {
            let mut cells: Vec<&str> = line.split(',').collect();
            if cells[order] == "TXN00001" {
                cells[quantity] = "0";
            }
            cells.join(",")
        })
        .collect();
    lines.join("\n") + "\n"
}

/// Goal: a row that a source's SQL made names the file and line that it was made of, in landing.
#[tokio::test(flavor = "multi_thread")]
async fn a_row_that_was_conformed_names_its_line_in_landing() {
    let pipeline = Pipeline::new().await;
    let config = pipeline.db.dir.path().join("config");
    let source = config.join("sources/corner");
    std::fs::create_dir_all(&source).expect("a folder");
    std::fs::create_dir_all(config.join("contracts")).expect("a folder");
    let root = common::testing::workspace_root().join("config");
    for entry in std::fs::read_dir(root.join("contracts")).expect("contracts") {
        let path = entry.expect("an entry").path();
        let name = path.file_name().expect("a name").to_owned();
        std::fs::copy(&path, config.join("contracts").join(name)).expect("a copy");
    }
    std::fs::write(source.join("source.toml"), CORNER).expect("a source");
    std::fs::write(source.join("products.sql"), CORNER_SQL).expect("its SQL");
    let data = pipeline.db.dir.path().join("corner");
    std::fs::create_dir_all(&data).expect("a folder");
    std::fs::write(
        data.join("articles.csv"),
        "code,title,price\nA1,Pen,2.50\nA2,Ink,4.00\n",
    )
    .expect("a file");
    let folder = data.display().to_string();
    let run = |arguments: &[&str]| {
        let mut program = pipeline.program("orchestrator", arguments);
        program.env("BULLION__PATHS__CONFIG_DIR", &config);
        Ended::of(program.output().expect("a run"))
    };
    let accept = ["--accept-gate", "a corner shop", "--skip", "monitor"];
    let load = [
        &["run", "--source", "corner", "--data", &folder],
        &accept[..],
    ]
    .concat();
    run(&load).expect(0);

    let ended = run(&[
        "trace",
        "dim_products",
        "A2",
        "--show-line",
        "--data",
        &folder,
    ])
    .expect(0);
    for part in [
        "articles.csv, line 3, still in landing.corner__articles",
        "line 3 of",
        "A2,Ink",
    ] {
        assert!(
            ended.stdout.contains(part),
            "`{part}` is not in:\n{}",
            ended.stdout
        );
    }
    // The file is another one by now: its line proves nothing.
    std::fs::write(data.join("articles.csv"), "code,title,price\nA2,Ink,4.00\n").expect("a file");
    let ended = run(&[
        "trace",
        "dim_products",
        "A2",
        "--show-line",
        "--data",
        &folder,
    ])
    .expect(0);
    assert!(
        ended.stdout.contains("is another version by now"),
        "{}",
        ended.stdout
    );
    assert!(!ended.stdout.contains("A2,Ink"), "{}", ended.stdout);
}
