-- Grain: one row per record that does not parse.
-- Reads: ops.quarantine. Writes: ops.fault_findings.
-- Rerunnable: the table was empty before. $1 batch.
with

written as (

    insert into ops.fault_findings (
        dataset,
        source_file,
        source_line,
        verdict,
        rules,
        touches
    )
    select
        entry.dataset,
        entry.source_file,
        entry.source_line,
        'rejected' as verdict,
        entry.rules,
        '{}' as touches
    from ops.quarantine as entry
    where
        entry.batch_id = $1
        and entry.stage = 'stage'
    returning 1

)

select count(*) as row_count
from written
