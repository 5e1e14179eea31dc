//! Files whose names carry a time: which of them are due, and their removal.
//!
//! Invariant: only regular files whose whole name is of the expected form are ever due. Symbolic
//! links are passed over, and the newest file of a kind always stays.

use std::collections::BTreeMap;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use anyhow::Context as _;
use chrono::{NaiveDate, NaiveDateTime, NaiveTime};

/// A file that retention no longer covers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct DueFile {
    pub(crate) path: PathBuf,
    pub(crate) bytes: u64,
}

/// A regular file whose name says what it is and from when.
#[derive(Debug)]
struct Dated {
    kind: String,
    time: NaiveDateTime,
    file: DueFile,
}

/// Log files `<program>.log.YYYY-MM-DD` of days before that of `cutoff`.
///
/// # Errors
/// When the folder cannot be read; one that is not there holds nothing.
pub(crate) fn due_logs(folder: &Path, cutoff: NaiveDateTime) -> anyhow::Result<Vec<DueFile>> {
    let midnight = cutoff.date().and_time(NaiveTime::MIN);
    Ok(due(list(folder, parse_log)?, midnight))
}

/// Copies of reports `<kind>/<YYYYMMDDTHHMMSSZ>_<run id>.json`, their pages `.html`, and
/// events of lineage `.jsonl`, from before `cutoff`.
///
/// # Errors
/// When a folder cannot be read; one that is not there holds nothing.
pub(crate) fn due_reports(history: &Path, cutoff: NaiveDateTime) -> anyhow::Result<Vec<DueFile>> {
    let mut found = Vec::new();
    for (kind, folder) in folders(history)? {
        found.extend(list(&folder, |name| {
            Some((kind.clone(), report_time(name)?))
        })?);
    }
    Ok(due(found, cutoff))
}

/// Removes a file; one that is gone already is as good.
///
/// # Errors
/// When the system refuses; names the file.
pub(crate) fn remove(file: &DueFile) -> anyhow::Result<()> {
    match fs::remove_file(&file.path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => {
            Err(error).with_context(|| format!("failed to remove `{}`", file.path.display()))
        }
        _ => Ok(()),
    }
}

/// In order of path.
fn due(found: Vec<Dated>, cutoff: NaiveDateTime) -> Vec<DueFile> {
    let mut newest: BTreeMap<String, NaiveDateTime> = BTreeMap::new();
    for it in &found {
        let time = newest.entry(it.kind.clone()).or_insert(it.time);
        *time = it.time.max(*time);
    }
    let is_due = |it: &Dated| it.time < cutoff && newest.get(&it.kind) != Some(&it.time);
    let mut due: Vec<DueFile> = found.into_iter().filter(is_due).map(|it| it.file).collect();
    due.sort_by(|left, right| left.path.cmp(&right.path));
    due
}

/// Regular files of the folder itself whose names the parser knows.
fn list(
    folder: &Path,
    parse: impl Fn(&str) -> Option<(String, NaiveDateTime)>,
) -> anyhow::Result<Vec<Dated>> {
    let mut found = Vec::new();
    for entry in entries(folder)? {
        // The entry's own metadata: those of a link are not of a file.
        let metadata = entry.metadata().with_context(|| unreadable(folder))?;
        let Some((kind, time)) = entry.file_name().to_str().and_then(&parse) else {
            continue;
        };
        if metadata.is_file() {
            let file = DueFile {
                path: entry.path(),
                bytes: metadata.len(),
            };
            found.push(Dated { kind, time, file });
        }
    }
    Ok(found)
}

fn folders(folder: &Path) -> anyhow::Result<Vec<(String, PathBuf)>> {
    let mut found = Vec::new();
    for entry in entries(folder)? {
        let metadata = entry.metadata().with_context(|| unreadable(folder))?;
        if let (true, Some(name)) = (metadata.is_dir(), entry.file_name().to_str()) {
            found.push((name.to_owned(), entry.path()));
        }
    }
    Ok(found)
}

fn entries(folder: &Path) -> anyhow::Result<Vec<fs::DirEntry>> {
    match fs::read_dir(folder) {
        Ok(entries) => entries
            .collect::<io::Result<_>>()
            .with_context(|| unreadable(folder)),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(Vec::new()),
        Err(error) => Err(error).with_context(|| unreadable(folder)),
    }
}

fn unreadable(folder: &Path) -> String {
    format!("failed to read folder `{}`", folder.display())
}

fn parse_log(name: &str) -> Option<(String, NaiveDateTime)> {
    let (program, date) = name.rsplit_once(".log.")?;
    if program.is_empty() || date.len() != "2025-11-20".len() {
        return None;
    }
    let date = NaiveDate::parse_from_str(date, "%Y-%m-%d").ok()?;
    Some((program.to_owned(), date.and_time(NaiveTime::MIN)))
}

fn report_time(name: &str) -> Option<NaiveDateTime> {
    let stem = [".json", ".jsonl", ".html"]
        .iter()
        .find_map(|ending| name.strip_suffix(ending))?;
    let (time, run_id) = stem.split_once('_')?;
    let is_uuid = run_id.len() == 36
        && run_id
            .chars()
            .all(|letter| letter.is_ascii_hexdigit() || letter == '-');
    if !is_uuid {
        return None;
    }
    NaiveDateTime::parse_from_str(time, "%Y%m%dT%H%M%SZ").ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    const RUN_ID: &str = "01938a2e-7c1b-7e3a-9a3e-0d6f5b7c1a2b";

    fn cutoff() -> NaiveDateTime {
        NaiveDate::from_ymd_opt(2025, 12, 1)
            .and_then(|day| day.and_hms_opt(10, 0, 0))
            .expect("a time")
    }

    fn names(due: &[DueFile]) -> Vec<String> {
        due.iter()
            .map(|it| {
                it.path
                    .file_name()
                    .expect("a name")
                    .to_string_lossy()
                    .into()
            })
            .collect()
    }

    #[test]
    fn only_old_files_of_the_expected_form_are_due() -> anyhow::Result<()> {
        let dir = tempfile::tempdir()?;
        for name in [
            "stage.log.2025-11-30",
            "stage.log.2025-12-01",
            "stage.log.2025-12-20",
            "quality.log.2020-01-01",
            "scheduler_activity.log",
            "notes.2020-01-01",
            "stage.log.2025-11-30.gz",
            "stage.log.2025-02-30",
            ".gitkeep",
        ] {
            fs::write(dir.path().join(name), "12345")?;
        }
        fs::create_dir(dir.path().join("production.log.2020-01-01"))?;
        let due = due_logs(dir.path(), cutoff())?;
        // The only log of quality is its latest, however old.
        assert_eq!(names(&due), ["stage.log.2025-11-30"]);
        assert_eq!(due[0].bytes, 5);
        Ok(())
    }

    #[test]
    fn links_are_passed_over() -> anyhow::Result<()> {
        let dir = tempfile::tempdir()?;
        let target = dir.path().join("precious");
        fs::write(&target, "1")?;
        fs::write(dir.path().join("stage.log.2025-12-20"), "1")?;
        std::os::unix::fs::symlink(&target, dir.path().join("stage.log.2020-01-01"))?;
        let elsewhere = dir.path().join("elsewhere");
        fs::create_dir(&elsewhere)?;
        fs::write(
            elsewhere.join(format!("20200101T000000Z_{RUN_ID}.json")),
            "{}",
        )?;
        fs::write(
            elsewhere.join(format!("20210101T000000Z_{RUN_ID}.json")),
            "{}",
        )?;
        let history = dir.path().join("history");
        fs::create_dir(&history)?;
        std::os::unix::fs::symlink(&elsewhere, history.join("monitoring_report"))?;
        assert!(due_logs(dir.path(), cutoff())?.is_empty());
        assert!(due_reports(&history, cutoff())?.is_empty());
        Ok(())
    }

    #[test]
    fn the_latest_report_of_a_kind_stays() -> anyhow::Result<()> {
        let dir = tempfile::tempdir()?;
        let folder = dir.path().join("monitoring_report");
        fs::create_dir(&folder)?;
        for name in ["20250101T000000Z", "20250102T000000Z"] {
            fs::write(folder.join(format!("{name}_{RUN_ID}.json")), "{}")?;
            fs::write(folder.join(format!("{name}_{RUN_ID}.html")), "")?;
            fs::write(folder.join(format!("{name}_{RUN_ID}.jsonl")), "")?;
        }
        fs::write(folder.join("20250101T000000Z_mine.json"), "{}")?;
        fs::write(folder.join("20250101T000000Z_mine.html"), "")?;
        let due = due_reports(dir.path(), cutoff())?;
        // A page goes with its report, and so do events.
        let expected =
            ["html", "json", "jsonl"].map(|it| format!("20250101T000000Z_{RUN_ID}.{it}"));
        assert_eq!(names(&due), expected);
        Ok(())
    }

    #[test]
    fn a_folder_that_is_not_there_holds_nothing() -> anyhow::Result<()> {
        assert!(due_logs(Path::new("/nowhere/at/all"), cutoff())?.is_empty());
        Ok(())
    }
}
