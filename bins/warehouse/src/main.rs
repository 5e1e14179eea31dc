//! Keep the star schema: dimensions with history, facts and aggregates.

fn main() -> std::process::ExitCode {
    common::stage_main(&warehouse::PROGRAM, warehouse::run)
}
