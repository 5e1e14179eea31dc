-- Grain: one row per source, dataset and rule, causes and consequences apart.
-- Reads: ops.quarantine. Writes: nothing. Rerunnable: reads only.
-- $1 sources, $2 dataset, $3 rule, $4 status (null: any).
-- An entry that breaks three rules is counted with each of them.
select
    entry.source,
    entry.dataset,
    entry.caused_by is not null as is_consequence,
    case when entry.caused_by is null then broken.rule end as rule,
    count(distinct entry.quarantine_id) as entries,
    min(entry.first_seen_at) as first_seen_at,
    max(entry.last_seen_at) as last_seen_at
from ops.quarantine as entry
left join lateral unnest(entry.rules) as broken (rule) on true
where
    ($1::text[] is null or entry.source = any($1::text[]))
    and ($2::text is null or entry.dataset = $2)
    and ($3::text is null or $3 = any(entry.rules))
    and ($4::text is null or entry.status = $4)
group by
    entry.source,
    entry.dataset,
    entry.caused_by is not null,
    case when entry.caused_by is null then broken.rule end
order by
    entry.source,
    entry.dataset,
    is_consequence,
    rule
