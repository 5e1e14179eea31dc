//! Check the staged batch against its contracts and hold bad rows back.

fn main() -> std::process::ExitCode {
    common::stage_main(&quality::PROGRAM, quality::run)
}
