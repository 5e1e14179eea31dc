//! `orchestrator document`: the parts of the page on the data model that the catalog knows best.
//!
//! Architecture invariant: what stands between two markers is made from the comments in the
//! database; everything else on the page belongs to people and is left as it is.

mod catalog;
mod star;
mod tables;

use std::path::PathBuf;

use anyhow::Context as _;
use common::{Failure, Rows, StageContext, StageReport, Status, Step, atomic, database};

use self::catalog::Relation;

// A doc comment here would replace the command's own help.
#[derive(Debug, Clone, clap::Args)]
#[expect(
    missing_docs,
    reason = "the help texts of the fields are their documentation"
)]
pub struct DocumentOptions {
    /// The page, with a marker before and after each part that is made
    #[arg(long, value_name = "FILE", default_value = "docs/DATA_MODEL.md")]
    pub page: PathBuf,

    /// Change nothing; fail if the page is not what the database says
    #[arg(long)]
    pub check: bool,
}

/// Writes the parts anew, or checks them.
///
/// # Errors
/// Exit code 2 for a page without its markers, and where `--check` finds a difference.
pub(crate) async fn run(
    ctx: &StageContext,
    options: &DocumentOptions,
) -> anyhow::Result<StageReport> {
    let client = ctx.client().await?;
    database::check_migrated(&client).await?;
    let mut report = StageReport::new(ctx);
    let step = Step::begin("document").relation(options.page.display().to_string());
    let relations = catalog::read(&client).await?;
    let page = std::fs::read_to_string(&options.page)
        .with_context(|| format!("failed to read `{}`", options.page.display()))?;
    let wanted = fill(&page, &relations).map_err(|part| {
        let path = options.page.display();
        Failure::usage(format!(
            "`{path}` has no place for its part `{part}`\n  hint: write `{}` and `{}` on lines of \
             their own",
            begins(part),
            ends(part)
        ))
    })?;
    if wanted == page {
        report.status = Status::NothingToDo;
        return Ok(report);
    }
    if options.check {
        let at = first_difference(&page, &wanted);
        return Err(Failure::usage(format!(
            "`{}` is not what the database says, from line {at} on\n  hint: run `make docs`",
            options.page.display()
        ))
        .into());
    }
    if !ctx.dry_run {
        atomic::write(&options.page, wanted.as_bytes())?;
    }
    let rows = Rows {
        updated: 1,
        ..Rows::default()
    };
    report.finish(step, rows);
    Ok(report)
}

fn begins(part: &str) -> String {
    format!("<!-- {part}: made by `make docs`, do not edit -->")
}

fn ends(part: &str) -> String {
    format!("<!-- end of {part} -->")
}

/// The page with its parts made anew; the name of the part that has no place.
fn fill(page: &str, relations: &[Relation]) -> Result<String, &'static str> {
    let parts = [
        ("star", star::render(relations)),
        ("tables", tables::render(relations)),
    ];
    let mut text = page.to_owned();
    for (part, made) in parts {
        let (begin, end) = (begins(part), ends(part));
        let (head, rest) = text.split_once(&begin).ok_or(part)?;
        let (_, tail) = rest.split_once(&end).ok_or(part)?;
        text = format!("{head}{begin}\n\n{made}\n{end}{tail}");
    }
    Ok(text)
}

fn first_difference(left: &str, right: &str) -> usize {
    let same = left
        .lines()
        .zip(right.lines())
        .take_while(|(left, right)| left == right);
    same.count() + 1
}
