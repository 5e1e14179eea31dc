//! One file, from its bytes to its columns' types.

use std::path::{Path, PathBuf};

use common::Failure;
use serde_json::Value;

use crate::read::Limits;
use crate::source::Table;

use super::column::Eyes;
use super::comments;
use super::conclude::{self, Conclusion, Surroundings};
use super::declare::{self, Breaks, Key, Shape};
use super::dialect::Guess;
use super::layout::{self, Layout};
use super::numbers::ALL_MARKS;
use super::oddities::{Oddities, Oddity};
use super::profile::{self, Profile, Way};
use super::split::Dialect;
use super::survey::{self, Survey};

/// How much of a file is looked at, and with what.
#[derive(Debug)]
pub(crate) struct Effort {
    /// What values are looked at with.
    pub eyes: Eyes,
    /// Limits of the loader.
    pub limits: Limits,
    /// Records to look at.
    pub records_max: u64,
    /// Most columns that the loader takes.
    pub columns_max: usize,
}

/// What a file is made of.
#[derive(Debug)]
pub(crate) enum Make {
    /// Separated values.
    Csv {
        /// How fields are set apart.
        dialect: Dialect,
        /// Any field stands in quotes.
        has_quotes: bool,
        /// Where records begin.
        layout: Layout,
        /// How lines end.
        breaks: Breaks,
    },
    /// One JSON object a line.
    Ndjson,
}

/// All that is known of a file.
#[derive(Debug)]
pub(crate) struct Inspected {
    /// The file.
    pub path: PathBuf,
    /// What its bytes tell.
    pub survey: Survey,
    /// What it is made of.
    pub make: Make,
    /// Its columns.
    pub profile: Profile,
    /// What is odd about it.
    pub oddities: Oddities,
}

/// Looks at a file: once at its bytes, once at its records.
///
/// # Errors
/// When it cannot be read; exit code 2 when it is empty.
pub(crate) fn inspect(path: &Path, effort: &Effort) -> anyhow::Result<Inspected> {
    let mut oddities = Oddities::default();
    let survey = survey::survey(path, &mut oddities)?;
    if survey.sample.trim().is_empty() && !survey.is_cut {
        return Err(Failure::usage(format!(
            "`{}` is empty: there is nothing to look at; deliver it again",
            path.display()
        ))
        .into());
    }
    if is_ndjson(&survey.sample) {
        oddities.forget(Oddity::BlankLine, u64::MAX);
        let keys = declare::ndjson_keys(&survey);
        let table = declare::table_of_texts(&keys, 0)?;
        let profile = profile::profile_ndjson(&way(path, &table, effort), &mut oddities);
        return Ok(Inspected {
            path: path.to_owned(),
            survey,
            make: Make::Ndjson,
            profile,
            oddities,
        });
    }
    inspect_csv(path, effort, survey, oddities)
}

fn inspect_csv(
    path: &Path,
    effort: &Effort,
    survey: Survey,
    mut oddities: Oddities,
) -> anyhow::Result<Inspected> {
    let (guess, layout) = layout(path, effort, &survey, &mut oddities)?;
    // Only where a record is a single field, a blank line may be one.
    let last_line = match layout.width {
        1 => layout.preamble_lines,
        _ => u64::MAX,
    };
    oddities.forget(Oddity::BlankLine, last_line);
    if layout.width > effort.columns_max {
        let (width, max) = (layout.width, effort.columns_max);
        let reason = format!("{width}, where {max} are allowed (columns_max in [stage])");
        oddities.add_reason(Oddity::TooManyColumns, 0, &reason);
    }
    let mut breaks = if survey.breaks.are_cr() {
        Breaks::Cr
    } else {
        Breaks::First
    };
    let attempt = |breaks: Breaks, oddities: &mut Oddities| -> anyhow::Result<Profile> {
        let shape = Shape {
            layout: &layout,
            footer_lines: 0,
            breaks,
        };
        let keys = declare::csv_keys(&survey, &guess.dialect, shape);
        let mut table = declare::table_of_texts(&keys, layout.width)?;
        declare::let_all_through(&mut table);
        Ok(profile::profile_csv(&way(path, &table, effort), oddities))
    };
    let mut found = oddities.clone();
    let mut profile = attempt(breaks, &mut found)?;
    if found.count(Oddity::MixedLineBreaks) > 0 {
        breaks = Breaks::Any;
        let mixed = found;
        found = oddities;
        profile = attempt(breaks, &mut found)?;
        found.copy(Oddity::MixedLineBreaks, &mixed);
    }
    if layout.header_lines == 0 && layout.names.len() == profile.columns.len() {
        for ((name, _), given) in profile.columns.iter_mut().zip(&layout.names) {
            name.clone_from(given);
        }
    }
    Ok(Inspected {
        path: path.to_owned(),
        make: Make::Csv {
            dialect: guess.dialect,
            has_quotes: guess.has_quotes,
            layout,
            breaks,
        },
        survey,
        profile,
        oddities: found,
    })
}

/// Dialect and layout of the sample, where comments are such in the whole file.
fn layout(
    path: &Path,
    effort: &Effort,
    survey: &Survey,
    oddities: &mut Oddities,
) -> anyhow::Result<(Guess, Layout)> {
    let (sample, formats) = (&survey.sample, &effort.eyes.formats);
    let (guess, layout) = layout::guess(sample, survey.is_cut, formats);
    let Some(prefix) = &layout.comment else {
        return Ok((guess, layout));
    };
    let lines = Layout {
        preamble_lines: 0,
        header_lines: 0,
        comment: None,
        names: Vec::new(),
        ..layout.clone()
    };
    let shape = Shape {
        layout: &lines,
        footer_lines: 0,
        breaks: if survey.breaks.are_cr() {
            Breaks::Cr
        } else {
            Breaks::Any
        },
    };
    let keys = declare::csv_keys(survey, &guess.dialect, shape);
    let mut table = declare::table_of_texts(&keys, layout.width)?;
    declare::let_all_through(&mut table);
    // Quotes in a comment mean nothing.
    table.quoted_line_breaks = false;
    let Some(found) = comments::comments(&way(path, &table, effort), prefix, layout.width) else {
        return Ok(layout::guess_without_comments(
            sample,
            survey.is_cut,
            formats,
        ));
    };
    oddities.copy(Oddity::Comment, &found);
    Ok((guess, layout))
}

fn way<'a>(path: &'a Path, table: &'a Table, effort: &'a Effort) -> Way<'a> {
    Way {
        path,
        table,
        limits: &effort.limits,
        records_max: effort.records_max,
        eyes: &effort.eyes,
    }
}

/// Whether every line that holds anything holds a JSON object.
fn is_ndjson(sample: &str) -> bool {
    let mut lines = sample.lines().filter(|it| !it.trim().is_empty());
    let is_object = |line: &str| {
        line.trim_start().starts_with('{')
            && matches!(serde_json::from_str(line), Ok(Value::Object(_)))
    };
    let Some(first) = lines.next() else {
        return false;
    };
    let (mut objects, mut count) = (0, 0);
    for line in lines {
        count += 1;
        objects += u32::from(is_object(line));
    }
    // A few broken lines make it no file of separated values.
    is_object(first) && objects * 10 >= count * 9
}

impl Inspected {
    /// Keys of its table in `source.toml`.
    pub(crate) fn keys(&self) -> Vec<Key> {
        match &self.make {
            Make::Ndjson => declare::ndjson_keys(&self.survey),
            Make::Csv {
                dialect,
                layout,
                breaks,
                ..
            } => {
                let shape = Shape {
                    layout,
                    footer_lines: self.profile.footer_lines,
                    breaks: *breaks,
                };
                declare::csv_keys(&self.survey, dialect, shape)
            }
        }
    }

    /// Number of header lines; JSON has none.
    pub(crate) fn header_lines(&self) -> u64 {
        match &self.make {
            Make::Csv { layout, .. } => layout.header_lines,
            Make::Ndjson => 0,
        }
    }

    /// Whether the names of its columns stand in the file.
    pub(crate) fn is_named(&self) -> bool {
        match &self.make {
            Make::Csv { layout, .. } => !layout.names.is_empty(),
            Make::Ndjson => true,
        }
    }

    /// Names of its columns as the file has them.
    pub(crate) fn names(&self) -> Vec<&str> {
        self.profile
            .columns
            .iter()
            .map(|it| it.0.as_str())
            .collect()
    }

    /// What is odd about the names of the columns.
    pub(crate) fn name_faults(&self) -> Vec<String> {
        let names = self.names();
        let mut faults = Vec::new();
        if let Make::Csv { layout, .. } = &self.make
            && let Some(misfit) = layout.misfit
        {
            faults.push(format!(
                "line {} looks like the header, but has {} fields where records have {}: mend it, \
                 or give the names in source.toml",
                misfit.line, misfit.fields, layout.width
            ));
        }
        for (index, name) in names.iter().enumerate() {
            let number = index + 1;
            let (_, column) = &self.profile.columns[index];
            if name.trim().is_empty() && column.values == 0 && number == names.len() {
                faults.push(format!(
                    "every line ends with a separator: column {number} has no name and no value"
                ));
            } else if name.trim().is_empty() {
                faults.push(format!("column {number} has no name"));
            } else if let Some(first) = names[..index].iter().position(|it| it == name) {
                faults.push(format!(
                    "column {number} is called `{}`, and so is column {}",
                    name.escape_debug(),
                    first + 1
                ));
            }
        }
        faults
    }

    /// A type for every column.
    pub(crate) fn conclusions(&self, eyes: &Eyes) -> Vec<Conclusion> {
        let marks = self
            .profile
            .columns
            .iter()
            .map(|it| conclude::marks_of(&it.1))
            .filter(|it| *it != 0)
            .fold(ALL_MARKS, |common, it| common & it);
        let is_comma_free = match &self.make {
            Make::Csv { dialect, .. } => !dialect.delimiter.contains(','),
            Make::Ndjson => false,
        };
        let around = Surroundings {
            marks,
            is_comma_free,
        };
        self.profile
            .columns
            .iter()
            .map(|(name, column)| conclude::conclude(name, column, around, &eyes.formats))
            .collect()
    }
}
