//! Small files whose bytes are known.

use super::*;

fn surveyed(name: &str, bytes: &[u8]) -> (Survey, Oddities) {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join(name);
    std::fs::write(&path, bytes).expect("a file");
    let mut oddities = Oddities::default();
    let survey = survey(&path, &mut oddities).expect("a survey");
    (survey, oddities)
}

fn encoding(bytes: &[u8]) -> Encoding {
    surveyed("a.csv", bytes).0.encoding
}

fn utf16(text: &str, to_bytes: fn(u16) -> [u8; 2]) -> Vec<u8> {
    text.encode_utf16().flat_map(to_bytes).collect()
}

#[test]
fn encodings_are_told_apart() {
    assert_eq!(encoding(b"a,b\n1,2\n"), Encoding::Utf8);
    assert_eq!(encoding("stra\u{df}e\n".as_bytes()), Encoding::Utf8);
    assert_eq!(encoding(b"stra\xdfe\n"), Encoding::Latin1);
    assert_eq!(
        encoding(b"price \x80 5, stra\xdfe\n"),
        Encoding::Windows1252
    );
    let text = "name,price\nStra\u{df}e,5\n";
    assert_eq!(encoding(&utf16(text, u16::to_le_bytes)), Encoding::Utf16Le);
    assert_eq!(encoding(&utf16(text, u16::to_be_bytes)), Encoding::Utf16Be);
    let marked = utf16(&format!("\u{feff}{text}"), u16::to_be_bytes);
    let (survey, _) = surveyed("a.csv", &marked);
    assert_eq!(survey.encoding, Encoding::Utf16);
    assert_eq!(survey.sample, text);
    assert_eq!(survey.breaks.lf, 2);
}

#[test]
fn a_mark_is_told_and_not_part_of_the_text() {
    let (survey, _) = surveyed("a.csv", "\u{feff}a\n1\n".as_bytes());
    assert!(survey.has_mark);
    assert_eq!(survey.sample, "a\n1\n");
}

#[test]
fn a_damaged_character_does_not_change_the_encoding_of_the_rest() {
    let mut bytes = "\u{fc}\u{f6}\u{e4}\u{df}\n".repeat(10).into_bytes();
    bytes.extend_from_slice(b"\xfc\n");
    let (survey, oddities) = surveyed("a.csv", &bytes);
    assert_eq!(survey.encoding, Encoding::Utf8);
    assert_eq!(oddities.lines(Oddity::BrokenText), [11]);
}

#[test]
fn as_many_whole_characters_as_damaged_ones_are_utf8() {
    let bytes = b"id,n\n1,\xc3\xa9\n2,\xc3\xbc\n3,\xe9\n";
    let (survey, oddities) = surveyed("a.csv", bytes);
    assert_eq!(survey.encoding, Encoding::Utf8);
    assert_eq!(oddities.lines(Oddity::BrokenText), [4]);
    assert_eq!(encoding(b"\xc3\xa9\n\xe9\n"), Encoding::Utf8);
    assert_eq!(encoding(b"\xc3\xa9\n\xe9\n\xe9\n"), Encoding::Latin1);
}

#[test]
fn line_breaks_are_counted_by_kind() {
    let (survey, _) = surveyed("a.csv", b"a\r\nb\nc");
    let expected = Breaks {
        lf: 1,
        crlf: 1,
        cr: 0,
    };
    assert_eq!(survey.breaks, expected);
    assert!(survey.last_line_is_open);
    let (survey, _) = surveyed("a.csv", b"a\rb\r");
    assert!(survey.breaks.are_cr());
    assert_eq!(survey.sample, "a\nb\n");
}

#[test]
fn characters_across_two_reads_are_whole() {
    let mut bytes = vec![b'a'; BUFFER_BYTES - 1];
    bytes.extend_from_slice("\u{20ac}\n".as_bytes());
    assert_eq!(encoding(&bytes), Encoding::Utf8);
}

#[test]
fn packed_files_are_unpacked_by_their_name() {
    use std::io::Write as _;
    let mut packer = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    packer.write_all(b"a,b\n1,2\n").expect("packed");
    let (survey, _) = surveyed("a.csv.gz", &packer.finish().expect("packed"));
    assert_eq!(survey.packed, Some(Packed::Gzip));
    assert_eq!(survey.sample, "a,b\n1,2\n");
    assert_eq!(survey.unpacked_bytes, 8);
}

#[test]
fn control_characters_are_told_with_their_line() {
    let (_, oddities) = surveyed("a.csv", b"a\nb\0\nc\x07\n");
    assert_eq!(oddities.lines(Oddity::NulCharacter), [2]);
    assert_eq!(oddities.lines(Oddity::ControlCharacter), [3]);
}
