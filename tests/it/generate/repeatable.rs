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
        "e1f99589e5468919be8dfb05d9a1fff2046e68a3182da19fb235e187b0fadf78",
    ),
    (
        "inventory_snapshots.csv",
        "99cd6921f28242b41fec0d665828d70e746b8d0a7f6d3038df26645ed62b1626",
    ),
    (
        "payments.csv",
        "3aeae04509488d3f4fadaa5a895bb47db9e8316a79899a25ff407b09ce18222c",
    ),
    (
        "products.csv",
        "e1008adfd16cad4c3a868621f42297184d74e189ff954f074c7a31cdd934bca4",
    ),
    (
        "sales_representatives.csv",
        "74f127580433f267e54636041ab176d93dfda24240596f9dff79bdd8c973ca52",
    ),
    (
        "shipments.csv",
        "121c68cb1af4c01e289825e28ce468c522e534e0120eb7b5abb0922ba50df5f4",
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
        "c458adebf29be3e6f283a4744b7d0c0ab96d61b80628ac6d343043fd98c495eb",
    ),
    (
        "transactions.csv",
        "bf9d1d09669c634496506056047fedb3a38f1de40caa0c760860dabb469a06eb",
    ),
    (
        "web_events.ndjson",
        "34a4a401e0ef0804f9dea9dd796ad0e68f96a1c0a64a992e1e25a84516f05350",
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
