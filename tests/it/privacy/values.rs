//! The values of personal columns in raw files, and the search for them.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;

use aho_corasick::AhoCorasick;
use common::testing::workspace_root;
use serde_json::Value;

/// Shorter ones are found by chance.
const LETTERS_MIN: usize = 6;
/// Numbers with fewer digits, such as postal codes, are in times and counts by chance.
const DIGITS_MIN: usize = 10;

/// The values to look for.
pub(super) struct Personal {
    values: Vec<Vec<u8>>,
    search: AhoCorasick,
}

impl Personal {
    /// What stands in personal columns of the files and nowhere else: what is also in another
    /// column, or a word of the project's own files, may be shown.
    pub(super) fn of(raw_dir: &Path) -> Self {
        let mut personal = BTreeSet::new();
        let mut other: Vec<u8> = project_words();
        for (entity, columns) in personal_columns() {
            let path = raw_dir.join(format!("{entity}.csv"));
            if path.exists() {
                split(&path, &columns, &mut personal, &mut other);
            }
        }
        let values: Vec<Vec<u8>> = personal.into_iter().collect();
        let all = Self::new(values);
        let shared: BTreeSet<Vec<u8>> = all.found_in_bytes(&other).into_iter().collect();
        let values = all.values.into_iter();
        Self::new(values.filter(|value| !shared.contains(value)).collect())
    }

    fn new(values: Vec<Vec<u8>>) -> Self {
        let search = AhoCorasick::builder()
            .ascii_case_insensitive(true)
            .build(&values)
            .expect("a search");
        Self { values, search }
    }

    pub(super) fn len(&self) -> usize {
        self.values.len()
    }

    /// Those that are found as whole words, in small or capital letters.
    pub(super) fn found_in(&self, text: &[u8]) -> BTreeSet<String> {
        let found = self.found_in_bytes(text).into_iter();
        found
            .map(|it| String::from_utf8_lossy(&it).into_owned())
            .collect()
    }

    fn found_in_bytes(&self, text: &[u8]) -> BTreeSet<Vec<u8>> {
        let is_part_of_a_word = |place: Option<usize>| {
            place
                .and_then(|it| text.get(it))
                .is_some_and(u8::is_ascii_alphanumeric)
        };
        self.search
            .find_overlapping_iter(text)
            .filter(|found| {
                !is_part_of_a_word(found.start().checked_sub(1))
                    && !is_part_of_a_word(Some(found.end()))
            })
            .map(|found| self.values[found.pattern().as_usize()].clone())
            .collect()
    }
}

/// By entity, from the contracts.
fn personal_columns() -> BTreeMap<String, BTreeSet<String>> {
    let mut found = BTreeMap::new();
    for entry in fs::read_dir(workspace_root().join("config/contracts")).expect("contracts") {
        let text = fs::read_to_string(entry.expect("an entry").path()).expect("a contract");
        let contract: Value = serde_saphyr::from_str(&text).expect("a contract");
        for table in contract["schema"].as_array().expect("tables") {
            let columns = table["properties"].as_array().expect("columns").iter();
            let personal = columns
                .filter(|column| column["classification"] == "personal")
                .map(name_of);
            found.insert(name_of(table), personal.collect::<BTreeSet<_>>());
        }
    }
    let count: usize = found.values().map(BTreeSet::len).sum();
    assert!(count >= 15, "the contracts classify columns: {found:?}");
    found
}

fn name_of(value: &Value) -> String {
    value["name"].as_str().expect("a name").to_owned()
}

/// Cells of personal columns, and the text of all others.
fn split(
    path: &Path,
    columns: &BTreeSet<String>,
    personal: &mut BTreeSet<Vec<u8>>,
    other: &mut Vec<u8>,
) {
    let mut reader = csv::ReaderBuilder::new()
        .flexible(true)
        .from_path(path)
        .expect("a file");
    let header: Vec<String> = reader
        .headers()
        .expect("a header")
        .iter()
        .map(str::to_owned)
        .collect();
    for record in reader.byte_records() {
        let record = record.expect("a record");
        // In a ragged record nobody knows which cell is whose.
        let is_ragged = record.len() != header.len();
        for (name, cell) in header.iter().zip(&record) {
            let cell = cell.trim_ascii();
            if columns.contains(name) {
                let is_short_number =
                    cell.len() < DIGITS_MIN && cell.iter().all(u8::is_ascii_digit);
                if cell.len() >= LETTERS_MIN && !is_short_number {
                    personal.insert(cell.to_ascii_lowercase());
                }
            } else if !is_ragged {
                other.extend_from_slice(cell);
                other.push(b'\n');
            }
        }
    }
}

/// Words that every run shows: settings, contracts and SQL.
fn project_words() -> Vec<u8> {
    let mut words = Vec::new();
    let mut folders = vec![
        workspace_root().join("config"),
        workspace_root().join("sql"),
    ];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).expect("a folder") {
            let path = entry.expect("an entry").path();
            if path.is_dir() {
                folders.push(path);
            } else {
                words.extend(fs::read(path).expect("a file"));
            }
        }
    }
    words
}

/// Sound customers of a file as `id,mail,born`, a quotation mark inside of each mail.
pub(super) fn people(raw_dir: &Path) -> String {
    let mut reader = csv::Reader::from_path(raw_dir.join("customers.csv")).expect("a file");
    let header = reader.headers().expect("a header").clone();
    let place = |name| header.iter().position(|it| it == name).expect("a column");
    let (id, mail, born) = (place("customer_id"), place("email"), place("phone"));
    let mut text = "id,mail,born\n".to_owned();
    for record in reader.records().filter_map(Result::ok).take(20) {
        let mail = record[mail].replace('"', "");
        text.push_str(&format!(
            "{},\"x\"\" {mail} \"\"x\",{}\n",
            &record[id], &record[born]
        ));
    }
    text
}
