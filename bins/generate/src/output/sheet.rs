//! Rows of one file in the making: values become text in reused memory, a row at a time.

use anyhow::Context as _;
use csv::ByteRecord;
use serde_json::ser::{CompactFormatter, Formatter as _};

use crate::faults::{Label, Labels, Planted, PlantedRow, Planter};
use crate::ids::IdForm;
use crate::output::File;
use crate::time::{Clock, Moment, date_text};

/// The csv writer collects this much before it writes.
const BUFFER_BYTES: usize = 16 * 1024;

/// Every row must bring a value for each column of its file.
#[derive(Debug)]
pub(crate) struct Sheet {
    file: File,
    writer: csv::Writer<Vec<u8>>,
    lines: Vec<u8>,
    record: ByteRecord,
    scratch: Vec<u8>,
    row_count: u64,
    planter: Option<Planter>,
    labels: Labels,
}

impl Sheet {
    pub(crate) fn new(file: File, planter: Option<Planter>) -> Self {
        // Of sound rows the number of values is checked where they end.
        let writer = csv::WriterBuilder::new()
            .flexible(true)
            .buffer_capacity(BUFFER_BYTES)
            .from_writer(Vec::new());
        Self {
            file,
            writer,
            lines: Vec::new(),
            record: ByteRecord::new(),
            scratch: Vec::new(),
            row_count: 0,
            planter,
            labels: Vec::new(),
        }
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

    pub(crate) fn signed(&mut self, value: i64) -> &mut Self {
        self.formatted(|out| {
            if value < 0 {
                out.push(b'-');
            }
            push_number(out, value.unsigned_abs(), 1);
        })
    }

    /// An id of at least as many digits as its form has; it grows wider when its number does.
    pub(crate) fn id(&mut self, form: IdForm, number: u64) -> &mut Self {
        self.formatted(|out| form.push(out, number))
    }

    /// Hundredths as a number with two decimals: cents as money, hundredths of a percent.
    pub(crate) fn hundredths(&mut self, value: i64) -> &mut Self {
        self.formatted(|out| push_hundredths(out, value))
    }

    pub(crate) fn date(&mut self, date: chrono::NaiveDate) -> &mut Self {
        self.bytes(&date_text(date))
    }

    pub(crate) fn day(&mut self, day: i32, clock: &Clock) -> &mut Self {
        self.bytes(clock.text(day))
    }

    /// A time of the day as `HH:MM:SS`.
    pub(crate) fn time(&mut self, second_of_day: u32) -> &mut Self {
        self.formatted(|out| push_time(out, second_of_day))
    }

    /// A local time as `YYYY-MM-DD HH:MM:SS`; empty where it is never.
    pub(crate) fn timestamp(&mut self, moment: Moment, clock: &Clock) -> &mut Self {
        self.formatted(|out| {
            if let Some(moment) = moment.known() {
                out.extend_from_slice(clock.text(moment.day));
                out.push(b' ');
                push_time(out, moment.second);
            }
        })
    }

    /// A moment in UTC as `YYYY-MM-DDTHH:MM:SSZ`.
    pub(crate) fn utc(&mut self, moment: Moment, clock: &Clock) -> &mut Self {
        self.formatted(|out| {
            out.extend_from_slice(clock.text(moment.day));
            out.push(b'T');
            push_time(out, moment.second);
            out.push(b'Z');
        })
    }

    /// A value that `format` appends to an empty text.
    pub(crate) fn formatted(&mut self, format: impl FnOnce(&mut Vec<u8>)) -> &mut Self {
        self.scratch.clear();
        format(&mut self.scratch);
        self.record.push_field(&self.scratch);
        self
    }

    pub(crate) fn end_row(&mut self) -> anyhow::Result<()> {
        let columns = self.file.columns();
        anyhow::ensure!(
            self.record.len() == columns.len(),
            "a row of `{}` has {} values instead of {}",
            self.file.name(),
            self.record.len(),
            columns.len()
        );
        let planter = self.planter.as_mut();
        if let Some(planted) = planter.and_then(|planter| planter.plant(&self.record)) {
            let record = std::mem::take(&mut self.record);
            self.write_planted(planted, &record)?;
        } else {
            self.row_count += 1;
            write(self.file, &self.record, &mut self.writer, &mut self.lines)?;
        }
        self.record.clear();
        Ok(())
    }

    /// Ends the header of an order that comes late.
    pub(crate) fn end_late_row(&mut self) -> anyhow::Result<()> {
        let label = Label::late(&self.record);
        self.labels.push((self.row_count, label));
        let planter = self.planter.take();
        let ended = self.end_row();
        self.planter = planter;
        ended
    }

    fn write(&mut self, record: &ByteRecord) -> anyhow::Result<()> {
        self.row_count += 1;
        write(self.file, record, &mut self.writer, &mut self.lines)
    }

    fn write_planted(&mut self, planted: Planted, record: &ByteRecord) -> anyhow::Result<()> {
        self.labels.push((self.row_count, planted.label));
        match planted.row {
            PlantedRow::Record(damaged) => self.write(&damaged)?,
            PlantedRow::Line(line) => {
                self.row_count += 1;
                self.lines.extend_from_slice(&line);
            }
        }
        if planted.is_additional {
            self.write(record)?;
        }
        Ok(())
    }

    /// The rows' text, and the labels of those that have a fault.
    pub(crate) fn finish(self) -> anyhow::Result<(Vec<u8>, Labels)> {
        if self.file.is_json() {
            return Ok((self.lines, self.labels));
        }
        let text = self.writer.into_inner();
        let text = text.map_err(|error| anyhow::anyhow!("{error}"))?;
        Ok((text, self.labels))
    }
}

/// Adds one row to the text of its file, whichever of the two its text grows in.
fn write(
    file: File,
    record: &ByteRecord,
    writer: &mut csv::Writer<Vec<u8>>,
    lines: &mut Vec<u8>,
) -> anyhow::Result<()> {
    if file.is_json() {
        return push_json_line(file.columns(), record, lines);
    }
    writer
        .write_byte_record(record)
        .context("failed to write a record")
}

/// The first line of a CSV file.
pub(super) fn header(file: File) -> anyhow::Result<Vec<u8>> {
    let mut writer = csv::Writer::from_writer(Vec::new());
    if !file.is_json() {
        writer
            .write_record(file.columns())
            .context("failed to write a header")?;
    }
    writer
        .into_inner()
        .map_err(|error| anyhow::anyhow!("{error}"))
}

/// One object a line: an empty value is null, and `properties` is JSON itself.
fn push_json_line(columns: &[&str], record: &ByteRecord, out: &mut Vec<u8>) -> anyhow::Result<()> {
    let mut formatter = CompactFormatter;
    formatter.begin_object(out)?;
    for (position, (column, value)) in columns.iter().zip(record).enumerate() {
        formatter.begin_object_key(out, position == 0)?;
        serde_json::to_writer(&mut *out, column)?;
        formatter.begin_object_value(out)?;
        if value.is_empty() {
            formatter.write_null(out)?;
        } else if *column == "properties" {
            out.extend_from_slice(value);
        } else {
            serde_json::to_writer(&mut *out, std::str::from_utf8(value)?)?;
        }
    }
    formatter.end_object(out)?;
    out.push(b'\n');
    Ok(())
}

impl IdForm {
    pub(crate) fn push(self, out: &mut Vec<u8>, number: u64) {
        out.extend_from_slice(self.prefix.as_bytes());
        push_number(out, number, self.width);
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

fn push_time(out: &mut Vec<u8>, second_of_day: u32) {
    push_number(out, u64::from(second_of_day / 3_600), 2);
    out.push(b':');
    push_number(out, u64::from(second_of_day / 60 % 60), 2);
    out.push(b':');
    push_number(out, u64::from(second_of_day % 60), 2);
}

#[cfg(test)]
mod tests {
    use chrono::NaiveDate;

    use super::*;
    use crate::ids::CUSTOMER;

    #[test]
    fn values_become_text_in_the_agreed_formats() -> anyhow::Result<()> {
        let day = NaiveDate::from_ymd_opt(2025, 3, 9).unwrap();
        let clock = Clock::new(day, 1);
        let mut sheet = Sheet::new(File::Transactions, None);
        sheet.id(CUSTOMER, 7).number(0).hundredths(-5);
        sheet.hundredths(123_456).date(day).time(86_399).signed(-12);
        sheet.timestamp(Moment::new(0, 60), &clock);
        sheet.timestamp(Moment::NEVER, &clock);
        sheet.text("5 Elm Road, Apt. 2").flag(true);
        for _ in 11..File::Transactions.columns().len() {
            sheet.empty();
        }
        sheet.end_row()?;

        assert_eq!(sheet.row_count(), 1);
        assert_eq!(
            String::from_utf8(sheet.finish()?.0)?,
            "CUST0007,0,-0.05,1234.56,2025-03-09,23:59:59,-12,2025-03-09 00:01:00,,\
             \"5 Elm Road, Apt. 2\",true,,,,,,,,,,,,\n"
        );
        Ok(())
    }

    #[test]
    fn events_are_lines_of_json() -> anyhow::Result<()> {
        let clock = Clock::new(NaiveDate::from_ymd_opt(2025, 1, 1).unwrap(), 1);
        let mut sheet = Sheet::new(File::WebEvents, None);
        sheet.text("EVT1").text("V\"1").text("S1").empty();
        sheet.text("page_view").empty();
        sheet.utc(Moment::new(0, 3_661), &clock);
        sheet.text(r#"{"page":"/"}"#);
        sheet.end_row()?;

        assert_eq!(
            String::from_utf8(sheet.finish()?.0)?,
            "{\"event_id\":\"EVT1\",\"visitor_id\":\"V\\\"1\",\"session_id\":\"S1\",\
             \"customer_id\":null,\"event_type\":\"page_view\",\"product_id\":null,\
             \"occurred_at\":\"2025-01-01T01:01:01Z\",\"properties\":{\"page\":\"/\"}}\n"
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
    fn a_row_with_too_few_values_is_refused() {
        let mut sheet = Sheet::new(File::Categories, None);
        sheet.text("only one");

        assert!(sheet.end_row().is_err());
    }
}
