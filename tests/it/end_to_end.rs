//! The whole chain through its programs.

use serde_json::Value;

use crate::support::Pipeline;

const SCHEMAS: [&str; 3] = [
    "pipeline_execution_report",
    "data_quality_report",
    "monitoring_report",
];

/// Goal: the first thing that a newcomer types does the whole job, and its reports can be relied on.
#[tokio::test(flavor = "multi_thread")]
async fn a_run_fills_every_layer_and_leaves_valid_reports() {
    let pipeline = Pipeline::new().await;

    let ended = pipeline.orchestrate(&[]).expect(0);

    for name in SCHEMAS {
        assert_valid(name, &pipeline.report(name));
    }
    let metadata: Value = serde_json::from_slice(
        &std::fs::read(pipeline.raw_dir().join("generation_metadata.json")).expect("metadata"),
    )
    .expect("JSON");
    let counts = metadata["record_counts"].as_object().expect("counts");
    for (entity, expected) in counts {
        let count = pipeline
            .db
            .number(&format!("select count(*) from production.{entity}"))
            .await;
        assert_eq!(*expected, count, "{entity}");
    }
    assert_eq!(counts.len(), 14);
    let lines = pipeline
        .db
        .number("select count(*) from warehouse.fact_sales")
        .await;
    assert_eq!(metadata["record_counts"]["transaction_items"], lines);
    let exports = std::fs::read_dir(pipeline.data_dir().join("processed/analytics"))
        .expect("exports")
        .filter_map(|it| it.expect("an entry").file_name().into_string().ok())
        .filter(|it| it.starts_with("query") && it.ends_with(".csv"))
        .count();
    assert_eq!(exports, 10);
    assert_the_table_agrees_with_sql(&pipeline, &ended.stdout).await;
}

/// Goal: a packed shop is as good as a plain one.
#[tokio::test(flavor = "multi_thread")]
async fn packed_files_of_the_shop_are_staged() {
    for kind in ["gz", "zst"] {
        let pipeline = Pipeline::new().await;
        pipeline.run("generate", &["--compression", kind]).expect(0);
        pipeline.run("stage", &[]).expect(0);

        let staged = pipeline
            .db
            .number("select count(*) from staging.transactions")
            .await;
        assert_eq!(staged, 1_500, "{kind}");
    }
}

/// The printed line of the source is what SQL over the facts says.
async fn assert_the_table_agrees_with_sql(pipeline: &Pipeline, stdout: &str) {
    let expected = &pipeline
        .db
        .rows(
            "select to_char(count(distinct transaction_id), 'FM999,999,990'),
                    to_char(sum(line_total) filter (where not is_returned), 'FM999,999,990.00'),
                    min(sale_date)::text,
                    max(sale_date)::text
             from warehouse.fact_sales
             where is_counted",
        )
        .await[0];
    let line = stdout
        .lines()
        .find(|it| it.contains("synthetic"))
        .unwrap_or_else(|| panic!("no line of the source in:\n{stdout}"));
    for value in expected.iter().flatten() {
        assert!(
            line.contains(value.as_str()),
            "`{value}` is not in `{line}`"
        );
    }
    let score: f64 = pipeline.report("data_quality_report")["overall_quality_score"]
        .as_f64()
        .expect("a score");
    assert!(stdout.contains(&format!("{score:.2} of 100")), "{stdout}");
}

fn assert_valid(name: &str, report: &Value) {
    let path =
        common::testing::workspace_root().join(format!("tests/schemas/{name}.v1.schema.json"));
    let schema: Value =
        serde_json::from_slice(&std::fs::read(path).expect("a schema")).expect("JSON");
    let validator = jsonschema::draft202012::options()
        .should_validate_formats(true)
        .build(&schema)
        .expect("a schema that compiles");
    let problems: Vec<String> = validator
        .iter_errors(report)
        .map(|it| format!("{}: {it}", it.instance_path()))
        .collect();
    assert_eq!(problems, Vec::<String>::new(), "{name}");
}

/// Goal: a rerun touches no row anywhere, and no program but `generate` reads one.
#[tokio::test(flavor = "multi_thread")]
async fn a_second_run_changes_no_row() {
    let pipeline = Pipeline::new().await;
    pipeline.orchestrate(&[]).expect(0);
    let before = pipeline.row_versions().await;
    let exports = exports_of(&pipeline);

    let ended = pipeline.orchestrate(&[]).expect(0);

    assert_eq!(pipeline.row_versions().await, before);
    assert_eq!(
        exports_of(&pipeline),
        exports,
        "exports are not written again"
    );
    assert!(
        ended.stdout.matches("nothing to do").count() >= 5,
        "{}",
        ended.stdout
    );
    let steps = &pipeline.report("pipeline_execution_report")["steps_executed"];
    for program in ["stage", "quality", "production", "warehouse", "analytics"] {
        assert_eq!(steps[program]["nothing_to_do"], true, "{program}");
        assert_eq!(steps[program]["rows"]["in"], 0, "{program}");
    }
    let batches = pipeline.db.number("select count(*) from ops.batches").await;
    assert_eq!(batches, 1, "no new file, no batch");
}

fn exports_of(pipeline: &Pipeline) -> Vec<(String, std::time::SystemTime)> {
    let folder = pipeline.data_dir().join("processed/analytics");
    let mut found: Vec<_> = std::fs::read_dir(folder)
        .expect("exports")
        .map(|entry| {
            let entry = entry.expect("an entry");
            let modified = entry
                .metadata()
                .expect("metadata")
                .modified()
                .expect("a time");
            (entry.file_name().to_string_lossy().into_owned(), modified)
        })
        .collect();
    found.sort();
    found
}

/// Goal: a changed file changes what it says and nothing else.
#[tokio::test(flavor = "multi_thread")]
async fn a_changed_row_touches_only_what_depends_on_it() {
    let pipeline = Pipeline::new().await;
    pipeline.orchestrate(&[]).expect(0);
    pipeline.edit_raw("customers.csv", |text| {
        let mut lines: Vec<String> = text.lines().map(str::to_owned).collect();
        let mut fields: Vec<&str> = lines[1].split(',').collect();
        fields[6] = "Springfield";
        *fields.last_mut().expect("updated_at") = "2026-01-05 10:00:00";
        lines[1] = fields.join(",");
        lines.join("\n") + "\n"
    });

    pipeline.orchestrate(&["--skip", "generate"]).expect(0);

    let rows = pipeline
        .db
        .rows(
            "select rows_updated::text, rows_inserted::text from ops.ledger
             where batch_id = 2 and dataset = 'customers'",
        )
        .await;
    assert_eq!(rows, [[Some("1".to_owned()), Some("0".to_owned())]]);
    let versions = pipeline
        .db
        .number("select count(*) from warehouse.dim_customers where customer_id = 'CUST0001'")
        .await;
    assert_eq!(versions, 2);
    let touched = pipeline
        .db
        .number("select count(*) from production.transactions where batch_id = 2")
        .await;
    assert_eq!(touched, 0);
}

/// Goal: a dry run tells what it would load and changes nothing: no row, no report, no record.
#[tokio::test(flavor = "multi_thread")]
async fn a_dry_run_only_tells() {
    let pipeline = Pipeline::new().await;
    pipeline.orchestrate(&[]).expect(0);
    pipeline.edit_raw("products.csv", |text| text.replacen(",true,", ",false,", 1));
    let (rows, report) = (
        pipeline.row_versions().await,
        pipeline.report("pipeline_execution_report"),
    );
    let records = "select (select count(*) from ops.runs) + (select count(*) from ops.batches)";
    let recorded = pipeline.db.number(records).await;

    let ended = pipeline
        .orchestrate(&["--skip", "generate", "--dry-run"])
        .expect(0);
    for program in ["quality", "production", "warehouse", "analytics", "cleanup"] {
        pipeline.run(program, &["--dry-run"]).expect(0);
    }

    ended.says(&["would load products.csv"]);
    assert_eq!(pipeline.row_versions().await, rows);
    assert_eq!(pipeline.report("pipeline_execution_report"), report);
    assert_eq!(pipeline.db.number(records).await, recorded);
}
