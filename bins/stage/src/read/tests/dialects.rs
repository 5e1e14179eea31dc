//! Delimiters, quotes and escapes of other kinds, and declarations that cannot work.

use super::*;
use crate::read::check;

#[test]
fn an_escape_acts_before_the_quote_and_itself_only() {
    let keys = "escape = \"\\\\\"";
    assert_eq!(
        fields(
            "a,b\n\"8\\'9\\\" length\",\"\\\\\"\n\"\\n\",\"a\\\\\\\"b\"\n\\x,y\\\n",
            keys
        ),
        [["8\\'9\" length", "\\"], ["\\n", "a\\\"b"], ["\\x", "y\\"]]
    );
    // A doubled quote is none where quotes are escaped.
    assert_eq!(
        faults("a,b\n\"x\"\"y\",z\n", keys),
        [Some(("csv.text_after_quote", 0, 2))]
    );
    assert!(refusal("a,b\n1,\"x\\\"\n", keys).contains("line 2, column 2"));
    assert!(refusal("a,b\n1,\"x\\", keys).contains("line 2, column 2"));
}

#[test]
fn a_nul_character_may_escape_and_is_then_no_text() {
    assert_eq!(
        fields("a,b\n\"8\0\" pipe\",2\n", "escape = \"\\u0000\""),
        [["8\" pipe", "2"]]
    );
}

#[test]
fn a_quote_may_be_another_character() {
    assert_eq!(
        fields("a,b\n'it''s',\"\n", "quote = \"'\""),
        [["it's", "\""]]
    );
}

#[test]
fn without_quotes_an_escape_acts_before_separators() {
    let keys = "quote = \"\"\nescape = \"\\\\\"";
    assert_eq!(
        fields("a,b\nx\\,y,\"z\"\n\\\\,\\n\np\\\nq,\\\r\nr\\", keys),
        [
            vec!["x,y", "\"z\""],
            vec!["\\", "\\n"],
            vec!["p\nq", "\r\nr\\"]
        ]
    );
    let seen = read("a,b\r\np\\\nq,1\r\n2,\\\r\n3,x\ry\r\n", keys);
    let places: Vec<_> = seen.iter().map(|it| (it.1, it.3)).collect();
    assert_eq!(
        places,
        [(2, None), (4, Some(("csv.bare_carriage_return", 2, 5)))]
    );
    let any = format!("{keys}\nline_break = \"any\"\ndelimiter = \"|\"");
    let expected = [["x\r\ny", "1"], ["z", "2"]];
    assert_eq!(fields("a|b\r\nx\\\r\ny|1\r\nz|2\r\n", &any), expected);
    assert_eq!(fields("a|b\n1|x\\\r", &any), [["1", "x\r"]]);
    let keys = "quote = \"\"\nescape = \"\\\\\"\ndelimiter = \"||\"";
    assert_eq!(
        fields("a||b\nx\\||y||\\|z\n|\\\\||||\n", keys),
        [vec!["x||y", "\\|z"], vec!["|\\", "", ""]]
    );
    assert_eq!(fields("a,b\n\"x,y\"\n", "quote = \"\""), [["\"x", "y\""]]);
}

#[test]
fn a_delimiter_may_have_several_bytes() {
    for delimiter in ["||", ", ", "·", "<tab>"] {
        let text = "a|b\n1|\"x|\"\"y\"\n\"\"|\n|,\n<|\u{b6}\n".replace('|', delimiter);
        let keys = format!("delimiter = \"{delimiter}\"");
        let quoted = format!("x{delimiter}\"y");
        let expected = [["1", quoted.as_str()], ["", ""], ["", ","], ["<", "\u{b6}"]];
        assert_eq!(fields(&text, &keys), expected);
        assert_eq!(fields(text.trim_end(), &keys), expected);
        let half = delimiter.get(..1).unwrap_or("x");
        let text = format!("a{delimiter}b\n\"x\"{half}");
        assert_eq!(faults(text, &keys), [Some(("csv.text_after_quote", 0, 2))]);
    }
    assert_eq!(fields("a\tb\n1\t2\n", "delimiter = \"\\t\""), [["1", "2"]]);
}

#[test]
fn every_width_of_a_plain_record_is_cut_right() {
    for width in 1..40 {
        let text = "x".repeat(width);
        let line = format!("{text},,{text}\n");
        let expected = vec![text.clone(), String::new(), text];
        assert_eq!(fields(format!("a,b,c\n{line}"), ""), [expected]);
    }
}

#[test]
fn a_declaration_that_cannot_work_is_refused_with_its_key() {
    for (keys, part) in [
        ("quote = \"''\"", "`quote` is `\\'\\'`"),
        ("quote = \"ä\"", "`quote` is `ä`"),
        ("quote = \"\\n\"", "`quote` is `\\n`"),
        ("escape = \"é\"", "`escape` must be one ASCII character"),
        ("escape = \"\\\"\"", "`escape` is the quote"),
        ("escape = \",\"", "`delimiter` holds the escape"),
        ("delimiter = \"\"", "one to 8 bytes"),
        ("delimiter = \"123456789\"", "one to 8 bytes"),
        (
            "delimiter = \",\\r\"",
            "`delimiter` cannot hold a line break",
        ),
        ("delimiter = \",\\\"\"", "`delimiter` holds the quote"),
        ("comment = \"\"", "`comment` must be"),
        ("comment = \"#\\n\"", "`comment` must be"),
        ("comment = \"\\\"#\"", "with which records begin too"),
        ("comment = \",,\"", "with which records begin too"),
        ("header_lines = 17", "`header_lines` is 17, at most 16"),
        ("footer_lines = 101", "`footer_lines` is 101, at most 100"),
        ("preamble_lines = 1000001", "`preamble_lines` is 1000001"),
        ("header = [\"a\"]", "say header_lines = 0"),
    ] {
        let error = check("orders", &table(keys)).expect_err(keys);
        let message = format!("{error:#}");
        assert!(message.contains(part), "{message}");
        assert!(message.contains("table `orders`"), "{message}");
        assert_eq!(common::errors::exit_code(&error), 2);
    }
    for keys in [
        "",
        "header_lines = 16\nfooter_lines = 100\npreamble_lines = 1000000",
        "delimiter = \"\\\"\"\nquote = \"\"",
        "format = \"ndjson\"\ncomment = \",\"",
    ] {
        check("orders", &table(keys)).expect(keys);
    }
}
