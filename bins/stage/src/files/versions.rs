//! Which files are new: compared with what was loaded before.

use common::{Failure, Sql, db};
use deadpool_postgres::Transaction;
use tokio_postgres::Row;

use super::{RawFile, Selection, TableFiles};
use crate::source::{Mode, Source};

const FIND_LATEST: Sql = common::sql!("stage/find_latest_file.sql");
const LIST_LANDED_PATHS: Sql = common::sql!("stage/list_landed_paths.sql");

/// What is known of a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Known {
    /// Never read.
    Nothing,
    /// Read before; with other bytes, under another declaration, or never published.
    Otherwise,
    /// Published as it is.
    Same,
}

/// Compares with what was loaded: a file whose latest version was published unchanged, under the
/// same declaration, is not new. Its rows that are held back are no reason to read it again: they
/// wait in quarantine, and `quality` stages them. A full refresh makes every file new.
///
/// # Errors
/// Exit code 2: a full refresh would lose rows; else as the server says.
pub(crate) async fn mark_new(
    tx: &Transaction<'_>,
    source: &Source,
    selection: &Selection,
    tables: &mut [TableFiles],
) -> anyhow::Result<()> {
    let mut known = Vec::new();
    for table in tables.iter_mut() {
        let of_table = known_files(tx, source, table).await?;
        table.new = positions(&of_table, |it| {
            selection.full_refresh || matches!(it, Known::Nothing | Known::Otherwise)
        });
        known.push(of_table);
        let landed = db::rows(tx, LIST_LANDED_PATHS, &[&source.name, &table.table_name]).await?;
        let gone = gone(&landed, &table.present);
        if selection.full_refresh {
            check_nothing_is_lost(source, table, &gone)?;
        }
        table.has_vanished = has_vanished(source, table, &gone);
    }
    for (table, known) in tables.iter_mut().zip(&known) {
        if table.is_changed() && must_come_whole(source, table, known) {
            table.new = (0..table.present.len()).collect();
        }
    }
    Ok(())
}

fn positions(known: &[Known], is_wanted: impl Fn(Known) -> bool) -> Vec<usize> {
    let known = known.iter().enumerate();
    known
        .filter(|(_, it)| is_wanted(**it))
        .map(|(index, _)| index)
        .collect()
}

/// What is known of each file, and the files in the order in which they take each other's place: by
/// day, then as they first came.
async fn known_files(
    tx: &Transaction<'_>,
    source: &Source,
    table: &mut TableFiles,
) -> anyhow::Result<Vec<Known>> {
    let mut files = Vec::new();
    for file in std::mem::take(&mut table.present) {
        let parameters: db::Parameters<'_> = &[&source.name, &table.table_name, &file.relative];
        let latest = db::rows(tx, FIND_LATEST, parameters).await?;
        let known = match latest.first() {
            None => Known::Nothing,
            Some(row) if !is_same(row, &file, table) => Known::Otherwise,
            Some(_) => Known::Same,
        };
        let first_file_id = latest
            .first()
            .map_or(i64::MAX, |it| it.get("first_file_id"));
        files.push((first_file_id, known, file));
    }
    files.sort_by(|left, right| {
        let place = |it: &(i64, Known, RawFile)| (it.2.business_date, it.0);
        place(left).cmp(&place(right))
    });
    let known = files.iter().map(|it| it.1).collect();
    table.present = files.into_iter().map(|it| it.2).collect();
    Ok(known)
}

fn is_same(row: &Row, file: &RawFile, table: &TableFiles) -> bool {
    row.get::<_, &str>("state") == "loaded"
        && !row.get::<_, bool>("has_vanished")
        && row.get::<_, &str>("content_sha256") == file.content_sha256
        && row.get::<_, &str>("config_sha256") == table.config_sha256
}

/// A path that landing may hold rows of, though no file is there.
struct Gone<'a> {
    path: &'a str,
    is_published: bool,
}

fn gone<'a>(landed: &'a [Row], present: &[RawFile]) -> Vec<Gone<'a>> {
    landed
        .iter()
        .map(|row| Gone {
            path: row.get("path"),
            is_published: row.get::<_, &str>("state") == "loaded",
        })
        .filter(|it| present.iter().all(|file| file.relative != it.path))
        .collect()
}

/// Whether rows of a file that is gone are still held: of a snapshot, or in landing of a batch that
/// was never published.
fn has_vanished(source: &Source, table: &TableFiles, gone: &[Gone<'_>]) -> bool {
    let declared = &source.tables[&table.table_name];
    let is_snapshot = declared.mode == Mode::Snapshot;
    let is_landing = declared.entity.is_none();
    // Of a range of days, a file that is not looked at may well be there.
    !table.is_partial
        && gone
            .iter()
            .any(|it| is_snapshot || (!it.is_published && is_landing))
}

/// Rows of files that are gone could not come again.
fn check_nothing_is_lost(
    source: &Source,
    table: &TableFiles,
    gone: &[Gone<'_>],
) -> anyhow::Result<()> {
    let declared = &source.tables[&table.table_name];
    let is_kept = declared.mode != Mode::Snapshot && declared.entity.is_none();
    let mut lost = gone.iter().filter(|it| it.is_published);
    let Some(first) = lost.next().filter(|_| is_kept && !table.is_partial) else {
        return Ok(());
    };
    Err(Failure::usage(format!(
        "table `{}` of source `{}` holds rows of {} files that are gone, the first is `{}`; a full \
         refresh could not bring them again: put the files back, or name the days to refresh with \
         --from and --to",
        table.table_name,
        source.name,
        lost.count() + 1,
        first.path
    ))
    .into())
}

/// Whether all files must come again, not only those that are new.
fn must_come_whole(source: &Source, table: &TableFiles, known: &[Known]) -> bool {
    let declared = &source.tables[&table.table_name];
    match (declared.mode, &declared.entity) {
        // Staging must see a snapshot whole, to tell what has vanished from it.
        (Mode::Snapshot, Some(_)) => !table.is_partial,
        (Mode::Upsert, None) => table.has_vanished || is_out_of_order(table, known),
        _ => false,
    }
}

/// Whether the new files do not simply follow those that are loaded. The versions of rows that a
/// changed file replaced are gone, and an older file must not replace newer rows: then all files
/// come again, in their order.
fn is_out_of_order(table: &TableFiles, known: &[Known]) -> bool {
    let days = table.present.iter().zip(known);
    let newest_loaded = days
        .filter(|(_, known)| **known != Known::Nothing)
        .filter_map(|(file, _)| file.business_date)
        .max();
    table.new.iter().any(|index| {
        let day = table.present[*index].business_date;
        known[*index] != Known::Nothing || day.is_some_and(|it| newest_loaded > Some(it))
    })
}

#[cfg(test)]
mod tests {
    use chrono::{DateTime, NaiveDate};

    use super::*;

    fn table(days: &[Option<&str>], new: &[usize]) -> TableFiles {
        let file = |day: &Option<&str>| RawFile {
            path: "a.csv".into(),
            relative: "a.csv".to_owned(),
            content_sha256: String::new(),
            bytes: 1,
            modified_at: DateTime::UNIX_EPOCH,
            inode: 1,
            business_date: day.map(|it| it.parse::<NaiveDate>().expect("a day")),
            must_end_with_line_break: true,
            manifest: None,
        };
        TableFiles {
            table_name: "orders".to_owned(),
            config_sha256: String::new(),
            present: days.iter().map(file).collect(),
            new: new.to_vec(),
            has_vanished: false,
            is_partial: false,
            left_out: 0,
        }
    }

    #[test]
    fn files_that_follow_are_in_order_and_changed_or_late_ones_are_not() {
        use Known::{Nothing, Otherwise, Same};
        let days = [Some("2025-03-01"), Some("2025-03-02")];
        for (days, known, new, expected) in [
            (days, [Same, Nothing], 1, false),
            (days, [Nothing, Same], 0, true),
            (days, [Otherwise, Same], 0, true),
            ([days[0], days[0]], [Nothing, Same], 0, false),
            // Names tell no order, so what came last is the newest.
            ([None, None], [Nothing, Same], 0, false),
        ] {
            let is_out = is_out_of_order(&table(&days, &[new]), &known);
            assert_eq!(is_out, expected, "{days:?} {known:?}");
        }
    }
}
