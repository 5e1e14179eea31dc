//! Load raw files into landing and staging, every row once or rejected with its reason.

fn main() -> std::process::ExitCode {
    common::stage_main_using(&stage::PROGRAM, stage::uses, stage::run)
}
