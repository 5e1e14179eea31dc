//! Small files whose layout is known.

use super::*;

fn layout(text: &str) -> Layout {
    guess(text, false, &Formats::usual()).1
}

const BODY: &str = "1,Tea,4.50\n2,Cup,12.00\n3,Pot,30.00\n";

#[test]
fn a_header_is_told_from_records() {
    let found = layout(&format!("id,name,price\n{BODY}"));
    assert_eq!((found.header_lines, found.is_header_certain), (1, true));
    assert_eq!(found.names, ["id", "name", "price"]);
    assert_eq!(layout(BODY).header_lines, 0);
    assert_eq!(layout("id,name,price\n").header_lines, 1);
    assert_eq!(layout("").header_lines, 0);
}

#[test]
fn names_above_texts_are_a_guess() {
    let found = layout("word,meaning\nbeleza_saude,health_beauty\npet_shop,pets\n");
    assert_eq!((found.header_lines, found.is_header_certain), (1, false));
    let found = layout("tea,cup\ncup,tea\ntea,pot\n");
    assert_eq!(found.header_lines, 0);
}

#[test]
fn several_header_lines_are_counted() {
    let found = layout(&format!("item,,price\nid,name,EUR\n{BODY}"));
    assert_eq!(found.header_lines, 2);
    assert_eq!(found.names, ["item id", "name", "price EUR"]);
    let found = layout(&format!("id,name,price\nid,name,price\n{BODY}"));
    assert_eq!(found.header_lines, 2);
}

#[test]
fn a_preamble_is_passed_over_however_wide_it_is() {
    let header = "id,name,price,note\n";
    let body = "1,Tea,4.50,\n2,Cup,12.00,\n3,Pot,30.00,\n";
    for preamble in [
        "Report of March\n\n",
        "Report,,,\n,,,\n",
        "Report: A\nBy: B\n",
    ] {
        let found = layout(&format!("{preamble}{header}{body}"));
        assert_eq!(found.preamble_lines, 2, "{preamble}");
        assert_eq!(found.names[0], "id", "{preamble}");
    }
}

#[test]
fn a_separator_behind_every_value_leaves_the_names_in_place() {
    let found = layout("id,name,price\n1,Tea,4.50,\n2,Cup,12.00,\n3,Pot,30.00,\n");
    assert_eq!((found.header_lines, found.preamble_lines), (0, 1));
    assert_eq!(found.names, ["id", "name", "price", ""]);
}

#[test]
fn a_header_that_does_not_fit_is_told() {
    let found = layout(&format!("id,name price\n{BODY}"));
    let expected = Misfit { line: 1, fields: 2 };
    assert_eq!((found.header_lines, found.misfit), (0, Some(expected)));
    assert_eq!(
        layout(&format!("Report,of March\n{BODY}"))
            .misfit
            .map(|it| it.line),
        Some(1)
    );
    assert_eq!(layout(&format!("Report\n{BODY}")).misfit, None);
    let text = format!("id,name,\"price\n1,\"Tea\",4.50\n{BODY}");
    let rows = split(&text, &dialect::plain());
    let swallowed = layout_of(&rows, None, &Formats::usual());
    assert_eq!(swallowed.misfit.map(|it| it.line), Some(1));
}

#[test]
fn a_sparse_first_record_is_no_preamble() {
    let found = layout("1,,,\n2,Cup,12.00,x\n3,Pot,30.00,y\n4,Jug,8.00,z\n");
    assert_eq!((found.preamble_lines, found.header_lines), (0, 0));
}

#[test]
fn comments_are_told_from_headers_with_a_hash() {
    let found = layout(&format!("# of March\nid,name,price\n{BODY}# end, of it\n"));
    assert_eq!(found.comment.as_deref(), Some("#"));
    assert_eq!(found.names, ["id", "name", "price"]);
    let found = layout(&format!("#id,name,price\n{BODY}"));
    assert_eq!(found.comment, None);
    assert_eq!(found.names[0], "#id");
}

#[test]
fn records_that_begin_as_comments_do_stay_records() {
    let text = "tag,n\n#sale,1\n#new,2\nplain,3\nother,4\nmore,5\n#a,b,3\n";
    let found = layout(text);
    assert_eq!((found.comment.as_deref(), found.header_lines), (None, 1));
    let found = layout("tag\n#sale\nplain\nother\n");
    assert_eq!((found.comment.as_deref(), found.preamble_lines), (None, 0));
}

#[test]
fn a_first_line_that_comes_again_is_a_header() {
    for text in [
        "id,name\n1,A\n2,B\nid,name\n3,C\n",
        "word,meaning\nbeleza,beauty\nword,meaning\npet,pets\n",
        "n\n1\n2\nn\n3\n",
    ] {
        assert_eq!(layout(text).header_lines, 1, "{text}");
    }
    for text in ["1,A\n2,B\n1,A\n3,C\n", "Tea\nCup\nTea\nPot\n"] {
        assert_eq!(layout(text).header_lines, 0, "{text}");
    }
}
