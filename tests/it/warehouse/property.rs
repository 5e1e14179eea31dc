//! Histories against an oracle, in any order of arrival.
//!
//! A case is the members of one number in one source: two customers, a product, a store and their
//! orders. All cases share a database, and a step tells a random part of all of them at once, so
//! that a thousand cases cost a dozen runs of the programs.

mod events;
mod faults;
mod oracle;
mod state;

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use chrono::TimeDelta;
use common::testing::workspace_root;
use common::{Config, StageContext};
use rand::{RngExt as _, SeedableRng as _};
use rand_chacha::ChaCha8Rng;

use self::events::{Event, SOURCES, Sale, Step, age_known_since, random_steps};
use self::state::{State, Violation, check_aggregates, row_versions};
use crate::production::by_hand::Shop;
use crate::support::Ended;

/// How the cases are loaded.
#[derive(Debug, Clone, Copy)]
enum Loader<'a> {
    Library,
    /// A copy of the program, which may be broken.
    Program(&'a Path),
    /// Several at once, as library and as the shipped program, while `production` publishes.
    AllAtOnce(&'a Path),
}

/// A database whose histories are told step by step.
struct Cases {
    shop: Shop,
    settings: PathBuf,
    step: i64,
}

impl Cases {
    async fn open() -> anyhow::Result<Self> {
        let shop = Shop::open().await?;
        let settings = shop.db.dir.path().join("pipeline.toml");
        let text = std::fs::read_to_string(workspace_root().join("config/pipeline.toml"))?;
        let section = "[warehouse.dimensions.customers]\n";
        let since = age_known_since().date_naive();
        let declared = format!("{section}known_since = {{ age_group = \"{since}\" }}\n");
        std::fs::write(&settings, text.replace(section, &declared))?;
        Ok(Self {
            shop,
            settings,
            step: 0,
        })
    }

    /// The settings of the project, and an attribute that is known since a day.
    fn context(&self) -> anyhow::Result<StageContext> {
        let mut ctx = self.shop.db.context("warehouse");
        let mut config = Config::load(&self.settings)?;
        config.paths = ctx.config.paths.clone();
        config.database.url = ctx.config.database.url.clone();
        ctx.config = config;
        ctx.started_at += TimeDelta::hours(self.step);
        Ok(ctx)
    }

    /// Puts a step into staging, as one passed batch of each source.
    async fn stage(&mut self, step: &Step) -> anyhow::Result<()> {
        self.step += 1;
        self.shop.begin_run().await?;
        for source in SOURCES {
            let events: Vec<_> = of_source(&step.events, source, |event| event.member.1);
            let sales: Vec<_> = of_source(&step.sales, source, |sale| sale.source);
            let script = staged_members(&events) + &deletions(&events) + &staged_sales(&sales);
            let batch = self.shop.stage(source, "passed", &script).await?;
            self.shop.client.batch_execute(&superseded(batch)).await?;
        }
        Ok(())
    }

    /// One run of `warehouse`; what the server refuses is a violation.
    async fn load_by_library(&self, full_refresh: bool) -> anyhow::Result<u64> {
        let ctx = self.context()?;
        let options = warehouse::Options {
            full_refresh,
            ..warehouse::Options::default()
        };
        let report = warehouse::run(&ctx, &options).await;
        let report = report.map_err(|error| Violation::Refused(format!("{error:#}")))?;
        Ok(report.rows().written())
    }

    /// The program in a folder of its own, as on a machine of its own.
    fn program(&self, path: &Path, folder: &str) -> Command {
        let folder = self.shop.db.dir.path().join(folder);
        let mut command = Command::new(path);
        command
            .arg("--config")
            .arg(&self.settings)
            .current_dir(workspace_root())
            .env("DATABASE_URL", self.shop.db.url())
            .env("BULLION__PATHS__DATA_DIR", &folder)
            .env("BULLION__PATHS__LOG_DIR", &folder)
            .env("NO_COLOR", "1")
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        command
    }

    async fn publish_and_load(&self, loader: Loader<'_>, is_loaded: bool) -> anyhow::Result<()> {
        if let Loader::AllAtOnce(path) = loader {
            let children = ["one", "two"].map(|folder| self.program(path, folder).spawn());
            let (published, first, second) = tokio::join!(
                self.shop.production(),
                self.load_by_library(false),
                self.load_by_library(self.step % 3 == 0),
            );
            published?;
            first?;
            second?;
            let mut ended = 0;
            for child in children {
                let child = Ended::of(child?.wait_with_output()?);
                if !child.stderr.contains("another run holds the lock") {
                    ended_well(child)?;
                    ended += 1;
                }
            }
            assert!(ended > 0, "one of the programs gets the lock");
        } else {
            self.shop.production().await?;
        }
        match loader {
            _ if !is_loaded => Ok(()),
            Loader::Program(path) => ended_well(Ended::of(self.program(path, "one").output()?)),
            Loader::Library | Loader::AllAtOnce(_) => self.load_by_library(false).await.map(drop),
        }
    }

    /// Tells everything once more, consumed by one load, and then rebuilds: no row is touched.
    async fn check_replay(&mut self, told: &[Step]) -> anyhow::Result<()> {
        let before = row_versions(&self.shop.client).await?;
        for step in told {
            self.stage(step).await?;
            self.shop.production().await?;
        }
        for full_refresh in [false, true] {
            let written = self.load_by_library(full_refresh).await?;
            let after = row_versions(&self.shop.client).await?;
            if written > 0 || after != before {
                let changed: Vec<_> = after.iter().filter(|it| !before.contains(it)).collect();
                let what = format!("{written} rows, rebuild: {full_refresh}: {changed:?}");
                return Err(Violation::Rewritten(what).into());
            }
        }
        Ok(())
    }
}

/// Tells random cases step by step, and compares all versions, keys, facts and aggregates with the
/// oracle after every load. An error that is no `Violation` is the test's own.
async fn histories_hold(
    seed: u64,
    cases: usize,
    steps: usize,
    loader: Loader<'_>,
) -> anyhow::Result<()> {
    let mut random = ChaCha8Rng::seed_from_u64(seed);
    let told = random_steps(&mut random, cases, steps);
    let mut database = Cases::open().await?;
    let mut before = State::default();
    for (index, step) in told.iter().enumerate() {
        database.stage(step).await?;
        // Some loads consume the batches of two steps.
        let is_last = index + 1 == told.len();
        let is_loaded = is_last || !random.random_bool(0.3);
        database.publish_and_load(loader, is_loaded).await?;
        if is_loaded {
            let client = &database.shop.client;
            let now = State::read(client).await?;
            // What loads at the same time see of a step is no single change.
            if !matches!(loader, Loader::AllAtOnce(_)) {
                now.check_keys(&before)?;
            }
            now.check_versions(&told[..=index])?;
            now.check_facts(client, &told[..=index]).await?;
            check_aggregates(client).await?;
            before = now;
        }
    }
    if !matches!(loader, Loader::Program(_)) {
        database.check_replay(&told).await?;
    }
    Ok(())
}

fn ended_well(ended: Ended) -> anyhow::Result<()> {
    match ended.exit_code {
        Some(0) => Ok(()),
        _ => Err(Violation::Refused(ended.stderr).into()),
    }
}

fn of_source<'a, T>(items: &'a [T], source: &str, of: impl Fn(&T) -> &'static str) -> Vec<&'a T> {
    items.iter().filter(|item| of(item) == source).collect()
}

fn quoted(text: &str) -> String {
    format!("'{}'", text.replace('\'', "''"))
}

fn staged_members(events: &[&Event]) -> String {
    let mut script = String::new();
    for event in events.iter().filter(|event| !event.is_deleted) {
        let (kind, _, id) = &event.member;
        let values = event.values.map(|it| it.map_or("null".to_owned(), quoted));
        script += &format!(
            "insert into staging.{} ({}, updated_at, {}) values ({}, '{}', {});",
            kind.name,
            kind.id_column,
            kind.attributes.join(", "),
            quoted(id),
            event.at.to_rfc3339(),
            values.join(", ")
        );
    }
    script
}

fn staged_sales(sales: &[&Sale]) -> String {
    let mut script = String::new();
    for sale in sales {
        let [customer, product, store] = sale.members.each_ref().map(|it| quoted(it));
        let (id, at) = (quoted(&sale.id), sale.at.to_rfc3339());
        script += &format!(
            "insert into staging.transactions
                 (transaction_id, customer_id, store_id, transaction_at, status, updated_at)
             values ({id}, {customer}, {store}, '{at}', 'completed', '{at}');
             insert into staging.transaction_items
                 (transaction_id, line_number, product_id, quantity, unit_price, line_total)
             values ({id}, 1, {product}, 2, 10, 20.00);"
        );
    }
    script
}

/// As `quality` does: all but the newest version of a key in a batch are superseded.
fn superseded(batch: i64) -> String {
    let mut script = String::new();
    for kind in events::KINDS {
        let (name, id) = (kind.name, kind.id_column);
        script += &format!(
            "insert into ops.rejections (batch_id, dataset, row_id, rules, severity, verdict)
             select batch_id, '{name}', row_id, '{{duplicate}}', 'warning', 'superseded'
             from (select batch_id, row_id, row_number() over (
                       partition by {id} order by updated_at desc, row_id desc) as place
                   from staging.{name} where batch_id = {batch}) as ranked
             where place > 1;
             update ops.ledger set rows_superseded = (
                 select count(*) from ops.rejections
                 where batch_id = {batch} and dataset = '{name}')
             where batch_id = {batch} and dataset = '{name}';"
        );
    }
    script
}

fn deletions(events: &[&Event]) -> String {
    let mut script = String::new();
    for event in events.iter().filter(|event| event.is_deleted) {
        let (kind, _, id) = &event.member;
        script += &format!(
            "insert into staging.deletes (entity, key, deleted_at) values ('{}', {}, '{}');",
            kind.name,
            quoted(id),
            event.at.to_rfc3339()
        );
    }
    script
}

/// Goal: any order of arrival gives the same histories, keys never move, facts find the version of
/// their time, and a replay or a rebuild touches no row.
#[tokio::test]
async fn a_thousand_histories_match_an_oracle_in_any_order_of_arrival() -> anyhow::Result<()> {
    histories_hold(1, 1_000, 6, Loader::Library).await
}

/// Goal: loads and publications that run at the same time end in the same histories.
#[tokio::test]
async fn a_hundred_histories_survive_loads_at_the_same_time() -> anyhow::Result<()> {
    let path = crate::support::programs_dir().join("warehouse");
    histories_hold(2, 120, 5, Loader::AllAtOnce(&path)).await
}
