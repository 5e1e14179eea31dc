//! Packed files and encodings.

use std::io::Write as _;

use common::config::hex;
use flate2::Compression;
use flate2::write::GzEncoder;
use ruzstd::encoding::{CompressionLevel, compress_to_vec};
use sha2::{Digest as _, Sha256};

use super::*;

const TEXT: &str = "a,b\n1,\"x\ny\"\n2,\u{20ac}\n";

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::default());
    encoder.write_all(bytes).expect("gzip");
    encoder.finish().expect("gzip")
}

fn zstd(bytes: &[u8]) -> Vec<u8> {
    compress_to_vec(bytes, CompressionLevel::Fastest)
}

fn read_named(name: &str, bytes: &[u8], keys: &str) -> anyhow::Result<Vec<Seen>> {
    Ok(read_as(name, bytes, &table(keys))?.1)
}

fn refused(name: &str, bytes: &[u8]) -> String {
    let error = read_named(name, bytes, "").expect_err("a refusal");
    assert_eq!(common::errors::exit_code(&error), 2, "{error:#}");
    format!("{error:#}")
}

fn utf16(text: &str, to_bytes: fn(u16) -> [u8; 2]) -> Vec<u8> {
    text.encode_utf16().flat_map(to_bytes).collect()
}

#[test]
fn packed_files_are_unpacked_by_their_names() -> anyhow::Result<()> {
    let (head, tail) = TEXT.as_bytes().split_at(9);
    let plain = read_named("f.csv", TEXT.as_bytes(), "")?;
    let members = [gzip(head), gzip(tail)].concat();
    assert_eq!(read_named("f.csv.gz", &members, "")?, plain);
    let skippable = b"\x50\x2a\x4d\x18\x03\0\0\0abc";
    let frames = [skippable, &zstd(head)[..], skippable, &zstd(tail)].concat();
    assert_eq!(read_named("f.CSV.ZST", &frames, "")?, plain);
    Ok(())
}

#[test]
fn a_name_that_does_not_fit_is_refused() {
    let (gzip, zstd) = (gzip(TEXT.as_bytes()), zstd(TEXT.as_bytes()));
    assert!(refused("f.gz", &zstd).contains("does not begin as gzip"));
    assert!(refused("f.zst", &gzip).contains("does not begin as zstd"));
    assert!(refused("f.gz", b"").contains("does not begin as gzip"));
    assert!(refused("f.csv", &gzip).contains("let its name end in .gz"));
    assert!(refused("f.csv", &zstd).contains("let its name end in .zst"));
}

#[test]
fn packed_data_that_are_cut_off_or_changed_are_refused() {
    let text = TEXT.repeat(8);
    let (gzip, zstd) = (gzip(text.as_bytes()), zstd(text.as_bytes()));
    for cut in 4..gzip.len() {
        let error = read_named("f.gz", &gzip[..cut], "repeated_header = \"load\"");
        let message = format!("{:#}", error.expect_err("a cut file"));
        assert!(message.contains("gzip data are broken"), "{message}");
    }
    for cut in 4..zstd.len() {
        let error = read_named("f.zst", &zstd[..cut], "repeated_header = \"load\"");
        let message = format!("{:#}", error.expect_err("a cut file"));
        assert!(message.contains("zstd data are broken"), "{message}");
    }
    let mut changed = zstd.clone();
    *changed.last_mut().expect("a checksum") ^= 1;
    let error = read_named("f.zst", &changed, "repeated_header = \"load\"");
    assert!(format!("{:#}", error.expect_err("a changed file")).contains("checksum"));
}

#[test]
fn a_file_that_unpacks_to_too_much_is_refused() {
    let bytes = format!(
        "a,b\n{}",
        format!("1,{}\n", "x".repeat(1_000)).repeat(17_000)
    );
    let limited = |bytes_max, ratio_max| {
        let limits = Limits {
            record_bytes_max: 1_024,
            unpacked_bytes_max: bytes_max,
            unpacked_ratio_max: ratio_max,
        };
        let packed = io::Cursor::new(gzip(bytes.as_bytes()));
        let reader = RecordReader::from_reader(packed, "f.gz", &table(""), &limits);
        reader.and_then(read_all)
    };
    let error = limited(1024 * 1024, u64::MAX).expect_err("too many bytes");
    assert!(error.to_string().contains("raise unpacked_bytes_max"));
    assert_eq!(common::errors::exit_code(&error), 2);
    let error = limited(u64::MAX, 100).expect_err("too good a ratio");
    assert!(error.to_string().contains("raise unpacked_ratio_max"));
    assert_eq!(common::errors::exit_code(&error), 2);
    assert!(limited(u64::MAX, 2_000).is_ok());
}

#[test]
fn the_hash_is_that_of_the_bytes_on_disk() -> anyhow::Result<()> {
    for (name, bytes) in [
        ("f.csv", TEXT.as_bytes().to_vec()),
        ("f.gz", gzip(TEXT.as_bytes())),
        ("f.zst", zstd(TEXT.as_bytes())),
    ] {
        let expected = hex(&Sha256::digest(&bytes));
        let length = bytes.len() as u64;
        let (keys, limits) = (table(""), limits());
        let open =
            || RecordReader::from_reader(io::Cursor::new(bytes.clone()), name, &keys, &limits);
        assert_eq!(open()?.finish()?, expected);
        let mut reader = open()?;
        let mut record = Record::default();
        while reader.read(&mut record)? {}
        assert_eq!(reader.bytes_read(), length);
        assert_eq!(reader.finish()?, expected);
    }
    Ok(())
}

#[test]
fn a_reader_that_fails_is_no_broken_file() {
    struct Failing(io::Cursor<Vec<u8>>);
    impl Read for Failing {
        fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
            match self.0.read(buffer)? {
                0 => Err(io::Error::other("the disk is gone")),
                count => Ok(count),
            }
        }
    }
    let packed = gzip(TEXT.as_bytes());
    for (name, bytes) in [("f.csv", &b"a,b\n1,2\n"[..]), ("f.gz", &packed[..20])] {
        let failing = Failing(io::Cursor::new(bytes.to_vec()));
        let error = RecordReader::from_reader(failing, name, &table(""), &limits())
            .and_then(read_all)
            .expect_err("a failure");
        let message = format!("{error:#}");
        assert!(
            message.contains("failed to read the file: the disk is gone"),
            "{message}"
        );
        assert!(error.downcast_ref::<common::Failure>().is_none());
    }
}

#[test]
fn every_encoding_is_read() {
    let text = "a,b\n\u{fc},\"\u{e9}\ny\"\n";
    let latin: Vec<u8> = text.chars().map(|it| it as u8).collect();
    let expected = [["\u{fc}", "\u{e9}\ny"]];
    let (le, be) = (utf16(text, u16::to_le_bytes), utf16(text, u16::to_be_bytes));
    let marked_le = [&b"\xff\xfe"[..], &le].concat();
    let marked_be = [&b"\xfe\xff"[..], &be].concat();
    for (bytes, encoding) in [
        (text.as_bytes(), "utf-8"),
        (&latin, "latin-1"),
        (&latin, "windows-1252"),
        (&marked_le, "utf-16"),
        (&marked_be, "utf-16"),
        (&le, "utf-16le"),
        (&marked_le, "utf-16le"),
        (&be, "utf-16be"),
        (&marked_be, "utf-16be"),
    ] {
        let keys = format!("encoding = \"{encoding}\"");
        assert_eq!(fields(bytes, &keys), expected, "{encoding}");
    }
    let keys = "encoding = \"windows-1252\"";
    assert_eq!(
        fields(b"a,b\n\x80\xff,\x9f\n", keys),
        [["\u{20ac}\u{ff}", "\u{178}"]]
    );
    assert_eq!(
        fields(b"a,b\n\x80,\x9f\n", "encoding = \"latin-1\""),
        [["\u{80}", "\u{9f}"]]
    );
    let smile = utf16("a,b\n\u{1f600},\u{ffff}\n", u16::to_le_bytes);
    assert_eq!(
        fields(smile, "encoding = \"utf-16le\""),
        [["\u{1f600}", "\u{ffff}"]]
    );
}

#[test]
fn what_is_no_text_rejects_its_record_alone() {
    let keys = "encoding = \"windows-1252\"";
    assert_eq!(
        faults(b"a,b\n1,\x81\n\x80,2\n\x9d\x8f,3\n", keys),
        [
            Some(("csv.not_utf8", 1, 2)),
            None,
            Some(("csv.not_utf8", 0, 4))
        ]
    );
    let mut bytes = utf16("a,b\n1,x\n2,y\n", u16::to_le_bytes);
    // A lone high surrogate in place of the x, and half a character at the end.
    bytes[12..14].copy_from_slice(b"\x3d\xd8");
    bytes.push(b'z');
    assert_eq!(
        faults(&bytes, "encoding = \"utf-16le\""),
        [
            Some(("csv.not_utf8", 1, 2)),
            None,
            Some(("csv.not_utf8", 0, 4))
        ]
    );
    let lone_low = [&utf16("a,b\n1,", u16::to_be_bytes)[..], b"\xdc\x00\0\n"].concat();
    assert_eq!(
        faults(lone_low, "encoding = \"utf-16be\""),
        [Some(("csv.not_utf8", 1, 2))]
    );
}

#[test]
fn a_byte_order_mark_that_does_not_fit_is_refused() {
    let marked = [&b"\xff\xfe"[..], &utf16("a,b\n", u16::to_le_bytes)].concat();
    for encoding in ["utf-8", "latin-1", "windows-1252", "utf-16be"] {
        let message = refusal(&marked, &format!("encoding = \"{encoding}\""));
        assert!(message.contains("set encoding = \"utf-16\""), "{message}");
    }
    for encoding in ["utf-16", "utf-16le", "latin-1", "windows-1252"] {
        let message = refusal("\u{feff}a,b\n", &format!("encoding = \"{encoding}\""));
        assert!(message.contains("set encoding = \"utf-8\""), "{message}");
    }
    let message = refusal("a,b\n", "encoding = \"utf-16\"");
    assert!(
        message.contains("\"utf-16le\" or \"utf-16be\""),
        "{message}"
    );
}

#[test]
fn a_long_text_passes_through_every_decoder() {
    let line = "\u{fc}ber,\"\u{df}\ntext without anything special, for a while\"\n";
    let text = format!("a,b\n{}", line.repeat(10_000));
    let latin: Vec<u8> = text.chars().map(|it| it as u8).collect();
    for (bytes, encoding) in [
        (latin, "windows-1252"),
        (utf16(&text, u16::to_be_bytes), "utf-16be"),
    ] {
        let table = table(&format!("encoding = \"{encoding}\""));
        let reader = RecordReader::from_reader(io::Cursor::new(bytes), "f", &table, &limits());
        let (_, seen) = reader.and_then(read_all).expect("records");
        assert_eq!(seen.len(), 10_000);
        assert_eq!(seen[9_999].1, 20_000);
        assert!(seen.iter().all(|it| it.2 == seen[0].2 && it.3.is_none()));
    }
}
