//! What a file's parameters say, as a declaration and as a check of one line.
//!
//! The check shares no code with the reader under test. No value of the corpus holds a line break,
//! so a line is a record, and can be judged alone.

use serde::Deserialize;

use crate::trial::quoted;

/// How a polluted file is written, as the benchmark tells its systems.
#[derive(Debug, Clone, Deserialize)]
pub struct Parameters {
    /// Between fields.
    pub delimiter: String,
    /// Around fields.
    pub quotechar: String,
    /// Before a quote in a field; the quote itself where it is doubled.
    pub escapechar: String,
    /// Between lines.
    pub row_delimiter: String,
    /// Lines of column names.
    pub header_lines: usize,
    /// Lines before these.
    pub preamble_lines: usize,
    /// Lines at the end.
    pub footnote_lines: usize,
    /// Names of the columns.
    pub column_names: Vec<String>,
}

impl Parameters {
    /// Keys of `source.toml`. Files with LF come with CRLF in their parameters: the first line of a
    /// file tells, as it does by default.
    pub fn declaration(&self) -> String {
        let mut keys = vec![
            format!("header_lines = {}", self.header_lines),
            format!("preamble_lines = {}", self.preamble_lines),
            format!("footer_lines = {}", self.footnote_lines),
        ];
        if !self.delimiter.is_empty() {
            keys.push(format!("delimiter = {}", quoted(&self.delimiter)));
        }
        if !self.quotechar.is_empty() {
            keys.push(format!("quote = {}", quoted(&self.quotechar)));
        }
        if let Some(escape) = self.escape() {
            keys.push(format!("escape = {}", quoted(escape)));
        }
        if self.row_delimiter == "\r" {
            keys.push("line_break = \"cr\"".to_owned());
        }
        keys.join("\n") + "\n"
    }

    /// The escape character, where it is not the quote.
    fn escape(&self) -> Option<&str> {
        let is_own = !self.escapechar.is_empty() && self.escapechar != self.quotechar;
        is_own.then_some(self.escapechar.as_str())
    }

    /// Bytes and numbers of the lines that hold data.
    pub fn data_lines<'a>(&self, bytes: &'a [u8]) -> Vec<(usize, &'a [u8])> {
        let line_break = if self.row_delimiter == "\r" {
            b'\r'
        } else {
            b'\n'
        };
        let lines = bytes.split(|it| *it == line_break).enumerate();
        let lines = lines.map(|(index, line)| (index + 1, line));
        let mut lines: Vec<_> = lines
            .skip(self.preamble_lines + self.header_lines)
            .filter(|(_, line)| !line.is_empty())
            .collect();
        lines.truncate(lines.len().saturating_sub(self.footnote_lines));
        lines
    }

    /// Whether a line is a record of so many fields, or the number of the column, from 1, in which
    /// it is broken.
    pub fn check_line(&self, line: &[u8], width: usize) -> Result<(), usize> {
        let mut rest = line;
        let mut count = 0;
        loop {
            count += 1;
            let after = self.after_field(rest).ok_or(count)?;
            let Some(next) = after.strip_prefix(self.delimiter.as_bytes()) else {
                break;
            };
            rest = next;
        }
        match count {
            _ if count < width => Err(count + 1),
            _ if count > width => Err(width + 1),
            _ => Ok(()),
        }
    }

    /// What follows the field at the start of `text`: a delimiter or nothing. None for a field that
    /// breaks the rules of quotes.
    fn after_field<'a>(&self, text: &'a [u8]) -> Option<&'a [u8]> {
        let delimiter = self.delimiter.as_bytes();
        let quote = *self.quotechar.as_bytes().first()?;
        let Some(mut inside) = text.strip_prefix(&[quote]) else {
            let is_end = |at: &usize| text[*at..].starts_with(delimiter);
            let end = (0..text.len()).find(is_end).unwrap_or(text.len());
            let (field, after) = text.split_at(end);
            return (!field.contains(&quote)).then_some(after);
        };
        let escape = self.escape().map_or(quote, |it| it.as_bytes()[0]);
        loop {
            inside = match inside {
                [first, second, after @ ..]
                    if *first == escape && (*second == quote || *second == escape) =>
                {
                    after
                }
                [first, after @ ..] if *first == quote => {
                    let is_closed = after.is_empty() || after.starts_with(delimiter);
                    return is_closed.then_some(after);
                }
                [_, after @ ..] => after,
                [] => return None,
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Parameters;

    fn parameters(escapechar: &str) -> Parameters {
        Parameters {
            delimiter: ", ".to_owned(),
            quotechar: "\"".to_owned(),
            escapechar: escapechar.to_owned(),
            row_delimiter: "\r\n".to_owned(),
            header_lines: 1,
            preamble_lines: 0,
            footnote_lines: 0,
            column_names: Vec::new(),
        }
    }

    #[test]
    fn a_line_is_whole_or_its_first_broken_column_is_told() {
        for (line, expected) in [
            ("a, \"b, \"\"c\"\"\", ", Ok(())),
            ("a, b", Err(3)),
            ("a, b, c, d", Err(4)),
            ("a, b\"c, d", Err(2)),
            ("a, b, \"c\"d", Err(3)),
            ("\"a, b, c", Err(1)),
        ] {
            let found = parameters("\"").check_line(line.as_bytes(), 3);
            assert_eq!(found, expected, "{line}");
        }
        let escaped = b"a, \"b\\\"c\\\\\", d";
        assert_eq!(parameters("\\").check_line(escaped, 3), Ok(()));
        assert_eq!(parameters("\"").check_line(escaped, 3), Err(2));
    }

    #[test]
    fn preamble_header_and_blank_lines_hold_no_data() {
        let lines = parameters("\"").data_lines(b"h\n1\n\n2\n\n");
        assert_eq!(lines, [(2, b"1".as_slice()), (4, b"2".as_slice())]);
    }
}
