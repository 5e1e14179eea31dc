//! Tell how the pipeline and its data are doing.

fn main() -> std::process::ExitCode {
    common::stage_main(&monitor::PROGRAM, monitor::run)
}
