//! `data_quality_report.html`: the report for people, from the same model as the JSON.
//!
//! Goes in: the report. Comes out: one file that needs nothing else, neither script nor network.
//!
//! Architecture invariant: whatever names and texts the report holds, they are escaped and cut,
//! and the page stays under 1 MB.

mod checks;
mod spark;
mod summary;
pub(crate) mod text;
mod trend;

#[cfg(test)]
mod tests;

use maud::{DOCTYPE, Markup, PreEscaped, html};

use crate::report::Report;

use checks::Checks;
use summary::Standing;

const STYLE: &str = include_str!("style.css");
/// Even what slipped through the escaping could neither run nor call home.
const POLICY: &str = "default-src 'none'; style-src 'unsafe-inline'";
/// Sources whose trend is drawn.
const CHARTS_MAX: usize = 4;

/// The whole page.
pub(crate) fn render(report: &Report<'_>) -> String {
    let standing = Standing::of(report);
    let page = html! {
        (DOCTYPE)
        html lang="en" {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width, initial-scale=1";
                meta http-equiv="Content-Security-Policy" content=(POLICY);
                title {
                    "Data quality: gate " (standing.word) ", "
                    (text::score(report.overall_quality_score)) " (" (report.quality_grade) ")"
                }
                style { (PreEscaped(STYLE)) }
            }
            body { (body(report, &standing)) }
        }
    };
    page.into_string()
}

fn body(report: &Report<'_>, standing: &Standing) -> Markup {
    html! {
        main {
            (summary::verdict(report, standing))
            (contents())
            section id="trend" {
                h2 { "Trend of the score" }
                @for (number, history) in report.history.iter().take(CHARTS_MAX).enumerate() {
                    (trend::chart(history, report.gate.min_score, number))
                }
                @if report.history.len() > CHARTS_MAX {
                    p.muted { "The other sources are in data_quality_report.json." }
                }
            }
            section id="scores" {
                h2 { "Scores" }
                (summary::sources(report))
                (summary::dimensions(report))
                (summary::tables(report))
            }
            (Checks::new(report).sections())
            (summary::overrides(report))
        }
        (footer(report))
    }
}

fn contents() -> Markup {
    let sections = [
        ("trend", "Trend"),
        ("scores", "Scores"),
        ("failed", "Failed"),
        ("warnings", "Warnings"),
        ("guards", "Guards"),
        ("passed", "Passed"),
        ("skipped", "Skipped"),
        ("overrides", "Overrides"),
    ];
    html! {
        nav aria-label="Sections" {
            @for (id, name) in sections { a href={"#" (id)} { (name) } " " }
        }
    }
}

fn footer(report: &Report<'_>) -> Markup {
    let metadata = &report.metadata;
    html! {
        footer {
            p { small {
                "Written " (text::time(&metadata.generated_at)) " by Bullion "
                (metadata.tool_version)
                @if let Some(commit) = metadata.git_sha { " (" (text::short(commit)) ")" }
                ", run " (metadata.invocation_id) ", settings "
                (text::short(&metadata.config_hash))
                ". The same figures for programs: data_quality_report.json beside this page. Keys \
                 of rows are shown, and no other value of theirs."
            } }
        }
    }
}
