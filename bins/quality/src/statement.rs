//! Statements compiled from contracts that look at a table as a whole, or at what was found in it.

use crate::check::Entity;
use crate::findings::{Batch, TECHNICAL, older_version, production, staging};
use crate::sql_text::{columns, equal, identifier, literal, text_array};

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

/// Keys of the first rows that fail each rule, as JSON objects.
pub(crate) fn failing_keys(batch: &Batch, entity: &Entity) -> String {
    let pairs: Vec<String> = entity
        .public_key()
        .map(|name| format!("{}, staged.{}", literal(name), identifier(name)))
        .collect();
    format!(
        "select failing.rule, jsonb_build_object({pairs}) as key
from (
    select broken.rule, rejection.row_id,
        row_number() over (partition by broken.rule order by rejection.row_id) as place
    from ops.rejections as rejection
    cross join lateral unnest(rejection.rules) as broken (rule)
    where rejection.batch_id = {batch_id} and rejection.dataset = {dataset}
) as failing
inner join {table} as staged
    on staged.batch_id = {batch_id} and staged.row_id = failing.row_id
where failing.place <= {SAMPLE_MAX}
order by failing.rule, failing.place",
        pairs = pairs.join(", "),
        batch_id = batch.batch_id,
        dataset = literal(&entity.name),
        table = staging(&entity.name),
    )
}

/// Puts what quality refused into `ops.quarantine`, linked to the last entry of the same key, or,
/// without a key, of the same line of the file.
/// Older versions are history where history is kept, and no fault: they are not listed.
/// `$1` is the start of the run.
pub(crate) fn quarantine(batch: &Batch, entity: &Entity) -> String {
    let natural_key = if entity.key.is_empty() {
        "null::text".to_owned()
    } else {
        let key = columns("staged", &entity.key);
        format!("nullif(concat_ws('/', {key}), '')")
    };
    format!(
        "with earlier as (
    select distinct on (entry.identity)
        entry.identity, entry.quarantine_id, entry.first_seen_at, entry.attempts
    from (
        select known.*,
            coalesce(known.natural_key, known.source_file || ':' || known.source_line) as identity
        from ops.quarantine as known
        where known.source = {source} and known.dataset = {dataset}
        and known.batch_id < {batch_id}
    ) as entry
    order by entry.identity, entry.quarantine_id desc
),

refused as (
    select staged.row_id, staged.source_line, coalesce(file.path, {place}) as source_file,
        {natural_key} as natural_key,
        to_jsonb(staged) - {technical} as payload,
        rejection.rules, rejection.severity
    from ops.rejections as rejection
    inner join {table} as staged
        on staged.batch_id = {batch_id} and staged.row_id = rejection.row_id
    left join ops.raw_files as file on file.file_id = staged.file_id
    where rejection.batch_id = {batch_id} and rejection.dataset = {dataset}
    and rejection.verdict in ('quarantined', 'superseded')
    and not rejection.rules = array[{older}]::text[]
),

-- Records that stage refused are numbered in their file: ours come after them.
numbered as (
    select coalesce(max(entry.record_number), 0) as last_number
    from ops.quarantine as entry
    where entry.batch_id = {batch_id} and entry.dataset = {dataset}
),

written as (
    insert into ops.quarantine (
        batch_id, source, dataset, source_file, source_line, record_number, natural_key, stage,
        rules, severity, payload, first_seen_at, last_seen_at, attempts, previous_id
    )
    select {batch_id}, {source}, {dataset}, refused.source_file, refused.source_line,
        numbered.last_number + refused.row_id, refused.natural_key, 'quality',
        refused.rules, refused.severity, refused.payload,
        coalesce(earlier.first_seen_at, $1), $1, coalesce(earlier.attempts, 0) + 1,
        earlier.quarantine_id
    from refused
    cross join numbered
    left join earlier on earlier.identity
        = coalesce(refused.natural_key, refused.source_file || ':' || refused.source_line)
    returning 1
)

select count(*) from written",
        source = literal(&batch.source),
        dataset = literal(&entity.name),
        batch_id = batch.batch_id,
        technical = text_array(TECHNICAL),
        table = staging(&entity.name),
        older = literal(&older_version(entity)),
        place = literal(&format!("staging.{}", entity.name)),
    )
}

/// How many rows that production knows are in this batch no more.
pub(crate) fn vanished(batch: &Batch, entity: &Entity) -> String {
    format!(
        "select count(*) as rows_known,
    count(*) filter (where staged.is_here is null) as rows_vanished
from {published} as known
left join (
    select distinct {key}, true as is_here from {table} as staged
    where staged.batch_id = {batch_id}
) as staged on {same}
where known.source = {source} and not known.is_inferred and not known.is_deleted",
        published = production(&entity.name),
        table = staging(&entity.name),
        key = columns("staged", &entity.key),
        batch_id = batch.batch_id,
        same = equal("staged", &entity.key, "known", &entity.key),
        source = literal(&batch.source),
    )
}

/// Statistics for the planner: staging was just filled and has no index.
pub(crate) fn analyze(entity: &Entity) -> String {
    format!("analyze {}", staging(&entity.name))
}
