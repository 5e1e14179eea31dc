//! Writes `docs/POLLOCK.md`: every file of the Pollock benchmark through `stage`.

use std::io::Write as _;
use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::Context as _;
use common::testing::workspace_root;
use tests::pollock::{Corpus, DEFAULT_ARCHIVE, PAGE, Page, Verdict, try_all};

#[tokio::main]
async fn main() -> ExitCode {
    let path = std::env::args_os()
        .nth(1)
        .map_or_else(|| workspace_root().join(DEFAULT_ARCHIVE), PathBuf::from);
    let mut out = std::io::stdout();
    if !path.exists() {
        let _ = writeln!(
            out,
            "SKIPPED: the Pollock files are not at `{}`; name their folder or archive with DATA=",
            path.display()
        );
        return ExitCode::SUCCESS;
    }
    match run(path, &mut out).await {
        Ok(code) => code,
        Err(error) => {
            let _ = writeln!(std::io::stderr(), "error: {error:#}");
            ExitCode::FAILURE
        }
    }
}

async fn run(path: PathBuf, out: &mut impl std::io::Write) -> anyhow::Result<ExitCode> {
    let judgements = try_all(&Corpus::open(&path)?).await?;
    let page = Page {
        judgements: &judgements,
    };
    let place = workspace_root().join(PAGE);
    std::fs::write(&place, page.markdown())
        .with_context(|| format!("failed to write `{}`", place.display()))?;
    let mut is_wrong = false;
    for judgement in judgements.iter().filter(|it| it.verdict == Verdict::Wrong) {
        is_wrong = true;
        writeln!(
            out,
            "WRONG {}: {}",
            judgement.name,
            judgement.grounds.join("; ")
        )?;
    }
    writeln!(out, "{}; see {PAGE}", page.summary())?;
    Ok(if is_wrong {
        ExitCode::FAILURE
    } else {
        ExitCode::SUCCESS
    })
}
