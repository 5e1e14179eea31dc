//! Files that are cut off, lines that are too short or too long, lines that are no records.

use super::kind::{Kind, NULL, made, text};

pub(super) fn kinds() -> Vec<Kind> {
    [
        cut_off(),
        ragged(),
        delimiters(),
        no_records(),
        tables(),
        line_breaks(),
    ]
    .into_iter()
    .flatten()
    .collect()
}

fn cut_off() -> Vec<Kind> {
    let cut = |name, file| text(name, file).refuses(&["ends without a line break"]);
    vec![
        cut("a last line without a line break", "id,name,note\n1,a,b"),
        cut("cut off in a number", "id,name,note\n1,a,12")
            .columns("id = \"text\"\nname = \"text\"\nnote = \"decimal\""),
        cut("cut off in quotes", "id,name,note\n1,a,\"two\nli"),
        cut("cut off in the header", "id,name,no"),
        made("cut off between the two bytes of a line break", |_| {
            b"id,name,note\r\n1,a,b\r".to_vec()
        })
        .line_breaks(&["\r\n"])
        .refuses(&["ends without a line break"]),
        text("an open last line that is declared", "id,name,note\n1,a,b")
            .keys("last_line_is_open = true")
            .loads(&[&["1", "a", "b"]]),
        text(
            "cut off in quotes where an open last line is declared",
            "id,name,note\n1,a,\"two\nli",
        )
        .keys("last_line_is_open = true")
        .refuses(&["line 2, column 3"]),
        made("an empty file", |_| Vec::new())
            .line_breaks(&[""])
            .refuses(&["is empty"]),
        text("only a header", "id,name,note\n").loads(&[]),
        text("only blank lines", "\n\n\n").refuses(&["header"]),
    ]
}

fn ragged() -> Vec<Kind> {
    vec![
        text("a line that is too short", "id,name,note\n1,a\n2,a,b\n3\n").quarantines(
            &[&["2", "a", "b"]],
            &[(2, Some(3), "csv.ragged"), (4, Some(2), "csv.ragged")],
        ),
        text("a line that is too long", "id,name,note\n1,a,b,c\n2,a,b\n")
            .quarantines(&[&["2", "a", "b"]], &[(2, Some(4), "csv.ragged")]),
        text(
            "a ragged line after a quoted line break",
            "id,name,note\n1,\"a\n\nb\",c\n2,a\n",
        )
        .quarantines(&[&["1", "a\n\nb", "c"]], &[(5, Some(3), "csv.ragged")]),
        text(
            "two records on one line",
            "id,name,note\n1,a,b2,a,b\n3,a,b\n",
        )
        .quarantines(&[&["3", "a", "b"]], &[(2, Some(4), "csv.ragged")]),
        made(
            "so many ragged lines that the file is blocked",
            |line_break| {
                let mut file = format!("id,name,note{line_break}");
                for number in 0..2_000 {
                    let note = if number % 16 == 0 { "" } else { ",b" };
                    file.push_str(&format!("{number},a{note}{line_break}"));
                }
                file.into_bytes()
            },
        )
        .blocks(125),
    ]
}

fn delimiters() -> Vec<Kind> {
    vec![
        text(
            "a delimiter at the end of each line",
            "id,name,note\n1,a,b,\n2,a,b,\n",
        )
        .quarantines(
            &[],
            &[(2, Some(4), "csv.ragged"), (3, Some(4), "csv.ragged")],
        ),
        text(
            "a delimiter at the end of each line and of the header",
            "id,name,note,\n1,a,b,\n",
        )
        .refuses(&["line 1", "column 4 has no name"]),
        text(
            "a nameless last column that is ignored",
            "id,name,note,\n1,a,b,\n",
        )
        .keys("ignored_columns = [\"\"]")
        .loads(&[&["1", "a", "b"]]),
        text(
            "a delimiter inside a value that is not quoted",
            "id,name,note\n1,Doe, Jane,b\n2,a,b\n",
        )
        .quarantines(&[&["2", "a", "b"]], &[(2, Some(4), "csv.ragged")]),
        text("a line of delimiters", "id,name,note\n,,\n1,a,b\n")
            .loads(&[&[NULL, NULL, NULL], &["1", "a", "b"]]),
        text(
            "another delimiter in one line",
            "id,name,note\n1;a;b\n2,a,b\n",
        )
        .quarantines(&[&["2", "a", "b"]], &[(2, Some(2), "csv.ragged")]),
    ]
}

fn no_records() -> Vec<Kind> {
    vec![
        text(
            "blank lines between records",
            "id,name,note\n\n1,a,b\n\n\n2,a,b\n3,a\n\n",
        )
        .quarantines(
            &[&["1", "a", "b"], &["2", "a", "b"]],
            &[(7, Some(3), "csv.ragged")],
        ),
        text("a line of spaces", "id,name,note\n1,a,b\n   \n2,a,b\n").quarantines(
            &[&["1", "a", "b"], &["2", "a", "b"]],
            &[(3, Some(2), "csv.ragged")],
        ),
        text(
            "a preamble that is not declared",
            "Report of 2025\n\nid,name,note\n1,a,b\n",
        )
        .refuses(&["line 1"]),
        text(
            "a preamble",
            "Report \"of 2025\n\nid,name,note\n1,a,b\n2,a\n",
        )
        .keys("preamble_lines = 2")
        .quarantines(&[&["1", "a", "b"]], &[(5, Some(3), "csv.ragged")]),
        text(
            "a footer that is not declared",
            "id,name,note\n1,a,b\n2 rows\n",
        )
        .quarantines(&[&["1", "a", "b"]], &[(3, Some(2), "csv.ragged")]),
        text("a footer", "id,name,note\n1,a,b\n\n1 rows,\"\n")
            .keys("footer_lines = 1")
            .loads(&[&["1", "a", "b"]]),
        text(
            "comments that are not declared",
            "id,name,note\n# day 1\n1,a,b\n",
        )
        .quarantines(&[&["1", "a", "b"]], &[(2, Some(2), "csv.ragged")]),
        text(
            "comments",
            "# made by hand\nid,name,note\n# day \"1\n1,\"a\n# no comment\",b\n#\n2,a\n",
        )
        .keys("comment = \"#\"")
        .quarantines(
            &[&["1", "a\n# no comment", "b"]],
            &[(7, Some(3), "csv.ragged")],
        ),
    ]
}

fn tables() -> Vec<Kind> {
    const REPEATED: &str = "id,name,note\n1,a,b\nid,name,note\n2,a,b\n";
    vec![
        text("a repeated header", REPEATED).refuses(&["line 3"]),
        text(
            "a repeated header in quotes",
            "id,name,note\n1,\"a\nb\",c\n\"id\",\"name\",\"note\"\n2,a,b\n",
        )
        .refuses(&["line 4"]),
        text("a repeated header that is passed over", REPEATED)
            .keys("repeated_header = \"skip\"")
            .loads(&[&["1", "a", "b"], &["2", "a", "b"]]),
        text("a repeated header that is a record", REPEATED)
            .keys("repeated_header = \"load\"")
            .loads(&[&["1", "a", "b"], &["id", "name", "note"], &["2", "a", "b"]]),
        text(
            "a second table with fewer columns",
            "id,name,note\n1,a,b\n\nid,name\n2,a\n",
        )
        .refuses(&["line 4", "several tables"]),
        text(
            "a second table with more columns",
            "id,name,note\n1,a,b\n\nid,name,note,more\n2,a,b,c\n",
        )
        .refuses(&["line 4", "several tables"]),
        text(
            "a second table of another shape",
            "id,name,note\n1,a,b\n\ncity,country\nRome,Italy\n",
        )
        .quarantines(
            &[&["1", "a", "b"]],
            &[(4, Some(3), "csv.ragged"), (5, Some(3), "csv.ragged")],
        ),
    ]
}

fn line_breaks() -> Vec<Kind> {
    const CR: &str = "id,name,note\n1,\"a\nb\",c\n2,a\n3,a,b\n";
    vec![
        text(
            "a line that ends otherwise",
            "id,name,note\n1,a,b\r\n2,a,b\n3,a,b\r\n",
        )
        .line_breaks(&["\n"])
        .quarantines(
            &[&["2", "a", "b"]],
            &[
                (2, Some(3), "csv.mixed_line_breaks"),
                (4, Some(3), "csv.mixed_line_breaks"),
            ],
        ),
        made("a line that ends with LF among CRLF", |_| {
            b"id,name,note\r\n1,a,b\n2,a,b\r\n3,a,b\r\n".to_vec()
        })
        .line_breaks(&["\r\n"])
        .quarantines(
            &[&["3", "a", "b"]],
            // What follows may be the rest of the value that the line feed stands in.
            &[
                (2, Some(3), "csv.mixed_line_breaks"),
                (3, Some(3), "csv.mixed_line_breaks"),
            ],
        ),
        text(
            "lines that end as they like",
            "id,name,note\n1,a,b\r\n2,a\n3,a,b\n",
        )
        .line_breaks(&["\n"])
        .keys("line_break = \"any\"")
        .quarantines(
            &[&["1", "a", "b"], &["3", "a", "b"]],
            &[(3, Some(3), "csv.ragged")],
        ),
        text(
            "a carriage return inside a field",
            "id,name,note\n1,a\rb,c\n2,a,b\n",
        )
        .quarantines(
            &[&["2", "a", "b"]],
            &[(2, Some(2), "csv.bare_carriage_return")],
        ),
        text(
            "a carriage return in quotes",
            "id,name,note\n1,\"a\rb\",c\n2,a\n",
        )
        .quarantines(&[&["1", "a\rb", "c"]], &[(3, Some(3), "csv.ragged")]),
        text("lines that end with CR", CR)
            .line_breaks(&["\r"])
            .keys("line_break = \"cr\"")
            .quarantines(
                &[&["1", "a\nb", "c"], &["3", "a", "b"]],
                &[(4, Some(3), "csv.ragged")],
            ),
        text("lines that end with CR, not declared", CR)
            .line_breaks(&["\r"])
            .refuses(&["ends without a line break"]),
        text("CR that is declared and is not there", CR)
            .keys("line_break = \"cr\"")
            .refuses(&["line"]),
    ]
}
