//! Keep the star schema: dimensions with history, facts and aggregates.

fn main() -> std::process::ExitCode {
    common::stage_main_using(&warehouse::PROGRAM, warehouse::uses, warehouse::run)
}
