//! Progress on a terminal; silent where stderr is not one.

use std::io::IsTerminal as _;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use indicatif::{HumanCount, ProgressBar, ProgressDrawTarget, ProgressStyle};

/// A bar (or a spinner, where the total is not known) on stderr. Clones move the same bar.
#[derive(Debug, Clone)]
pub struct Bar {
    bar: ProgressBar,
    rows: Arc<AtomicU64>,
}

impl Bar {
    /// `unit` follows the numbers: "rows", "files".
    pub fn new(label: &str, total: Option<u64>, unit: &str) -> Self {
        let numbers = format!("{{human_pos}} {unit}  {{per_sec}}  {{elapsed}}");
        let template = if total.is_some() {
            format!("{{prefix}} {{bar:30}} {numbers}  {{eta}} left")
        } else {
            format!("{{prefix}} {{spinner}} {numbers}")
        };
        Self::with_template(label, total, &template)
    }

    /// A bar over bytes that tells rows beside them.
    pub fn bytes(label: &str, total_bytes: u64) -> Self {
        let template = "{prefix} {bar:30} {bytes} of {total_bytes}  {bytes_per_sec}  {msg}  \
                        {elapsed}  {eta} left";
        Self::with_template(label, Some(total_bytes), template)
    }

    fn with_template(label: &str, total: Option<u64>, template: &str) -> Self {
        let rows = Arc::default();
        if !std::io::stderr().is_terminal() {
            let bar = ProgressBar::hidden();
            return Self { bar, rows };
        }
        let bar = ProgressBar::with_draw_target(total, ProgressDrawTarget::stderr());
        if let Ok(style) = ProgressStyle::with_template(template) {
            bar.set_style(style);
        }
        bar.set_prefix(label.to_owned());
        bar.enable_steady_tick(Duration::from_millis(200));
        Self { bar, rows }
    }

    /// Moves on by `count` units.
    pub fn add(&self, count: u64) {
        self.bar.inc(count);
    }

    /// Moves on by so many bytes, which held so many rows.
    pub fn add_rows(&self, bytes: u64, rows: u64) {
        let rows = self.rows.fetch_add(rows, Ordering::Relaxed) + rows;
        if !self.bar.is_hidden() {
            self.bar.set_message(format!("{} rows", HumanCount(rows)));
        }
        self.bar.inc(bytes);
    }

    /// Removes the bar; what was done is in the log and the report.
    pub fn finish(self) {
        self.bar.finish_and_clear();
    }
}
