//! What is wrong with a contract or a source's own rules, and where.

use std::fmt;
use std::path::{Path, PathBuf};

use common::Failure;

/// Names further apart than this are not what was meant.
const SIMILARITY_MIN: f64 = 0.7;

/// Something at a line of the file at hand that cannot be run.
#[derive(Debug)]
pub(crate) struct Problem {
    pub(crate) line: u64,
    pub(crate) message: String,
}

impl Problem {
    pub(crate) fn new(line: u64, message: impl Into<String>) -> Self {
        let message = message.into();
        Self { line, message }
    }

    pub(crate) fn at(self, path: &Path) -> Located {
        Located {
            path: path.to_owned(),
            problem: self,
        }
    }
}

/// A problem and its file: `file:line: message`.
#[derive(Debug)]
pub(crate) struct Located {
    pub(crate) path: PathBuf,
    pub(crate) problem: Problem,
}

impl Located {
    pub(crate) fn is_at_same_place(&self, other: &Self) -> bool {
        (&self.path, self.problem.line) == (&other.path, other.problem.line)
    }
}

impl fmt::Display for Located {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Problem { line, message } = &self.problem;
        write!(formatter, "{}:{line}: {message}", self.path.display())
    }
}

/// All problems as one usage error, a line each.
pub(crate) fn refusal(problems: &[Located]) -> anyhow::Error {
    let lines: Vec<String> = problems.iter().map(ToString::to_string).collect();
    Failure::usage(lines.join("\n")).into()
}

/// `; did you mean `x`?`, where a known name is near.
pub(crate) fn suggestion<'a>(name: &str, known: impl Iterator<Item = &'a str>) -> String {
    let nearest = nearest(name, known).into_iter().next();
    nearest.map_or_else(String::new, |it| format!("; did you mean `{it}`?"))
}

/// Known names that are near, the nearest first.
pub(crate) fn nearest<'a>(name: &str, known: impl Iterator<Item = &'a str>) -> Vec<&'a str> {
    let mut near: Vec<(f64, &str)> = known
        .map(|it| (strsim::jaro_winkler(name, it), it))
        .filter(|(similarity, _)| *similarity >= SIMILARITY_MIN)
        .collect();
    near.sort_by(|left, right| right.0.total_cmp(&left.0));
    near.into_iter().map(|(_, it)| it).collect()
}
