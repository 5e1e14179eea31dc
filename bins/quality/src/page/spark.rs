//! Small pictures of what a check found in the last runs: its share of failing rows as a curve,
//! and how it ended as a row of dots.
//!
//! Most checks pass most of the time: equal pictures are drawn once and used many times.

use std::collections::HashMap;
use std::fmt::Write as _;

use maud::{Markup, PreEscaped, html};

use crate::history::{CheckHistory, RUNS_MAX, Run};
use crate::verdict::CheckStatus;

/// Bytes of all pictures together; a check beyond that has its text alone.
const BYTES_MAX: usize = 60_000;
/// Width of a run.
const STEP: u32 = 6;
const HEIGHT: u32 = 28;
/// Where the curve has its zero and its peak, and where the dots are.
const ZERO: f64 = 16.0;
const PEAK: f64 = 2.0;
const DOTS: u32 = 24;

/// Every picture of the page.
#[derive(Debug, Default)]
pub(super) struct Pictures {
    numbers: HashMap<String, usize>,
    drawings: Vec<String>,
    bytes: usize,
}

impl Pictures {
    /// A use of the picture of this history; `runs` are those of its source.
    pub(super) fn show(&mut self, history: &CheckHistory, runs: &[Run]) -> Markup {
        let drawing = draw(history, runs);
        let number = match self.numbers.get(&drawing) {
            Some(number) => *number,
            None if self.bytes + drawing.len() > BYTES_MAX => return html! {},
            None => {
                let number = self.drawings.len();
                self.bytes += drawing.len();
                self.drawings.push(drawing.clone());
                self.numbers.insert(drawing, number);
                number
            }
        };
        // What it shows stands beside it in words.
        html! { svg class="s" aria-hidden="true" { use href={"#s" (number)} {} } " " }
    }

    /// What the uses refer to.
    pub(super) fn definitions(&self) -> Markup {
        html! {
            svg class="defs" aria-hidden="true" {
                @for (number, drawing) in self.drawings.iter().enumerate() {
                    symbol id={"s" (number)} viewBox={"0 0 " (RUNS_MAX * STEP) " " (HEIGHT)}
                        fill="none" stroke="currentColor" {
                        (PreEscaped(drawing))
                    }
                }
            }
        }
    }
}

/// The picture in words.
pub(super) fn in_words(history: &CheckHistory) -> String {
    let skipped = history.count(CheckStatus::Skip);
    let evaluated = history.statuses.len() - skipped;
    let bad = [(CheckStatus::Fail, "failed"), (CheckStatus::Warn, "warned")]
        .into_iter()
        .map(|(status, word)| (history.count(status), word))
        .filter(|(count, _)| *count > 0);
    let parts: Vec<String> = bad.map(|(count, word)| format!("{word} {count}")).collect();
    if evaluated == 0 {
        return "never checked".to_owned();
    }
    if parts.is_empty() {
        return format!("passed {evaluated} of {evaluated}");
    }
    let worst = history.unexpected_percents.iter().copied();
    format!(
        "{} of {evaluated} runs, at most {} %",
        parts.join(", "),
        worst.fold(0.0, f64::max)
    )
}

/// Numbers and constants only: nothing in it comes from outside. The newest run is on the right.
fn draw(history: &CheckHistory, runs: &[Run]) -> String {
    let first = RUNS_MAX.saturating_sub(u32::try_from(runs.len()).unwrap_or(RUNS_MAX));
    let percents = || history.unexpected_percents.iter().copied();
    let peak = percents().fold(0.0, f64::max);
    let mut places = (first..).zip(runs);
    let mut curve = String::new();
    let mut dots: [(CheckStatus, &str, String); 4] = [
        (CheckStatus::Pass, "dot", String::new()),
        (CheckStatus::Warn, "peak", String::new()),
        (CheckStatus::Fail, "cross", String::new()),
        (CheckStatus::Skip, "bar", String::new()),
    ];
    let found = history.batch_ids.iter().zip(&history.statuses);
    for ((batch_id, status), percent) in found.zip(percents()) {
        let Some((place, _)) = places.find(|(_, run)| run.batch_id == *batch_id) else {
            break;
        };
        let x = place * STEP + STEP / 2;
        if *status != CheckStatus::Skip {
            let share = if peak > 0.0 { percent / peak } else { 0.0 };
            // Writing into a string cannot fail.
            let _ = write!(curve, "{x},{:.0} ", ZERO - (ZERO - PEAK) * share);
        }
        if let Some((_, _, path)) = dots.iter_mut().find(|(it, _, _)| it == status) {
            path.push_str(&mark(*status, x));
        }
    }
    let mut drawing = format!(
        "<polyline class=\"curve\" points=\"{}\"/>",
        curve.trim_end()
    );
    for (_, class, path) in dots.iter().filter(|(_, _, path)| !path.is_empty()) {
        let _ = write!(drawing, "<path class=\"{class}\" d=\"{path}\"/>");
    }
    drawing
}

/// A shape of its own for each status.
fn mark(status: CheckStatus, x: u32) -> String {
    match status {
        CheckStatus::Pass => format!("M{x} {DOTS}h0"),
        CheckStatus::Warn => format!("M{x} {}l2 4h-4z", DOTS - 2),
        CheckStatus::Fail => format!("M{} {}l4 4m0-4l-4 4", x - 2, DOTS - 2),
        CheckStatus::Skip => format!("M{} {DOTS}h2", x - 1),
    }
}
