-- Grain: one row per entity of the batch, with its rows by verdict.
-- Reads: ops.rejections. Writes: ops.ledger.
-- Rerunnable: the same verdicts give the same figures. $1 batch.
with

counted as (

    select
        entry.dataset,
        count(*) filter (where rejection.verdict = 'quarantined') as rows_quarantined,
        count(*) filter (where rejection.verdict = 'consequence') as rows_consequence,
        count(*) filter (where rejection.verdict = 'superseded') as rows_superseded,
        count(*) filter (where rejection.verdict = 'warned') as rows_warned
    from ops.ledger as entry
    left join ops.rejections as rejection
        on
            entry.batch_id = rejection.batch_id
            and entry.dataset = rejection.dataset
    where
        entry.batch_id = $1
        and entry.layer = 'staging'
    group by entry.dataset

),

written as (

    update ops.ledger as entry set
        rows_quarantined = counted.rows_quarantined,
        rows_consequence = counted.rows_consequence,
        rows_superseded = counted.rows_superseded
    from counted
    where
        entry.batch_id = $1
        and entry.layer = 'staging'
        and entry.dataset = counted.dataset
    returning entry.dataset

)

select
    counted.dataset,
    counted.rows_quarantined,
    counted.rows_consequence,
    counted.rows_superseded,
    counted.rows_warned
from counted
inner join written
    on counted.dataset = written.dataset
order by counted.dataset
