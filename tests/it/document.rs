//! `docs/DATA_MODEL.md` is what the database says.

use std::fs;

use common::testing::workspace_root;

use crate::support::Pipeline;

/// Goal: the page equals the comments of the migrated schema, a change of either is noticed, and
/// what people wrote stays theirs.
#[tokio::test(flavor = "multi_thread")]
async fn the_page_on_the_data_model_is_what_the_database_says() {
    let pipeline = Pipeline::new().await;
    let page = workspace_root().join("docs/DATA_MODEL.md");
    let before = fs::read_to_string(&page).expect("the page");
    // Whoever changed a comment, a table or the page: run `make docs` and look at the difference.
    pipeline
        .run("orchestrator", &["document", "--check"])
        .expect(0);
    assert_eq!(
        fs::read_to_string(&page).expect("the page"),
        before,
        "checking changes nothing"
    );

    let copy = pipeline.db.dir.path().join("page.md");
    let edited = before
        .replace("# Data model", "# The shop's data")
        .replace("| `line_total` | numeric |", "| `line_total` | float |");
    assert_ne!(edited, before);
    fs::write(&copy, &edited).expect("a page");
    let path = copy.display().to_string();
    pipeline
        .run("orchestrator", &["document", "--check", "--page", &path])
        .expect(2)
        .says(&[
            "is not what the database says, from line",
            "run `make docs`",
        ]);
    pipeline
        .run("orchestrator", &["document", "--page", &path])
        .expect(0);
    let mended = fs::read_to_string(&copy).expect("a page");
    assert_eq!(mended, before.replace("# Data model", "# The shop's data"));

    fs::write(&copy, "# No places\n").expect("a page");
    pipeline
        .run("orchestrator", &["document", "--page", &path])
        .expect(2)
        .says(&["has no place for its part `star`"]);
}
