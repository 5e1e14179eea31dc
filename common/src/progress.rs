//! Progress on a terminal; silent where stderr is not one.

use std::io::IsTerminal as _;
use std::time::Duration;

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

/// A bar (or a spinner, where the total is not known) on stderr.
#[derive(Debug)]
pub struct Bar(ProgressBar);

impl Bar {
    /// `unit` follows the numbers: "rows", "files".
    pub fn new(label: &str, total: Option<u64>, unit: &str) -> Self {
        if !std::io::stderr().is_terminal() {
            return Self(ProgressBar::hidden());
        }
        let target = ProgressDrawTarget::stderr();
        let bar = ProgressBar::with_draw_target(total, target);
        let numbers = format!("{{human_pos}} {unit}  {{per_sec}}  {{elapsed}}");
        let template = if total.is_some() {
            format!("{{prefix}} {{bar:30}} {numbers}  {{eta}} left")
        } else {
            format!("{{prefix}} {{spinner}} {numbers}")
        };
        if let Ok(style) = ProgressStyle::with_template(&template) {
            bar.set_style(style);
        }
        bar.set_prefix(label.to_owned());
        bar.enable_steady_tick(Duration::from_millis(200));
        Self(bar)
    }

    /// Moves on by `count` units.
    pub fn add(&self, count: u64) {
        self.0.inc(count);
    }

    /// Removes the bar; what was done is in the log and the report.
    pub fn finish(self) {
        self.0.finish_and_clear();
    }
}
