//! Lines that are no records: preambles, headers, comments, footers, and headers of other tables.

use super::*;

#[test]
fn a_preamble_comments_blank_lines_and_a_footer_are_passed_over() {
    let text =
        "Report \"x\nof today\n\n# names\na,b\n#1,\"2\n1,\"#2\n#3\"\n\n4,5\nsum,\"5\n\nend\n\n";
    let keys = "preamble_lines = 2\ncomment = \"#\"\nfooter_lines = 2";
    for (text, more) in [
        (text.to_owned(), ""),
        (text.replace('\n', "\r\n"), ""),
        (text.replace('\n', "\r"), "line_break = \"cr\""),
    ] {
        let keys = format!("{keys}\n{more}");
        let seen = read(&text, &keys);
        let places: Vec<_> = seen.iter().map(|it| (it.0, it.1)).collect();
        assert_eq!(places, [(1, 7), (2, 10)], "{seen:?}");
        assert_eq!(names(&text, &keys), Some(vec!["a".into(), "b".into()]));
    }
}

#[test]
fn a_footer_may_take_all_records_and_the_header() {
    let keys = "footer_lines = 2";
    assert_eq!(read("a,b\nx\ny", keys), []);
    assert_eq!(read("a,b\n1,2\nx\ny", keys).len(), 1);
    assert_eq!(names("x\ny\n", keys), None);
    assert!(refusal("a,b\n\"1\n2\n3\n", keys).contains("is not closed"));
}

#[test]
fn a_footer_of_long_lines_is_refused() {
    let bytes = format!("a,b\n{}\n", "x".repeat(10_000)).into_bytes();
    let (keys, at, step) = (table("footer_lines = 2"), 0, 100);
    let slow = Box::new(Slow { bytes, at, step });
    let error = RecordReader::with_window(slow, "f", &keys, &limits(), 64)
        .and_then(read_all)
        .expect_err("a refusal");
    assert!(error.to_string().contains("footer_lines"));
}

#[test]
fn a_header_may_have_several_lines_or_none() {
    let text = "order,,total\nid,day,\n1,2,3\n";
    let expected = ["order id", "day", "total"].map(str::to_owned).to_vec();
    assert_eq!(names(text, "header_lines = 2"), Some(expected));
    assert_eq!(
        read(text, "header_lines = 2"),
        [(1, 3, vec!["1".into(), "2".into(), "3".into()], None)]
    );
    let ab = Some(vec!["a".to_owned(), "b".to_owned()]);
    assert_eq!(names("1,2\n", "header_lines = 0"), ab);
    assert_eq!(read("1,2\n3,4\n", "header_lines = 0")[1].0, 2);
    let keys = "header_lines = 0\nheader = [\"b\", \"c\"]";
    let bc = Some(vec!["b".to_owned(), "c".to_owned()]);
    assert_eq!(names("1,2\n", keys), bc);
    assert_eq!(names("", "header_lines = 0"), ab);
}

#[test]
fn a_file_may_lack_its_header() {
    for text in ["", "\n\n", "\u{feff}"] {
        assert_eq!(names(text, ""), None);
    }
    assert_eq!(names("x\n", "preamble_lines = 3"), None);
    let message = refusal("a,b\n", "header_lines = 2");
    assert!(message.contains("1 of its 2 header lines"), "{message}");
}

#[test]
fn a_broken_header_is_refused_with_its_place() {
    assert!(refusal("a,b\"\n1,2\n", "").contains("csv.quote_inside_field on line 1, column 2"));
    assert!(refusal(b"\n\xff,b\n", "").contains("csv.not_utf8 on line 2, column 1"));
    assert!(refusal("a,b\r1,2\r", "").contains("csv.bare_carriage_return"));
    assert!(refusal("a,\"b\n1,2\n\"x,3\n", "").contains("swallows lines 1 to 3"));
}

#[test]
fn a_repeated_header_is_refused_passed_over_or_loaded() {
    let text = "a,b\n1,2\n\"a\",b\n3,4\n";
    assert!(refusal(text, "").contains("line 3 holds the header once more"));
    let seen = read(text, "repeated_header = \"skip\"");
    let places: Vec<_> = seen.iter().map(|it| (it.0, it.1)).collect();
    assert_eq!(places, [(1, 2), (2, 4)]);
    assert_eq!(read(text, "repeated_header = \"load\"").len(), 3);
    let message = refusal("a,b\n1,2\n", "header_lines = 0");
    assert!(message.contains("set header_lines = 1"), "{message}");
    // What the message advises is a declaration that is taken.
    for (repeated, count) in [("skip", 1), ("load", 2)] {
        let keys = format!("header_lines = 0\nrepeated_header = \"{repeated}\"");
        crate::read::check("t", &table(&keys)).expect("a declaration");
        assert_eq!(read("1,2\na,b\n", &keys).len(), count);
    }
    let text = "a,b\n(x),(y)\n1,2\na,b\n(x),(y)\n3,4\n";
    let keys = "header_lines = 2\nrepeated_header = \"skip\"";
    assert_eq!(fields(text, keys), [["1", "2"], ["3", "4"]]);
    // What follows the first line of the header once more is a record, if it is no header line.
    let text = "a,b\nx,y\n1,2\na,b\n3,4\n5,6\na,b\na,b\nx,y\nx,y\n";
    assert_eq!(
        fields(text, keys),
        [["1", "2"], ["3", "4"], ["5", "6"], ["x", "y"]]
    );
}

/// Goal: files that were put behind each other load no header as a record, however it is written.
#[test]
fn a_header_after_a_byte_order_mark_is_the_header() {
    for header in ["\u{feff}a,b", "A,B", "a, b", "\u{feff} A ,b\t"] {
        let text = format!("\u{feff}a,b\n1,2\n{header}\n3,4\n");
        let message = refusal(&text, "");
        assert!(message.contains("line 3 holds the header once more"));
        let keys = "repeated_header = \"skip\"";
        assert_eq!(fields(text, keys), [["1", "2"], ["3", "4"]]);
    }
    assert!(refusal("a,b,c\n1,2,3\n\u{feff}A,b\n", "").contains("several tables"));
}

#[test]
fn the_header_of_another_table_is_refused() {
    for text in [
        "a,b,c\n1,2,3\na,b\n4,5\n",
        "a,b,c\n1,2,3\na,b,c,d\n",
        "a,b,c\nx,b,c,d\n",
    ] {
        let message = refusal(text, "");
        assert!(message.contains("several tables"), "{message}");
        assert!(!read(text, "repeated_header = \"load\"").is_empty());
    }
    // One name alone, or names at other places, are data.
    assert_eq!(read("a,b,c\na,x\nb,c\n", "").len(), 2);
}

#[test]
fn the_line_of_the_header_is_known() {
    let text = "x\n\na,b\n1,2\n";
    let keys = table("preamble_lines = 1");
    let mut reader =
        RecordReader::from_reader(text.as_bytes(), "f", &keys, &limits()).expect("a reader");
    reader.header().expect("a header");
    assert_eq!(reader.header_line(), 3);
}

/// Goal: the second half of a record that a stray line feed cut never loads as a record.
#[test]
fn what_follows_a_stray_line_feed_is_refused_with_it() {
    let found = read("a,b\r\n1,x\ny,2\r\n3,4\r\n", "");
    let faults: Vec<_> = found.into_iter().map(|it| (it.1, it.3)).collect();
    let rule = "csv.mixed_line_breaks";
    assert_eq!(
        faults,
        [(2, Some((rule, 1, 2))), (3, Some((rule, 1, 3))), (4, None)]
    );
}
