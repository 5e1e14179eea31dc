-- Grain: one row per staged order that an earlier order of the same customer equals: the same
--     moment, store and total under another id.
-- Reads: staging.transactions, ops.rejections, production.transactions. Writes: nothing.
-- Rerunnable: reads only. $1 batch, $2 source.
with

arrived as materialized (

    select
        staged.row_id,
        staged.transaction_id,
        staged.customer_id,
        coalesce(staged.store_id, '') as store_id,
        staged.transaction_at,
        staged.total_amount
    from staging.transactions as staged
    left join ops.rejections as rejection
        on
            rejection.batch_id = $1
            and rejection.dataset = 'transactions'
            and staged.row_id = rejection.row_id
            and rejection.verdict <> 'warned'
    where
        staged.batch_id = $1
        and rejection.row_id is null

),

ranked as (

    select
        arrived.row_id,
        row_number() over (
            partition by
                arrived.customer_id,
                arrived.transaction_at,
                arrived.store_id,
                arrived.total_amount
            order by
                char_length(arrived.transaction_id) asc,
                arrived.transaction_id collate "C" asc
        ) as place
    from arrived
    where num_nulls(arrived.customer_id, arrived.transaction_at, arrived.total_amount) = 0

)

select ranked.row_id
from ranked
where ranked.place > 1

union distinct

select arrived.row_id
from arrived
inner join production.transactions as known
    on
        known.source = $2
        and arrived.customer_id = known.customer_id
        and arrived.transaction_at = known.transaction_at
        and arrived.total_amount = known.total_amount
        and arrived.store_id = coalesce(known.store_id, '')
        and not known.is_deleted
where
    (char_length(known.transaction_id), known.transaction_id collate "C")
    < (char_length(arrived.transaction_id), arrived.transaction_id collate "C")
    and not exists (
        select 1
        from staging.transactions as staged
        where
            staged.batch_id = $1
            and staged.transaction_id = known.transaction_id
    )
