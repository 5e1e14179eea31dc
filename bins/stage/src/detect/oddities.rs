//! What a person should know about a file before it is loaded, with the lines on which it is.

use std::collections::BTreeMap;

use serde::Serialize;

/// Lines that are named for one kind of oddity; the rest is counted.
const LINES_MAX: usize = 5;

/// A kind of oddity.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Oddity {
    /// Bytes that are no text in the file's encoding.
    BrokenText,
    /// A NUL character, which PostgreSQL cannot hold.
    NulCharacter,
    /// A control character other than tab and line break.
    ControlCharacter,
    /// Both LF and CRLF.
    MixedLineBreaks,
    /// A record that the loader puts into quarantine.
    FaultyRecord,
    /// A record with more or fewer fields than the header.
    RaggedRecord,
    /// The header once more, or another header.
    RepeatedHeader,
    /// Lines that begin as comments do and are passed over.
    Comment,
    /// Blank lines of a file with one column, which may be empty values.
    BlankLine,
    /// Lines after the last record that look like sums.
    Footer,
    /// A last record that begins as a sum does, but is as wide as the others.
    LikeFooter,
    /// More columns than the loader takes.
    TooManyColumns,
    /// The loader refuses the file here.
    Refused,
}

impl Oddity {
    /// For programs.
    pub(crate) fn name(self) -> String {
        let name = serde_json::to_value(self).ok();
        name.and_then(|it| it.as_str().map(str::to_owned))
            .unwrap_or_default()
    }

    /// For people.
    pub(crate) fn describe(self) -> &'static str {
        match self {
            Self::BrokenText => "bytes that are no text in this encoding",
            Self::NulCharacter => "a NUL character, which no database text can hold",
            Self::ControlCharacter => "control characters",
            Self::MixedLineBreaks => "both LF and CRLF end lines",
            Self::FaultyRecord => "broken quotes or line breaks; these records go to quarantine",
            Self::RaggedRecord => "more or fewer fields than the header",
            Self::RepeatedHeader => "the header's names come again; are these several tables?",
            Self::Comment => "lines that look like comments and are passed over",
            Self::BlankLine => {
                "blank lines are passed over; an empty value of a single column is written `\"\"`"
            }
            Self::Footer => {
                "lines after the last record that look like sums or notes, and are \
                             passed over"
            }
            Self::LikeFooter => "the end looks like a sum, but is taken for a record",
            Self::TooManyColumns => "more columns than the loader takes",
            Self::Refused => "the loader refuses the file here",
        }
    }
}

/// Counts and first lines, by kind.
#[derive(Debug, Clone, Default)]
pub(crate) struct Oddities {
    found: BTreeMap<Oddity, Places>,
}

/// Where something was found.
#[derive(Debug, Clone, Default, Serialize)]
pub(crate) struct Places {
    /// How often.
    pub count: u64,
    /// The first lines, from 1; none where no single line is meant.
    pub lines: Vec<u64>,
    /// What exactly, where there is more to say.
    pub reasons: Vec<String>,
}

impl Oddities {
    /// Counts one more; line 0 is no line.
    pub(crate) fn add(&mut self, oddity: Oddity, line: u64) {
        let places = self.found.entry(oddity).or_default();
        places.count += 1;
        if line > 0 && places.lines.len() < LINES_MAX && places.lines.last() != Some(&line) {
            places.lines.push(line);
        }
    }

    /// As [`Oddities::add`], and says what exactly.
    pub(crate) fn add_reason(&mut self, oddity: Oddity, line: u64, reason: &str) {
        self.add(oddity, line);
        let reasons = &mut self.found.entry(oddity).or_default().reasons;
        if reasons.len() < LINES_MAX && !reasons.iter().any(|it| it == reason) {
            reasons.push(reason.to_owned());
        }
    }

    /// Takes over what another look at the same file found of a kind.
    pub(crate) fn copy(&mut self, oddity: Oddity, other: &Self) {
        if let Some(places) = other.found.get(&oddity) {
            self.found.insert(oddity, places.clone());
        }
    }

    /// Lets go of a kind, up to a line.
    pub(crate) fn forget(&mut self, oddity: Oddity, last_line: u64) {
        let Some(places) = self.found.get_mut(&oddity) else {
            return;
        };
        let before = places.lines.len();
        places.lines.retain(|it| *it > last_line);
        places.count -= (before - places.lines.len()) as u64;
        if places.lines.is_empty() {
            self.found.remove(&oddity);
        }
    }

    /// How often a kind was found.
    pub(crate) fn count(&self, oddity: Oddity) -> u64 {
        self.found.get(&oddity).map_or(0, |it| it.count)
    }

    /// What exactly was found of a kind.
    pub(crate) fn reasons(&self, oddity: Oddity) -> &[String] {
        self.found.get(&oddity).map_or(&[], |it| &it.reasons)
    }

    /// The first lines of a kind.
    #[cfg(test)]
    pub(crate) fn lines(&self, oddity: Oddity) -> &[u64] {
        self.found.get(&oddity).map_or(&[], |it| &it.lines)
    }

    /// All kinds that were found.
    pub(crate) fn iter(&self) -> impl Iterator<Item = (Oddity, &Places)> {
        self.found.iter().map(|(oddity, places)| (*oddity, places))
    }
}

impl Places {
    /// `lines 3, 7, 9 …`, or nothing.
    pub(crate) fn describe(&self) -> String {
        let lines: Vec<String> = self.lines.iter().map(u64::to_string).collect();
        let more = if self.count > lines.len() as u64 && !lines.is_empty() {
            " …"
        } else {
            ""
        };
        match lines.len() {
            0 => String::new(),
            1 => format!("line {}{more}", lines[0]),
            _ => format!("lines {}{more}", lines.join(", ")),
        }
    }
}
