//! The whole shop, made in waves of blocks: while one wave is written to the files, the next one
//! becomes text and the one after it is drafted. Only the shop floor takes the blocks one by one.
//!
//! Architecture invariant: blocks do not depend on the number of threads, and reach the files in
//! their order, so that neither do the bytes. Memory holds three waves and the times of one day, however
//! large the shop.

use std::collections::VecDeque;

use anyhow::Context as _;
use common::progress::Bar;
use rayon::prelude::*;
use rayon::{ThreadPool, ThreadPoolBuilder};
use tokio::task::yield_now;

use crate::calendar::{self, Day};
use crate::faults::FaultPlan;
use crate::members::{Catalogue, Customers, Stores, Suppliers, write_categories};
use crate::orders::{Block, BlockPlan, Drafter, OrderWriter};
use crate::output::{Chunk, Delivery, Part, Releases};
use crate::settings::Settings;
use crate::stock::{ShelfPlan, ShopFloor, Sold};
use crate::time::{Clock, Moment};

/// The number of the last chunk of all, which belongs to no block of orders.
const LAST_CHUNK: u64 = u64::MAX;
/// Orders of one block.
const BLOCK_ORDERS: usize = 2_048;
/// Blocks of a wave for each thread: enough to keep it busy, few enough for memory to stay flat.
const BLOCKS_PER_THREAD: usize = 2;

/// Everything that does not change while the shop trades.
#[derive(Debug)]
pub(crate) struct Shop<'a> {
    settings: &'a Settings,
    clock: &'a Clock,
    releases: &'a Releases,
    faults: Option<&'a FaultPlan>,
    pool: ThreadPool,
    wave_blocks: usize,
    bar: Bar,
}

impl<'a> Shop<'a> {
    pub(crate) fn new(
        settings: &'a Settings,
        clock: &'a Clock,
        releases: &'a Releases,
        faults: Option<&'a FaultPlan>,
        bar: Bar,
    ) -> anyhow::Result<Self> {
        let threads = settings.thread_count();
        let pool = ThreadPoolBuilder::new()
            .num_threads(threads)
            .build()
            .context("failed to start threads")?;
        Ok(Self {
            settings,
            clock,
            releases,
            faults,
            pool,
            wave_blocks: threads * BLOCKS_PER_THREAD,
            bar,
        })
    }

    /// Writes all files; signals are heard between two waves.
    pub(crate) async fn write(&self, delivery: &mut Delivery) -> anyhow::Result<()> {
        let Self {
            settings,
            clock,
            releases,
            ..
        } = *self;
        let stores = Stores::new(settings);
        let suppliers = Suppliers::new(settings);
        let catalogue = Catalogue::new(settings);
        let customers = self.pool.install(|| Customers::new(settings, releases));
        let mut chunk = Chunk::new(releases.count(), self.faults, 0);
        write_categories(&mut chunk)?;
        suppliers.write(clock, &mut chunk)?;
        stores.write(releases, clock, &mut chunk)?;
        self.add(chunk.finish(settings.compression)?, delivery)?;
        self.write_customers(&customers, delivery).await?;

        let days = self.plan_days(delivery)?;
        let plan = ShelfPlan::new(settings, &catalogue, &suppliers, &stores);
        let drafter = Drafter::new(
            settings,
            clock,
            &customers,
            &catalogue,
            &stores,
            &days,
            self.faults,
        );
        let members = (&catalogue, &suppliers);
        let mut floor = ShopFloor::new(settings, releases, members, &plan, &drafter, &days);
        let writer = OrderWriter::new(
            settings,
            clock,
            releases,
            self.faults,
            &customers,
            &catalogue,
            &plan,
        );
        self.trade(&days, &drafter, &mut floor, &writer, delivery)
            .await?;
        self.faults.map_or(Ok(()), |plan| delivery.damage(plan))
    }

    /// All orders, and the stock that moves meanwhile.
    async fn trade(
        &self,
        days: &[Day],
        drafter: &Drafter<'_>,
        floor: &mut ShopFloor<'_>,
        writer: &OrderWriter<'_>,
        delivery: &mut Delivery,
    ) -> anyhow::Result<()> {
        let mut blocks = Blocks::new(self.settings, self.clock, days);
        let mut sold: Vec<Sold> = Vec::new();
        let mut parts: Vec<Vec<Part>> = Vec::new();
        loop {
            let planned = blocks.next_wave(self.wave_blocks);
            let is_over = planned.is_empty() && sold.is_empty();
            let (drafted, (written, finished)) = self.pool.install(|| {
                rayon::join(
                    || -> Vec<Block> {
                        let planned = planned.par_iter();
                        planned.map(|plan| drafter.draft(plan)).collect()
                    },
                    || {
                        rayon::join(
                            || self.texts(&sold, writer),
                            || {
                                parts
                                    .drain(..)
                                    .try_for_each(|parts| self.add(parts, delivery))
                            },
                        )
                    },
                )
            });
            finished?;
            self.bar
                .add(sold.iter().map(|it| it.block.orders.len() as u64).sum());
            parts = written?;
            if is_over {
                break;
            }
            sold = drafted.into_iter().map(|block| floor.sell(block)).collect();
            yield_now().await;
        }
        let last = writer.write(&floor.close(), LAST_CHUNK)?;
        for parts in parts
            .into_iter()
            .chain([last.finish(self.settings.compression)?])
        {
            self.add(parts, delivery)?;
        }
        Ok(())
    }

    /// Takes the progress bar off the terminal.
    pub(crate) fn finish(self) {
        self.bar.finish();
    }

    /// The days of trade: those with a fault have orders taken from them, or too many.
    fn plan_days(&self, delivery: &mut Delivery) -> anyhow::Result<Vec<Day>> {
        let mut days = calendar::plan(self.settings, self.clock);
        let Some(plan) = self.faults else {
            return Ok(days);
        };
        for (position, day) in (0..).zip(&mut days) {
            let Some(fault) = plan.day_fault(position) else {
                continue;
            };
            let label = plan.day_label(position, fault, day.order_count);
            day.order_count = fault.order_count(day.order_count);
            if let Some(release) = self.releases.of(position) {
                delivery.label_day(release, &label)?;
            }
        }
        Ok(days)
    }

    async fn write_customers(
        &self,
        customers: &Customers,
        delivery: &mut Delivery,
    ) -> anyhow::Result<()> {
        let numbers: Vec<usize> = (0..customers.block_count()).collect();
        for wave in numbers.chunks(self.wave_blocks) {
            let parts: Vec<Vec<Part>> = self.pool.install(|| {
                let write = |&block: &usize| {
                    let mut chunk = Chunk::new(self.releases.count(), self.faults, block as u64);
                    customers.write_block(block, self.releases, self.clock, &mut chunk)?;
                    chunk.finish(self.settings.compression)
                };
                wave.par_iter().map(write).collect::<anyhow::Result<_>>()
            })?;
            for parts in parts {
                self.add(parts, delivery)?;
            }
            yield_now().await;
        }
        Ok(())
    }

    fn texts(&self, sold: &[Sold], writer: &OrderWriter<'_>) -> anyhow::Result<Vec<Vec<Part>>> {
        let text = |sold: &Sold| {
            let chunk = writer.write(sold, sold.block.number)?;
            chunk.finish(self.settings.compression)
        };
        sold.par_iter().map(text).collect()
    }

    fn add(&self, parts: Vec<Part>, delivery: &mut Delivery) -> anyhow::Result<()> {
        parts.iter().try_for_each(|part| delivery.add(part))
    }
}

/// Cuts the orders of all days into blocks.
struct Blocks<'a> {
    settings: &'a Settings,
    clock: &'a Clock,
    days: &'a [Day],
    next_day: usize,
    next_block: u64,
    next_order: u64,
    /// Moments of orders that are in no block yet.
    waiting: VecDeque<Moment>,
}

impl<'a> Blocks<'a> {
    fn new(settings: &'a Settings, clock: &'a Clock, days: &'a [Day]) -> Self {
        Self {
            settings,
            clock,
            days,
            next_day: 0,
            next_block: 0,
            next_order: 0,
            waiting: VecDeque::new(),
        }
    }

    fn next_wave(&mut self, block_count: usize) -> Vec<BlockPlan> {
        while self.waiting.len() < block_count * BLOCK_ORDERS && self.next_day < self.days.len() {
            let day = self.next_day as i32;
            let order_count = self.days[self.next_day].order_count;
            let times = calendar::times_of_day(self.settings, self.clock, day, order_count);
            let moments = times.into_iter().map(|second| Moment::new(day, second));
            self.waiting.extend(moments);
            self.next_day += 1;
        }
        let mut plans = Vec::new();
        while plans.len() < block_count && !self.waiting.is_empty() {
            // Only the last block of all is short: before it, whole days are waiting.
            let count = self.waiting.len().min(BLOCK_ORDERS);
            let moments = self.waiting.drain(..count).collect();
            plans.push(BlockPlan {
                number: self.next_block,
                first_order: self.next_order,
                moments,
            });
            self.next_block += 1;
            self.next_order += count as u64;
        }
        plans
    }
}
