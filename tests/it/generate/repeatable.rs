//! The same seed gives the same bytes, whoever makes them.

use generate::settings::Compression;

use super::{Options, Shop, sized};

/// Checksums of the shop of the default settings, which everybody sees first. After a wanted change
/// take them again: `cargo run -p generate -- --scale tiny --seed 42 --out DIR; sha256sum DIR/*`.
const TINY: [(&str, &str); 13] = [
    (
        "categories.csv",
        "3ef56fc486a42d93d06ef653a7646e8e6a226d74b5c88ed52c3ac10d9236ae2d",
    ),
    (
        "customers.csv",
        "fc84c4ef31d9f18bc9a5e62a293be37356ec7bb427aee6e22f3b2f26b0add364",
    ),
    (
        "inventory_movements.csv",
        "c55efee204972130bee0103da9cbf0a58d7f257700804b71a04dec0e6513b838",
    ),
    (
        "inventory_snapshots.csv",
        "e1d2f31ebd59cb1b9c57024df44d686e81301bbb3b65c1c4b6cf5dbf88eea326",
    ),
    (
        "payments.csv",
        "d034af08fcb470cdd37c3f41b5d0bfb8b8da69f35a9b1c00ba50bc07f6054c95",
    ),
    (
        "products.csv",
        "aeddd4c6f3ca673e8eaca26c8ff9ee52695942556be2cdb02df2edaf2e3e200d",
    ),
    (
        "sales_representatives.csv",
        "74f127580433f267e54636041ab176d93dfda24240596f9dff79bdd8c973ca52",
    ),
    (
        "shipments.csv",
        "9bcac6c603de43223800bcf2caaed7535a396a7e94e6f55841d3cdf8d592fb9c",
    ),
    (
        "stores.csv",
        "21422f61bca72a997617e4a9e783df2f90ae07410babb006f1d37eb78af36ef4",
    ),
    (
        "suppliers.csv",
        "e533d212ce2656298b224f4e1f8d7b5ea19dbf18ef488b636bce4b9235744100",
    ),
    (
        "transaction_items.csv",
        "aa8c70bc56e6a3426bef61e8c5f3cd2f643716938f8d5d1ead2db69944bdd52a",
    ),
    (
        "transactions.csv",
        "18c2b5a48a6557aadfda611201e1bead2c5d5e8f9f2181e00cb9c65b24db04e6",
    ),
    (
        "web_events.ndjson",
        "4be0ee2058b8c402970a34112e9a2b5cb65b309b82ba19b41119d40851668558",
    ),
];

/// Goal: notice every change of the bytes that a seed stands for, on any machine.
#[tokio::test]
async fn the_tiny_shop_has_the_bytes_that_it_always_had() -> anyhow::Result<()> {
    let shop = Shop::generate(42, 10_000).await?;

    let digests = shop.digests()?;
    let digests: Vec<(&str, &str)> = digests
        .iter()
        .map(|(file, digest)| (file.as_str(), digest.as_str()))
        .collect();
    assert_eq!(digests, TINY);
    Ok(())
}

/// Goal: the number of threads decides nothing but the speed, in one delivery and in a stream.
#[tokio::test]
async fn threads_and_reruns_leave_no_trace() -> anyhow::Result<()> {
    for days in [0, 6] {
        let by = |threads: usize| Options {
            threads: Some(threads),
            days: Some(days),
            ..sized(11, 9_000)
        };
        let one = Shop::made_by(&by(1)).await?;
        let digests = one.digests()?;
        for threads in [1, 2, 8] {
            let other = Shop::made_by(&by(threads)).await?;
            assert_eq!(other.digests()?, digests, "{threads} threads, {days} days");
        }
        one.run(&by(3)).await?;
        assert_eq!(one.digests()?, digests, "a second run");
    }
    Ok(())
}

#[tokio::test]
async fn another_seed_gives_other_bytes_in_every_file() -> anyhow::Result<()> {
    let one = Shop::generate(1, 500).await?.digests()?;
    let two = Shop::generate(2, 500).await?.digests()?;

    let alike: Vec<&str> = one
        .iter()
        .zip(&two)
        .filter(|((_, one), (_, two))| one == two)
        .map(|((file, _), _)| file.as_str())
        .collect();
    // The tree of categories is the same in every shop.
    assert_eq!(alike, ["categories.csv"]);
    Ok(())
}

/// Goal: packed files hold the same rows, and an earlier run's files do not stay beside them.
#[tokio::test]
async fn packed_files_hold_the_same_rows() -> anyhow::Result<()> {
    let plain = Shop::generate(21, 3_000).await?;
    let names = plain.metadata()?["files"].clone();
    for (kind, ending) in [(Compression::Gz, ".gz"), (Compression::Zst, ".zst")] {
        let shop = Shop::generate(21, 3_000).await?;
        let packed = Options {
            compression: Some(kind),
            ..sized(21, 3_000)
        };
        shop.run(&packed).await?;
        for name in names.as_array().expect("names") {
            let name = name.as_str().expect("a name");
            let mut bytes = Vec::new();
            let file = std::fs::File::open(shop.dir.path().join(format!("{name}{ending}")))?;
            read_packed(file, kind, &mut bytes)?;
            assert!(bytes == plain.bytes(name)?, "{name}{ending}");
            assert!(
                !shop.dir.path().join(name).exists(),
                "{name} is still there"
            );
        }
    }
    Ok(())
}

fn read_packed(file: std::fs::File, kind: Compression, out: &mut Vec<u8>) -> anyhow::Result<()> {
    use std::io::{BufRead as _, BufReader, Read as _};

    let mut file = BufReader::new(file);
    if kind == Compression::Gz {
        flate2::bufread::MultiGzDecoder::new(file).read_to_end(out)?;
        return Ok(());
    }
    while !file.fill_buf()?.is_empty() {
        ruzstd::decoding::StreamingDecoder::new(&mut file)?.read_to_end(out)?;
    }
    Ok(())
}
