//! `docs/POLLOCK.md`: how many files of each kind became what.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

use super::judge::{Judgement, Verdict};

/// Names that a row of the table of refusals shows.
const NAMES_SHOWN: usize = 2;

/// The page of a run.
#[derive(Debug)]
pub struct Page<'a> {
    /// All files of the run.
    pub judgements: &'a [Judgement],
}

impl Page<'_> {
    /// Files in all, and of each verdict: equal, quarantined, refused, wrong.
    pub fn totals(&self) -> [usize; 5] {
        count(self.judgements.iter())
    }

    /// The line that sums the run up, for the page and for a terminal.
    pub fn summary(&self) -> String {
        let [all, equal, quarantined, refused, wrong] = self.totals();
        format!(
            "{all} files: {equal} equal, {quarantined} quarantined, {refused} refused, {wrong} \
             wrong"
        )
    }

    /// What the page begins with: all counts.
    pub fn counts(&self) -> String {
        let mut page = format!("{INTRODUCTION}\n**{}.**\n\n", self.summary());
        self.write_classes(&mut page);
        page.push_str(ABOUT_RULES);
        self.write_rules(&mut page);
        page
    }

    /// The whole page.
    pub fn markdown(&self) -> String {
        let mut page = self.counts();
        page.push_str(ABOUT_REFUSALS);
        self.write_refusals(&mut page);
        self.write_whole_refused(&mut page);
        page
    }

    fn write_classes(&self, page: &mut String) {
        page.push_str("| fault class | files | equal | quarantined | refused | wrong |\n");
        page.push_str("|---|---:|---:|---:|---:|---:|\n");
        let classes: BTreeSet<&str> = self
            .judgements
            .iter()
            .map(|it| it.fault_class.as_str())
            .collect();
        for class in classes {
            let files = self.judgements.iter().filter(|it| it.fault_class == class);
            write_line(page, class, count(files));
        }
        write_line(page, "**all**", self.totals());
    }

    fn write_rules(&self, page: &mut String) {
        page.push_str("| rule | lines |\n|---|---:|\n");
        let mut rules = BTreeMap::new();
        let quarantined = self
            .judgements
            .iter()
            .filter(|it| it.verdict == Verdict::Quarantined);
        for rule in quarantined.flat_map(|it| &it.grounds) {
            *rules.entry(rule).or_insert(0_usize) += 1;
        }
        for (rule, lines) in rules {
            let _ = writeln!(page, "| `{rule}` | {lines} |");
        }
    }

    fn write_refusals(&self, page: &mut String) {
        page.push_str("| files | message | such as |\n|---:|---|---|\n");
        let mut kinds: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
        for judgement in self.refused() {
            for kind in &judgement.grounds {
                kinds.entry(kind).or_default().push(&judgement.name);
            }
        }
        let mut kinds: Vec<_> = kinds.into_iter().collect();
        kinds.sort_by_key(|(kind, names)| (std::cmp::Reverse(names.len()), *kind));
        for (kind, names) in kinds {
            let shown: Vec<String> = names
                .iter()
                .take(NAMES_SHOWN)
                .map(|it| format!("`{it}`"))
                .collect();
            let kind = kind.replace('\n', " ").replace('|', "\\|");
            let _ = writeln!(page, "| {} | {kind} | {} |", names.len(), shown.join(", "));
        }
    }

    /// Files that are refused for what they are as a whole.
    fn write_whole_refused(&self, page: &mut String) {
        let names: Vec<String> = self
            .refused()
            .filter(|it| it.is_whole)
            .map(|it| format!("`{}`", it.name))
            .collect();
        let _ = writeln!(
            page,
            "\nOf the refused files, {} hold no broken line of data, but a broken header, no \
             data, several tables, or a last line that may be cut off: {}.",
            names.len(),
            names.join(", ")
        );
    }

    fn refused(&self) -> impl Iterator<Item = &Judgement> {
        self.judgements
            .iter()
            .filter(|it| it.verdict == Verdict::Refused)
    }
}

/// Files in all, equal, quarantined, refused, wrong.
fn count<'a>(judgements: impl Iterator<Item = &'a Judgement>) -> [usize; 5] {
    let mut counts = [0; 5];
    for judgement in judgements {
        let place = match judgement.verdict {
            Verdict::Equal => 1,
            Verdict::Quarantined => 2,
            Verdict::Refused => 3,
            Verdict::Wrong => 4,
        };
        counts[0] += 1;
        counts[place] += 1;
    }
    counts
}

fn write_line(page: &mut String, name: &str, counts: [usize; 5]) {
    let [all, equal, quarantined, refused, wrong] = counts;
    let _ = writeln!(
        page,
        "| {name} | {all} | {equal} | {quarantined} | {refused} | {wrong} |"
    );
}

const INTRODUCTION: &str = "\
# Polluted CSV files

[Pollock](https://github.com/HPI-Information-Systems/Pollock) is a published benchmark of 2,290 CSV
files: one clean file of 83 rows, and copies of it with one fault each. Every copy comes with its
clean twin and with its parameters: delimiter, quote, escape, lines of header and preamble.

`make pollock` loads each file with `stage` in its default strict mode. A file's `source.toml` names
the nine columns of the clean file, all as text, and what its parameters say; all else is as it is
by default. What a file became is one of

- **equal**: its rows are those of its clean twin, with their line numbers;
- **quarantined**: so are they but for the lines that are really broken, and each of these is in
  quarantine with file, line, column, rule and its own bytes. Which lines are broken is told by a
  check that shares no code with the reader;
- **refused**: nothing was loaded, and the message names the file and why;
- **wrong**: anything else. A whole line that is not loaded is wrong, too.

Run it again with `make pollock DATA=<folder with csv/, clean/ and parameters/, or the archive>`; it
writes this page. The suite loads all files too and compares its counts with these.
";

const ABOUT_RULES: &str = "
## What the broken lines break

Lines of the quarantined files, by the rule in `ops.quarantine`:

";

const ABOUT_REFUSALS: &str = "
## Why files are refused

Messages with their numbers as N and their names as `…`:

";
