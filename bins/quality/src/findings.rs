//! Statements that find faults, compiled from contracts: one scan for all row rules of a table, one
//! pass per key and one per relationship. Every finding ends in `ops.rejections`, merged with what
//! was found before.

use crate::check::{Check, Entity, Reference, Rule};
use crate::finding::{Finding, Otherwise};
use crate::sql_text::{all_known, columns, equal, identifier, literal, text_array};

/// Columns that stage adds; they are no part of what the source says.
pub(crate) const TECHNICAL: [&str; 5] =
    ["batch_id", "row_id", "file_id", "source_line", "loaded_at"];
/// When the source last changed a row.
pub(crate) const VERSION_COLUMN: &str = "updated_at";
/// What refers to a held order becomes a consequence, not an orphan.
pub(crate) const ORDER: &str = "transactions";
/// Datasets whose rows are held back with their order.
pub(crate) const ORDER_DATASETS: [&str; 4] = [ORDER, "transaction_items", "payments", "shipments"];
/// The column by which they belong to it.
pub(crate) const ORDER_KEY: &str = "transaction_id";

/// The batch that statements are compiled for.
#[derive(Debug, Clone)]
pub(crate) struct Batch {
    pub(crate) batch_id: i64,
    pub(crate) source: String,
    /// Whether its rows come from quarantine alone.
    pub(crate) is_replay: bool,
}

pub(crate) fn staging(entity: &str) -> String {
    format!("staging.{}", identifier(entity))
}

pub(crate) fn production(entity: &str) -> String {
    format!("production.{}", identifier(entity))
}

/// The name under which an older version of a key is listed where history is kept.
pub(crate) fn older_version(entity: &Entity) -> String {
    format!("{}.older_version", entity.name)
}

/// One scan for all row rules; none where the entity has no such rule.
pub(crate) fn row_scan(batch: &Batch, entity: &Entity) -> Option<Finding> {
    let rules: Vec<(&str, &str)> = entity
        .checks
        .iter()
        .filter(|check| check.is_enabled)
        .filter_map(|check| match &check.rule {
            Rule::Row { fails } => Some((check.id.as_str(), fails.as_str())),
            _ => None,
        })
        .collect();
    if rules.is_empty() {
        return None;
    }
    let cases: Vec<String> = rules
        .iter()
        .map(|(id, fails)| format!("case when {fails} then {} end", literal(id)))
        .collect();
    let any: Vec<String> = rules
        .iter()
        .map(|(_, fails)| format!("({fails})"))
        .collect();
    let select = format!(
        "select row_id,
        array_remove(array[
            {}
        ]::text[], null) as rules
    from {}
    where batch_id = {} and (
        {}
    )",
        cases.join(",\n            "),
        staging(&entity.name),
        batch.batch_id,
        any.join("\n        or "),
    );
    Some(Finding::warned(select))
}

/// One pass for the key: the newest version of each key stays, in its last line.
///
/// Rows that a row rule refused take no part, so that a bad version hides no good one.
pub(crate) fn key_pass(batch: &Batch, entity: &Entity, repeated: Repeated) -> Option<Finding> {
    if entity.key.is_empty() {
        return None;
    }
    let id_of = |is_wanted: fn(&Rule) -> bool| {
        entity
            .checks
            .iter()
            .find(|check| is_wanted(&check.rule))
            .map(|check| check.id.as_str())
    };
    let conflict = id_of(|rule| matches!(rule, Rule::KeyConflict))?;
    let duplicate = id_of(|rule| matches!(rule, Rule::KeyDuplicate))?;
    let older = if entity.has_history {
        older_version(entity)
    } else {
        duplicate.to_owned()
    };
    let select = format!(
        "select ranked.row_id,
        array[case
            when ranked.place = 1 then {older}
            when ranked.content = ranked.kept_content then {duplicate}
            else {conflict}
        end]::text[] as rules
    from ({versions}) as ranked
    where ranked.place > 1 or ranked.version_place > 1",
        older = literal(&older),
        duplicate = literal(duplicate),
        conflict = literal(conflict),
        versions = ranked_versions(batch, entity, repeated),
    );
    Some(Finding {
        select,
        otherwise: Otherwise::Superseded,
    })
}

/// Rows of keys that are there more than once, by version and by place in their version.
fn ranked_versions(batch: &Batch, entity: &Entity, repeated: Repeated) -> String {
    // Where the source has no time of change, the day of the file, else of the batch, tells which
    // version is newer: from the shop's midnight on, as in the change logs of production.
    let file_day = "(coalesce(file.business_date, opened.business_date)::timestamp at time zone \
                    coalesce(retailer.time_zone, 'UTC'))";
    let version_at = if entity.has_column(VERSION_COLUMN) {
        format!(
            "coalesce(staged.{}, {file_day})",
            identifier(VERSION_COLUMN)
        )
    } else {
        file_day.to_owned()
    };
    let key = columns("staged", &entity.key);
    let window = format!("partition by {key}, {version_at} order by staged.row_id desc");
    let content = format!("to_jsonb(staged) - {}", text_array(TECHNICAL));
    format!(
        "
        select staged.row_id,
            {content} as content,
            first_value({content}) over ({window}) as kept_content,
            row_number() over ({window}) as place,
            dense_rank() over (partition by {key} order by {version_at} desc nulls last)
                as version_place
        from {table} as staged
        left join ops.raw_files as file on file.file_id = staged.file_id
        left join ops.batches as opened on opened.batch_id = staged.batch_id
        left join staging.retailers as retailer on retailer.batch_id = staged.batch_id
        where staged.batch_id = {batch_id} and {may_repeat}
        and not exists (
            select 1 from ops.rejections as rejection
            where rejection.batch_id = {batch_id} and rejection.dataset = {dataset}
            and rejection.row_id = staged.row_id and rejection.verdict = 'quarantined'
        )
    ",
        table = staging(&entity.name),
        batch_id = batch.batch_id,
        may_repeat = may_repeat(batch, entity, &entity.key, repeated),
        dataset = literal(&entity.name),
    )
}

/// Where the hashes of values that are there more than once come from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Repeated {
    /// The statement looks for them itself.
    Sought,
    /// They are its parameter `$1`.
    Given,
}

/// Hashes of values that are there more than once, and one more than can be held where there are
/// too many. Hashes are sorted: a table of them, with a group for nearly every row, takes twice the
/// time, as does a sort of the texts themselves.
pub(crate) fn repeated_hashes(batch: &Batch, entity: &Entity, names: &[String]) -> String {
    format!(
        "select hashed.value_hash from (
                select {hash} as value_hash from {table} as staged
                where staged.batch_id = {batch_id} and {known}
                order by value_hash
            ) as hashed
            group by hashed.value_hash having count(*) > 1",
        hash = value_hash(names),
        table = staging(&entity.name),
        batch_id = batch.batch_id,
        known = all_known("staged", names),
    )
}

fn value_hash(names: &[String]) -> String {
    format!("hash_record_extended(row({}), 0)", columns("staged", names))
}

/// True for rows of which there may be another one with the same values; two values of one hash are
/// told apart by who asks. It is a filter and no join, so that the many other rows are never put
/// together whole.
fn may_repeat(batch: &Batch, entity: &Entity, names: &[String], repeated: Repeated) -> String {
    let hash = value_hash(names);
    let known = all_known("staged", names);
    match repeated {
        Repeated::Given => format!("{known} and {hash} = any($1::bigint[])"),
        Repeated::Sought => format!(
            "{known} and ({hash} in (
            {}
        )) is true",
            repeated_hashes(batch, entity, names)
        ),
    }
}

/// One pass for values that must not repeat: every row but the first of a value fails.
pub(crate) fn unique_pass(
    batch: &Batch,
    entity: &Entity,
    check: &Check,
    names: &[String],
    repeated: Repeated,
) -> Finding {
    let values = columns("staged", names);
    let select = format!(
        "select placed.row_id, array[{id}]::text[] as rules
    from (
        select staged.row_id,
            row_number() over (partition by {values} order by staged.row_id) as place
        from {table} as staged
        where staged.batch_id = {batch_id} and {may_repeat}
    ) as placed
    where placed.place > 1",
        id = literal(&check.id),
        table = staging(&entity.name),
        batch_id = batch.batch_id,
        may_repeat = may_repeat(batch, entity, names, repeated),
    );
    Finding::warned(select)
}

/// One pass for a relationship: values found neither among the accepted rows of this batch nor in
/// production.
pub(crate) fn reference_pass(
    batch: &Batch,
    entity: &Entity,
    check: &Check,
    reference: &Reference,
) -> Finding {
    let batch_id = batch.batch_id;
    let target = &reference.target;
    // A held order is there: what belongs to it is held back with it.
    let accepted = if target == ORDER {
        String::new()
    } else {
        format!(
            "
                and not exists (
                    select 1 from ops.rejections as rejection
                    where rejection.batch_id = {batch_id} and rejection.dataset = {}
                    and rejection.row_id = target.row_id
                    and rejection.verdict in ('quarantined', 'consequence')
                )",
            literal(target)
        )
    };
    let (own, theirs) = (&reference.columns, &reference.target_columns);
    let select = format!(
        "select staged.row_id, array[{id}]::text[] as rules
    from {child} as staged
    inner join (
        select unmatched.* from (
            select referred.* from (
                select distinct {values} from {child} as staged
                where staged.batch_id = {batch_id} and {known}
            ) as referred
            where not exists (
                select 1 from {parent} as target
                where target.batch_id = {batch_id} and {in_batch}{accepted}
            )
            offset 0
        ) as unmatched
        where not exists (
            select 1 from {published} as target
            where target.source = {source} and not target.is_deleted and {in_production}
        )
    ) as missing on {same}
    where staged.batch_id = {batch_id}",
        id = literal(&check.id),
        child = staging(&entity.name),
        parent = staging(target),
        published = production(target),
        values = columns("staged", own),
        known = all_known("staged", own),
        in_batch = equal("target", theirs, "referred", own),
        in_production = equal("target", theirs, "unmatched", own),
        same = equal("staged", own, "missing", own),
        source = literal(&batch.source),
    );
    Finding::warned(select)
}

/// A named rule: the query in its file says which rows fail.
pub(crate) fn named_rule(check: &Check, query: &str) -> Finding {
    let select = format!(
        "select failing.row_id, array[{}]::text[] as rules from (\n{query}\n) as failing",
        literal(&check.id)
    );
    Finding::warned(select)
}
