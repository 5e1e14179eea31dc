//! Write the synthetic shop's raw files.

fn main() -> std::process::ExitCode {
    common::stage_main(&generate::PROGRAM, generate::run)
}
