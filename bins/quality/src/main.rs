//! Check the staged batch against its contracts and hold bad rows back.

fn main() -> std::process::ExitCode {
    common::stage_main_using(&quality::PROGRAM, quality::uses, quality::run)
}
