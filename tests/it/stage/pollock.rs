//! The Pollock benchmark: 2,290 polluted files, none of them loaded wrongly.
//!
//! The files are not part of the project: where they are absent the test says so and passes.

use common::testing::workspace_root;
use tests::pollock::{Corpus, DEFAULT_ARCHIVE, PAGE, Page, Verdict, try_all};

use crate::support::skipped;

/// Files of the benchmark as it was published.
const FILES: usize = 2_290;

/// Goal: each file is right or refused, and the page in docs says what a run says.
#[tokio::test(flavor = "multi_thread")]
async fn no_polluted_file_is_loaded_wrongly() -> anyhow::Result<()> {
    let archive = workspace_root().join(DEFAULT_ARCHIVE);
    if !archive.exists() {
        let place = archive.display();
        skipped(&format!("the Pollock files are not at `{place}`"));
        return Ok(());
    }
    let judgements = try_all(&Corpus::open(&archive)?).await?;
    let wrong: Vec<_> = judgements
        .iter()
        .filter(|it| it.verdict == Verdict::Wrong)
        .map(|it| format!("{}: {}", it.name, it.grounds.join("; ")))
        .collect();
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    let page = Page {
        judgements: &judgements,
    };
    let written = std::fs::read_to_string(workspace_root().join(PAGE))?;
    let counts = page.counts();
    assert!(
        written.starts_with(&counts),
        "run make pollock, and look at what has changed; now it is\n{counts}"
    );
    Ok(())
}

/// Goal: the page holds also where the files are absent.
#[test]
fn the_page_says_that_no_file_is_wrong() -> anyhow::Result<()> {
    let page = std::fs::read_to_string(workspace_root().join(PAGE))?;
    let total = page
        .lines()
        .find_map(|it| it.strip_prefix("| **all** | "))
        .expect("a line of totals");
    let numbers: Vec<usize> = total
        .trim_end_matches(" |")
        .split(" | ")
        .map(|it| it.parse().expect("a number"))
        .collect();
    let [all, equal, quarantined, refused, wrong] = numbers[..] else {
        panic!("five totals: {total}");
    };
    assert_eq!((all, wrong), (FILES, 0));
    assert_eq!(equal + quarantined + refused, FILES);
    Ok(())
}
