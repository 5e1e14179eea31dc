//! `quality lint`: every problem at once, and nothing judged.

use std::path::Path;

use common::testing::{context_without_database, workspace_root};
use common::{StageContext, StageReport};
use quality::{Command, LintOptions, Options};
use serde_json::Value;

use super::shop::Shop;

async fn lint(ctx: &StageContext, folder: Option<&Path>, offline: bool) -> StageReport {
    let options = Options {
        command: Some(Command::Lint(LintOptions {
            folder: folder.map(Path::to_owned),
            offline,
        })),
        ..Options::default()
    };
    quality::run(ctx, &options).await.expect("a report")
}

/// `file:line: message` of each problem, the file without its folder.
fn problems(report: &StageReport) -> Vec<String> {
    let findings = report.findings.as_ref().expect("findings");
    let problems = findings["problems"].as_array().expect("problems");
    let text = |problem: &Value| {
        let path = Path::new(problem["file"].as_str().expect("a file"));
        let file = path
            .file_name()
            .expect("a name")
            .to_string_lossy()
            .into_owned();
        let message = problem["message"].as_str().expect("a message");
        format!("{file}:{}: {message}", problem["line"])
    };
    problems.iter().map(text).collect()
}

/// Goal: the project's own contracts and sources are sound.
/// Method: lint them against the migrated schema.
#[tokio::test]
async fn the_projects_own_contracts_have_no_problem() {
    let shop = Shop::with_orders(1).await;
    let report = lint(&shop.ctx, None, false).await;
    assert_eq!(problems(&report), [""; 0]);
    assert_eq!(report.exit_code, 0);
    let findings = report.findings.expect("findings");
    assert_eq!(findings["contracts"], 14);
    assert_eq!(findings["database_skipped"], Value::Null);
}

/// A mistake of each kind in contracts of a folder.
fn spoil(contracts: &Path) {
    let edit = |name: &str, change: &dyn Fn(String) -> String| {
        let path = contracts.join(format!("{name}.odcs.yaml"));
        let text = std::fs::read_to_string(&path).expect("a contract");
        std::fs::write(path, change(text)).expect("a contract");
    };
    let rule = |text: &str| format!("      - {{{text}}}\n");
    edit("products", &|text| {
        text + &rule("metric: rowCount, id: rows, mustBeGreaterThan: 0, colour: x")
    });
    edit("stores", &|text| {
        text.replace("- name: region\n", "- name: regoin\n")
            .replace("- name: city\n", "- name: 'city; --'\n")
    });
    edit("customers", &|text| text.replace("{2,}$'", "{2,'"));
    let to = "to: transactions.transaction_id";
    edit("shipments", &|text| {
        text.replace(to, "to: transaction.transaction_id")
    });
    let query = "type: sql, id: x, query: 'select category_name from {object}', mustBe: 1";
    edit("categories", &|text| text + "    quality:\n" + &rule(query));
    std::fs::write(contracts.join("payments.odcs.yaml"), "").expect("a contract");
}

/// Goal: a person sees all that is wrong in one go, each with its place.
/// Method: a mistake of each kind in contracts and in a source's own rules.
#[tokio::test]
async fn all_problems_are_listed_with_their_places() {
    let mut shop = Shop::with_orders(1).await;
    let folder = shop.configure(
        "[quality.checks]\n\"stores.store_id.required\" = { enabled = true }\n\
         \"stores.store_id.requird\" = { enabled = false }\n\
         \"stores.store_id.maxLength\" = { mustBeLessThan = nan }\n\
         \"products.rows\" = { enabled = false }\n\
         \"suppliers.supplier_id.pattern\" = { mustBeGreaterThan = 3 }\n\
         \"suppliers.supplier_id.maxLength\" = { mustBe = 0 }\n",
    );
    spoil(&folder.join("contracts"));
    let report = lint(&shop.ctx, Some(&folder), false).await;
    assert_eq!(report.exit_code, 2);
    let found = problems(&report);
    let expected = [
        ("categories.odcs.yaml:", "it answers with a text"),
        ("customers.odcs.yaml:", "does not run: invalid regular"),
        ("payments.odcs.yaml:1: ", "the contract is empty"),
        ("products.odcs.yaml:", "unknown key `colour`"),
        ("shipments.odcs.yaml:", "did you mean `transactions`?"),
        ("source.toml:2: ", "this changes nothing"),
        ("source.toml:3: ", "mean `stores.store_id.required`?"),
        ("source.toml:4: ", "finite number"),
        ("source.toml:6: ", "only limit them upwards"),
        ("source.toml:7: ", "this changes nothing"),
        ("stores.odcs.yaml:", "`regoin`; did you mean `region`?"),
        ("stores.odcs.yaml:", "column `region` of `staging.stores`"),
        ("stores.odcs.yaml:", "no column `city; --`"),
        ("stores.odcs.yaml:", "column `city` of `staging.stores`"),
    ];
    for (file, words) in expected {
        let is_hit = |it: &&String| it.starts_with(file) && it.contains(words);
        let hits = found.iter().filter(is_hit).count();
        assert_eq!(hits, 1, "{file}: {words}\n{found:#?}");
    }
    assert_eq!(found.len(), expected.len(), "{found:#?}");
    let written = shop.db.number("select count(*) from ops.check_results");
    assert_eq!(written.await, 0, "nothing was judged");
}

/// Goal: without a database the rest is checked, and what was left out is said.
/// Method: no server set up, one that does not answer, and none wanted.
#[tokio::test]
async fn without_a_database_lint_says_what_it_left_out() {
    let dir = tempfile::tempdir().expect("a folder");
    let config_dir = workspace_root().join("config");
    let mut ctx = context_without_database(dir.path());
    ctx.config.database.url = None;
    for (offline, reason) in [(false, "no database is set up yet"), (true, "--offline")] {
        let report = lint(&ctx, Some(&config_dir), offline).await;
        assert_eq!(report.exit_code, 0);
        assert_eq!(
            report.findings.as_ref().expect("findings")["database_skipped"],
            reason
        );
        assert!(report.warnings[0].contains(reason), "{:?}", report.warnings);
    }
    assert!(!ctx.config.paths.data_dir.exists(), "no server was made");
}
