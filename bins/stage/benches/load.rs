//! One file into one table, as a process that `bench/stage.sh` measures from outside.

use std::path::PathBuf;
use std::process::ExitCode;

use common::{Failure, Program, Rows, StageContext, StageReport, Status, Step, Uses};
use stage::source::Source;
use stage::{FileIntoTable, load_into};

const PROGRAM: Program = Program {
    name: "load",
    about: "Add the rows of one file to a table",
    examples: "",
    uses: Uses::DatabaseUnlocked,
};

#[derive(Debug, clap::Args)]
struct Options {
    /// Source whose source.toml says how the file is read
    #[arg(long)]
    source: String,

    /// Its table
    #[arg(long)]
    table: String,

    /// The file
    #[arg(long)]
    file: PathBuf,

    /// Where its rows go, as schema.table
    #[arg(long)]
    into: String,

    /// With the columns file_id, source_line and record_number
    #[arg(long)]
    lineage: bool,
}

fn main() -> ExitCode {
    common::stage_main(&PROGRAM, run)
}

async fn run(ctx: &StageContext, options: &Options) -> anyhow::Result<StageReport> {
    let source = Source::load(ctx, &options.source)?;
    let Some((schema, table)) = options.into.split_once('.') else {
        return Err(Failure::usage("--into needs schema.table").into());
    };
    let into = FileIntoTable {
        table_name: &options.table,
        path: &options.file,
        schema,
        table,
        with_lineage: options.lineage,
    };
    let step = Step::begin("load").relation(&options.into);
    let counts = load_into(ctx, &source, &into).await?;
    let mut report = StageReport::new(ctx);
    let rows = Rows {
        input: counts.read,
        inserted: counts.loaded,
        ..Rows::default()
    };
    report.finish(step, rows);
    report.status = Status::Succeeded;
    Ok(report)
}
