//! The whole shop, written block by block so that memory stays flat and signals are heard.

use std::io::Write;
use std::path::Path;

use common::atomic::AtomicFile;
use common::progress::Bar;
use tokio::task::yield_now;

use crate::catalogue::{self, Catalogue, CatalogueWriter};
use crate::customers::{self, Customers, CustomersWriter};
use crate::orders::{self, Block, OrdersWriter};
use crate::settings::Settings;
use crate::sheet::Sheet;
use crate::{BLOCK_ROWS, calendar};

/// The shop's files in the making.
#[derive(Debug)]
pub(crate) struct ShopFiles<W: Write> {
    pub(crate) products: Sheet<W>,
    pub(crate) customers: Sheet<W>,
    pub(crate) transactions: Sheet<W>,
    pub(crate) items: Sheet<W>,
}

impl<W: Write> ShopFiles<W> {
    /// Opens each file with `open` and writes its header.
    pub(crate) fn open(open: impl Fn(&str) -> anyhow::Result<(String, W)>) -> anyhow::Result<Self> {
        let sheet = |file: &str, columns: &[&str]| {
            let (name, writer) = open(file)?;
            Sheet::new(name, writer, columns)
        };
        Ok(Self {
            products: sheet("products.csv", &catalogue::COLUMNS)?,
            customers: sheet("customers.csv", &customers::COLUMNS)?,
            transactions: sheet("transactions.csv", &orders::COLUMNS)?,
            items: sheet("transaction_items.csv", &orders::ITEM_COLUMNS)?,
        })
    }
}

impl ShopFiles<AtomicFile> {
    /// Starts the files under temporary names in that folder.
    pub(crate) fn create(folder: &Path) -> anyhow::Result<Self> {
        Self::open(|file| {
            let path = folder.join(file);
            Ok((path.display().to_string(), AtomicFile::create(&path)?))
        })
    }

    /// Puts all files in their places, only now that each of them is complete. A file comes after
    /// those that it refers to.
    pub(crate) fn commit(self) -> anyhow::Result<()> {
        for sheet in [self.products, self.customers, self.transactions, self.items] {
            sheet.into_inner()?.commit()?;
        }
        Ok(())
    }
}

/// Writes the shop that the settings describe.
#[derive(Debug)]
pub(crate) struct Shop<'a> {
    settings: &'a Settings,
    bar: Bar,
}

/// What the progress bar counts: an order and its lines are one record.
pub(crate) fn record_count(settings: &Settings) -> u64 {
    settings.product_count() + settings.customer_count() + settings.transactions
}

impl<'a> Shop<'a> {
    pub(crate) fn new(settings: &'a Settings, bar: Bar) -> Self {
        Self { settings, bar }
    }

    pub(crate) async fn write_products<W: Write>(
        &self,
        sheet: &mut Sheet<W>,
    ) -> anyhow::Result<Catalogue> {
        let mut writer = CatalogueWriter::new(self.settings);
        for block in 0..writer.block_count() {
            let row_count = sheet.row_count();
            writer.write_block(block, sheet)?;
            self.rest(sheet.row_count() - row_count).await;
        }
        Ok(writer.finish())
    }

    pub(crate) async fn write_customers<W: Write>(
        &self,
        sheet: &mut Sheet<W>,
    ) -> anyhow::Result<Customers> {
        let mut writer = CustomersWriter::new(self.settings);
        for block in 0..writer.block_count() {
            let row_count = sheet.row_count();
            writer.write_block(block, sheet)?;
            self.rest(sheet.row_count() - row_count).await;
        }
        Ok(writer.finish())
    }

    pub(crate) async fn write_orders<W: Write>(
        &self,
        catalogue: &Catalogue,
        customers: &Customers,
        files: &mut ShopFiles<W>,
    ) -> anyhow::Result<()> {
        let Settings {
            seed,
            start_date,
            end_date,
            transactions,
            ..
        } = *self.settings;
        let mut writer = OrdersWriter::new(self.settings, catalogue, customers);
        for day in calendar::plan(seed, start_date, end_date, transactions) {
            let times = calendar::times_of_day(seed, &day);
            for (times, part) in times.chunks(BLOCK_ROWS as usize).zip(0..) {
                let block = Block {
                    date: day.date,
                    number: day.number << 32 | part,
                    times,
                };
                writer.write_block(block, &mut files.transactions, &mut files.items)?;
                self.rest(times.len() as u64).await;
            }
        }
        Ok(())
    }

    /// Takes the progress bar off the terminal.
    pub(crate) fn finish(self) {
        self.bar.finish();
    }

    /// Shows progress and lets a signal be heard.
    async fn rest(&self, record_count: u64) {
        self.bar.add(record_count);
        yield_now().await;
    }
}

#[cfg(test)]
mod tests {
    use std::fmt::Write as _;

    use sha2::{Digest as _, Sha256};

    use super::*;

    /// The SHA-256 of each file of a shop in memory.
    async fn digests(settings: &Settings) -> anyhow::Result<Vec<String>> {
        let mut files = ShopFiles::open(|file| Ok((file.to_owned(), Vec::new())))?;
        let shop = Shop::new(settings, Bar::new("test", None, "records"));
        let catalogue = shop.write_products(&mut files.products).await?;
        let customers = shop.write_customers(&mut files.customers).await?;
        shop.write_orders(&catalogue, &customers, &mut files)
            .await?;
        [
            files.products,
            files.customers,
            files.transactions,
            files.items,
        ]
        .into_iter()
        .map(|sheet| {
            let digest = Sha256::digest(sheet.into_inner()?);
            let mut text = String::new();
            for byte in digest {
                write!(text, "{byte:02x}")?;
            }
            Ok(text)
        })
        .collect()
    }

    /// Goal: notice every change of the bytes that a seed stands for.
    /// Method: compare with checksums taken once; after a wanted change take them again.
    #[tokio::test]
    async fn a_small_shop_has_the_bytes_that_it_always_had() -> anyhow::Result<()> {
        let settings = Settings {
            seed: 1,
            transactions: 500,
            ..Settings::default()
        };

        assert_eq!(
            digests(&settings).await?,
            [
                "5e7a6220b5d6bd87876cada62e9e1914eedb550003e20e629fd48c20c62cefb2",
                "68022c5aa4785eea75fa2528c559318edc75a7b8a1fb243a25a12ee54865fa8f",
                "29cf9e7cc03bfc9124029ff13d2e3be7f10c734eb5791b6e87deab570d50d681",
                "07704d18441cade89cad5cb0d68a26d1d87dcf4f0e6a323a3e210e4865e938ca"
            ]
        );
        Ok(())
    }

    #[tokio::test]
    async fn another_seed_has_other_bytes_in_every_file() -> anyhow::Result<()> {
        let one = Settings {
            seed: 1,
            transactions: 50,
            ..Settings::default()
        };
        let two = Settings {
            seed: 2,
            ..one.clone()
        };

        let pairs = digests(&one).await?.into_iter().zip(digests(&two).await?);
        assert!(pairs.into_iter().all(|(one, two)| one != two));
        Ok(())
    }
}
