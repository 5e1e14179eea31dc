//! Remove what the retention rules say is due.

fn main() -> std::process::ExitCode {
    common::stage_main(&cleanup::PROGRAM, cleanup::run)
}
