//! Packed files, and files that come with a manifest.

use common::config::hex;
use sha2::{Digest as _, Sha256};

use super::kind::{Kind, made, text};
use crate::stage::packing::{Block, ZSTD_BLOCK_BYTES, gzipped, zstd_frame, zstd_of};

const FILE: &str = "id,name,note\n1,\"a\nb\",c\n2,a\n";
/// What a packed file may unpack to without a question about its ratio.
const BOMB_BYTES: usize = 20 * 1024 * 1024;
/// One value of a bomb: shorter than the longest record.
const BOMB_VALUE_BYTES: usize = 512 * 1024;

pub(super) fn kinds() -> Vec<Kind> {
    [gzip(), zstd(), manifests()]
        .into_iter()
        .flatten()
        .collect()
}

fn quarantines(kind: Kind) -> Kind {
    kind.quarantines(&[&["1", "a\nb", "c"]], &[(4, Some(3), "csv.ragged")])
}

fn packed(name: &'static str, pack: impl Fn(&[u8]) -> Vec<u8> + Send + Sync + 'static) -> Kind {
    made(name, move |line_break| {
        pack(FILE.replace('\n', line_break).as_bytes())
    })
}

fn gzip() -> Vec<Kind> {
    vec![
        quarantines(packed("gzip", gzipped).file("t.csv.gz")),
        quarantines(
            packed("gzip of several members", |bytes| {
                let (first, second) = bytes.split_at(bytes.len() / 2);
                [gzipped(first), gzipped(second)].concat()
            })
            .file("t.csv.gz"),
        ),
        text("a name of gzip without its data", FILE)
            .file("t.csv.gz")
            .refuses(&["does not begin as gzip"]),
        packed("gzip without its name", gzipped).refuses(&["begins as gzip", ".gz"]),
        packed("gzip that is cut off", |bytes| {
            let mut packed = gzipped(bytes);
            packed.truncate(packed.len() - 12);
            packed
        })
        .file("t.csv.gz")
        .refuses(&["broken or cut off"]),
        packed("gzip with a wrong checksum", |bytes| {
            let mut packed = gzipped(bytes);
            let place = packed.len() - 8;
            packed[place] ^= 1;
            packed
        })
        .file("t.csv.gz")
        .refuses(&["broken or cut off"]),
        packed("gzip with something behind it", |bytes| {
            [gzipped(bytes), b"more".to_vec()].concat()
        })
        .file("t.csv.gz")
        .refuses(&["broken or cut off"]),
        packed("gzip without a last line break", |bytes| {
            gzipped(bytes.trim_ascii_end())
        })
        .file("t.csv.gz")
        .refuses(&["ends without a line break"]),
        made("gzip of nothing", |_| gzipped(b""))
            .line_breaks(&[""])
            .file("t.csv.gz")
            .refuses(&["header"]),
        made("gzip that fills the disk", |line_break| {
            let value = "x".repeat(BOMB_VALUE_BYTES);
            let record = format!("1,{value},b{line_break}");
            let records = record.repeat(BOMB_BYTES / record.len());
            gzipped(format!("id,name,note{line_break}{records}").as_bytes())
        })
        .line_breaks(&["\n"])
        .file("t.csv.gz")
        .refuses(&["200 times its size"]),
    ]
}

fn zstd() -> Vec<Kind> {
    vec![
        quarantines(packed("zstd", zstd_of).file("t.csv.zst")),
        quarantines(
            packed("zstd of several frames", |bytes| {
                let (first, second) = bytes.split_at(bytes.len() / 2);
                [zstd_of(first), zstd_of(second)].concat()
            })
            .file("t.csv.zst"),
        ),
        text("a name of zstd without its data", FILE)
            .file("t.csv.zst")
            .refuses(&["does not begin as zstd"]),
        packed("zstd without its name", zstd_of).refuses(&["begins as zstd", ".zst"]),
        packed("zstd that is cut off", |bytes| {
            let mut packed = zstd_of(bytes);
            packed.truncate(packed.len() - 3);
            packed
        })
        .file("t.csv.zst")
        .refuses(&["broken or cut off"]),
        made("zstd that fills the disk", |line_break| {
            let mut blocks = vec![Block::Bytes(
                format!("id,name,note{line_break}").into_bytes(),
            )];
            for _ in 0..BOMB_BYTES / BOMB_VALUE_BYTES {
                blocks.push(Block::Bytes(b"1,".to_vec()));
                for _ in 0..BOMB_VALUE_BYTES / ZSTD_BLOCK_BYTES {
                    blocks.push(Block::Repeated(b'x', ZSTD_BLOCK_BYTES));
                }
                blocks.push(Block::Bytes(format!(",b{line_break}").into_bytes()));
            }
            zstd_frame(&blocks)
        })
        .line_breaks(&["\n"])
        .file("t.csv.zst")
        .refuses(&["200 times its size"]),
    ]
}

fn manifests() -> Vec<Kind> {
    let with = |name, bytes_more, rows, sha256: Option<&'static str>| {
        text(name, FILE).manifest(move |line_break| {
            manifest(&FILE.replace('\n', line_break), bytes_more, rows, sha256)
        })
    };
    vec![
        quarantines(with("a manifest that agrees", 0, 2, None)),
        with("a manifest with other bytes", 1, 2, None).refuses(&["as bytes of its file"]),
        with("a manifest with other rows", 0, 3, None)
            .refuses(&["names 3 as rows of its file, but 2"]),
        with("a manifest with another hash", 0, 2, Some("00")).refuses(&["t.csv.manifest.json"]),
        with(
            "a manifest with the hash of another file",
            0,
            2,
            Some("e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"),
        )
        .refuses(&["as SHA-256 of its file"]),
        text("a manifest that is none", FILE)
            .manifest(|_| b"{\"rows\": 2".to_vec())
            .refuses(&["is no manifest"]),
        text("a manifest that is required", FILE)
            .keys("manifest = \"required\"")
            .refuses(&["has no manifest"]),
        text(
            "an open last line that a manifest vouches for",
            "id,name,note\n1,a,b",
        )
        .manifest(|line_break| {
            manifest(&"id,name,note\n1,a,b".replace('\n', line_break), 0, 1, None)
        })
        .loads(&[&["1", "a", "b"]]),
    ]
}

fn manifest(file: &str, bytes_more: usize, rows: u64, sha256: Option<&str>) -> Vec<u8> {
    let real = hex(&Sha256::digest(file.as_bytes()));
    let sha256 = sha256.unwrap_or(&real);
    let bytes = file.len() + bytes_more;
    format!("{{\"bytes\": {bytes}, \"sha256\": \"{sha256}\", \"rows\": {rows}}}").into_bytes()
}
