//! The data files of a folder, and which of them are one table.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::Context as _;

/// Ends of names that data files have, without `.gz` and `.zst`.
const ENDINGS: [&str; 10] = [
    "csv", "tsv", "txt", "tab", "psv", "dat", "ndjson", "jsonl", "json", "asc",
];
const PACKED_ENDINGS: [&str; 2] = [".gz", ".zst"];
/// Files and folders that are looked at, and folders inside each other.
const FILES_MAX: usize = 10_000;
const DEPTH_MAX: usize = 16;

/// A file that may hold records.
#[derive(Debug, Clone)]
pub(crate) struct Candidate {
    /// Where it is.
    pub path: PathBuf,
    /// Below the folder, with `/`.
    pub relative: String,
}

/// What a folder holds.
#[derive(Debug, Default)]
pub(crate) struct Found {
    /// Files that may hold records, by path.
    pub candidates: Vec<Candidate>,
    /// Other files, and why they are none.
    pub passed_over: Vec<(String, String)>,
}

/// Where a file's name differs from those of other files of its table.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(crate) struct Pattern {
    /// The path below the folder, with `*` for numbers and days.
    pub text: String,
    /// Its name or folder tells a day, a month or a year.
    pub is_dated: bool,
}

/// Looks for data files, in folders inside the folder too.
///
/// # Errors
/// When a folder cannot be read.
pub(crate) fn find(folder: &Path) -> anyhow::Result<Found> {
    let mut found = Found::default();
    walk(folder, "", 0, &mut found)?;
    found
        .candidates
        .sort_by(|left, right| left.relative.cmp(&right.relative));
    found.passed_over.sort();
    Ok(found)
}

fn walk(folder: &Path, prefix: &str, depth: usize, found: &mut Found) -> anyhow::Result<()> {
    let explain = || format!("failed to read folder `{}`", folder.display());
    for entry in fs::read_dir(folder).with_context(explain)? {
        let entry = entry.with_context(explain)?;
        let pass_over = |name: &str, reason: &str, found: &mut Found| {
            found
                .passed_over
                .push((format!("{prefix}{name}"), reason.to_owned()));
        };
        let Ok(name) = entry.file_name().into_string() else {
            let name = entry.file_name().to_string_lossy().into_owned();
            pass_over(&name, "its name is not UTF-8", found);
            continue;
        };
        // As the loader: hidden files and half-written ones are left alone.
        if name.starts_with('.') || name.ends_with(".part") || name.ends_with(".manifest.json") {
            continue;
        }
        let kind = entry.file_type().with_context(explain)?;
        let path = entry.path();
        if kind.is_dir() && depth < DEPTH_MAX {
            walk(&path, &format!("{prefix}{name}/"), depth + 1, found)?;
        } else if !kind.is_file() {
            pass_over(&name, "it is no plain file", found);
        } else if found.candidates.len() == FILES_MAX {
            pass_over(&name, "there are more than 10,000 files", found);
        } else if let Some(reason) = refuse_ending(&name) {
            pass_over(&name, &reason, found);
        } else {
            let relative = format!("{prefix}{name}");
            found.candidates.push(Candidate { path, relative });
        }
    }
    Ok(())
}

fn refuse_ending(name: &str) -> Option<String> {
    let (_, ending) = split_name(name);
    let kind = ending
        .split('.')
        .find(|it| !it.is_empty())
        .unwrap_or_default()
        .to_ascii_lowercase();
    if ENDINGS.contains(&kind.as_str()) {
        return None;
    }
    Some(match kind.as_str() {
        "xlsx" | "xls" | "ods" => "a spreadsheet; save each sheet as CSV".to_owned(),
        "zip" | "7z" | "rar" | "tar" => "an archive; unpack it".to_owned(),
        "parquet" | "avro" | "orc" => "no text; export it as CSV".to_owned(),
        _ => "its name is not that of a data file".to_owned(),
    })
}

/// A file's name and its ending, `.gz` included.
fn split_name(name: &str) -> (&str, &str) {
    let unpacked = PACKED_ENDINGS
        .iter()
        .find_map(|it| name.strip_suffix(it))
        .unwrap_or(name);
    let stem = unpacked.rsplit_once('.').map_or(unpacked, |it| it.0);
    name.split_at(stem.len())
}

/// The name of a file without folders and endings.
pub(crate) fn stem(relative: &str) -> &str {
    let name = relative.rsplit_once('/').map_or(relative, |it| it.1);
    split_name(name).0
}

/// What files of the same table have in common by their names.
pub(crate) fn pattern(relative: &str) -> Pattern {
    let (folders, name) = relative.rsplit_once('/').unwrap_or(("", relative));
    let mut is_dated = false;
    let mut text = String::new();
    for folder in folders.split('/').filter(|it| !it.is_empty()) {
        let (label, value) = folder.split_once('=').map_or(("", folder), |it| it);
        let is_number = value.starts_with(|it: char| it.is_ascii_digit())
            && value
                .bytes()
                .all(|it| it.is_ascii_digit() || matches!(it, b'-' | b'_' | b'.'));
        if is_number {
            is_dated = true;
            let label = folder.strip_suffix(value).unwrap_or(label);
            text.push_str(&glob::Pattern::escape(label));
            text.push('*');
        } else {
            text.push_str(&glob::Pattern::escape(folder));
        }
        text.push('/');
    }
    let (stem, ending) = split_name(name);
    is_dated |= tells_date(stem);
    text.push_str(&starred(stem));
    text.push_str(&glob::Pattern::escape(ending));
    Pattern { text, is_dated }
}

/// A star for every run of digits, and for several with nothing but marks between them.
fn starred(stem: &str) -> String {
    let mut text = String::new();
    let mut marks = String::new();
    let mut is_in_digits = false;
    for sign in stem.chars() {
        let is_mark = matches!(sign, '-' | '_' | '.' | 'T');
        if sign.is_ascii_digit() {
            if !text.ends_with('*') {
                text.push_str(&marks);
                text.push('*');
            }
            marks.clear();
            is_in_digits = true;
        } else if is_mark && (is_in_digits || !marks.is_empty()) {
            marks.push(sign);
            is_in_digits = false;
        } else {
            text.push_str(&marks);
            marks.clear();
            is_in_digits = false;
            text.push_str(&glob::Pattern::escape(&sign.to_string()));
        }
    }
    text.push_str(&marks);
    text
}

/// Whether a name holds a year of four digits with a month or more behind it.
fn tells_date(stem: &str) -> bool {
    let digits: Vec<&str> = stem
        .split(|it: char| !it.is_ascii_digit())
        .filter(|it| !it.is_empty())
        .collect();
    let is_year = |it: &str| it.starts_with("19") || it.starts_with("20");
    digits.iter().enumerate().any(|(index, run)| {
        let next = digits.get(index + 1).map_or(0, |it| it.len());
        is_year(run) && (matches!(run.len(), 6 | 8 | 14) || (run.len() == 4 && next == 2))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_that_differ_by_numbers_have_one_pattern() {
        for (relative, text, is_dated) in [
            ("sales.csv", "sales.csv", false),
            ("sales_2025-01-31.csv", "sales_*.csv", true),
            ("sales_20250131.csv.gz", "sales_*.csv.gz", true),
            ("customers2.csv", "customers*.csv", false),
            ("part-1_of_9.csv", "part-*_of_*.csv", false),
            (
                "business_date=2025-01-31/a.csv",
                "business_date=*/a.csv",
                true,
            ),
            (
                "year=2025/month=01/day=31/a.csv",
                "year=*/month=*/day=*/a.csv",
                true,
            ),
            ("2025/01/a.csv", "*/*/a.csv", true),
            ("shop1/a [x].csv", "shop1/a [[]x[]].csv", false),
        ] {
            let expected = Pattern {
                text: text.to_owned(),
                is_dated,
            };
            assert_eq!(pattern(relative), expected, "{relative}");
            let compiled = glob::Pattern::new(text).expect("a pattern");
            assert!(compiled.matches(relative), "{relative}");
        }
    }

    #[test]
    fn stems_have_neither_folders_nor_endings() {
        assert_eq!(stem("a/b/sales.2025.csv.gz"), "sales.2025");
        assert_eq!(stem("sales"), "sales");
    }

    #[test]
    fn a_folder_gives_its_data_files_and_says_what_else_there_is() {
        let folder = tempfile::tempdir().expect("a folder");
        let inner = folder.path().join("business_date=2025-01-01");
        fs::create_dir(&inner).expect("a folder");
        for name in [
            "a.csv",
            "b.ndjson.gz",
            "README.md",
            ".hidden.csv",
            "c.csv.part",
            "d.xlsx",
        ] {
            fs::write(inner.join(name), "x\n").expect("a file");
        }
        let found = find(folder.path()).expect("files");
        let names: Vec<&str> = found
            .candidates
            .iter()
            .map(|it| stem(&it.relative))
            .collect();
        assert_eq!(names, ["a", "b"]);
        let passed: Vec<&str> = found.passed_over.iter().map(|it| stem(&it.0)).collect();
        assert_eq!(passed, ["README", "d"]);
    }
}
