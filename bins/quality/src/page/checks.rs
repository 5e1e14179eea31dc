//! The checks on the page: what failed in full, what passed as rows of a table.

use std::collections::BTreeMap;

use common::console::grouped;
use maud::{Markup, html};
use serde_json::{Map, Value};

use crate::check::Assertion;
use crate::evaluate::thousandths;
use crate::history::SourceHistory;
use crate::report::Report;
use crate::verdict::{CheckResult, CheckStatus};

use super::spark::{self, Pictures};
use super::text;

/// Bytes of all checks. What no longer fits is counted, and is in the JSON report.
const BYTES_MAX: usize = 770_000;
/// Bytes of those that are shown in full.
const CARDS_BYTES_MAX: usize = 380_000;
/// Bytes that a row without its query takes; so much is kept free for every row that follows.
const ROW_BYTES: usize = 290;
/// Bytes of a table without rows and captions.
const TABLE_BYTES: usize = 500;

/// Everything that is written about checks, and the room that is left for it.
pub(super) struct Checks<'a> {
    report: &'a Report<'a>,
    pictures: Pictures,
    bytes_left: usize,
    cards_bytes_left: usize,
    /// Checks that are not on the page yet.
    checks_left: usize,
    left_out: usize,
}

impl<'a> Checks<'a> {
    pub(super) fn new(report: &'a Report<'a>) -> Self {
        Self {
            report,
            pictures: Pictures::default(),
            bytes_left: BYTES_MAX,
            cards_bytes_left: CARDS_BYTES_MAX,
            checks_left: report.results.len(),
            left_out: 0,
        }
    }

    /// All sections, the worst first.
    pub(super) fn sections(mut self) -> Markup {
        let [failed, warned, passed, skipped] = [
            CheckStatus::Fail,
            CheckStatus::Warn,
            CheckStatus::Pass,
            CheckStatus::Skip,
        ]
        .map(|status| self.with_status(status));
        let guards: Vec<&CheckResult> = passed.iter().copied().filter(|it| is_guard(it)).collect();
        let passed: Vec<&CheckResult> = passed.into_iter().filter(|it| !is_guard(it)).collect();
        html! {
            (self.in_full("failed", "Failed checks", &failed))
            (self.in_full("warnings", "Warnings", &warned))
            (self.as_table("guards", "Guards that held", &guards))
            (self.passed(&passed))
            (self.as_table("skipped", "Skipped checks", &skipped))
            @if self.left_out > 0 {
                p.note {
                    (text::count_figure("checks_left_out", self.left_out as u64))
                    " more checks are in data_quality_report.json: this page stays small."
                }
            }
            (self.pictures.definitions())
        }
    }

    /// The most severe first; the order of the report among equals.
    fn with_status(&self, status: CheckStatus) -> Vec<&'a CheckResult> {
        let rank = |it: &&CheckResult| {
            let names = ["critical", "error", "warn", "info"];
            names.iter().position(|name| *name == it.severity)
        };
        let all = self.report.results.iter().copied();
        let mut checks: Vec<_> = all.filter(|it| it.status == status).collect();
        checks.sort_by_key(rank);
        checks
    }

    fn in_full(&mut self, id: &str, title: &str, checks: &[&CheckResult]) -> Markup {
        let mut cards = Vec::new();
        let mut rest = Vec::new();
        for check in checks {
            let card = self.card(check);
            match self.cards_bytes_left.checked_sub(card.0.len()) {
                Some(bytes_left) => {
                    self.cards_bytes_left = bytes_left;
                    self.bytes_left = self.bytes_left.saturating_sub(card.0.len());
                    self.checks_left -= 1;
                    cards.push(card);
                }
                None => rest.push(*check),
            }
        }
        html! {
            section id=(id) {
                h2 { (title) " (" (grouped(checks.len() as u64)) ")" }
                @if checks.is_empty() { p { "None." } }
                @for card in &cards { (card) }
                @if !rest.is_empty() { (self.table("More, in short", &rest)) }
            }
        }
    }

    fn as_table(&mut self, id: &str, title: &str, checks: &[&CheckResult]) -> Markup {
        html! {
            section id=(id) {
                h2 { (title) " (" (grouped(checks.len() as u64)) ")" }
                @if checks.is_empty() { p { "None." } } @else { (self.table(title, checks)) }
            }
        }
    }

    fn passed(&mut self, checks: &[&CheckResult]) -> Markup {
        let mut tables: BTreeMap<(&str, &str), Vec<&CheckResult>> = BTreeMap::new();
        for check in checks {
            let table = (check.source.as_str(), check.dataset.as_str());
            tables.entry(table).or_default().push(check);
        }
        html! {
            section id="passed" {
                h2 { "Passed checks (" (grouped(checks.len() as u64)) ")" }
                @for ((source, dataset), checks) in tables {
                    @let title = format!("{}, {}", text::short(dataset), text::short(source));
                    details {
                        summary { (title) ": " (checks.len()) " passed" }
                        (self.table(&title, &checks))
                    }
                }
            }
        }
    }

    fn card(&mut self, check: &CheckResult) -> Markup {
        let history = self.history(check);
        let badge = check.status.name();
        html! {
            article class=(badge) data-check=(text::short(&check.check_id))
                data-source=(text::short(&check.source)) data-failed=(check.unexpected_count) {
                h3 { bdi { (text::short(&check.check_id)) } }
                p {
                    (text::status(check.status)) " · severity " b { (text::short(&check.severity)) }
                    " · " (text::short(&check.dimension).replace('_', " "))
                    " · " bdi { (text::short(&check.dataset)) }
                    " of " bdi { (text::short(&check.source)) }
                    @if self.closes_gate(check) { " · " b.fail { "closes the gate" } }
                    @if check.overridden { " · changed by the source's own rules" }
                }
                (figures(check))
                p.history { (history) }
                (keys(&check.partial_unexpected_index_list))
                @if let Some(content) = &check.content {
                    details { summary { "What was run" } pre { code { (text::long(content)) } } }
                }
            }
        }
    }

    fn closes_gate(&self, check: &CheckResult) -> bool {
        self.report
            .batches
            .iter()
            .filter(|batch| batch.source == check.source)
            .any(|batch| batch.gate.blocking_failures.contains(&check.check_id))
    }

    fn table(&mut self, caption: &str, checks: &[&CheckResult]) -> Markup {
        let mut rows = Vec::new();
        // The caption stands twice, in the table and in what opens it.
        let frame = TABLE_BYTES + 2 * html! { (caption) }.0.len();
        self.bytes_left = self.bytes_left.saturating_sub(frame);
        for check in checks {
            self.checks_left -= 1;
            let row = self.row(check);
            match self.bytes_left.checked_sub(row.0.len()) {
                Some(bytes_left) => {
                    self.bytes_left = bytes_left;
                    rows.push(row);
                }
                None => self.left_out += 1,
            }
        }
        html! {
            div.scroll { table {
                caption { (caption) }
                thead { tr {
                    th scope="col" { "Check" }
                    th scope="col" { "Severity" }
                    th scope="col" { "Dimension" }
                    th scope="col" { "Expected" }
                    th scope="col" { "Actual" }
                    th scope="col" { "Last runs" }
                    th scope="col" { "What was run" }
                } }
                tbody { @for row in rows { (row) } }
            } }
        }
    }

    /// With its query, while there is room for the rows that follow.
    fn row(&mut self, check: &CheckResult) -> Markup {
        let history = self.history(check);
        let row = row_of(check, &history, check.content.as_deref());
        let bytes = row.0.len() + self.checks_left * ROW_BYTES;
        if bytes <= self.bytes_left {
            row
        } else {
            row_of(check, &history, None)
        }
    }

    fn history(&mut self, check: &CheckResult) -> Markup {
        let is_of = |it: &&SourceHistory| it.source == check.source;
        let Some(source) = self.report.history.iter().find(is_of) else {
            return html! { "no history" };
        };
        let Some(history) = source.checks.get(&check.check_id) else {
            return html! { "no history" };
        };
        let picture = self.pictures.show(history, &source.runs);
        html! { (picture) (spark::in_words(history)) }
    }
}

fn is_guard(check: &CheckResult) -> bool {
    check.assertion == Assertion::Guard.name()
}

fn row_of(check: &CheckResult, history: &Markup, content: Option<&str>) -> Markup {
    html! {
        tr {
            th scope="row" { (text::short(&check.check_id)) }
            td { (text::short(&check.severity)) }
            td { (text::short(&check.dimension).replace('_', " ")) }
            td { (text::short(&check.expected)) }
            td { (text::short(&check.actual)) }
            td { (history) }
            td {
                @if let Some(content) = content {
                    details { summary { "SQL" } pre { (text::long(content)) } }
                }
            }
        }
    }
}

fn figures(check: &CheckResult) -> Markup {
    html! {
        dl {
            div { dt { "Expected" } dd { (text::short(&check.expected)) } }
            div { dt { "Actual" } dd { (text::short(&check.actual)) } }
            div { dt { "Rows that fail" } dd {
                (grouped(check.unexpected_count)) " of " (grouped(check.element_count))
                " (" (thousandths(check.unexpected_percent)) " %)"
            } }
            div { dt { "Rows in quarantine" } dd { (grouped(check.quarantined_rows)) } }
        }
    }
}

/// Keys of the first rows that fail, and never another value.
fn keys(keys: &[Map<String, Value>]) -> Markup {
    html! {
        @if !keys.is_empty() {
            details {
                summary { "Keys of rows that fail (the first " (keys.len()) ")" }
                ul.keys { @for key in keys { li { code { (text::short(&key_text(key))) } } } }
            }
        }
    }
}

fn key_text(key: &Map<String, Value>) -> String {
    let parts = key.iter().map(|(name, value)| match value {
        Value::String(text) => format!("{name} = {text}"),
        other => format!("{name} = {other}"),
    });
    parts.collect::<Vec<_>>().join(", ")
}
