//! Text into rows, for guesses only.
//!
//! Where the loader refuses, this one goes on and says that a row is broken: dozens of dialects are
//! tried on the same sample, and all but one of them are wrong. What it found is verified with the
//! loader's own reader before anybody is told.

/// How fields are set apart and quoted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Dialect {
    /// Field separator.
    pub delimiter: String,
    /// Quote, if fields are quoted at all.
    pub quote: Option<char>,
    /// What makes a quote in a quoted field a part of it; `None`: it is doubled.
    pub escape: Option<char>,
}

/// One record as a dialect sees it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Row {
    /// Line on which it begins, from 1.
    pub line: u64,
    /// Its fields.
    pub cells: Vec<Cell>,
    /// Its quotes make no sense.
    pub is_broken: bool,
}

/// One field.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Cell {
    /// The text, without quotes.
    pub text: String,
    /// It stood in quotes.
    pub is_quoted: bool,
}

impl Row {
    /// Fields that hold more than white space.
    pub(crate) fn filled(&self) -> usize {
        let is_filled = |it: &&Cell| !it.text.trim().is_empty();
        self.cells.iter().filter(is_filled).count()
    }

    /// The field's text; empty where the row is too short.
    pub(crate) fn text(&self, index: usize) -> &str {
        self.cells.get(index).map_or("", |it| it.text.trim())
    }
}

/// Splits text whose lines end with LF; blank lines are passed over.
pub(crate) fn split(text: &str, dialect: &Dialect) -> Vec<Row> {
    let mut splitter = Splitter {
        rest: text,
        dialect,
        line: 1,
    };
    let mut rows = Vec::new();
    while !splitter.rest.is_empty() {
        let row = splitter.row();
        let is_blank = row.cells.len() == 1 && row.filled() == 0 && !row.cells[0].is_quoted;
        if !is_blank {
            rows.push(row);
        }
    }
    rows
}

struct Splitter<'a> {
    rest: &'a str,
    dialect: &'a Dialect,
    line: u64,
}

impl Splitter<'_> {
    fn row(&mut self) -> Row {
        let mut row = Row {
            line: self.line,
            cells: Vec::new(),
            is_broken: false,
        };
        loop {
            let is_quoted = self
                .dialect
                .quote
                .is_some_and(|it| self.rest.starts_with(it));
            let text = if is_quoted {
                self.quoted(&mut row.is_broken)
            } else {
                let text = self.plain();
                let ends_with_quote = self.dialect.quote.is_some_and(|it| text.ends_with(it));
                row.is_broken |= ends_with_quote;
                text
            };
            row.cells.push(Cell { text, is_quoted });
            if let Some(rest) = self.rest.strip_prefix(self.dialect.delimiter.as_str()) {
                self.rest = rest;
                continue;
            }
            if let Some(rest) = self.rest.strip_prefix('\n') {
                self.rest = rest;
                self.line += 1;
            }
            return row;
        }
    }

    /// Up to the next separator or line break.
    fn plain(&mut self) -> String {
        let line_end = self.rest.find('\n').unwrap_or(self.rest.len());
        let line = &self.rest[..line_end];
        let end = line.find(&self.dialect.delimiter).unwrap_or(line_end);
        let (field, rest) = self.rest.split_at(end);
        self.rest = rest;
        field.to_owned()
    }

    /// From a quote to its partner, and what should not be behind it.
    fn quoted(&mut self, is_broken: &mut bool) -> String {
        let (quote, escape) = (self.dialect.quote, self.dialect.escape);
        let mut field = String::new();
        let mut signs = self.rest.char_indices().skip(1).peekable();
        let mut end = self.rest.len();
        let mut is_closed = false;
        while let Some((at, sign)) = signs.next() {
            let next = signs.peek().map(|it| it.1);
            let is_escaped = match escape {
                Some(escape) => sign == escape && (next == quote || next == Some(escape)),
                None => Some(sign) == quote && next == quote,
            };
            if is_escaped {
                field.extend(next);
                signs.next();
            } else if Some(sign) == quote {
                end = at + sign.len_utf8();
                is_closed = true;
                break;
            } else {
                self.line += u64::from(sign == '\n');
                field.push(sign);
            }
        }
        self.rest = &self.rest[end..];
        let behind = self.plain();
        *is_broken |= !is_closed || !behind.is_empty();
        field.push_str(&behind);
        field
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn dialect(delimiter: &str, quote: Option<char>, escape: Option<char>) -> Dialect {
        Dialect {
            delimiter: delimiter.to_owned(),
            quote,
            escape,
        }
    }

    fn texts(text: &str, dialect: &Dialect) -> Vec<Vec<String>> {
        let rows = split(text, dialect);
        assert!(rows.iter().all(|it| !it.is_broken), "{rows:?}");
        rows.into_iter()
            .map(|row| row.cells.into_iter().map(|it| it.text).collect())
            .collect()
    }

    #[test]
    fn each_dialect_reads_what_it_writes() {
        let plain = dialect(",", Some('"'), None);
        assert_eq!(
            texts("a,\"b,\"\"c\"\n\n,\n", &plain),
            [["a", "b,\"c"], ["", ""]]
        );
        let escaped = dialect(";", Some('\''), Some('\\'));
        assert_eq!(texts("'it\\'s';'\\\\'\n", &escaped), [["it's", "\\"]]);
        let wide = dialect("||", None, None);
        assert_eq!(texts("\"a||b\"\nc||d", &wide), [["\"a", "b\""], ["c", "d"]]);
    }

    #[test]
    fn lines_are_counted_through_quoted_line_breaks() {
        let rows = split("a\n\"b\nc\"\n\nd\n", &dialect(",", Some('"'), None));
        let lines: Vec<u64> = rows.iter().map(|it| it.line).collect();
        assert_eq!(lines, [1, 2, 5]);
    }

    #[test]
    fn rows_whose_quotes_make_no_sense_are_broken() {
        let plain = dialect(",", Some('"'), None);
        for text in ["\"a\"b,c\n", "a,\"b\n", "a,b\"\n", "\"a\\\"\",b\n"] {
            assert!(split(text, &plain)[0].is_broken, "{text}");
        }
        assert!(!split("Men's,5\" pipe\n", &plain)[0].is_broken);
    }
}
