-- Grain: one row per kind of fault; a null kind holds false alarms that belong to none.
-- Reads: ops.fault_labels, ops.fault_findings. Writes: nothing. Rerunnable: reads only.
with

expectations as (

    select
        label.kind,
        label.expected,
        count(*) as row_count
    from ops.fault_labels as label
    where
        label.source_line is not null
        and label.outcome <> 'not read'
    group by
        label.kind,
        label.expected

),

expected_by_kind as (

    select
        expectations.kind,
        jsonb_object_agg(expectations.expected, expectations.row_count) as expected
    from expectations
    group by expectations.kind

),

planted as (

    select
        label.kind,
        count(*) as planted,
        count(*) filter (where label.verdict = 'rejected') as rejected,
        count(*) filter (where label.verdict = 'quarantined') as quarantined,
        count(*) filter (where label.verdict = 'superseded') as superseded,
        count(*) filter (where label.verdict = 'consequence') as consequence,
        count(*) filter (where label.verdict = 'warned') as warned,
        count(*) filter (where label.outcome = 'met') as met,
        count(*) filter (where label.outcome = 'otherwise') as otherwise,
        count(*) filter (where label.outcome = 'missed') as missed
    from ops.fault_labels as label
    where
        label.source_line is not null
        and label.outcome <> 'not read'
    group by label.kind

),

alarms as (

    select
        finding.kind,
        count(*) as false_alarms
    from ops.fault_findings as finding
    where finding.standing = 'false alarm'
    group by finding.kind

)

select
    coalesce(planted.kind, alarms.kind) as kind,
    expected_by_kind.expected,
    coalesce(planted.planted, 0) as planted,
    coalesce(planted.rejected, 0) as rejected,
    coalesce(planted.quarantined, 0) as quarantined,
    coalesce(planted.superseded, 0) as superseded,
    coalesce(planted.consequence, 0) as consequence,
    coalesce(planted.warned, 0) as warned,
    coalesce(planted.met, 0) as met,
    coalesce(planted.otherwise, 0) as otherwise,
    coalesce(planted.missed, 0) as missed,
    coalesce(alarms.false_alarms, 0) as false_alarms
from planted
full join alarms
    on planted.kind = alarms.kind
left join expected_by_kind
    on planted.kind = expected_by_kind.kind
order by coalesce(planted.kind, alarms.kind) collate "C" asc nulls last
