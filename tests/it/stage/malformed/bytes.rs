//! Bytes that are no text, text in another encoding, and text beyond a limit.

use super::kind::{Kind, made, text};

/// Longest record by default (`record_bytes_max`).
const RECORD_BYTES_MAX: usize = 1024 * 1024;

pub(super) fn kinds() -> Vec<Kind> {
    [utf_8(), utf_16(), one_byte(), characters(), limits()]
        .into_iter()
        .flatten()
        .collect()
}

/// `text` with the line break, each character as `encode` says.
fn encoded(
    name: &'static str,
    text: &'static str,
    encode: impl Fn(&str) -> Vec<u8> + Send + Sync + 'static,
) -> Kind {
    made(name, move |line_break| {
        encode(&text.replace('\n', line_break))
    })
}

/// A good record, then one with these bytes in its name, then one that is too short.
fn with_bytes(name: &'static str, bytes: &'static [u8]) -> Kind {
    made(name, move |line_break| {
        let mut file = format!("id,name,note{line_break}1,é,b{line_break}2,").into_bytes();
        file.extend_from_slice(bytes);
        file.extend_from_slice(format!(",b{line_break}3,a{line_break}").as_bytes());
        file
    })
}

fn utf_8() -> Vec<Kind> {
    let broken = |name, bytes| {
        with_bytes(name, bytes).quarantines(
            &[&["1", "é", "b"]],
            &[(3, Some(2), "csv.not_utf8"), (4, Some(3), "csv.ragged")],
        )
    };
    vec![
        text("a byte-order mark", "\u{feff}id,name,note\n1,\u{feff}a,b\n").loads(&[&[
            "1",
            "\u{feff}a",
            "b",
        ]]),
        text(
            "a byte-order mark before a quote",
            "\u{feff}\"id\",name,note\n1,a,b\n",
        )
        .loads(&[&["1", "a", "b"]]),
        broken("a byte that is no UTF-8", b"caf\xe9"),
        broken("a character that is cut off", b"\xe2\x82"),
        broken("an overlong character", b"\xc0\xaf"),
        broken("half a surrogate pair", b"\xed\xa0\x80"),
        broken("a character beyond the last one", b"\xf4\x90\x80\x80"),
        made("a header that is no UTF-8", |line_break| {
            let mut file = b"id,nam\xe9,note".to_vec();
            file.extend_from_slice(format!("{line_break}1,a,b{line_break}").as_bytes());
            file
        })
        .refuses(&["line 1, column 2"]),
        encoded(
            "Windows-1252 that is not declared",
            "id,name,note\n1,Ärger,b\n",
            latin_1,
        )
        .quarantines(&[], &[(2, Some(2), "csv.not_utf8")]),
    ]
}

fn one_byte() -> Vec<Kind> {
    vec![
        made("Windows-1252", |line_break| {
            let mut file = b"id,name,note".to_vec();
            file.extend_from_slice(line_break.as_bytes());
            file.extend_from_slice(b"1,\x80 \x96 \xe9,\x93x\x94");
            file.extend_from_slice(line_break.as_bytes());
            file
        })
        .keys("encoding = \"windows-1252\"")
        .loads(&[&["1", "€ – é", "“x”"]]),
        encoded("Latin-1", "id,name,note\n1,Ärger,ÿ\n2,a\n", latin_1)
            .keys("encoding = \"latin-1\"")
            .quarantines(&[&["1", "Ärger", "ÿ"]], &[(3, Some(3), "csv.ragged")]),
        text(
            "UTF-8 that is declared as Latin-1",
            "\u{feff}id,name,note\n1,a,b\n",
        )
        .keys("encoding = \"latin-1\"")
        .refuses(&["byte-order mark of UTF-8", "encoding = \"utf-8\""]),
    ]
}

fn utf_16() -> Vec<Kind> {
    const FILE: &str = "id,name,note\n1,\"ä\n🦀\",ਊഊ\n2,a\n";
    let quarantines =
        |kind: Kind| kind.quarantines(&[&["1", "ä\n🦀", "ਊഊ"]], &[(4, Some(3), "csv.ragged")]);
    vec![
        quarantines(
            encoded("UTF-16, low byte first", FILE, |it| {
                [vec![0xff, 0xfe], utf_16_le(it)].concat()
            })
            .keys("encoding = \"utf-16\""),
        ),
        quarantines(
            encoded("UTF-16, high byte first", FILE, |it| {
                [vec![0xfe, 0xff], utf_16_be(it)].concat()
            })
            .keys("encoding = \"utf-16\""),
        ),
        quarantines(
            encoded("UTF-16 without a mark, low byte first", FILE, utf_16_le)
                .keys("encoding = \"utf-16le\""),
        ),
        quarantines(
            encoded("UTF-16 without a mark, high byte first", FILE, utf_16_be)
                .keys("encoding = \"utf-16be\""),
        ),
        encoded("UTF-16 that is not declared", FILE, |it| {
            [vec![0xff, 0xfe], utf_16_le(it)].concat()
        })
        .refuses(&["encoding = \"utf-16\""]),
        encoded("UTF-16 that lacks its mark", FILE, utf_16_le)
            .keys("encoding = \"utf-16\"")
            .refuses(&["byte-order mark", "utf-16le"]),
        encoded("UTF-16 that is cut off in a character", FILE, |it| {
            let mut bytes = [vec![0xff, 0xfe], utf_16_le(it)].concat();
            bytes.pop();
            bytes
        })
        .keys("encoding = \"utf-16\"")
        .refuses(&["ends without a line break"]),
        encoded(
            "half a surrogate pair of UTF-16",
            "id,name,note\n1,a,b\n2,#,b\n",
            |it| {
                let units = it.encode_utf16();
                let units = units.map(|it| if it == u16::from(b'#') { 0xd800 } else { it });
                let bytes: Vec<u8> = units.flat_map(u16::to_le_bytes).collect();
                [vec![0xff, 0xfe], bytes].concat()
            },
        )
        .keys("encoding = \"utf-16\"")
        .quarantines(&[&["1", "a", "b"]], &[(3, Some(2), "csv.not_utf8")]),
    ]
}

fn characters() -> Vec<Kind> {
    vec![
        text("a NUL character", "id,name,note\n1,a\0b,c\n2,a,b\n")
            .quarantines(&[&["2", "a", "b"]], &[(2, Some(2), "name.nul_character")]),
        text("a NUL character in the header", "id,na\0me,note\n1,a,b\n").refuses(&["line 1"]),
        text(
            "control characters",
            "id,name,note\n1,\u{1}\u{b}\u{c}\u{1a}\u{1b}\u{7f},\u{85}\u{2028}\n2,a\n",
        )
        .quarantines(
            &[&["1", "\u{1}\u{b}\u{c}\u{1a}\u{1b}\u{7f}", "\u{85}\u{2028}"]],
            &[(3, Some(3), "csv.ragged")],
        ),
        text("an end-of-file character", "id,name,note\n1,a,b\n\u{1a}\n")
            .quarantines(&[&["1", "a", "b"]], &[(3, Some(2), "csv.ragged")]),
        text(
            "backslashes that COPY would read",
            "id,name,note\n1,\\N,\\.\n\\.,a\\,b\n",
        )
        .loads(&[&["1", "\\N", "\\."], &["\\.", "a\\", "b"]]),
    ]
}

fn limits() -> Vec<Kind> {
    vec![
        made("a huge field", |line_break| {
            let huge = "x".repeat(RECORD_BYTES_MAX);
            format!("id,name,note{line_break}1,a,b{line_break}2,{huge},b{line_break}").into_bytes()
        })
        .refuses(&["line 3", "longer than 1048576 bytes"]),
        made("a huge record of quoted lines", |line_break| {
            let lines = format!("a line{line_break}").repeat(RECORD_BYTES_MAX / 7);
            format!("id,name,note{line_break}1,a,b{line_break}2,\"{lines}\",b{line_break}")
                .into_bytes()
        })
        .refuses(&["line 3", "longer than 1048576 bytes"]),
        made("more columns than allowed", |line_break| {
            let names: Vec<String> = (0..600).map(|it| format!("c{it}")).collect();
            format!("{}{line_break}", names.join(",")).into_bytes()
        })
        .refuses(&["600 columns", "columns_max"]),
    ]
}

/// One byte a character.
fn latin_1(text: &str) -> Vec<u8> {
    text.chars()
        .map(|it| u8::try_from(u32::from(it)).expect("a character of Latin-1"))
        .collect()
}

fn utf_16_le(text: &str) -> Vec<u8> {
    text.encode_utf16().flat_map(u16::to_le_bytes).collect()
}

fn utf_16_be(text: &str) -> Vec<u8> {
    text.encode_utf16().flat_map(u16::to_be_bytes).collect()
}
