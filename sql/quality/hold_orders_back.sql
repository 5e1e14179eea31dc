-- Grain: one row per dataset of an order, with the rows that are held back for another's fault.
-- Reads: ops.rejections, staging.transactions, staging.transaction_items, staging.payments,
--     staging.shipments. Writes: ops.rejections.
-- Rerunnable: rows that are held back already stay as they are. $1 batch.
with

causes as (

    select
        staged.transaction_id,
        0 as place,
        staged.row_id,
        'transactions ' || staged.transaction_id as cause
    from ops.rejections as rejection
    inner join staging.transactions as staged
        on
            staged.batch_id = $1
            and rejection.row_id = staged.row_id
    where
        rejection.batch_id = $1
        and rejection.dataset = 'transactions'
        and rejection.verdict = 'quarantined'
        -- Of a conflict, the last line stands for the order, whatever is wrong with the others.
        and not rejection.rules && array['transactions.transaction_id.unique']

    union all

    select
        staged.transaction_id,
        1 as place,
        staged.row_id,
        'transaction_items ' || concat_ws('/', staged.transaction_id, staged.line_number) as cause
    from ops.rejections as rejection
    inner join staging.transaction_items as staged
        on
            staged.batch_id = $1
            and rejection.row_id = staged.row_id
    where
        rejection.batch_id = $1
        and rejection.dataset = 'transaction_items'
        and rejection.verdict = 'quarantined'
        and not rejection.rules && array['transaction_items.unique']

),

broken as materialized (

    select distinct on (causes.transaction_id)
        causes.transaction_id,
        causes.cause
    from causes
    where causes.transaction_id is not null
    order by causes.transaction_id asc, causes.place asc, causes.row_id asc

),

members as (

    -- How many orders are broken is not known beforehand, and a join would hash all rows of the
    -- batch instead of them. Inside coalesce the list stays a filter, which is looked up by hash.
    select
        'transactions' as dataset,
        staged.row_id,
        broken.cause
    from staging.transactions as staged
    inner join broken
        on staged.transaction_id = broken.transaction_id
    where
        staged.batch_id = $1
        and coalesce(
            staged.transaction_id in (select listed.transaction_id from broken as listed), false
        )

    union all

    select
        'transaction_items' as dataset,
        staged.row_id,
        broken.cause
    from staging.transaction_items as staged
    inner join broken
        on staged.transaction_id = broken.transaction_id
    where
        staged.batch_id = $1
        and coalesce(
            staged.transaction_id in (select listed.transaction_id from broken as listed), false
        )

    union all

    select
        'payments' as dataset,
        staged.row_id,
        broken.cause
    from staging.payments as staged
    inner join broken
        on staged.transaction_id = broken.transaction_id
    where
        staged.batch_id = $1
        and coalesce(
            staged.transaction_id in (select listed.transaction_id from broken as listed), false
        )

    union all

    select
        'shipments' as dataset,
        staged.row_id,
        broken.cause
    from staging.shipments as staged
    inner join broken
        on staged.transaction_id = broken.transaction_id
    where
        staged.batch_id = $1
        and coalesce(
            staged.transaction_id in (select listed.transaction_id from broken as listed), false
        )

),

written as (

    insert into ops.rejections (
        batch_id,
        dataset,
        row_id,
        rules,
        severity,
        verdict,
        caused_by
    )
    select
        $1 as batch_id,
        members.dataset,
        members.row_id,
        coalesce(earlier.rules, '{}') as rules,
        'error' as severity,
        'consequence' as verdict,
        members.cause as caused_by
    from members
    left join ops.rejections as earlier
        on
            earlier.batch_id = $1
            and members.dataset = earlier.dataset
            and members.row_id = earlier.row_id
    where
        earlier.verdict is null
        or earlier.verdict = 'warned'
    on conflict (batch_id, dataset, row_id) do update
        set
            severity = excluded.severity,
            verdict = excluded.verdict,
            caused_by = excluded.caused_by
    returning dataset

)

select
    written.dataset,
    count(*) as rows_held
from written
group by written.dataset
order by written.dataset
