//! Rows that a rule finds, and how they are written into `ops.rejections`.
//!
//! A select may run on several processors, an insert not: rows are first found, then written. Their
//! numbers pass through this program, unless there are too many to hold.

use crate::check::{Entity, Severity};
use crate::findings::Batch;
use crate::sql_text::{literal, text_array};

/// Most rows of one pass whose numbers are held in memory, 8 bytes each.
pub(crate) const FOUND_MAX: usize = 1_000_000;

/// What becomes of a row that breaks no rule of severity error.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Otherwise {
    Warned,
    Superseded,
}

/// What one pass looks for.
#[derive(Debug)]
pub(crate) struct Finding {
    /// Returns `row_id` and `rules` of rows that fail.
    pub(crate) select: String,
    pub(crate) otherwise: Otherwise,
}

impl Finding {
    pub(crate) fn warned(select: String) -> Self {
        Self {
            select,
            otherwise: Otherwise::Warned,
        }
    }

    /// Finds and writes in one statement; takes the parameters of the select.
    pub(crate) fn statement(&self, batch: &Batch, entity: &Entity) -> String {
        record(batch, entity, self.otherwise, &self.select)
    }

    /// Only finds, and one row more than can be held where there are too many.
    pub(crate) fn bounded_select(&self) -> String {
        format!(
            "select found.row_id, found.rules from (
    {}
) as found
limit {}",
            self.select,
            FOUND_MAX + 1
        )
    }

    /// Writes the rows `$1`, which break the rules `$2`.
    pub(crate) fn write_found(&self, batch: &Batch, entity: &Entity) -> String {
        let found = "select found.row_id, $2::text[] as rules
    from unnest($1::bigint[]) as found (row_id)";
        record(batch, entity, self.otherwise, found)
    }
}

/// Writes findings `(row_id, rules)` into `ops.rejections`; a row has one entry with all rules.
fn record(batch: &Batch, entity: &Entity, otherwise: Otherwise, findings: &str) -> String {
    let severities: Vec<String> = Severity::WORST_FIRST
        .into_iter()
        .map(|severity| (severity, entity.ids_of(severity)))
        .filter(|(_, ids)| !ids.is_empty())
        .map(|(severity, ids)| {
            format!(
                "when merged.rules && {} then '{}'",
                text_array(ids),
                severity.name()
            )
        })
        .collect();
    let severity = if severities.is_empty() {
        "'info'".to_owned()
    } else {
        format!("case {} else 'info' end", severities.join("\n            "))
    };
    let otherwise = match otherwise {
        Otherwise::Warned => "warned",
        Otherwise::Superseded => "superseded",
    };
    let batch_id = batch.batch_id;
    let dataset = literal(&entity.name);
    format!(
        "with findings as (
    {findings}
),

merged as (
    select
        findings.row_id,
        coalesce(earlier.rules, '{{}}') || findings.rules as rules,
        earlier.verdict as earlier_verdict
    from findings
    left join ops.rejections as earlier
        on earlier.batch_id = {batch_id} and earlier.dataset = {dataset}
        and earlier.row_id = findings.row_id
),

weighed as (
    select merged.row_id, merged.rules, merged.earlier_verdict,
        {severity} as severity
    from merged
),

written as (
    insert into ops.rejections (batch_id, dataset, row_id, rules, severity, verdict)
    select {batch_id}, {dataset}, weighed.row_id, weighed.rules, weighed.severity,
        case
            when weighed.severity in ('critical', 'error') then 'quarantined'
            when weighed.earlier_verdict = 'superseded' then 'superseded'
            else '{otherwise}'
        end
    from weighed
    on conflict (batch_id, dataset, row_id) do update set
        rules = excluded.rules, severity = excluded.severity, verdict = excluded.verdict
    returning 1
)

select count(*) from written"
    )
}
