//! Files that are one table: alike by name, and alike inside.

use crate::source::Encoding;

use super::files::{Candidate, Pattern, pattern};
use crate::detect::declare::Key;
use crate::detect::inspect::{Inspected, Make};

/// The files of one table.
#[derive(Debug)]
pub(crate) struct Group {
    /// What their names have in common.
    pattern: Pattern,
    shape: Shape,
    /// The files, below the folder.
    pub files: Vec<String>,
    /// What they hold, all together.
    pub inspected: Inspected,
    /// One of them ends without a line break.
    pub has_open_end: bool,
}

/// What must be the same in all files of a table.
#[derive(Debug, PartialEq)]
struct Shape {
    is_json: bool,
    keys: Vec<Key>,
    names: Vec<String>,
}

/// Adds a file to the table that it belongs to, or makes it a table of its own.
pub(crate) fn add(groups: &mut Vec<Group>, file: &Candidate, inspected: Inspected) {
    let pattern = pattern(&file.relative);
    let shape = shape(&inspected);
    let is_same =
        |it: &&mut Group| it.pattern == pattern && it.shape == shape && it.may_share(&inspected);
    let has_open_end = inspected.survey.last_line_is_open;
    if let Some(group) = groups.iter_mut().find(is_same) {
        group.files.push(file.relative.clone());
        group.has_open_end |= has_open_end;
        group.take(inspected);
        return;
    }
    groups.push(Group {
        pattern,
        shape,
        files: vec![file.relative.clone()],
        inspected,
        has_open_end,
    });
}

fn shape(inspected: &Inspected) -> Shape {
    let is_json = matches!(inspected.make, Make::Ndjson);
    // Keys of JSON may be missing from any object.
    let mut names: Vec<String> = if is_json {
        Vec::new()
    } else {
        inspected
            .names()
            .iter()
            .map(|it| (*it).to_owned())
            .collect()
    };
    names.sort();
    let mut keys = inspected.keys();
    keys.retain(|it| !matches!(it.name, "encoding" | "last_line_is_open"));
    Shape {
        is_json,
        keys,
        names,
    }
}

impl Group {
    fn may_share(&self, other: &Inspected) -> bool {
        let (mine, theirs) = (&self.inspected.survey, &other.survey);
        let is_open = |is_ascii: bool, other: Encoding| {
            let is_wide = matches!(
                other,
                Encoding::Utf16 | Encoding::Utf16Be | Encoding::Utf16Le
            );
            is_ascii && !is_wide
        };
        mine.encoding == theirs.encoding
            || is_open(mine.is_ascii, theirs.encoding)
            || is_open(theirs.is_ascii, mine.encoding)
    }

    fn take(&mut self, other: Inspected) {
        let mine = &mut self.inspected.survey;
        if mine.is_ascii && !other.survey.is_ascii {
            mine.encoding = other.survey.encoding;
            mine.is_ascii = false;
        }
        self.inspected.profile.merge(other.profile);
    }

    /// Whether each delivery has a file of its own, by day.
    pub(crate) fn is_dated(&self) -> bool {
        self.pattern.is_dated
    }

    /// Patterns for `files`: one with stars, unless it would match files of other tables too.
    pub(crate) fn patterns(&self, all: &[Candidate]) -> Vec<String> {
        if self.files.len() == 1 && !self.pattern.is_dated {
            return vec![glob::Pattern::escape(&self.files[0])];
        }
        let options = glob::MatchOptions {
            require_literal_separator: true,
            ..glob::MatchOptions::default()
        };
        let is_exact = glob::Pattern::new(&self.pattern.text).is_ok_and(|it| {
            all.iter().all(|file| {
                it.matches_with(&file.relative, options) == self.files.contains(&file.relative)
            })
        });
        if is_exact {
            return vec![self.pattern.text.clone()];
        }
        self.files
            .iter()
            .map(|it| glob::Pattern::escape(it))
            .collect()
    }
}
