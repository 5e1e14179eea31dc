//! Files made by chance: no panic, and the same records however their bytes come.

use super::*;

const DIALECTS: [&str; 8] = [
    "",
    "swallowed_lines = \"quarantine\"",
    "quoted_line_breaks = false\nline_break = \"any\"",
    "escape = \"\\\\\"\nline_break = \"any\"",
    "quote = \"\"\nescape = \"\\\\\"",
    "delimiter = \", \"\nline_break = \"cr\"",
    "comment = \"#\"\nfooter_lines = 1\nrepeated_header = \"skip\"",
    "format = \"ndjson\"",
];
const PIECES: [&[u8]; 16] = [
    b",",
    b",",
    b"\"",
    b"\"",
    b"\"\"",
    b"\n",
    b"\n",
    b"\r\n",
    b"\r",
    b"\\",
    b"#",
    b" ",
    b"a",
    b"{\"a\":",
    b"}",
    b"\xc3\xa9",
];

/// Goal: the end of the window may stand anywhere.
/// Method: texts of separators by a fixed series of numbers, each read whole and in pieces.
#[test]
fn any_bytes_are_read_the_same_in_pieces() {
    let mut state = 0x9e37_79b9_7f4a_7c15_u64;
    let mut next = move || {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        state >> 32
    };
    for round in 0..4_000 {
        let mut bytes = b"a,b\n".to_vec();
        for _ in 0..next() % 60 {
            match next() % 40 {
                0 => bytes.push(0xff),
                it => bytes.extend_from_slice(PIECES[it as usize % PIECES.len()]),
            }
        }
        let keys = DIALECTS[round % DIALECTS.len()];
        // A refusal is as good as records, as long as it is the same one.
        if let Ok((Some(_), seen)) = read_as("f", &bytes, &table(keys)) {
            let lines: Vec<_> = seen.iter().map(|it| it.1).collect();
            assert!(lines.is_sorted(), "{lines:?}");
        }
    }
}
