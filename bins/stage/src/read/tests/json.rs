//! Lines of JSON.

use super::*;

const KEYS: &str = "format = \"ndjson\"\nignored_columns = [\"skipped\", \"user.skipped\"]";

fn events(columns: &str) -> Table {
    let text = format!("files = [\"f\"]\n{KEYS}\n[columns]\n{columns}\n");
    toml::from_str(&text).expect("a table")
}

fn pick(text: &str, columns: &str) -> Vec<Seen> {
    read_as("f.ndjson", text.as_bytes(), &events(columns))
        .expect("records")
        .1
}

/// The fault of the only record.
fn fault(text: &str, columns: &str) -> Option<(&'static str, usize, u64)> {
    let seen = pick(text, columns);
    assert_eq!(seen.len(), 1);
    seen[0].3
}

#[test]
fn fields_are_found_by_their_paths() {
    let columns = "id = \"integer\"\nuser = { type = \"text\", from = [\"user.id\"] }\n\
        name = { type = \"text\", from = [\"user.name.first\", \"id\"] }\nfixed = { type = \
        \"text\", constant = \"x\" }";
    let text = "{\"user\": {\"name\": {\"first\": \"A\\u00e4\\n\"}, \"id\": 7}, \"id\": 1.50}\r\n";
    let (header, seen) = read_as("f", text.as_bytes(), &events(columns)).expect("records");
    let expected = ["id", "user.id", "user.name.first"].map(str::to_owned);
    assert_eq!(header, Some(expected.to_vec()));
    let fields = ["1.50", "7", "A\u{e4}\n"].map(str::to_owned).to_vec();
    assert_eq!(seen, [(1, 1, fields, None)]);
}

#[test]
fn keys_that_no_record_has_are_known() {
    let columns = "id = \"integer\"\nsku = \"text\"\nfixed = { type = \"text\", constant = \"x\" }\n\
        name = { type = \"text\", from = [\"user.name\"] }";
    for (text, expected) in [
        ("", vec![]),
        ("{\"id\": 1}x\n", vec![]),
        ("{\"id\": 1}\n", vec!["sku", "user.name"]),
        (
            "{\"id\": 1, \"sku\": null}\n{\"id\": 2, \"user\": {}}\n",
            vec!["user.name"],
        ),
        ("{\"id\": 1, \"sku\": \"a\"}\n{\"user\": null}\n", vec![]),
        (
            "{\"sku\": 1}x\n{\"user\": {\"name\": 1}}\n",
            vec!["id", "sku"],
        ),
    ] {
        let mut reader =
            RecordReader::from_reader(text.as_bytes(), "f", &events(columns), &limits())
                .expect("a reader");
        let mut record = Record::default();
        while reader.read(&mut record).expect("records") {}
        assert_eq!(reader.keys_never_seen(), expected, "{text}");
    }
}

#[test]
fn values_keep_their_text() {
    let columns = ('a'..='i').map(|it| format!("{it} = \"text\"\n"));
    let text = r#"{"a":12345678901234567890.10,"b":1e400,"c":true,"d":false,"e":null,"f":[1, {"x":2.0}],"g":{"y" :"\u0041"},"h":""}"#;
    let table = events(&columns.collect::<String>());
    let mut reader =
        RecordReader::from_reader(io::Cursor::new(text), "f", &table, &limits()).expect("a reader");
    let mut record = Record::default();
    assert!(reader.read(&mut record).expect("a record"));
    let expected = [
        "12345678901234567890.10",
        "1e400",
        "true",
        "false",
        "",
        "[1, {\"x\":2.0}]",
        "{\"y\" :\"\\u0041\"}",
        "",
        "",
    ];
    for (index, text) in expected.iter().enumerate() {
        assert_eq!(record.text(index), Some(*text));
    }
    let nulls: Vec<_> = (0..record.len()).filter(|it| record.is_null(*it)).collect();
    assert_eq!(nulls, [4, 8]);
    assert!(record.is_quoted(7) && !record.is_quoted(0));
    assert_eq!(record.raw(), text.as_bytes());
}

#[test]
fn broken_lines_are_told_and_the_others_read() {
    let text = "{\"a\":1}\n\n{\"a\":2,}\n[1]\n  \n7\nnull\n{\"a\":3} x\n{\"a\":4}{\"a\":5}\n{\"a\":\"x\n{\"a\":6}\n\
        {\"a\":\"\\ud800\"}\n{\"a\":NaN}\n{\"a\":01}\n";
    let seen = pick(text, "a = \"integer\"");
    let faults: Vec<_> = seen.iter().map(|it| (it.1, it.3.map(|it| it.0))).collect();
    let (invalid, no_object) = (Some("json.invalid"), Some("json.not_an_object"));
    assert_eq!(
        faults,
        [
            (1, None),
            (3, invalid),
            (4, no_object),
            (6, no_object),
            (7, no_object),
            (8, invalid),
            (9, invalid),
            (10, invalid),
            (11, None),
            (12, invalid),
            (13, invalid),
            (14, invalid),
        ]
    );
}

#[test]
fn a_key_that_comes_twice_is_told_wherever_it_is() {
    let columns =
        "a = \"text\"\nb = { type = \"json\" }\nc = { type = \"text\", from = [\"c.d\"] }";
    let twice = |field| Some(("json.duplicate_key", field, 1));
    assert_eq!(fault(r#"{"b":1,"a":1,"a":1}"#, columns), twice(0));
    assert_eq!(fault(r#"{"a":1,"\u0061":2}"#, columns), twice(0));
    assert_eq!(fault(r#"{"b":[{"x":1,"x":2}]}"#, columns), twice(1));
    assert_eq!(fault(r#"{"c":{"d":1},"c":{}}"#, columns), twice(2));
    assert_eq!(fault(r#"{"c":{"d":1,"d":2}}"#, columns), twice(2));
    assert_eq!(fault(r#"{"b":[{"x":1},{"x":2}],"a":1}"#, columns), None);
}

#[test]
fn a_path_needs_objects() {
    let columns = "a = \"text\"\nc = { type = \"text\", from = [\"c.d\"] }";
    assert_eq!(fault(r#"{"c":null}"#, columns), None);
    assert_eq!(
        fault(r#"{"c":"text"}"#, columns),
        Some(("json.not_an_object", 1, 1))
    );
}

#[test]
fn a_line_that_is_no_utf8_is_told() {
    let bytes = b"{\"a\":\"\xff\"}\n{\"a\":1}\n";
    let (_, seen) = read_as("f", bytes, &events("a = \"text\"")).expect("records");
    let faults: Vec<_> = seen.iter().map(|it| it.3).collect();
    assert_eq!(faults, [Some(("json.not_utf8", 0, 1)), None]);
}

#[test]
fn deep_nesting_is_no_danger() {
    let deep = format!("{{\"a\":{}1{}}}\n", "[".repeat(400), "]".repeat(400));
    assert_eq!(fault(&deep, "a = \"json\""), Some(("json.invalid", 0, 1)));
    assert_eq!(fault(&deep, "b = \"text\""), None);
}

#[test]
fn keys_that_nobody_names_are_listed_with_their_first_line() {
    let columns = "a = \"text\"\nid = { type = \"text\", from = [\"user.id\"] }\nall = \"json\"";
    let text = "{\"a\":1,\"skipped\":1,\"all\":{\"x\":1}}\n{\"new\":1,\"user\":{\"id\":1,\"mail\":2,\
        \"skipped\":3}}\n{\"new\":2,\"user.id\":4}\n";
    let found = unknown_keys(text.to_owned(), columns);
    let expected = [("new", 2), ("user.mail", 2), ("user.id", 3)];
    assert_eq!(found, expected.map(|(key, line)| (key.to_owned(), line)));
}

/// Goal: a file with more keys than are kept does not look as if it had just so many.
#[test]
fn one_key_beyond_the_limit_is_kept_and_tells_that_it_was_passed() {
    for (count, kept) in [(999, 999), (1_000, 1_000), (1_001, 1_001), (3_000, 1_001)] {
        let lines = (0..count).map(|it| format!("{{\"a\":1,\"k{it}\":1}}\n"));
        assert_eq!(unknown_keys(lines.collect(), "a = \"text\"").len(), kept);
    }
}

fn unknown_keys(text: String, columns: &str) -> Vec<(String, u64)> {
    let bytes = io::Cursor::new(text);
    let mut reader =
        RecordReader::from_reader(bytes, "f", &events(columns), &limits()).expect("a reader");
    let mut record = Record::default();
    while reader.read(&mut record).expect("records") {}
    let unknown = reader.unknown_keys().expect("keys of JSON");
    unknown
        .iter()
        .map(|(key, line)| (key.clone(), *line))
        .collect()
}
