//! Names of columns that are missing, more than declared, or written otherwise.

use super::kind::{Kind, NULL, text};

pub(super) fn kinds() -> Vec<Kind> {
    [names(), spelling(), drift(), other_headers()]
        .into_iter()
        .flatten()
        .collect()
}

fn names() -> Vec<Kind> {
    vec![
        text("a column is missing", "id,note\n1,b\n")
            .refuses(&["line 1", "column `name` is missing"]),
        text("a column is there twice", "id,name,name,note\n1,a,a,b\n").refuses(&[
            "line 1",
            "column `name` is there twice",
            "column 2 and column 3",
        ]),
        text("a column was renamed", "id,nmae,note\n1,a,b\n").refuses(&[
            "line 1",
            "column `name` is missing",
            "column 2 is `nmae`",
        ]),
        text(
            "a column that is not declared",
            "id,name,note,extra\n1,a,b,c\n",
        )
        .refuses(&["line 1", "column 4 is `extra`"]),
        text("a column that is ignored", "id,extra,name,note\n1,c,a,b\n")
            .keys("ignored_columns = [\"extra\"]")
            .loads(&[&["1", "a", "b"]]),
        text("an empty name", "id,,name,note\n1,c,a,b\n")
            .refuses(&["line 1", "column 2 has no name"]),
        text("columns in another order", "note,id,name\nb,1,a\n").loads(&[&["1", "a", "b"]]),
        text(
            "a renamed column that is declared",
            "id,full name,note\n1,a,b\n",
        )
        .columns(
            "id = \"text\"\nname = { type = \"text\", from = [\"full name\"] }\nnote = \"text\"",
        )
        .loads(&[&["1", "a", "b"]]),
        text("an optional column that is missing", "id,name\n1,a\n")
            .columns("id = \"text\"\nname = \"text\"\nnote = { type = \"text\", optional = true }")
            .loads(&[&["1", "a", NULL]]),
    ]
}

fn spelling() -> Vec<Kind> {
    vec![
        text("a name in capitals", "id,NAME,note\n1,a,b\n").refuses(&[
            "line 1",
            "column 2 is `NAME`",
            "`name`",
        ]),
        text("a name with a space", "id, name,note\n1,a,b\n").refuses(&[
            "line 1",
            "column 2 is",
            "`name`",
        ]),
        text(
            "a byte-order mark twice",
            "\u{feff}\u{feff}id,name,note\n1,a,b\n",
        )
        .refuses(&["line 1", "column 1 is", "`id`"]),
        text(
            "a name of two lines",
            "id,\"full\nname\",note\n1,a,b\n2,a\n",
        )
        .columns("id = \"text\"\nnote = \"text\"")
        .refuses(&["line 1", "column 2 is"]),
    ]
}

fn drift() -> Vec<Kind> {
    vec![
        text("a new column that lands", "id,name,note,extra\n1,a,b,c\n")
            .drift("new_columns = \"evolve\"")
            .loads(&[&["1", "a", "b"]]),
        text(
            "two new columns that would land as one",
            "id,name,note,An Extra,an_extra\n1,a,b,c,d\n",
        )
        .drift("new_columns = \"evolve\"")
        .refuses(&["line 1", "`an_extra`", "as another one of the file does"]),
        text(
            "a value of another type refuses its file",
            "id,name,note\n1,a,5\n2,\"b\nc\",many\n3,a,5\n",
        )
        .columns("id = \"text\"\nname = \"text\"\nnote = \"integer\"")
        .drift("types = \"freeze\"")
        .refuses(&["line 4", "column 3", "note.not_an_integer"]),
    ]
}

fn other_headers() -> Vec<Kind> {
    vec![
        text("no header", "1,a,b\n2,a,b\n").refuses(&["line 1", "column `id` is missing"]),
        text("no header, as declared", "1,a,b\n2,a\n3,a,b\n")
            .keys("header_lines = 0")
            .quarantines(
                &[&["1", "a", "b"], &["3", "a", "b"]],
                &[(2, Some(3), "csv.ragged")],
            ),
        text("no header, and fields in another order", "b,1,a\n")
            .keys("header_lines = 0\nheader = [\"note\", \"id\", \"name\"]")
            .loads(&[&["1", "a", "b"]]),
        text(
            "a header of two lines",
            "id,full,\n,name,note\n1,a,b\n2,a\n",
        )
        .keys("header_lines = 2")
        .columns(
            "id = \"text\"\nname = { type = \"text\", from = [\"full name\"] }\nnote = \"text\"",
        )
        .quarantines(&[&["1", "a", "b"]], &[(4, Some(3), "csv.ragged")]),
        text(
            "a header of two lines that is not declared",
            "id,name,note\n(no),(text),(text)\n1,a,b\n",
        )
        .columns("id = \"integer\"\nname = \"text\"\nnote = \"text\"")
        .quarantines(&[&["1", "a", "b"]], &[(2, Some(1), "id.not_an_integer")]),
        text("a header of two lines, cut off", "id,name,note\n")
            .keys("header_lines = 2")
            .refuses(&["1 of its 2 header lines"]),
        text(
            "a header that is declared and is not there",
            "id,name,note\n1,a,b\n",
        )
        .keys("header_lines = 0")
        .columns("id = \"integer\"\nname = \"text\"\nnote = \"text\"")
        .refuses(&["line 1"]),
        text("another delimiter", "id;name;note\n1;a;b\n").refuses(&[
            "line 1",
            "a single column",
            "delimiter = \";\"",
        ]),
        text("another delimiter, as declared", "id;name;note\n1;a,b;c\n")
            .keys("delimiter = \";\"")
            .loads(&[&["1", "a,b", "c"]]),
        text(
            "a delimiter of two characters",
            "id::name::note\n1::a:b::c:\n2::a\n",
        )
        .keys("delimiter = \"::\"")
        .quarantines(&[&["1", "a:b", "c:"]], &[(3, Some(3), "csv.ragged")]),
        text("tabs", "id\tname\tnote\n1\ta, b\t\n")
            .keys("delimiter = \"\\t\"")
            .loads(&[&["1", "a, b", NULL]]),
    ]
}
