-- Grain: one row per finding: planted, a consequence of what was planted, or a false alarm.
-- Reads: ops.fault_labels. Writes: ops.fault_findings.
-- Rerunnable: the same labels give the same standing.
with

planted as (

    select
        label.source_file,
        label.source_line,
        min(label.kind collate "C") as kind
    from ops.fault_labels as label
    where label.source_line is not null
    group by
        label.source_file,
        label.source_line

),

labels as (

    select
        label.natural_key,
        label.field,
        label.clean_value,
        label.dataset,
        label.dataset in (
            'transactions', 'transaction_items', 'payments', 'shipments'
        ) as is_of_order
    from ops.fault_labels as label
    where label.dataset is not null

),

-- What a planted fault may have spoiled for others: its row, and the row that it should have named.
touched as (

    select
        case
            when labels.is_of_order
                then 'transactions ' || split_part(labels.natural_key, '/', 1)
            else labels.dataset || ' ' || labels.natural_key
        end as thing
    from labels
    where labels.natural_key is not null

    union distinct

    select
        case
            when labels.is_of_order then 'transactions '
            else labels.dataset || ' '
        end || labels.clean_value as thing
    from labels
    where
        labels.clean_value is not null
        and labels.field like '%\_id'
        and (not labels.is_of_order or labels.field = 'transaction_id')

),

explained as (

    select distinct finding.finding_id
    from ops.fault_findings as finding
    cross join lateral unnest(finding.touches) as touch (thing)
    inner join touched
        on touch.thing = touched.thing

),

placed as (

    select
        finding.finding_id,
        planted.kind,
        case
            when planted.kind is not null then 'planted'
            when finding.verdict = 'consequence' then 'consequence'
            when explained.finding_id is not null then 'consequence'
            else 'false alarm'
        end as standing
    from ops.fault_findings as finding
    left join planted
        on
            finding.source_file = planted.source_file
            and finding.source_line = planted.source_line
    left join explained
        on finding.finding_id = explained.finding_id

),

written as (

    update ops.fault_findings as finding set
        standing = placed.standing,
        kind = placed.kind
    from placed
    where finding.finding_id = placed.finding_id
    returning 1

)

select count(*) as row_count
from written
