//! Refresh the analytical views and export their CSV files.

fn main() -> std::process::ExitCode {
    common::stage_main(&analytics::PROGRAM, analytics::run)
}
