//! Run the pipeline's programs in order, under one lock.

fn main() -> std::process::ExitCode {
    common::stage_main_using(
        &orchestrator::PROGRAM,
        orchestrator::uses,
        orchestrator::run,
    )
}
