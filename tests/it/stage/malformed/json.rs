//! Lines of JSON.

use super::kind::{Kind, NULL, text};

const COLUMNS: &str = "id = \"integer\"\nname = { type = \"text\", from = [\"customer.name\"], optional = true }\n\
                       note = { type = \"decimal\", optional = true }";

pub(super) fn kinds() -> Vec<Kind> {
    structure().into_iter().chain(keys()).collect()
}

fn json(name: &'static str, file: &'static str) -> Kind {
    text(name, file)
        .file("t.ndjson")
        .keys("format = \"ndjson\"")
        .columns(COLUMNS)
}

/// Lines 1 and 3 are in order; line 2 is rejected.
fn second_line(name: &'static str, file: &'static str, column: i64, rule: &'static str) -> Kind {
    json(name, file).quarantines(
        &[&["1", "a", "0.5"], &["3", "c", NULL]],
        &[(2, Some(column), rule)],
    )
}

fn structure() -> Vec<Kind> {
    vec![
        second_line(
            "JSON that is no object",
            "{\"id\":1,\"customer\":{\"name\":\"a\"},\"note\":0.5}\n[1, 2]\n\
             {\"id\":3,\"customer\":{\"name\":\"c\"}}\n",
            1,
            "json.not_an_object",
        ),
        second_line(
            "a line of JSON that is cut off",
            "{\"id\":1,\"customer\":{\"name\":\"a\"},\"note\":0.5}\n{\"id\":2,\"custo\n\
             {\"id\":3,\"customer\":{\"name\":\"c\"}}\n",
            1,
            "json.invalid",
        ),
        second_line(
            "two objects on a line",
            "{\"id\":1,\"customer\":{\"name\":\"a\"},\"note\":0.5}\n\
             {\"id\":2,\"customer\":{\"name\":\"b\"}}{\"id\":9}\n\
             {\"id\":3,\"customer\":{\"name\":\"c\"}}\n",
            1,
            "json.invalid",
        ),
        second_line(
            "a key that is there twice",
            "{\"id\":1,\"customer\":{\"name\":\"a\"},\"note\":0.5}\n\
             {\"id\":2,\"customer\":{\"name\":\"b\",\"name\":\"x\"}}\n\
             {\"id\":3,\"customer\":{\"name\":\"c\"}}\n",
            2,
            "json.duplicate_key",
        ),
        second_line(
            "a number where an object should be",
            "{\"id\":1,\"customer\":{\"name\":\"a\"},\"note\":0.5}\n\
             {\"id\":2,\"customer\":7}\n\
             {\"id\":3,\"customer\":{\"name\":\"c\"}}\n",
            2,
            "json.not_an_object",
        ),
        second_line(
            "NaN in JSON",
            "{\"id\":1,\"customer\":{\"name\":\"a\"},\"note\":0.5}\n\
             {\"id\":2,\"customer\":{\"name\":\"b\"},\"note\":NaN}\n\
             {\"id\":3,\"customer\":{\"name\":\"c\"}}\n",
            1,
            "json.invalid",
        ),
        json(
            "JSON that ends without a line break",
            "{\"id\":1,\"customer\":{\"name\":\"a\"}}",
        )
        .refuses(&["ends without a line break"]),
        json(
            "blank lines among JSON",
            "\n{\"id\":1,\"customer\":{\"name\":\"a\\n\\\"b\\\"\"}}\n  \n[]\n",
        )
        .quarantines(
            &[&["1", "a\n\"b\"", NULL]],
            &[(4, Some(1), "json.not_an_object")],
        )
        .line_breaks(&["\n"]),
    ]
}

fn keys() -> Vec<Kind> {
    vec![
        json(
            "a key that no column names",
            "{\"id\":1,\"customer\":{\"name\":\"a\"}}\n\
             {\"id\":2,\"customer\":{\"name\":\"b\",\"city\":\"Rome\"}}\n",
        )
        .refuses(&["line 2", "`customer.city`"]),
        json(
            "a key that is ignored",
            "{\"id\":1,\"city\":\"Rome\",\"customer\":{\"name\":\"a\"}}\n",
        )
        .keys("format = \"ndjson\"\nignored_columns = [\"city\"]")
        .loads(&[&["1", "a", NULL]]),
        json(
            "a key that is missing, and one that is null",
            "{\"customer\":{\"name\":\"a\"}}\n{\"id\":2,\"customer\":null}\n{\"id\":null}\n",
        )
        .loads(&[&[NULL, "a", NULL], &["2", NULL, NULL], &[NULL, NULL, NULL]]),
        json(
            "numbers of JSON keep each digit",
            "{\"id\":9007199254740993,\"note\":0.1000000000000000000001}\n\
             {\"id\":\"2\",\"note\":\"1.50\"}\n{\"id\":1.5}\n",
        )
        .quarantines(
            &[
                &["9007199254740993", NULL, "0.1000000000000000000001"],
                &["2", NULL, "1.50"],
            ],
            &[(3, Some(1), "id.not_an_integer")],
        ),
        json(
            "a key that no record has",
            "{\"id\":1,\"nme\":\"a\"}\n{\"id\":2}\n",
        )
        .keys("format = \"ndjson\"\nignored_columns = [\"nme\"]")
        .columns("id = \"integer\"\nname = \"text\"")
        .refuses(&["`name`", "none of its records"]),
        json(
            "an empty text of JSON",
            "{\"id\":1,\"customer\":{\"name\":\"\"}}\n",
        )
        .keys("format = \"ndjson\"\nnulls = []")
        .loads(&[&["1", "", NULL]]),
        json(
            "a NUL character of JSON",
            "{\"id\":1,\"customer\":{\"name\":\"a\\u0000\"}}\n",
        )
        .quarantines(&[], &[(1, Some(2), "name.nul_character")]),
        json(
            "half a surrogate pair of JSON",
            "{\"id\":1,\"customer\":{\"name\":\"\\ud800\"}}\n",
        )
        .quarantines(&[], &[(1, Some(2), "json.invalid")]),
    ]
}
