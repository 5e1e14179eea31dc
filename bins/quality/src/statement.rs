//! Statements compiled from contracts that look at a table as a whole, or at what was found in it.

use std::collections::BTreeSet;

use crate::check::{Entity, Rule};
use crate::findings::{Batch, production, staging};
use crate::sql_text::{columns, equal, identifier, literal};

/// A sample of 300 times as many rows; the server's own default is 100.
const STATISTICS_TARGET: u32 = 30;
/// Keys of failing rows that a report shows per check.
const SAMPLE_MAX: u32 = 20;

/// Whether production knows any row of an entity of this source.
pub(crate) fn is_published(batch: &Batch, target: &str) -> String {
    format!(
        "select exists (
    select 1 from {} as known
    where known.source = {} and not known.is_inferred and not known.is_deleted
) as is_known",
        production(target),
        literal(&batch.source)
    )
}

/// A query of the contract, over the rows of this batch alone; its answer comes as JSON.
pub(crate) fn table_query(batch: &Batch, entity: &Entity, query: &str) -> String {
    let object = identifier(&entity.name);
    let query = query
        .trim()
        .trim_end_matches(';')
        .replace("{object}", &object);
    format!(
        "with {object} as not materialized (
    select * from {} as staged where staged.batch_id = {}
)
select to_jsonb(({query})) as answer",
        staging(&entity.name),
        batch.batch_id
    )
}

/// The first rows that fail each rule: dataset `$2` of batch `$1`.
pub(crate) fn first_failing_rows() -> String {
    format!(
        "select failing.rule, failing.row_id
from (
    select broken.rule, rejection.row_id,
        row_number() over (partition by broken.rule order by rejection.row_id) as place
    from ops.rejections as rejection
    cross join lateral unnest(rejection.rules) as broken (rule)
    where rejection.batch_id = $1 and rejection.dataset = $2
) as failing
where failing.place <= {SAMPLE_MAX}
order by failing.rule, failing.place"
    )
}

/// Keys of the rows `$1`, as JSON objects: a scan of its own, since a list is looked up faster than
/// joined.
pub(crate) fn keys_of_rows(batch: &Batch, entity: &Entity) -> String {
    let pairs: Vec<String> = entity
        .public_key()
        .map(|name| format!("{}, staged.{}", literal(name), identifier(name)))
        .collect();
    format!(
        "select staged.row_id, jsonb_build_object({pairs}) as key
from {table} as staged
where staged.batch_id = {batch_id} and staged.row_id = any($1::bigint[])",
        pairs = pairs.join(", "),
        batch_id = batch.batch_id,
        table = staging(&entity.name),
    )
}

/// How many rows that production knows are in this batch no more.
pub(crate) fn vanished(batch: &Batch, entity: &Entity) -> String {
    format!(
        "select count(*) as rows_known,
    count(*) filter (where staged.is_here is null) as rows_vanished,
    count(*) filter (where staged.is_here is null and not exists (
        select 1 from {deletes} as told
        where told.batch_id = {batch_id} and told.entity = {entity} and told.key = cast({named} as text)
    )) as rows_untold
from {published} as known
left join (
    select distinct {key}, true as is_here from {table} as staged
    where staged.batch_id = {batch_id}
) as staged on {same}
where known.source = {source} and not known.is_inferred and not known.is_deleted",
        published = production(&entity.name),
        table = staging(&entity.name),
        deletes = staging("deletes"),
        entity = literal(&entity.name),
        // A deletion names a row by the last column of its key.
        named = columns("known", &entity.key[entity.key.len() - 1..]),
        key = columns("staged", &entity.key),
        batch_id = batch.batch_id,
        same = equal("staged", &entity.key, "known", &entity.key),
        source = literal(&batch.source),
    )
}

/// Statistics for the planner: staging was just filled and has no index. Only of the columns that
/// rows are joined by, and of a sample that tells repeated values from others.
pub(crate) fn analyze(entity: &Entity) -> String {
    let mut names: BTreeSet<&str> = entity.key.iter().map(String::as_str).collect();
    names.extend(["batch_id", "row_id"]);
    for check in &entity.checks {
        if let Rule::Reference(reference) = &check.rule {
            names.extend(reference.columns.iter().map(String::as_str));
        }
    }
    let names: Vec<String> = names.into_iter().map(identifier).collect();
    format!(
        "set local default_statistics_target = {STATISTICS_TARGET};
analyze {} ({});
set local default_statistics_target = default",
        staging(&entity.name),
        names.join(", ")
    )
}
