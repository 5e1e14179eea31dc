//! Faults that are planted in the SQL of a copy of the shipped program: the property must fail.

use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};

use super::state::Violation;
use super::{Loader, histories_hold};
use crate::support::programs_dir;

const CASES: usize = 200;
const STEPS: usize = 4;

/// A piece of one statement, what it becomes, and how that must be noticed.
struct Fault {
    /// First line of the statement, which tells it from the others.
    header: &'static str,
    piece: &'static str,
    broken: &'static str,
    is_caught: fn(&Violation) -> bool,
}

const FAULTS: [Fault; 5] = [
    Fault {
        header: "-- Grain: one row per customer that this load touches, and one per moment of its log.",
        piece: "dated.load_sequence desc",
        broken: "dated.load_sequence asc",
        is_caught: |violation| matches!(violation, Violation::Version(_)),
    },
    Fault {
        header: "-- Grain: one row per product that this load touches, and one per moment of its log.",
        piece: "- declared.type_1",
        broken: "- '_'",
        is_caught: |violation| matches!(violation, Violation::Version(_)),
    },
    Fault {
        header: "-- Grain: one row per version of a member that this load touches, of every dimension",
        piece: "lead(compared.starts_at, 1,",
        broken: "lead(compared.starts_at, 2,",
        is_caught: |violation| matches!(violation, Violation::Refused(_)),
    },
    Fault {
        header: "-- Grain: one row per version that dim_stores should hold",
        piece: "known.effective_at asc nulls first",
        broken: "known.effective_at desc",
        is_caught: |violation| matches!(violation, Violation::Key(_)),
    },
    Fault {
        header: "-- Reads: warehouse.dim_customers, warehouse.work_customers. Writes:",
        piece: "'dim_customers' as dimension",
        broken: "'-' as dimension",
        is_caught: |violation| matches!(violation, Violation::Fact(_)),
    },
];

/// A copy of the program with the fault in it; the text keeps its length.
fn plant(fault: &Fault, folder: &Path) -> anyhow::Result<PathBuf> {
    let mut program = std::fs::read(programs_dir().join("warehouse"))?;
    let header = find(&program, fault.header.as_bytes(), 0).expect("the statement's header");
    let piece = find(&program, fault.piece.as_bytes(), header).expect("the piece");
    assert!(piece - header < 16_384, "the piece is in another statement");
    let padded = format!("{:1$}", fault.broken, fault.piece.len());
    program[piece..piece + padded.len()].copy_from_slice(padded.as_bytes());
    let path = folder.join("warehouse");
    std::fs::write(&path, program)?;
    std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o755))?;
    Ok(path)
}

fn find(bytes: &[u8], piece: &[u8], from: usize) -> Option<usize> {
    let mut windows = bytes[from..].windows(piece.len());
    windows
        .position(|window| window == piece)
        .map(|at| at + from)
}

/// Goal: the property is no formality.
/// Method: the shipped program passes; copies of it, each with one fault, do not.
#[tokio::test]
async fn planted_faults_are_caught() -> anyhow::Result<()> {
    let shipped = programs_dir().join("warehouse");
    histories_hold(3, CASES, STEPS, Loader::Program(&shipped)).await?;
    for fault in &FAULTS {
        let folder = tempfile::tempdir()?;
        let path = plant(fault, folder.path())?;
        let answer = histories_hold(3, CASES, STEPS, Loader::Program(&path)).await;
        let error = answer.expect_err(fault.broken);
        let violation = error.downcast_ref::<Violation>();
        assert!(
            violation.is_some_and(fault.is_caught),
            "{}: {error:#}",
            fault.broken
        );
    }
    Ok(())
}
