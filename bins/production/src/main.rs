//! Publish accepted staged rows into clean, keyed, constrained tables.

fn main() -> std::process::ExitCode {
    common::stage_main(&production::PROGRAM, production::run)
}
