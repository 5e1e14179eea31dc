//! Rows as lines of JSON, for those that a writer of JSON would refuse.

use csv::ByteRecord;

use crate::output::File;

/// The row as a JSON object with the file's columns as keys; an empty value is null, and the last
/// column is JSON itself.
pub(super) fn json_line(file: File, row: &ByteRecord) -> Option<Vec<u8>> {
    let columns = file.columns();
    let mut line = vec![b'{'];
    for (at, (column, value)) in columns.iter().zip(row).enumerate() {
        if at > 0 {
            line.push(b',');
        }
        serde_json::to_writer(&mut line, column).ok()?;
        line.push(b':');
        match value {
            b"" => line.extend_from_slice(b"null"),
            _ if at + 1 == columns.len() => line.extend_from_slice(value),
            _ => push_text(value, &mut line),
        }
    }
    line.extend_from_slice(b"}\n");
    Some(line)
}

/// The values are ids, times and names of events: only quotes and backslashes need an escape, and
/// bytes that are no UTF-8 stay as they are.
fn push_text(value: &[u8], line: &mut Vec<u8>) {
    line.push(b'"');
    for &byte in value {
        if matches!(byte, b'"' | b'\\') {
            line.push(b'\\');
        }
        line.push(byte);
    }
    line.push(b'"');
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_event_is_a_json_object() {
        let row = ByteRecord::from(vec![
            "EVT00001",
            "VIS1",
            "SES1",
            "",
            "page_view",
            "",
            "2025-03-09T14:03:22Z",
            "{\"page\":\"/\"}",
        ]);
        let line = json_line(File::WebEvents, &row).and_then(|it| String::from_utf8(it).ok());

        assert_eq!(
            line.as_deref(),
            Some(
                "{\"event_id\":\"EVT00001\",\"visitor_id\":\"VIS1\",\"session_id\":\"SES1\",\
                 \"customer_id\":null,\"event_type\":\"page_view\",\"product_id\":null,\
                 \"occurred_at\":\"2025-03-09T14:03:22Z\",\"properties\":{\"page\":\"/\"}}\n"
            )
        );
    }
}
