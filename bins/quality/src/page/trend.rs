//! The score of a source over its last verdicts, as a line.

use std::fmt::Write as _;

use maud::{Markup, html};

use crate::history::{Run, SourceHistory};
use crate::verdict::Decision;

use super::text;

const WIDTH: f64 = 640.0;
const HEIGHT: f64 = 180.0;
const LEFT: f64 = 44.0;
const RIGHT: f64 = 620.0;
const TOP: f64 = 14.0;
const BOTTOM: f64 = 150.0;
/// The axis begins at a multiple of this.
const TICK: f64 = 5.0;

/// Where scores lie in the chart.
struct Scale {
    floor: f64,
    last: u32,
}

impl Scale {
    fn of(runs: &[Run], min_score: f64) -> Self {
        let scores = runs.iter().map(|run| run.overall_quality_score);
        let lowest = scores.fold(min_score, f64::min);
        let below = ((lowest - 1.0) / TICK).floor() * TICK;
        Self {
            floor: below.clamp(0.0, 100.0 - TICK),
            last: u32::try_from(runs.len().saturating_sub(1)).unwrap_or(u32::MAX),
        }
    }

    fn x(&self, place: u32) -> f64 {
        if self.last == 0 {
            f64::midpoint(LEFT, RIGHT)
        } else {
            LEFT + (RIGHT - LEFT) * f64::from(place) / f64::from(self.last)
        }
    }

    fn y(&self, score: f64) -> f64 {
        let share = (score - self.floor) / (100.0 - self.floor);
        BOTTOM - (BOTTOM - TOP) * share.clamp(0.0, 1.0)
    }
}

/// A chart and, for those who read tables, the same as a table.
pub(super) fn chart(history: &SourceHistory, min_score: f64, number: usize) -> Markup {
    let (title, description) = (
        format!("trend-{number}-title"),
        format!("trend-{number}-text"),
    );
    html! {
        figure data-trend=(text::short(&history.source)) data-runs=(history.runs.len()) {
            svg class="trend" viewBox={"0 0 " (WIDTH) " " (HEIGHT)} role="img"
                aria-labelledby={(title) " " (description)} {
                title id=(title) { "Score of " (text::short(&history.source)) }
                desc id=(description) { (description_of(&history.runs, min_score)) }
                (picture(&history.runs, min_score))
            }
            figcaption {
                bdi { (text::short(&history.source)) } ": "
                (description_of(&history.runs, min_score))
            }
            details { summary { "As a table" } (table(history)) }
        }
    }
}

fn description_of(runs: &[Run], min_score: f64) -> String {
    let blocked = runs.iter().filter(|run| run.is_blocked()).count();
    let lowest = runs.iter().map(|run| run.overall_quality_score);
    format!(
        "the last {} verdicts, lowest score {}, {blocked} blocked (✕); the dashed line is the least \
         score, {}",
        runs.len(),
        text::score(lowest.fold(100.0, f64::min)),
        text::score(min_score),
    )
}

fn picture(runs: &[Run], min_score: f64) -> Markup {
    let scale = Scale::of(runs, min_score);
    let limit = scale.y(min_score);
    let mut line = String::new();
    for (place, run) in (0..).zip(runs) {
        let (x, y) = (scale.x(place), scale.y(run.overall_quality_score));
        // Writing into a string cannot fail.
        let _ = write!(line, "{x:.1},{y:.1} ");
    }
    html! {
        line class="axis" stroke="currentColor" x1=(LEFT) x2=(RIGHT) y1=(TOP) y2=(TOP) {}
        line class="axis" stroke="currentColor" x1=(LEFT) x2=(RIGHT) y1=(BOTTOM) y2=(BOTTOM) {}
        line class="limit" stroke="currentColor" x1=(LEFT) x2=(RIGHT) y1=(px(limit)) y2=(px(limit)) {}
        text x="4" y=(TOP + 4.0) { "100" }
        text x="4" y=(BOTTOM + 4.0) { (scale.floor) }
        text x="4" y=(px(limit + 4.0)) { (min_score) }
        @if let (Some(first), Some(last)) = (runs.first(), runs.last()) {
            text x=(LEFT) y=(HEIGHT - 8.0) { (day(first)) }
            @if runs.len() > 1 {
                text x=(RIGHT) y=(HEIGHT - 8.0) text-anchor="end" { (day(last)) }
            }
        }
        polyline fill="none" stroke="currentColor" points=(line.trim_end()) {}
        @for (place, run) in (0..).zip(runs) {
            (point(run, scale.x(place), scale.y(run.overall_quality_score)))
        }
    }
}

/// A blocked run is a cross, an accepted one a diamond.
fn point(run: &Run, x: f64, y: f64) -> Markup {
    let title = format!(
        "{}: {} ({}), {}",
        text::minutes(&run.judged_at),
        text::score(run.overall_quality_score),
        run.quality_grade,
        outcome(run)
    );
    html! {
        @if run.is_blocked() {
            path class="blocked" fill="none" stroke="currentColor" d={"M" (px(x - 5.0)) " " (px(y - 5.0)) "l10 10m0-10l-10 10"} {
                title { (title) }
            }
        } @else if run.is_accepted {
            path class="accepted" d={"M" (px(x)) " " (px(y - 6.0)) "l6 6-6 6-6-6z"} {
                title { (title) }
            }
        } @else {
            circle class="point" cx=(px(x)) cy=(px(y)) r="4" { title { (title) } }
        }
    }
}

fn table(history: &SourceHistory) -> Markup {
    html! {
        table {
            caption { "Verdicts on " bdi { (text::short(&history.source)) } ", the newest first" }
            thead { tr {
                th scope="col" { "Judged" }
                th scope="col" { "Batch" }
                th scope="col" class="number" { "Score" }
                th scope="col" { "Grade" }
                th scope="col" { "Gate" }
            } }
            tbody { @for run in history.runs.iter().rev() {
                tr data-run=(run.batch_id) {
                    th scope="row" { (text::time(&run.judged_at)) }
                    td { (run.batch_id) }
                    td class="number" { (text::score(run.overall_quality_score)) }
                    td { (run.quality_grade) }
                    td { (outcome(run)) }
                }
            } }
        }
    }
}

fn outcome(run: &Run) -> &'static str {
    match run.decision {
        Decision::Pass => "open",
        Decision::Warn => "open, with warnings",
        Decision::Block if run.is_accepted => "accepted by a person",
        Decision::Block => "blocked",
    }
}

fn day(run: &Run) -> String {
    run.judged_at.chars().take(10).collect()
}

fn px(value: f64) -> String {
    format!("{value:.1}")
}
