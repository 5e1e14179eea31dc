//! Write the synthetic shop's raw files.

fn main() -> std::process::ExitCode {
    common::stage_main_using(&generate::PROGRAM, generate::uses, generate::run)
}
