//! One CSV file in the making: values become text in reused memory, a row at a time.

use std::io::{self, Write};

use anyhow::Context as _;
use chrono::{Datelike as _, NaiveDate};
use csv::ByteRecord;

/// The csv writer collects this much before it writes.
const BUFFER_BYTES: usize = 64 * 1024;

/// A file's columns are given once; every row must bring as many values.
#[derive(Debug)]
pub(crate) struct Sheet<W: Write> {
    /// As error messages call the file.
    name: String,
    writer: csv::Writer<W>,
    record: ByteRecord,
    scratch: Vec<u8>,
    row_count: u64,
}

impl<W: Write> Sheet<W> {
    /// Starts the file with its header line.
    pub(crate) fn new(
        name: impl Into<String>,
        writer: W,
        columns: &[&str],
    ) -> anyhow::Result<Self> {
        let writer = csv::WriterBuilder::new()
            .buffer_capacity(BUFFER_BYTES)
            .from_writer(writer);
        let mut sheet = Self {
            name: name.into(),
            writer,
            record: ByteRecord::from(columns),
            scratch: Vec::new(),
            row_count: 0,
        };
        sheet.write_record()?;
        Ok(sheet)
    }

    pub(crate) fn row_count(&self) -> u64 {
        self.row_count
    }

    pub(crate) fn text(&mut self, value: &str) -> &mut Self {
        self.bytes(value.as_bytes())
    }

    pub(crate) fn bytes(&mut self, value: &[u8]) -> &mut Self {
        self.record.push_field(value);
        self
    }

    pub(crate) fn empty(&mut self) -> &mut Self {
        self.bytes(b"")
    }

    pub(crate) fn flag(&mut self, value: bool) -> &mut Self {
        self.text(if value { "true" } else { "false" })
    }

    pub(crate) fn number(&mut self, value: u64) -> &mut Self {
        self.formatted(|out| push_number(out, value, 1))
    }

    /// An id of at least `width` digits; it grows wider when its number does.
    pub(crate) fn id(&mut self, prefix: &str, width: usize, number: u64) -> &mut Self {
        self.formatted(|out| {
            out.extend_from_slice(prefix.as_bytes());
            push_number(out, number, width);
        })
    }

    /// Hundredths as a number with two decimals: cents as money, hundredths of a percent.
    pub(crate) fn hundredths(&mut self, value: i64) -> &mut Self {
        self.formatted(|out| push_hundredths(out, value))
    }

    pub(crate) fn date(&mut self, date: NaiveDate) -> &mut Self {
        self.formatted(|out| push_date(out, date))
    }

    /// A time of the day as `HH:MM:SS`.
    pub(crate) fn time(&mut self, second_of_day: u32) -> &mut Self {
        self.formatted(|out| push_time(out, second_of_day))
    }

    /// A local time as `YYYY-MM-DD HH:MM:SS`.
    pub(crate) fn timestamp(&mut self, date: NaiveDate, second_of_day: u32) -> &mut Self {
        self.formatted(|out| {
            push_date(out, date);
            out.push(b' ');
            push_time(out, second_of_day);
        })
    }

    pub(crate) fn end_row(&mut self) -> anyhow::Result<()> {
        self.row_count += 1;
        self.write_record()
    }

    /// Ends the file and hands back what it was written to.
    pub(crate) fn into_inner(mut self) -> anyhow::Result<W> {
        // Flushed first, because the error of `into_inner` does not give its cause away.
        self.writer
            .flush()
            .with_context(|| failed_to_write(&self.name))?;
        self.writer
            .into_inner()
            .map_err(|error| anyhow::anyhow!("{error}"))
    }

    fn write_record(&mut self) -> anyhow::Result<()> {
        self.writer
            .write_byte_record(&self.record)
            .map_err(into_io_error)
            .with_context(|| failed_to_write(&self.name))?;
        self.record.clear();
        Ok(())
    }

    fn formatted(&mut self, format: impl FnOnce(&mut Vec<u8>)) -> &mut Self {
        self.scratch.clear();
        format(&mut self.scratch);
        self.record.push_field(&self.scratch);
        self
    }
}

fn failed_to_write(name: &str) -> String {
    format!("failed to write `{name}`")
}

/// The cause inside, so that a full disk is recognised as one.
fn into_io_error(error: csv::Error) -> io::Error {
    match error.into_kind() {
        csv::ErrorKind::Io(cause) => cause,
        other => io::Error::other(format!("{other:?}")),
    }
}

/// Decimal digits, with zeros in front up to `width`.
pub(crate) fn push_number(out: &mut Vec<u8>, mut value: u64, width: usize) {
    let start = out.len();
    while value > 0 || out.len() - start < width {
        out.push(b'0' + (value % 10) as u8);
        value /= 10;
    }
    out[start..].reverse();
}

fn push_hundredths(out: &mut Vec<u8>, value: i64) {
    if value < 0 {
        out.push(b'-');
    }
    push_number(out, value.unsigned_abs() / 100, 1);
    out.push(b'.');
    push_number(out, value.unsigned_abs() % 100, 2);
}

fn push_date(out: &mut Vec<u8>, date: NaiveDate) {
    push_number(out, u64::from(date.year().unsigned_abs()), 4);
    out.push(b'-');
    push_number(out, u64::from(date.month()), 2);
    out.push(b'-');
    push_number(out, u64::from(date.day()), 2);
}

fn push_time(out: &mut Vec<u8>, second_of_day: u32) {
    push_number(out, u64::from(second_of_day / 3_600), 2);
    out.push(b':');
    push_number(out, u64::from(second_of_day / 60 % 60), 2);
    out.push(b':');
    push_number(out, u64::from(second_of_day % 60), 2);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_become_text_in_the_agreed_formats() -> anyhow::Result<()> {
        let day = NaiveDate::from_ymd_opt(2025, 3, 9).unwrap();
        let columns = ["a", "b", "c", "d", "e", "f", "g", "h"];
        let mut sheet = Sheet::new("a.csv", Vec::new(), &columns)?;
        sheet
            .id("CUST", 4, 7)
            .number(0)
            .hundredths(-5)
            .hundredths(123_456)
            .date(day);
        sheet
            .time(86_399)
            .timestamp(day, 60)
            .text("5 Elm Road, Apt. 2");
        sheet.end_row()?;

        assert_eq!(
            String::from_utf8(sheet.into_inner()?)?,
            "a,b,c,d,e,f,g,h\n\
             CUST0007,0,-0.05,1234.56,2025-03-09,23:59:59,2025-03-09 00:01:00,\"5 Elm Road, Apt. 2\"\n"
        );
        Ok(())
    }

    #[test]
    fn ids_grow_wider_with_their_number() {
        let widths = [
            (1, "0001"),
            (9_999, "9999"),
            (10_000, "10000"),
            (1_234_567, "1234567"),
        ];
        for (number, expected) in widths {
            let mut out = Vec::new();
            push_number(&mut out, number, 4);
            assert_eq!(out, expected.as_bytes());
        }
    }

    #[test]
    fn a_row_with_too_few_values_is_refused() -> anyhow::Result<()> {
        let mut sheet = Sheet::new("a.csv", Vec::new(), &["a", "b"])?;
        sheet.text("only one");

        assert!(sheet.end_row().is_err());
        Ok(())
    }
}
