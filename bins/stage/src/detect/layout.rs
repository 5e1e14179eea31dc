//! Where in a file the records begin and end: preamble, comments, header lines, footer.

#[cfg(test)]
mod tests;

use std::collections::{BTreeMap, HashSet};

use super::dialect::{self, Guess};
use super::numbers::Number;
use super::split::{Row, split};
use super::times::Formats;

/// Starts of lines that are usually comments.
const COMMENTS: [&str; 4] = ["#", "//", "--", "%"];
/// Most rows above the header, and most lines of one header.
const PREAMBLE_ROWS_MAX: usize = 20;
const HEADER_LINES_MAX: usize = 4;
/// Rows of the sample that are compared with the header.
const BODY_ROWS_MAX: usize = 200;
/// Longest name of a column in characters.
const NAME_LENGTH_MAX: usize = 64;

/// The layout of a file's start.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Layout {
    /// Lines above the header.
    pub preamble_lines: u64,
    /// Lines of column names.
    pub header_lines: u64,
    /// The columns' types tell whether there is one.
    pub is_header_certain: bool,
    /// A line above the records that looks like their names, but has another number of fields.
    pub misfit: Option<Misfit>,
    /// Lines above the first record, header and comments included.
    pub lines_above: u64,
    /// Start of lines that are no records.
    pub comment: Option<String>,
    /// Names of the fields; several lines are joined by a space.
    pub names: Vec<String>,
    /// Number of fields of a record.
    pub width: usize,
}

/// A header that does not fit its records.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Misfit {
    /// Line on which it stands.
    pub line: u64,
    /// Number of its fields.
    pub fields: usize,
}

/// What a single field looks like.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Look {
    Nothing,
    Number,
    Time,
    Flag,
    Text,
}

/// The most likely dialect and layout of a sample whose lines end with LF.
pub(crate) fn guess(sample: &str, is_cut: bool, formats: &Formats) -> (Guess, Layout) {
    let Some(prefix) = comment_of(sample) else {
        return guess_without_comments(sample, is_cut, formats);
    };
    let blanked = blank_lines(sample, prefix);
    let guess = dialect::guess(&blanked, is_cut);
    let width = usual_width(&guess.rows);
    let is_comment = |line: &&str| line.starts_with(prefix);
    // A comment that is told as a bad record does less harm than a record that is passed over.
    let is_any_record = sample.lines().filter(is_comment).any(|line| {
        let rows = split(line, &guess.dialect);
        rows.len() == 1 && rows[0].cells.len() == width
    });
    if is_any_record {
        return guess_without_comments(sample, is_cut, formats);
    }
    let layout = layout_of(&guess.rows, Some(prefix), formats);
    (guess, layout)
}

/// As [`guess`], where no line is a comment.
pub(crate) fn guess_without_comments(
    sample: &str,
    is_cut: bool,
    formats: &Formats,
) -> (Guess, Layout) {
    let guess = dialect::guess(sample, is_cut);
    let layout = layout_of(&guess.rows, None, formats);
    (guess, layout)
}

/// The start of lines that may be comments: some have it, and most have not.
fn comment_of(sample: &str) -> Option<&'static str> {
    let count = sample.lines().count();
    COMMENTS.into_iter().find(|prefix| {
        let marked = sample.lines().filter(|it| it.starts_with(prefix)).count();
        marked > 0 && marked * 2 <= count
    })
}

/// Comments become blank lines, so that the numbers of the others stay.
fn blank_lines(sample: &str, prefix: &str) -> String {
    let keep = |line: &str| {
        if line.starts_with(prefix) {
            "\n".to_owned()
        } else {
            format!("{line}\n")
        }
    };
    sample.lines().map(keep).collect()
}

/// The most frequent number of fields; of equally frequent ones the largest.
fn usual_width(rows: &[Row]) -> usize {
    let mut counts: BTreeMap<usize, usize> = BTreeMap::new();
    for row in rows {
        *counts.entry(row.cells.len()).or_default() += 1;
    }
    let most = counts.into_iter().max_by_key(|(_, count)| *count);
    most.map_or(0, |(width, _)| width)
}

fn layout_of(rows: &[Row], comment: Option<&str>, formats: &Formats) -> Layout {
    let width = usual_width(rows);
    let mut layout = Layout {
        preamble_lines: 0,
        header_lines: 0,
        is_header_certain: true,
        misfit: None,
        lines_above: 0,
        comment: comment.map(str::to_owned),
        names: Vec::new(),
        width,
    };
    let Some(start) = first_record(rows, width, formats) else {
        return layout;
    };
    if start > 0 {
        layout.preamble_lines = rows[start].line - 1;
        layout.misfit = misfit(&rows[start - 1..], width, formats);
    }
    let above = start.checked_sub(1).map(|it| &rows[it]);
    let rows = &rows[start..];
    if let Some(above) = above.filter(|_| layout.misfit.is_some() && is_cut_header(rows, width)) {
        // A separator behind every value, but not behind the last name.
        if above.cells.len() + 1 == width {
            layout.lines_above = layout.preamble_lines;
            layout.misfit = None;
            layout.names = (0..width).map(|it| above.text(it).to_owned()).collect();
            return layout;
        }
    }
    let (count, is_certain) = header_lines(rows, width, formats);
    layout.header_lines = count as u64;
    layout.is_header_certain = is_certain;
    let record = rows.get(count).or(rows.last());
    layout.lines_above = record.map_or(0, |it| it.line - u64::from(rows.len() > count));
    if count > 0 {
        layout.names = (0..width).map(|it| name_of(&rows[..count], it)).collect();
    }
    layout
}

/// A row of another width, right above the records, that names their columns.
fn misfit(rows: &[Row], width: usize, formats: &Formats) -> Option<Misfit> {
    let first = rows.first()?;
    let votes = votes(rows, width, formats);
    let is_named = votes.strong > 0 && votes.against == 0;
    // A broken quote may have swallowed a record.
    let is_header = first.cells.len() > 1 && (is_named || first.is_broken);
    is_header.then_some(Misfit {
        line: first.line,
        fields: first.cells.len(),
    })
}

/// Whether the last field of every record is empty.
fn is_cut_header(rows: &[Row], width: usize) -> bool {
    let mut records = rows.iter().filter(|it| it.cells.len() == width);
    width > 1 && records.all(|it| it.text(width - 1).is_empty())
}

/// As the loader joins them: a space between what the lines hold.
fn name_of(header: &[Row], index: usize) -> String {
    let parts: Vec<&str> = header
        .iter()
        .map(|it| it.cells.get(index).map_or("", |cell| cell.text.as_str()))
        .filter(|it| !it.is_empty())
        .collect();
    parts.join(" ")
}

/// The first row that is no preamble: one of the usual width that is not nearly empty.
fn first_record(rows: &[Row], width: usize, formats: &Formats) -> Option<usize> {
    let first = rows.iter().position(|it| it.cells.len() == width)?;
    // What comes after many odd rows is no header, but a file of odd rows.
    let first = if first > PREAMBLE_ROWS_MAX { 0 } else { first };
    let is_sparse = |row: &Row| width > 2 && row.filled() * 2 < width;
    if !is_sparse(&rows[first]) {
        return Some(first);
    }
    let next = rows[first..]
        .iter()
        .take(PREAMBLE_ROWS_MAX)
        .position(|it| it.cells.len() == width && !is_sparse(it))
        .map(|it| first + it);
    // A nearly empty row may be a record; only a header below it tells that it is none.
    match next {
        Some(next) if is_named(&rows[next..], width, formats).is_some_and(|it| it) => Some(next),
        _ => Some(first),
    }
}

/// Number of header lines, and whether types tell so.
fn header_lines(rows: &[Row], width: usize, formats: &Formats) -> (usize, bool) {
    let verdict = is_named(rows, width, formats);
    let has_names = verdict.unwrap_or_else(|| looks_like_names(rows, width));
    if !has_names {
        return (0, verdict.is_some());
    }
    let mut count = 1;
    while count < HEADER_LINES_MAX && count < rows.len() {
        let is_repeated = same_texts(&rows[count], &rows[0]);
        // A single misspelt value does not make a record a header, hence two columns.
        let votes = votes(&rows[count..], width, formats);
        let is_named = rows[count].cells.len() == width && votes.strong > 1 && votes.against == 0;
        if !is_repeated && !is_named {
            break;
        }
        count += 1;
    }
    (count, verdict.is_some())
}

/// Whether two rows hold the same texts, and any at all.
pub(crate) fn same_texts(left: &Row, right: &Row) -> bool {
    let texts = |row: &Row| -> Vec<String> {
        row.cells
            .iter()
            .map(|it| it.text.trim().to_owned())
            .collect()
    };
    left.filled() > 0 && texts(left) == texts(right)
}

/// Whether the first row names the columns. `None` where nothing tells.
fn is_named(rows: &[Row], width: usize, formats: &Formats) -> Option<bool> {
    let votes = votes(rows, width, formats);
    let sum = 2 * votes.strong + votes.weak - 2 * votes.against;
    (sum != 0).then_some(sum > 0)
}

/// What the columns say about a first row that may be names.
#[derive(Debug, Default, Clone, Copy)]
struct Votes {
    /// A text above values that are none.
    strong: i64,
    /// A text above other texts, that is unlike them or, below 0, one of them.
    weak: i64,
    /// A value.
    against: i64,
}

fn votes(rows: &[Row], width: usize, formats: &Formats) -> Votes {
    let mut votes = Votes::default();
    let Some((first, body)) = rows.split_first() else {
        return votes;
    };
    // Other header lines may follow; what is a record is further down.
    let skipped = HEADER_LINES_MAX.min(body.len() / 2);
    let body: Vec<&Row> = body[skipped..]
        .iter()
        // The same row once more is the header of another part, and says nothing about values.
        .filter(|it| it.cells.len() == width && !same_texts(it, first))
        .take(BODY_ROWS_MAX)
        .collect();
    for index in 0..width {
        let name = first.text(index);
        let values: Vec<&str> = body.iter().map(|it| it.text(index)).collect();
        match (look(name, formats), usual_look(&values, formats)) {
            (Look::Number | Look::Time, _) | (Look::Flag, Look::Flag) => votes.against += 1,
            (Look::Text, Look::Number | Look::Time | Look::Flag) => votes.strong += 1,
            // A name that is a value further down is none.
            (Look::Text | Look::Flag, Look::Text) if values.contains(&name) => votes.weak -= 1,
            (Look::Text | Look::Flag, Look::Text) => {
                votes.weak += i64::from(differs_from_fixed_length(name, &values));
            }
            _ => {}
        }
    }
    votes
}

/// Identifiers and codes have one length; a name above them seldom has the same.
fn differs_from_fixed_length(name: &str, values: &[&str]) -> bool {
    let filled: Vec<usize> = values
        .iter()
        .map(|it| it.len())
        .filter(|it| *it > 0)
        .collect();
    filled.len() > 2 && filled.iter().all(|it| *it == filled[0]) && name.len() != filled[0]
}

/// The kind of nine tenths of all values.
fn usual_look(values: &[&str], formats: &Formats) -> Look {
    let looks: Vec<Look> = values
        .iter()
        .map(|it| look(it, formats))
        .filter(|it| *it != Look::Nothing)
        .collect();
    if looks.is_empty() {
        return Look::Nothing;
    }
    [Look::Number, Look::Time, Look::Flag]
        .into_iter()
        .find(|kind| looks.iter().filter(|it| *it == kind).count() * 10 >= looks.len() * 9)
        .unwrap_or(Look::Text)
}

fn look(text: &str, formats: &Formats) -> Look {
    let is_flag = |word| text.eq_ignore_ascii_case(word);
    if text.is_empty() || super::nulls::is_token(text) {
        Look::Nothing
    } else if Number::read(text).is_some() {
        Look::Number
    } else if formats.fitting(text) != 0 || is_clock(text) {
        Look::Time
    } else if ["true", "false", "yes", "no"].into_iter().any(is_flag) {
        Look::Flag
    } else {
        Look::Text
    }
}

/// A time of day without a day.
fn is_clock(text: &str) -> bool {
    let parts: Vec<&str> = text.split(':').collect();
    let is_part = |it: &&str| matches!(it.len(), 1 | 2) && it.bytes().all(|it| it.is_ascii_digit());
    matches!(parts.len(), 2 | 3) && parts.iter().all(is_part)
}

/// Where all is text: names differ from each other, are short, and come no second time.
fn looks_like_names(rows: &[Row], width: usize) -> bool {
    let Some((first, body)) = rows.split_first() else {
        return false;
    };
    let names: Vec<&str> = (0..width).map(|it| first.text(it)).collect();
    let distinct: HashSet<&&str> = names.iter().collect();
    let is_name = |name: &&str| {
        name.chars().count() <= NAME_LENGTH_MAX
            && name.starts_with(|it: char| it.is_alphabetic() || it == '_' || it == '#')
            && !name.contains(['@', '/'])
    };
    // A whole row comes again where a header does; a single field may be a value twice.
    let is_other = |row: &&Row| width == 1 || !same_texts(row, first);
    let comes_again = |(index, name): (usize, &&str)| {
        body.iter()
            .filter(is_other)
            .take(BODY_ROWS_MAX)
            .any(|it| it.text(index) == *name)
    };
    distinct.len() == names.len()
        && names.iter().all(is_name)
        && !names.iter().enumerate().any(comes_again)
}
