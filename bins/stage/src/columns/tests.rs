//! Headers that fit, that nearly fit, and that do not.

use super::*;

const ORDERS: &str = "[columns]\nid = \"text\"\nbuyer = \"text\"\nat = \"timestamp\"\n\
                      price = \"decimal\"\n";

fn try_match(header: &[&str], table: &str, drift: NewColumns) -> anyhow::Result<Matched> {
    let table: Table = toml::from_str(&format!("files = [\"*.csv\"]\n{table}")).expect("a table");
    let names: Vec<String> = header.iter().map(|it| (*it).to_owned()).collect();
    let header = Header {
        path: Path::new("orders.csv"),
        line: 3,
        names: &names,
    };
    match_header(&header, &table, drift, Tz::UTC)
}

fn matched(header: &[&str], table: &str) -> Matched {
    try_match(header, table, NewColumns::Freeze).expect("a header that fits")
}

fn refused(header: &[&str], table: &str, drift: NewColumns) -> String {
    let error = try_match(header, table, drift).expect_err("a header that does not fit");
    assert_eq!(common::errors::exit_code(&error), 2);
    let text = error.to_string();
    assert!(text.starts_with("`orders.csv`, line 3: "), "{text}");
    text
}

fn inputs_of(matched: &Matched) -> Vec<Input> {
    matched.columns.iter().map(|it| it.input.clone()).collect()
}

#[test]
fn each_mistake_has_a_message_of_its_own() {
    let cases: [(&[&str], &str); 12] = [
        (
            &["id", "buyer", "price"],
            "column `at` is missing; rename it",
        ),
        (
            &["id", "buyer", "at", "prices"],
            "column `price` is missing; column 4 is `prices`, which may be `price` renamed: then \
             say from = [\"prices\"]",
        ),
        (
            &["id", "buyer", "at", "amount"],
            "column 4 is `amount`, which may be `price` renamed",
        ),
        (
            &["id", "customer", "at", "price"],
            "column 2 is `customer`, which may be `buyer` renamed",
        ),
        (
            &["id", "Buyer ", "at", "price"],
            "column 2 is `Buyer `, which differs from `buyer` only in capitals and in white space",
        ),
        (
            &["\u{feff}id", "buyer", "at", "price"],
            "column 1 is `\\uFEFFid`, which differs from `id` only in characters that cannot be \
             seen; mend the header, or say from = [\"\\uFEFFid\"]",
        ),
        (
            &["id", "buyer", "at", "price", "note"],
            "column 5 is `note`, which source.toml does not know; add it",
        ),
        (
            &["id", "id", "buyer", "at", "price"],
            "column `id` is there twice, as column 1 and column 2",
        ),
        (
            &["id", "buyer", "at", "price", ""],
            "column 5 has no name; give it one in the file, or, if nothing of it is needed, add \
             \"\" to",
        ),
        (
            &["id;buyer;at;price,net"],
            "separated by `;`, not by `,`: say delimiter = \";\"",
        ),
        (
            &["id\tbuyer\tat\tprice"],
            "the header is a single column; its names are most likely separated by `\\t`",
        ),
        (&["id"], "(also missing: `at`, `price`)"),
    ];
    for (header, part) in cases {
        let text = refused(header, ORDERS, NewColumns::Freeze);
        assert!(text.contains(part), "{text}");
    }
}

/// Goal: where the first record is taken for the header, no message tells what it holds.
#[test]
fn a_record_in_the_place_of_the_header_is_not_told() {
    let all_optional = "[columns]\nid = { type = \"text\", optional = true }\n";
    let record = ["4711", "jane@example.com", "2025-01-02 12:00:00", "12.50"];
    for drift in [NewColumns::Freeze, NewColumns::Evolve] {
        for table in [ORDERS, all_optional] {
            let text = refused(&record, table, drift);
            assert!(text.contains("4 of its 4 fields"), "{text}");
            assert!(
                text.contains("first column 1; set header_lines = 0"),
                "{text}"
            );
            assert!(!record.iter().any(|it| text.contains(it)), "{text}");
        }
        let text = refused(&["4711;Jane;12,50"], ORDERS, drift);
        assert!(
            text.contains("delimiter = \";\"") && !text.contains("Jane"),
            "{text}"
        );
    }
    // Of texts that may be names, one at most.
    let record = ["Jane", "Doe", "Berlin", "Mitte"];
    let text = refused(&record, ORDERS, NewColumns::Freeze);
    let told = record.iter().filter(|it| text.contains(**it)).count();
    assert!(told <= 1, "{text}");
    // Names may be years or months, where they are declared.
    matched(
        &["2024-01", "2024-02"],
        "[columns]\na = { type = \"text\", from = [\"2024-01\", \"2024-02\"] }\n",
    );
}

#[test]
fn two_likely_matches_are_none() {
    let header = ["price_1", "id", "buyer", "at", "x", "price_2"];
    let text = refused(&header, ORDERS, NewColumns::Freeze);
    assert!(text.contains("`x`, which may be `price` renamed"), "{text}");
    let header = ["id", "x", "price", "at", "y", "buyers", "buyer_"];
    let text = refused(&header, ORDERS, NewColumns::Freeze);
    assert!(text.contains("`x`, which may be `buyer`"), "{text}");
    let header = ["buyers", "buyer_", "id", "at", "price"];
    let text = refused(&header, ORDERS, NewColumns::Freeze);
    assert!(text.contains("column `buyer` is missing"), "{text}");
    assert!(!text.contains("may be"), "{text}");
}

#[test]
fn columns_are_found_by_name_in_any_order() {
    let found = matched(&["price", "at", "id", "buyer"], ORDERS);
    let fields = |it: usize| Input::Fields(vec![it]);
    assert_eq!(
        inputs_of(&found),
        [fields(2), fields(3), fields(1), fields(0)]
    );
    assert_eq!(
        found.warnings,
        [
            "`orders.csv`, line 3: columns come in another order than source.toml names them; they \
          were matched by name"
        ]
    );
    let found = matched(&["id", "buyer", "at", "price"], ORDERS);
    assert_eq!(found.warnings, [""; 0]);
}

#[test]
fn a_second_part_of_a_column_may_stand_anywhere() {
    let table = "[columns]\nid = \"text\"\nat = { type = \"timestamp\", from = [\"day\", \"time\"] \
                 }\nprice = \"decimal\"\n";
    let found = matched(&["id", "day", "price", "time"], table);
    assert_eq!(found.columns[1].input, Input::Fields(vec![1, 3]));
    assert_eq!(found.warnings, [""; 0]);
}

#[test]
fn optional_columns_constants_and_ignored_columns_need_no_field() {
    let table = "ignored_columns = [\"\", \"note\"]\n[columns]\nid = \"text\"\n\
                 shop = { type = \"text\", constant = \"1\" }\n\
                 vat = { type = \"decimal\", optional = true }\n";
    let found = matched(&["", "id", "note", "note", ""], table);
    let expected = [
        Input::Fields(vec![1]),
        Input::Constant("1".to_owned()),
        Input::Absent,
    ];
    assert_eq!(inputs_of(&found), expected);
    // What may well be the optional column under another name is told.
    let text = refused(&["id", "Vat"], table, NewColumns::Freeze);
    assert!(text.contains("did you mean `vat`?"), "{text}");
}

#[test]
fn an_optional_column_comes_with_all_of_its_parts_or_none() {
    let table = "[columns]\nid = \"text\"\nat = { type = \"timestamp\", from = [\"day\", \"time\"], \
                 optional = true }\n";
    assert_eq!(matched(&["id"], table).columns[1].input, Input::Absent);
    let text = refused(&["id", "day"], table, NewColumns::Freeze);
    assert!(
        text.contains("a part of it: `day` without `time`"),
        "{text}"
    );
}

#[test]
fn new_columns_land_as_text_and_are_told() {
    let found = try_match(
        &["id", "Unit (€)", "buyer", "at", "price"],
        ORDERS,
        NewColumns::Evolve,
    )
    .expect("an evolved table");
    assert_eq!(found.evolved, ["unit"]);
    let last = found.columns.last().expect("a column");
    assert_eq!(
        (last.name.as_str(), &last.input),
        ("unit", &Input::Fields(vec![1]))
    );
    assert!(
        found.warnings[0].contains("column 2 is `Unit (€)`")
            && found.warnings[0].ends_with("`unit`"),
        "{:?}",
        found.warnings
    );
}

#[test]
fn new_columns_whose_names_clash_are_refused() {
    for (name, part) in [
        ("ID", "would land as `id`, as a column of the table does"),
        (
            "File ID",
            "would land as `file_id`, as a column of the table does",
        ),
        ("xmin", "would land as `xmin`"),
        ("€", "has no letter or digit"),
    ] {
        let header = ["id", "buyer", "at", "price", name];
        let text = refused(&header, ORDERS, NewColumns::Evolve);
        assert!(text.contains(part), "{text}");
    }
    let header = ["id", "buyer", "at", "price", "Note", "note "];
    let text = refused(&header, ORDERS, NewColumns::Evolve);
    assert!(
        text.contains("`note ` would land as `note`, as another one of the file does"),
        "{text}"
    );
}

#[test]
fn an_entity_has_no_place_for_new_columns() {
    let table = format!("entity = \"transactions\"\n{ORDERS}");
    let header = ["id", "buyer", "at", "price", "note"];
    let text = refused(&header, &table, NewColumns::Evolve);
    assert!(
        text.contains("no place for it in entity `transactions`"),
        "{text}"
    );
    assert!(!refused(&header, &table, NewColumns::Freeze).contains("evolve"));
}

#[test]
fn unknown_keys_follow_the_same_policy() {
    let table: Table = toml::from_str(&format!("files = [\"*\"]\nformat = \"ndjson\"\n{ORDERS}"))
        .expect("a table");
    let keys = ["note".to_owned(), "unit.price".to_owned()];
    let path = Path::new("events.json");
    let found = match_unknown_keys(path, 7, &keys, &table, NewColumns::Evolve);
    assert_eq!(found.expect("columns"), ["note", "unit_price"]);
    let error = match_unknown_keys(path, 7, &keys, &table, NewColumns::Freeze);
    let text = error.expect_err("a refusal").to_string();
    assert!(
        text.starts_with("`events.json`, line 7: key `note`"),
        "{text}"
    );
    let many: Vec<String> = (0..1_001).map(|it| format!("k{it}")).collect();
    let fits = match_unknown_keys(path, 7, &many[1..], &table, NewColumns::Evolve);
    assert_eq!(fits.expect("columns").len(), 1_000);
    let error = match_unknown_keys(path, 7, &many, &table, NewColumns::Evolve);
    let error = error.expect_err("too many");
    assert_eq!(common::errors::exit_code(&error), 2);
    assert!(error.to_string().contains("more than 1000 keys"), "{error}");
    let none = match_unknown_keys(path, 7, &[], &table, NewColumns::Freeze);
    assert_eq!(none.expect("nothing"), [""; 0]);
}

#[test]
fn a_file_without_header_has_the_declared_names() {
    let table = |more: &str| -> Table {
        toml::from_str(&format!("files = [\"*\"]\n{more}\n[columns]\nid = \"text\"\nat = {{ type = \
            \"timestamp\", from = [\"day\", \"time\"] }}\nshop = {{ type = \"text\", constant = \"1\" \
            }}\nday = \"date\"\n"))
        .expect("a table")
    };
    assert_eq!(
        declared_names(&table("header_lines = 0")),
        ["id", "day", "time"]
    );
    let named = table("header_lines = 0\nheader = [\"time\", \"day\", \"id\"]");
    assert_eq!(declared_names(&named), ["time", "day", "id"]);
}
