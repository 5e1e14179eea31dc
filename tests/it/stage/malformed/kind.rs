//! One kind of malformed file.

use tests::trial::{Delivery, Reject, Row};

/// The table that every kind declares.
pub(super) const TABLE: &str = "t";
/// A value that is null.
pub(super) const NULL: &str = "<null>";

const COLUMNS: &str = "id = \"text\"\nname = \"text\"\nnote = \"text\"";

/// What must become of a file.
pub(super) enum Verdict {
    /// These rows, and nothing in quarantine.
    Loads(Vec<Vec<&'static str>>),
    /// Nothing; the message holds each of these.
    Refuses(Vec<&'static str>),
    /// These rows, and these places in quarantine.
    Quarantines(Vec<Vec<&'static str>>, Vec<Place>),
    /// The batch is blocked; so many records are in quarantine.
    Blocks(usize),
}

/// Line, column and rule of a rejected record.
pub(super) type Place = (i64, Option<i64>, &'static str);

type Make = Box<dyn Fn(&str) -> Vec<u8> + Send + Sync>;

/// A file, how it is declared, and what must become of it.
pub(super) struct Kind {
    pub(super) name: &'static str,
    pub(super) line_breaks: Vec<&'static str>,
    pub(super) verdict: Verdict,
    file: &'static str,
    keys: String,
    columns: String,
    drift: &'static str,
    make: Make,
    manifest: Option<Make>,
}

/// A kind of text: each `\n` of it, and of the expected values, is the line break.
pub(super) fn text(name: &'static str, text: &'static str) -> Kind {
    made(name, move |line_break| {
        text.replace('\n', line_break).into_bytes()
    })
}

/// A kind whose bytes are made for a line break.
pub(super) fn made(
    name: &'static str,
    make: impl Fn(&str) -> Vec<u8> + Send + Sync + 'static,
) -> Kind {
    Kind {
        name,
        line_breaks: vec!["\n", "\r\n"],
        verdict: Verdict::Blocks(0),
        file: "t.csv",
        keys: String::new(),
        columns: COLUMNS.to_owned(),
        drift: "",
        make: Box::new(make),
        manifest: None,
    }
}

impl Kind {
    /// Keys of the table in `source.toml`.
    pub(super) fn keys(mut self, keys: &str) -> Self {
        self.keys = format!("{keys}\n");
        self
    }

    /// Columns instead of `id`, `name` and `note`, all texts.
    pub(super) fn columns(mut self, columns: &str) -> Self {
        self.columns = columns.to_owned();
        self
    }

    /// The section `[schema_drift]`.
    pub(super) fn drift(mut self, drift: &'static str) -> Self {
        self.drift = drift;
        self
    }

    /// Another name than `t.csv`.
    pub(super) fn file(mut self, file: &'static str) -> Self {
        self.file = file;
        self
    }

    /// Other line breaks than LF and CRLF.
    pub(super) fn line_breaks(mut self, line_breaks: &[&'static str]) -> Self {
        self.line_breaks = line_breaks.to_vec();
        self
    }

    /// A manifest beside the file.
    pub(super) fn manifest(
        mut self,
        make: impl Fn(&str) -> Vec<u8> + Send + Sync + 'static,
    ) -> Self {
        self.manifest = Some(Box::new(make));
        self
    }

    pub(super) fn loads(mut self, rows: &[&[&'static str]]) -> Self {
        self.verdict = Verdict::Loads(rows.iter().map(|it| it.to_vec()).collect());
        self
    }

    pub(super) fn refuses(mut self, parts: &[&'static str]) -> Self {
        self.verdict = Verdict::Refuses(parts.to_vec());
        self
    }

    pub(super) fn quarantines(mut self, rows: &[&[&'static str]], places: &[Place]) -> Self {
        let rows = rows.iter().map(|it| it.to_vec()).collect();
        self.verdict = Verdict::Quarantines(rows, places.to_vec());
        self
    }

    pub(super) fn blocks(mut self, rejects: usize) -> Self {
        self.verdict = Verdict::Blocks(rejects);
        self
    }

    /// The file with this line break, and its declaration.
    pub(super) fn delivery(&self, source: String, line_break: &str) -> Delivery {
        let Self {
            file,
            keys,
            columns,
            drift,
            ..
        } = self;
        let drift = if drift.is_empty() {
            String::new()
        } else {
            format!("[schema_drift]\n{drift}\n")
        };
        let tables = format!(
            "{drift}[tables.{TABLE}]\nfiles = [\"{file}\"]\n{keys}[tables.{TABLE}.columns]\n\
             {columns}\n"
        );
        let mut files = vec![((*file).to_owned(), (self.make)(line_break))];
        if let Some(manifest) = &self.manifest {
            files.push((format!("{file}.manifest.json"), manifest(line_break)));
        }
        Delivery {
            source,
            tables,
            files,
        }
    }

    /// The columns that are declared.
    pub(super) fn column_names(&self) -> Vec<String> {
        let columns: toml::Table = toml::from_str(&self.columns).expect("columns");
        columns.keys().cloned().collect()
    }

    /// Compares a refusal with the verdict.
    pub(super) fn check_refusal(&self, message: &str) -> Result<(), String> {
        let Verdict::Refuses(parts) = &self.verdict else {
            return Err(format!("refused: {message}"));
        };
        for part in parts.iter().chain([&self.file]) {
            if !message.contains(part) {
                return Err(format!("`{part}` is not in: {message}"));
            }
        }
        Ok(())
    }

    /// Compares what was read with the verdict.
    pub(super) fn check_read(
        &self,
        is_blocked: bool,
        rows: &[Row],
        rejects: &[Reject],
        line_break: &str,
    ) -> Result<(), String> {
        let (expected_rows, expected_places) = match &self.verdict {
            Verdict::Refuses(_) => {
                return Err(format!("not refused: {} rows, {rejects:?}", rows.len()));
            }
            Verdict::Blocks(count) if is_blocked && rejects.len() == *count => return Ok(()),
            Verdict::Blocks(count) => {
                return Err(format!(
                    "{} rejects, not {count}; blocked: {is_blocked}",
                    rejects.len()
                ));
            }
            Verdict::Loads(rows) => (rows, &Vec::new()),
            Verdict::Quarantines(rows, places) => (rows, places),
        };
        if is_blocked {
            return Err("blocked".to_owned());
        }
        check_rows(expected_rows, rows, line_break)?;
        let found: Vec<_> = rejects
            .iter()
            .map(|it| (it.line, it.column, it.rule.as_str()))
            .collect();
        if found != *expected_places {
            return Err(format!("in quarantine: {found:?}"));
        }
        Ok(())
    }
}

fn check_rows(expected: &[Vec<&str>], rows: &[Row], line_break: &str) -> Result<(), String> {
    let expected: Vec<Vec<String>> = expected
        .iter()
        .map(|row| row.iter().map(|it| it.replace('\n', line_break)).collect())
        .collect();
    let found: Vec<Vec<String>> = rows
        .iter()
        .map(|row| {
            let cells = row.cells.iter();
            cells
                .map(|it| it.clone().unwrap_or_else(|| NULL.to_owned()))
                .collect()
        })
        .collect();
    if found == expected {
        return Ok(());
    }
    // A long value would hide the difference.
    let mut shown = format!("rows: {found:?}");
    shown.truncate(shown.floor_char_boundary(2_000));
    Err(shown)
}
