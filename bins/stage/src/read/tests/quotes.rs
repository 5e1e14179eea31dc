//! Quotes and line breaks: what is right, and where exactly it is wrong.

use super::*;

/// The same file with each kind of line break, and what it must declare.
fn with_line_breaks(text: &str) -> [(String, &'static str); 3] {
    [
        (text.to_owned(), ""),
        (text.replace('\n', "\r\n"), ""),
        (text.replace('\n', "\r"), "line_break = \"cr\""),
    ]
}

#[test]
fn plain_quoted_and_empty_fields() {
    let text = "a,b\n\"x,\"\"y\"\"\",\n,\n\"\",\"\"\"\"\nlonger than a word,of eight bytes\n";
    for (text, keys) in with_line_breaks(text) {
        assert_eq!(
            fields(&text, keys),
            [
                ["x,\"y\"", ""],
                ["", ""],
                ["", "\""],
                ["longer than a word", "of eight bytes"]
            ]
        );
    }
    assert_eq!(fields("\u{feff}a\r\n\"\"\r\n", ""), [[""]]);
}

#[test]
fn a_file_may_end_without_a_line_break() {
    assert_eq!(fields("a,b\n1,2", ""), [["1", "2"]]);
    assert_eq!(fields("a,b\n1,\"2\"", ""), [["1", "2"]]);
    assert_eq!(fields("a,b\n1,", ""), [["1", ""]]);
    assert_eq!(fields("a,b\n\"1\",", ""), [["1", ""]]);
    let reader = |text: &'static str| {
        let mut reader =
            RecordReader::from_reader(text.as_bytes(), "f", &table(""), &limits()).expect("reader");
        let mut record = Record::default();
        while reader.read(&mut record).expect("records") {}
        reader.ends_open()
    };
    assert!(reader("a,b\n1,2"));
    assert!(!reader("a,b\n1,2\n"));
    assert!(!reader("a,b\n1,\"2\"\n"));
}

#[test]
fn a_quoted_line_break_counts_lines_and_one_record() {
    let text = "a,b\n1,\"x\ny\"\n2,z\n\"p\n\nq\",\"\n\"\n3,\"\"\n";
    for (text, keys) in with_line_breaks(text) {
        let seen = read(&text, keys);
        let places: Vec<_> = seen.iter().map(|it| (it.0, it.1)).collect();
        assert_eq!(places, [(1, 2), (2, 4), (3, 5), (4, 9)]);
        assert!(seen.iter().all(|it| it.3.is_none()));
    }
}

#[test]
fn broken_quotes_are_told_with_line_and_field() {
    let text = "a,b\na\"b,c\nc,\"a\"b\n\"fine\",\"\"\n\"a\" ,b\nx,y\"\n\"x\"\"y\"z\",1\n";
    for (text, keys) in with_line_breaks(text) {
        assert_eq!(
            faults(&text, &format!("{keys}\nswallowed_lines = \"quarantine\"")),
            [
                Some(("csv.quote_inside_field", 0, 2)),
                Some(("csv.text_after_quote", 1, 3)),
                None,
                Some(("csv.text_after_quote", 0, 5)),
                Some(("csv.quote_inside_field", 1, 6)),
                Some(("csv.text_after_quote", 0, 7)),
            ]
        );
    }
}

/// Goal: no row is made of lines that may be the inside of a quoted field.
#[test]
fn lines_between_broken_quotes_refuse_the_file() {
    let text = "a,b\n\"say \"hi,x\nfoo,1\nthere\",2\n5,6\n";
    for (text, keys) in with_line_breaks(text) {
        let message = refusal(&text, keys);
        let places = "broken quotes on line 2 and line 4";
        assert!(message.contains(places), "{message}");
        for more in [
            "quoted_line_breaks = false",
            "swallowed_lines = \"quarantine\"",
        ] {
            let seen = faults(&text, &format!("{keys}\n{more}"));
            assert_eq!(seen.iter().filter(|it| it.is_none()).count(), 2);
        }
    }
    let broken = |count| format!("a,b\n\"x\"z,1\n{}y\",2\n", "3,4\n".repeat(count));
    for (lines_between, is_refused) in [(0, false), (1, true), (99, true), (100, false)] {
        let result = read_as("f", broken(lines_between).as_bytes(), &table(""));
        assert_eq!(result.is_err(), is_refused, "{lines_between}");
    }
    // Broken lines next to each other hide none above them.
    let text = "a,b\n\"x\"z,1\n3,4\n\"p\" ,5\ny\",2\n";
    assert!(refusal(text, "").contains("line 2 and line 5"));
    let text = "a,b\n\"x\"z,1\ny\",2\nz\",3\n";
    assert_eq!(faults(text, "").len(), 3);
    // A quote inside a field, such as that of inches, opens nothing.
    assert_eq!(faults("a,b\n5\" nail,1\n3,4\n6\" nail,2\n", "").len(), 3);
}

#[test]
fn line_breaks_that_stand_alone_are_told() {
    assert_eq!(
        faults("a,b\nx\ry,c\nz,\"p\rq\"\nl,m\r\r\n", "line_break = \"any\""),
        [
            Some(("csv.bare_carriage_return", 0, 2)),
            None,
            Some(("csv.bare_carriage_return", 1, 4)),
        ]
    );
    assert_eq!(
        faults("a,b\rx,y\nz\rp,q\r", "line_break = \"cr\""),
        [Some(("csv.mixed_line_breaks", 1, 2)), None]
    );
    assert_eq!(
        faults("a,b\n1,2\r", ""),
        [Some(("csv.bare_carriage_return", 1, 2))]
    );
}

#[test]
fn a_record_that_ends_unlike_the_first_is_told() {
    assert_eq!(
        faults("a,b\n1,2\r\n3,\"4\n5\"\r\n6,7\n", ""),
        [
            Some(("csv.mixed_line_breaks", 1, 2)),
            Some(("csv.mixed_line_breaks", 1, 4)),
            None
        ]
    );
    assert_eq!(
        faults("a,b\r\n1,2\n\"3\",4\r\n", ""),
        [
            Some(("csv.mixed_line_breaks", 1, 2)),
            Some(("csv.mixed_line_breaks", 1, 3))
        ]
    );
    assert_eq!(
        fields("a,b\r\n1,2\n3,4\r\n", "line_break = \"any\""),
        [["1", "2"], ["3", "4"]]
    );
}

#[test]
fn a_broken_quote_over_several_lines_refuses_the_file() {
    let text = "a,b\n1,2\n3,\"4\n5,\"6\"\n7,8\n";
    for (text, keys) in with_line_breaks(text) {
        let message = refusal(&text, keys);
        let place = "opens on line 3, column 2, swallows lines 3 to 4";
        assert!(message.contains(place), "{message}");
        assert!(message.contains("swallowed_lines = \"quarantine\""));

        let seen = read(&text, &format!("{keys}\nswallowed_lines = \"quarantine\""));
        let places: Vec<_> = seen.iter().map(|it| (it.0, it.1, it.3)).collect();
        let fault = Some(("csv.quote_swallows_lines", 1, 3));
        assert_eq!(places, [(1, 2, None), (2, 3, fault), (3, 5, None)]);
    }
}

/// The quote that closes by chance leaves no broken quote behind, but the record has no longer as
/// many fields as the header.
#[test]
fn a_quote_that_swallows_lines_and_fields_refuses_the_file() {
    let text = "a,b\n1,\"2\n3,4\n\"5\",6\n";
    assert!(refusal(text, "").contains("swallows lines 2 to 4"));
    let text = "a,b\n\"1,2\n3,4\"\n5,6\n";
    assert!(refusal(text, "").contains("opens on line 2, column 1, swallows lines 2 to 3"));
    assert_eq!(
        faults(text, "swallowed_lines = \"quarantine\""),
        [Some(("csv.quote_swallows_lines", 0, 2)), None]
    );
}

#[test]
fn without_quoted_line_breaks_every_line_is_a_record() {
    let keys = "quoted_line_breaks = false";
    for (text, more) in with_line_breaks("a,b\n1,\"2\n3,\"4\"\n\"x\"y\",\"z\n5,6\n\"7") {
        let seen = read(&text, &format!("{keys}\n{more}"));
        let places: Vec<_> = seen.iter().map(|it| (it.1, it.3)).collect();
        assert_eq!(
            places,
            [
                (2, Some(("csv.unclosed_quote", 1, 2))),
                (3, None),
                (4, Some(("csv.text_after_quote", 0, 4))),
                (5, None),
                (6, Some(("csv.unclosed_quote", 0, 6))),
            ]
        );
        assert_eq!(seen[0].2, ["1", "2"]);
    }
}

#[test]
fn an_unclosed_quote_refuses_the_file_with_its_line() {
    for (text, keys) in with_line_breaks("a,b\n1,2\n\"x\ny\",\"open\nand on\n") {
        let message = refusal(&text, keys);
        assert!(message.contains("line 4, column 2"), "{message}");
        let keys = format!("{keys}\nswallowed_lines = \"quarantine\"");
        assert!(refusal(&text, &keys).contains("is not closed"));
    }
}

#[test]
fn a_record_that_is_too_long_refuses_the_file_with_its_line() {
    let long = "x".repeat(2_000);
    for text in [
        format!("a\n{long}\n"),
        format!("a\n\"{long}\"\n"),
        format!("a\n\"{long}"),
        format!("a\n{long}"),
        format!("a\n\"{}", "x\n".repeat(1_000)),
    ] {
        assert!(refusal(&text, "").contains("begins on line 2"));
    }
    let longest = "x".repeat(1_024);
    for line_break in ["\n", "\r\n", ""] {
        let text = format!("a\n{longest}{line_break}");
        assert_eq!(fields(text, "line_break = \"any\"").len(), 1);
    }
    assert!(refusal(format!("a\n{longest}x\r\n"), "").contains("longer than 1024 bytes"));
}

#[test]
fn a_record_that_is_no_utf8_is_told_with_its_field() {
    let seen = faults(
        b"a,b\n1,x\xff\n\xe4,2\n3,4\n\"p\nq\",\"\"\"\xff\"\n5,\xc3\n",
        "",
    );
    assert_eq!(
        seen,
        [
            Some(("csv.not_utf8", 1, 2)),
            Some(("csv.not_utf8", 0, 3)),
            None,
            Some(("csv.not_utf8", 1, 6)),
            Some(("csv.not_utf8", 1, 7)),
        ]
    );
}

#[test]
fn text_is_given_only_where_it_is_text() {
    let bytes: &[u8] = b"a,b\n\"x\"\"y\",\xff\nz,\n";
    let mut reader =
        RecordReader::from_reader(bytes, "f", &table(""), &limits()).expect("a reader");
    let mut record = Record::default();
    assert!(reader.read(&mut record).expect("a record"));
    assert_eq!((record.text(0), record.text(1)), (None, None));
    assert_eq!(record.field(0), b"x\"y");
    assert_eq!(record.raw(), b"\"x\"\"y\",\xff");
    assert!(record.is_quoted(0) && !record.is_quoted(1) && !record.is_null(1));
    assert!(reader.read(&mut record).expect("a record"));
    assert_eq!((record.text(0), record.text(1)), (Some("z"), Some("")));
    assert_eq!(record.text(2), None);
    assert_eq!(record.raw(), b"z,");
    assert!(!reader.read(&mut record).expect("the end"));
    assert_eq!(reader.bytes_read(), bytes.len() as u64);
}
