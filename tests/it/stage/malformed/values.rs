//! Values that are not what their column says.

use super::kind::{Kind, NULL, text};

pub(super) fn kinds() -> Vec<Kind> {
    [numbers(), marks(), signs(), times(), json(), others()]
        .into_iter()
        .flatten()
        .collect()
}

/// The columns with another type, or options, for `note`.
fn note(kind: &str) -> String {
    format!("id = \"text\"\nname = \"text\"\nnote = {kind}")
}

/// Rejected for the value of `note` on line 3; lines 2 and 4 are in order.
fn third_line(name: &'static str, file: &'static str, kind: &str, rule: &'static str) -> Kind {
    text(name, file)
        .columns(&note(kind))
        .quarantines(&[&["1", "a", "1"], &["3", "a", "3"]], &[(3, Some(3), rule)])
}

fn numbers() -> Vec<Kind> {
    const DECIMAL: &str = "\"decimal\"";
    const INTEGER: &str = "\"integer\"";
    const NOT_DECIMAL: &str = "note.not_a_decimal";
    const NOT_INTEGER: &str = "note.not_an_integer";
    vec![
        third_line("NaN", "id,name,note\n1,a,1\n2,a,NaN\n3,a,3\n", DECIMAL, NOT_DECIMAL),
        third_line("infinity", "id,name,note\n1,a,1\n2,a,-Infinity\n3,a,3\n", DECIMAL, NOT_DECIMAL),
        third_line("a hexadecimal number", "id,name,note\n1,a,1\n2,a,0x1F\n3,a,3\n", DECIMAL, NOT_DECIMAL),
        third_line("digits of another script", "id,name,note\n1,a,1\n2,a,١٢\n3,a,3\n", DECIMAL, NOT_DECIMAL),
        third_line("two numbers in one field", "id,name,note\n1,a,1\n2,a,1 2\n3,a,3\n", DECIMAL, NOT_DECIMAL),
        third_line("two signs", "id,name,note\n1,a,1\n2,a,--5\n3,a,3\n", DECIMAL, NOT_DECIMAL),
        third_line("a space before a number", "id,name,note\n1,a,1\n2,a, 2\n3,a,3\n", DECIMAL, NOT_DECIMAL),
        third_line("an integer that would be rounded", "id,name,note\n1,a,1\n2,a,2.5\n3,a,3\n", INTEGER, NOT_INTEGER),
        third_line(
            "an integer beyond 64 bits",
            "id,name,note\n1,a,1\n2,a,9223372036854775808\n3,a,3\n",
            INTEGER,
            NOT_INTEGER,
        ),
        third_line(
            "an error of a spreadsheet",
            "id,name,note\n1,a,1\n2,a,#DIV/0!\n3,a,3\n",
            INTEGER,
            NOT_INTEGER,
        ),
        text(
            "numbers keep each digit",
            "id,name,note\n007,a,-9223372036854775808\n1,b,0.10000000000000000000000000000000000001\n",
        )
        .columns(&note(DECIMAL))
        .loads(&[
            &["007", "a", "-9223372036854775808"],
            &["1", "b", "0.10000000000000000000000000000000000001"],
        ]),
    ]
}

fn marks() -> Vec<Kind> {
    const DECIMAL: &str = "\"decimal\"";
    const COMMA: &str = "delimiter = \";\"\ndecimal_mark = \",\"\nthousands_mark = \".\"";
    vec![
        text(
            "a decimal comma that is not declared",
            "id;name;note\n1;a;1,5\n2;a;2.5\n",
        )
        .keys("delimiter = \";\"")
        .columns(&note(DECIMAL))
        .quarantines(&[&["2", "a", "2.5"]], &[(2, Some(3), "note.not_a_decimal")]),
        text(
            "a decimal comma",
            "id;name;note\n1;a;1.234.567,50\n2;a;-0,5\n3;a;2\n",
        )
        .keys(COMMA)
        .columns(&note(DECIMAL))
        .loads(&[
            &["1", "a", "1234567.50"],
            &["2", "a", "-0.5"],
            &["3", "a", "2"],
        ]),
        text(
            "a decimal point where it marks thousands",
            "id;name;note\n1;a;1.5\n2;a;12.34,5\n",
        )
        .keys(COMMA)
        .columns(&note(DECIMAL))
        .quarantines(
            &[],
            &[
                (2, Some(3), "note.not_a_decimal"),
                (3, Some(3), "note.not_a_decimal"),
            ],
        ),
        text(
            "thousands that are not declared",
            "id,name,note\n1,a,\"1,234\"\n2,a,1234\n",
        )
        .columns(&note(DECIMAL))
        .quarantines(
            &[&["2", "a", "1234"]],
            &[(2, Some(3), "note.not_a_decimal")],
        ),
    ]
}

fn signs() -> Vec<Kind> {
    const DECIMAL: &str = "\"decimal\"";
    vec![
        text(
            "a currency sign that is not declared",
            "id,name,note\n1,a,$74.69\n2,a,1\n",
        )
        .columns(&note(DECIMAL))
        .quarantines(&[&["2", "a", "1"]], &[(2, Some(3), "note.not_a_decimal")]),
        text(
            "currency signs",
            "id,name,note\n1,a,$74.69\n2,a,-$5\n3,a,7 R$\n4,a,£1\n",
        )
        .columns(&note(
            "{ type = \"decimal\", currency_signs = [\"$\", \"R$\"] }",
        ))
        .quarantines(
            &[&["1", "a", "74.69"], &["2", "a", "-5"], &["3", "a", "7"]],
            &[(5, Some(3), "note.not_a_decimal")],
        ),
        text(
            "a percent sign that is not declared",
            "id,name,note\n1,a,12.5%\n2,a,1\n",
        )
        .columns(&note(DECIMAL))
        .quarantines(&[&["2", "a", "1"]], &[(2, Some(3), "note.not_a_decimal")]),
        text("percent signs", "id,name,note\n1,a,12.5%\n2,a,100 %\n")
            .columns(&note("{ type = \"decimal\", percent = \"fraction\" }"))
            .loads(&[&["1", "a", "0.125"], &["2", "a", "1.00"]]),
    ]
}

fn times() -> Vec<Kind> {
    let times = |name, file, kind, rejects: &[i64], rows: &[&[&'static str]]| {
        let rule = if kind == "\"date\"" {
            "note.not_a_date"
        } else {
            "note.not_a_timestamp"
        };
        let places: Vec<_> = rejects.iter().map(|line| (*line, Some(3), rule)).collect();
        text(name, file)
            .columns(&note(kind))
            .quarantines(rows, &places)
    };
    vec![
        times(
            "days that do not exist",
            "id,name,note\n1,a,2023-02-29\n2,a,2024-02-29\n3,a,2025-13-01\n4,a,2025-04-31\n",
            "\"date\"",
            &[2, 4, 5],
            &[&["2", "a", "2024-02-29"]],
        ),
        times(
            "words for days",
            "id,name,note\n1,a,now\n2,a,today\n3,a,infinity\n4,a,epoch\n5,a,2025-01-02\n",
            "\"date\"",
            &[2, 3, 4, 5],
            &[&["5", "a", "2025-01-02"]],
        ),
        times(
            "days in another format",
            "id,name,note\n1,a,01/02/2025\n2,a,2025-1-2x\n3,a,20250102\n4,a,2025-01-02\n",
            "\"date\"",
            &[2, 3, 4],
            &[&["4", "a", "2025-01-02"]],
        ),
        times(
            "times that do not exist",
            "id,name,note\n1,a,2025-01-01 24:00:00\n2,a,2025-01-01 23:59:61\n\
             3,a,2025-01-01 12:60:00\n4,a,2025-01-01 12:00:00\n5,a,now\n",
            "\"timestamp\"",
            &[2, 3, 4, 6],
            &[&["4", "a", "2025-01-01 11:00:00+00"]],
        ),
        text(
            "days in two formats",
            "id,name,note\n1,a,31/12/2025\n2,a,2025-12-31\n3,a,12/31/2025\n",
        )
        .columns(&note(
            "{ type = \"date\", formats = [\"%d/%m/%Y\", \"%Y-%m-%d\"] }",
        ))
        .quarantines(
            &[&["1", "a", "2025-12-31"], &["2", "a", "2025-12-31"]],
            &[(4, Some(3), "note.not_a_date")],
        ),
    ]
}

fn json() -> Vec<Kind> {
    vec![
        text(
            "JSON that is none",
            "id,name,note\n1,a,{'a': 1}\n2,a,\"{\"\"a\"\": 1}\"\n3,a,\"{\"\"a\"\":\"\n\
             4,a,\"\"\"\\u0000\"\"\"\n",
        )
        .columns(&note("\"json\""))
        .quarantines(
            &[&["2", "a", "{\"a\": 1}"]],
            &[
                (2, Some(3), "note.not_json"),
                (4, Some(3), "note.not_json"),
                (5, Some(3), "note.nul_character"),
            ],
        ),
        text(
            "JSON that PostgreSQL refuses, and JSON that looks like it",
            "id,name,note\n1,a,1e-16384\n2,a,\"[\"\"\\\\u0000\"\"]\"\n\
             3,a,\"{\"\"a\"\": 1, \"\"a\"\": 2}\"\n4,a,\"\"\"1e-16384\"\"\"\n",
        )
        .columns(&note("\"json\""))
        .quarantines(
            &[&["2", "a", "[\"\\\\u0000\"]"], &["4", "a", "\"1e-16384\""]],
            &[
                (2, Some(3), "note.not_json"),
                (4, Some(3), "note.duplicate_key"),
            ],
        ),
    ]
}

fn others() -> Vec<Kind> {
    vec![
        text(
            "truths that are none",
            "id,name,note\n1,a,maybe\n2,a,2\n3,a,YES\n4,a,on\n",
        )
        .columns(&note("\"boolean\""))
        .quarantines(
            &[&["3", "a", "true"]],
            &[
                (2, Some(3), "note.not_a_boolean"),
                (3, Some(3), "note.not_a_boolean"),
                (5, Some(3), "note.not_a_boolean"),
            ],
        ),
        text(
            "words for nothing",
            "id,name,note\n1,NA,-\n2,\"NA\",N/A\n3,,b\n",
        )
        .keys("nulls = [\"NA\", \"-\"]\nquoted_nulls = false")
        .loads(&[&["1", NULL, NULL], &["2", "NA", "N/A"], &["3", "", "b"]]),
        text(
            "a word for nothing that is not declared",
            "id,name,note\n1,a,NULL\n2,a,3\n",
        )
        .columns(&note("\"integer\""))
        .quarantines(&[&["2", "a", "3"]], &[(2, Some(3), "note.not_an_integer")]),
        text(
            "white space around values",
            "id,name,note\n 1 ,\u{a0}a\t,  \n",
        )
        .keys("trim = true")
        .loads(&[&["1", "a", NULL]]),
        text(
            "digits of a code",
            "id,name,note\n1,a,ITEM00017\n2,a,ITEM\n",
        )
        .columns(&note("{ type = \"integer\", digits = true }"))
        .quarantines(&[&["1", "a", "17"]], &[(3, Some(3), "note.not_an_integer")]),
        text("faults in two columns", "id,name,note\n1,a,b\n2,a\n")
            .columns("id = \"text\"\nname = \"integer\"\nnote = \"integer\"")
            .quarantines(
                &[],
                &[
                    (2, Some(2), "name.not_an_integer"),
                    (3, Some(3), "csv.ragged"),
                ],
            ),
    ]
}
