//! Quotes that do not close, close too early or swallow lines.

use super::kind::{Kind, NULL, text};

const NO_LINE_BREAKS: &str = "quoted_line_breaks = false";
const QUARANTINE: &str = "swallowed_lines = \"quarantine\"";

pub(super) fn kinds() -> Vec<Kind> {
    [
        well_formed(),
        broken_fields(),
        unclosed(),
        swallowing(),
        dialects(),
    ]
    .into_iter()
    .flatten()
    .collect()
}

fn well_formed() -> Vec<Kind> {
    vec![
        text(
            "quoted fields with everything in them",
            "id,name,note\n\"1\",\"a, \"\"b\"\"\",\"two\nlines\"\n2,\"\"\"\",x\n",
        )
        .loads(&[&["1", "a, \"b\"", "two\nlines"], &["2", "\"", "x"]]),
        text(
            "quoted empty against empty",
            "id,name,note\n1,\"\",\n2,,\"\"\n",
        )
        .keys("quoted_nulls = false")
        .loads(&[&["1", "", NULL], &["2", NULL, ""]]),
        text("quoted empty is null by default", "id,name,note\n1,\"\",\n")
            .loads(&[&["1", NULL, NULL]]),
        text(
            "blank lines inside quotes belong to the value",
            "id,name,note\n1,\"a\n\n\nb\",x\n2,b,\"y\"z\n",
        )
        .quarantines(
            &[&["1", "a\n\n\nb", "x"]],
            &[(6, Some(3), "csv.text_after_quote")],
        ),
    ]
}

fn broken_fields() -> Vec<Kind> {
    vec![
        text(
            "text after a quote, first column",
            "id,name,note\n\"1\"x,a,b\n2,a,b\n",
        )
        .quarantines(&[&["2", "a", "b"]], &[(2, Some(1), "csv.text_after_quote")]),
        text(
            "text after a quote, last column",
            "id,name,note\n1,a,\"b\"c\n2,a,b\n",
        )
        .quarantines(&[&["2", "a", "b"]], &[(2, Some(3), "csv.text_after_quote")]),
        text("a space after a quote", "id,name,note\n1,\"a\" ,b\n2,a,b\n")
            .quarantines(&[&["2", "a", "b"]], &[(2, Some(2), "csv.text_after_quote")]),
        text(
            "a space before a quote",
            "id,name,note\n1, \"a\",b\n2,a,b\n",
        )
        .quarantines(
            &[&["2", "a", "b"]],
            &[(2, Some(2), "csv.quote_inside_field")],
        ),
        text(
            "a quote inside a field",
            "id,name,note\n1,12\" disc,b\n2,a,b\n3,a,b\"\n",
        )
        .quarantines(
            &[&["2", "a", "b"]],
            &[
                (2, Some(2), "csv.quote_inside_field"),
                (4, Some(3), "csv.quote_inside_field"),
            ],
        ),
        text(
            "a quote doubled too often",
            "id,name,note\n1,\"\"a\"\",b\n2,a,b\n",
        )
        .quarantines(&[&["2", "a", "b"]], &[(2, Some(2), "csv.text_after_quote")]),
        text("a broken quote in the header", "id,na\"me,note\n1,a,b\n")
            .refuses(&["csv.quote_inside_field", "line 1, column 2"]),
        text(
            "the place of a fault after a quoted line break",
            "id,name,note\n1,\"a\nb\",x\n2,a,\"b\"c\n",
        )
        .quarantines(
            &[&["1", "a\nb", "x"]],
            &[(4, Some(3), "csv.text_after_quote")],
        ),
    ]
}

fn unclosed() -> Vec<Kind> {
    let place = |name, file, place| text(name, file).refuses(&[place, "is not closed"]);
    vec![
        place(
            "an unclosed quote, first column",
            "id,name,note\n1,a,b\n\"2,a,b\n3,a,b\n",
            "line 3, column 1",
        ),
        place(
            "an unclosed quote, middle column",
            "id,name,note\n1,a,b\n2,\"a,b\n3,a,b\n",
            "line 3, column 2",
        ),
        place(
            "an unclosed quote, last column",
            "id,name,note\n1,a,b\n2,a,\"b\n3,a,b\n",
            "line 3, column 3",
        ),
        place(
            "an unclosed quote on the last line",
            "id,name,note\n1,a,b\n2,a,\"b\n",
            "line 3, column 3",
        ),
        place(
            "a quote alone at the end",
            "id,name,note\n1,a,b\n2,a,\"\n",
            "line 3, column 3",
        ),
        text(
            "an unclosed quote where a line is a record, first column",
            "id,name,note\n1,a,b\n\"2,a,b\n3,a,b\n",
        )
        .keys(NO_LINE_BREAKS)
        .quarantines(
            &[&["1", "a", "b"], &["3", "a", "b"]],
            &[(3, Some(1), "csv.unclosed_quote")],
        ),
        text(
            "an unclosed quote where a line is a record, last column",
            "id,name,note\n1,a,\"b\n2,\"a\",b\n3,a,\"\n",
        )
        .keys(NO_LINE_BREAKS)
        .quarantines(
            &[&["2", "a", "b"]],
            &[
                (2, Some(3), "csv.unclosed_quote"),
                (4, Some(3), "csv.unclosed_quote"),
            ],
        ),
        text(
            "a quoted line break where there should be none",
            "id,name,note\n1,\"a\nb\",c\n2,a,b\n",
        )
        .keys(NO_LINE_BREAKS)
        .quarantines(
            &[&["2", "a", "b"]],
            &[
                (2, Some(2), "csv.unclosed_quote"),
                (3, Some(1), "csv.quote_inside_field"),
            ],
        ),
    ]
}

fn swallowing() -> Vec<Kind> {
    const FILE: &str = "id,name,note\n1,a,b\n2,\"a,b\n3,a,b\n4,\"c\",d\n5,a,b\n";
    const RAGGED: &str = "id,name,note\n1,a,b\n2,a,\"b\n3,a,b\",c\n4,a,b\n";
    vec![
        text("a quote that swallows lines", FILE).refuses(&[
            "line 3, column 2",
            "lines 3 to 5",
            "swallowed_lines",
        ]),
        text("a quote that swallows lines, as one reject", FILE)
            .keys(QUARANTINE)
            .quarantines(
                &[&["1", "a", "b"], &["5", "a", "b"]],
                &[(3, Some(2), "csv.quote_swallows_lines")],
            ),
        text(
            "a quote that swallows lines, where a line is a record",
            FILE,
        )
        .keys(NO_LINE_BREAKS)
        .quarantines(
            &[
                &["1", "a", "b"],
                &["3", "a", "b"],
                &["4", "c", "d"],
                &["5", "a", "b"],
            ],
            &[(3, Some(2), "csv.unclosed_quote")],
        ),
        text("a quote that swallows the end of a line", RAGGED)
            .refuses(&["line 3, column 3", "lines 3 to 4"]),
        text(
            "a quote that swallows the end of a line, as one reject",
            RAGGED,
        )
        .keys(QUARANTINE)
        .quarantines(
            &[&["1", "a", "b"], &["4", "a", "b"]],
            &[(3, Some(3), "csv.quote_swallows_lines")],
        ),
        text(
            "a header that swallows lines",
            "id,\"name,note\n1,\"a\",b\n2,a,b\n",
        )
        .keys(QUARANTINE)
        .refuses(&["line 1, column 2"]),
    ]
}

fn dialects() -> Vec<Kind> {
    vec![
        text(
            "an escaped quote that is not declared",
            "id,name,note\n1,\"a \\\"b\\\" c\",d\n2,a,b\n",
        )
        .quarantines(&[&["2", "a", "b"]], &[(2, Some(2), "csv.text_after_quote")]),
        text(
            "an escaped quote",
            "id,name,note\n1,\"a \\\"b\\\" \\\\ \\n\",d\\\n2,a,b\n",
        )
        .keys("escape = '\\'")
        .loads(&[&["1", "a \"b\" \\ \\n", "d\\"], &["2", "a", "b"]]),
        text(
            "a doubled quote where another escape is declared",
            "id,name,note\n1,\"a \"\"b\"\"\",c\n2,a,b\n",
        )
        .keys("escape = '\\'")
        .quarantines(&[&["2", "a", "b"]], &[(2, Some(2), "csv.text_after_quote")]),
        text(
            "an escape before the closing quote",
            "id,name,note\n1,a,\"b\\\"\n2,a,b\n",
        )
        .keys("escape = '\\'")
        .refuses(&["line 2, column 3"]),
        text(
            "apostrophes where they are the quote",
            "id,name,note\n1,'a','it''s'\n2,men's,b\n3,\"a\",b\n",
        )
        .keys("quote = \"'\"")
        .quarantines(
            &[&["1", "a", "it's"], &["3", "\"a\"", "b"]],
            &[(3, Some(2), "csv.quote_inside_field")],
        ),
        text(
            "quotes that mean nothing",
            "id,name,note\n1,\"a,b\"\n2,12\" disc,\"\n",
        )
        .keys("quote = \"\"")
        .loads(&[&["1", "\"a", "b\""], &["2", "12\" disc", "\""]]),
    ]
}
