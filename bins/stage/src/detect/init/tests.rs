//! Folders of small files through `init`, and what it wrote through the loader's own readers.

use std::fs;

use super::*;
use crate::detect::column::Eyes;
use crate::detect::times::Formats;
use crate::read::Limits;

const ZONE: chrono_tz::Tz = chrono_tz::Europe::Berlin;

fn drafted(files: &[(&str, &[u8])]) -> Draft {
    let folder = tempfile::tempdir().expect("a folder");
    for (name, bytes) in files {
        let path = folder.path().join(name);
        fs::create_dir_all(path.parent().expect("a folder")).expect("a folder");
        fs::write(path, bytes).expect("a file");
    }
    let options = InitOptions {
        source: "teashop".to_owned(),
        from: folder.path().to_owned(),
        name: Some("Tea shop".to_owned()),
        time_zone: Some(ZONE),
        currency: Some("EUR".to_owned()),
        force: false,
        records: 100_000,
    };
    let effort = Effort {
        eyes: Eyes {
            formats: Formats::usual(),
            time_zone: Some(ZONE),
        },
        limits: Limits::default(),
        records_max: options.records,
        columns_max: 4,
    };
    draft(PathBuf::from("source.toml"), &options, &effort).expect("a draft")
}

/// The lines of the draft's only table, comments left out.
fn table_of(bytes: &[u8]) -> Vec<String> {
    let draft = drafted(&[("sales.csv", bytes)]);
    let lines = draft.tables[0].text.lines().skip(2);
    lines
        .filter(|it| !it.is_empty() && !it.starts_with('#') && !it.starts_with("[tables"))
        .map(str::to_owned)
        .collect()
}

/// Goal: what is written loads as it is, whatever the files are.
/// Method: `draft` itself tries every table on its file; nothing may be refused or rejected.
#[test]
fn what_is_written_takes_every_record() {
    let texts: [&[u8]; 22] = [
        b"id,name\n1,Tea\n2,Cup\n",
        b"Order ID;Amount\r\n0001;1.234,50 \x80\r\n0002;-5,00 \x80\r\n",
        b"id,amount\n1,\"$1,234.50\"\n2,-$5.00\n",
        b"id,share\n1,12.5 %\n2,3%\n",
        b"id,on,at\n1,03/04/2025,2025-01-01T10:00:00Z\n2,13/04/2025,2025-01-02T10:00:00.5Z\n",
        b"id,at\n1,2025-01-01 10:00:00+02:00\n2,2025-01-02 11:00:00-0300\n",
        b"id,at\n1,1/31/2025 1:05 PM\n2,12/1/2025 11:10 AM\n",
        b"id,d\n1,2025-01-31\n2,31.01.2025\n3,15.02.2025\n",
        b"id,d\n1,31-Jan-2025\n2,1-Feb-2025\n",
        b"id,order_date\n1,20250131\n2,20250201\n",
        b"id,created_at,ms_at\n1,1700000000,1700000000123\n2,1700000001,1700000000456\n",
        b"id,is_new,paid,by\n1,0,yes,t\n2,1,No,f\n",
        b"id,n,b\n1,NA,true\n2,5,NULL\n3,-,false\n",
        b"a,b,a,\n1,2,3,\n4,5,6,\n",
        b"a,b\n1,2,\n4,5,\n6,7,\n",
        b"1,Tea,4.5\n2,Cup,5.5\n3,Pot,5.25\n",
        b"Report\n\n# it's made\nid,name,price\n1,Tea,4.5\n2,Cup,5.5\n3,Pot,5\nTotal,,15\n",
        b"id,d\r\n1,x\n2,y\r\n3,z\n",
        b"id,d\r1,x\r2,y\r3,z",
        b"id|name\n1|Bob \"B\" X\n2|5\" pipe\n",
        b"id,name\n1,\"a \\\"b\\\" c, d\"\n2,\"x, y\"\n3,\"e, f\"\n",
        b"{\"id\":1,\"a\":{\"b\":\"2025-01-01\",\"c\":[1]}}\n{\"id\":2,\"a\":null,\"d\":1.5,\"e\":true}\n",
    ];
    for text in texts {
        let draft = drafted(&[("sales.csv", text)]);
        let place = String::from_utf8_lossy(text);
        assert!(draft.tables[0].records > 1, "{place}");
        let fails = |it: &&String| it.contains("quarantine") || it.contains("refused");
        let failed: Vec<&String> = draft.checks.iter().filter(fails).collect();
        assert!(failed.is_empty(), "{place}\n{}\n{failed:?}", draft.text);
    }
}

#[test]
fn what_will_be_rejected_is_told_with_its_place() {
    let draft = drafted(&[("sales.csv", b"id,name\n1,Tea\n2,\"Cup\"s\n3,Pot,x\n4,Jug\n")]);
    let told = draft.checks.join("\n");
    assert!(
        told.contains("first line 3 (csv.text_after_quote)"),
        "{told}"
    );
    assert!(told.contains("first line 4 (csv.ragged)"), "{told}");
}

/// Goal: no line of a file goes unseen; whatever is passed over is told with its line.
/// Method: files of one table, and for each a part of the check that tells it.
#[test]
fn what_is_passed_over_or_in_doubt_is_told() {
    let cases: [(&str, &str); 7] = [
        (
            "id,n,p\n1,2,3\n# by, hand\n2,3,4\n# end\n3,4,5\n4,5,6\n",
            "passed over (2 times, lines 3, 5)",
        ),
        (
            "id,n,p\n1,Tea,3\n2,Cup,4\nTotal:,,7\n",
            "passed over (line 4)",
        ),
        ("id,n\n1,20\n2,40\nTotal,60\n", "for a record (line 4)"),
        ("id,n\n1,A\n2,B\nid,n\n3,C\n", "several tables? (line 4)"),
        ("name\nTea\n\nCup\n", "written `\"\"` (line 3)"),
        ("a,b,c,d,e\n1,2,3,4,5\n", "(5, where 4 are allowed"),
        ("a,b,a\n1,2,3\n4,5,6\n", "told by their place"),
    ];
    for (text, part) in cases {
        let checks = drafted(&[("sales.csv", text.as_bytes())]).checks.join("\n");
        assert!(checks.contains(part), "{text}\n{checks}");
    }
}

#[test]
fn a_last_record_is_no_footer_unless_it_says_so() {
    let lasts: [&[u8]; 6] = [
        b"3,\xff,",
        b"3,\"Cup\"s,",
        b",,",
        b"Summer Wear,9,,",
        b"Total Energies,,",
        b"3",
    ];
    for last in lasts {
        let text = [
            "id,name,price\n1,T\u{e9},4.5\n2,C\u{fc}p,5.5\n".as_bytes(),
            last,
            b"\n",
        ];
        let draft = drafted(&[("sales.csv", &text.concat())]);
        let place = String::from_utf8_lossy(last);
        assert!(!draft.text.contains("footer_lines"), "{place}");
        assert_eq!(draft.tables[0].records, 3, "{place}");
    }
}

#[test]
fn a_record_behind_the_sample_is_no_comment_either() {
    let body: String = (0..20_000).map(|it| format!("{it},Tea,5\n")).collect();
    let start = format!("# of March\nid,name,price\n{body}");
    let draft = drafted(&[("sales.csv", start.as_bytes())]);
    assert!(draft.text.contains("comment = \"#\""), "{}", draft.text);
    let draft = drafted(&[("sales.csv", format!("{start}#9,Cup,6\n").as_bytes())]);
    assert!(!draft.text.contains("comment ="), "{}", draft.text);
    assert!(draft.text.contains("preamble_lines = 1"), "{}", draft.text);
}

#[test]
fn only_what_differs_from_the_defaults_is_written() {
    let lines = table_of(b"id,name,price,at\n1,Tea,4.50,2025-01-01 10:00:00\n2,Cup,1,\n");
    let expected = [
        "id = \"integer\"",
        "name = \"text\"",
        "price = \"decimal\"",
        "at = \"timestamp\"",
    ];
    assert_eq!(lines, expected);
}

#[test]
fn a_german_export_is_declared_as_it_is() {
    let lines = table_of(
        b"Nr;Datum;Betrag;PLZ\r\n1;13.01.2025;1.234,50;01067\r\n2;14.01.2025;5,00;99084\r\n\
          Summe;;1.239,50;\r\n",
    );
    let expected = [
        "delimiter = \";\"",
        "footer_lines = 1",
        "decimal_mark = \",\"",
        "thousands_mark = \".\"",
        "nr = { type = \"integer\", from = [\"Nr\"] }",
        "datum = { type = \"date\", from = [\"Datum\"], format = \"%d.%m.%Y\" }",
        "betrag = { type = \"decimal\", from = [\"Betrag\"] }",
        "plz = { type = \"text\", from = [\"PLZ\"] }",
    ];
    assert_eq!(lines, expected);
}

#[test]
fn files_of_one_table_are_one_table() {
    let body = b"receipt,pieces\nR1,5\n".as_slice();
    let draft = drafted(&[
        ("business_date=2025-01-01/sales.csv", body),
        (
            "business_date=2025-01-02/sales.csv",
            b"receipt,pieces\nR2,5.5\n",
        ),
        ("stock1.csv", b"item,left\nA,1\n"),
        ("visits1.csv", b"day,n\n2025-01-01,1\n"),
        ("visits2.csv", b"day,n\n2025-01-02,1\n"),
        ("stock2.csv", b"item,left,shop\nA,1,X\n"),
        ("README.md", b"hello\n"),
        ("facts.json", b"{\n  \"a\": 1\n}\n"),
    ]);
    let shown: Vec<(&str, Vec<&str>, u64)> = draft
        .tables
        .iter()
        .map(|it| {
            let files = it.files.iter().map(String::as_str).collect();
            (it.name.as_str(), files, it.records)
        })
        .collect();
    let expected = [
        ("sales", vec!["business_date=*/sales.csv"], 2),
        ("stock1", vec!["stock1.csv"], 1),
        ("stock2", vec!["stock2.csv"], 1),
        ("visits", vec!["visits*.csv"], 2),
    ];
    assert_eq!(shown, expected);
    // The second file's fraction makes both decimal.
    assert!(
        draft.text.contains("pieces = \"decimal\""),
        "{}",
        draft.text
    );
    assert!(draft.text.contains("mode = \"append\""), "{}", draft.text);
    let passed: Vec<&str> = draft.passed_over.iter().map(|it| it.0.as_str()).collect();
    assert_eq!(passed, ["README.md", "facts.json"]);
}

#[test]
fn a_file_like_an_entity_goes_straight_to_it() {
    let text = b"product_id,product_name,price,brand\n1,Tea,5,\n2,Cup,6,\n";
    let draft = drafted(&[("products.csv", text)]);
    assert_eq!(draft.tables[0].entity, Some("products"));
    assert!(
        draft.text.contains("product_id = \"text\""),
        "{}",
        draft.text
    );
    assert!(draft.text.contains("price = \"decimal\""), "{}", draft.text);
    assert_eq!(missing(&draft), ["transactions", "transaction_items"]);
}

#[test]
fn skipped_times_and_open_ends_are_declared() {
    let draft = drafted(&[(
        "a.csv",
        b"id,at\n1,2025-03-30 02:30:00\n2,2025-03-31 02:30:00",
    )]);
    assert!(
        draft.text.contains("has_gap_times = true"),
        "{}",
        draft.text
    );
    assert!(
        draft.text.contains("last_line_is_open = true"),
        "{}",
        draft.text
    );
}

/// Goal: no value of a file gets into the draft, its checks or its findings.
#[test]
fn values_stay_in_the_files() {
    let text = b"id,name,zip,note\n1,Secretname,01234,\n2,Secretname2, 5,x\n3,Secretname3,6,y\n";
    let draft = drafted(&[("a.csv", text)]);
    let shown = format!("{}{:?}{:?}", draft.text, draft.checks, draft.passed_over);
    assert!(
        !shown.contains("Secret") && !shown.contains("1234"),
        "{shown}"
    );
}

/// Goal: what is written is always a declaration that the loader takes.
#[test]
fn a_file_that_is_refused_at_its_header_is_no_table() {
    // A header of UTF-16 with half a pair in it.
    let broken = b"\xff\xfea\0,\0\xff\xdb\xff\xdb\n\x001\0,\x002\0\n\0";
    let wide = "a,".repeat(source::COLUMNS_MAX);
    let draft = drafted(&[
        ("broken.csv", broken),
        ("good.csv", b"a,b\n1,2\n"),
        ("wide.csv", format!("{wide}a\n{wide}a\n").as_bytes()),
    ]);
    let passed: Vec<&str> = draft.passed_over.iter().map(|it| it.0.as_str()).collect();
    assert_eq!(passed, ["broken.csv", "wide.csv"], "{}", draft.text);
    assert_eq!(draft.tables.len(), 1);
}
