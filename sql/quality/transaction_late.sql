-- Grain: one row per staged order that is new and comes more than a week after its day.
-- Reads: staging.transactions, staging.retailers, ops.rejections, ops.raw_files,
--     production.transactions. Writes: nothing.
-- Rerunnable: reads only. $1 batch, $2 source.
-- Told by the name of the folder that brought it first; the first load of a source, which brings
-- all that there ever was, is not late, nor is a file that no folder dates.
with

told as materialized (

    select
        staged.transaction_id,
        min(file.business_date) as told_date,
        min(staged.transaction_at) as ordered_at
    from staging.transactions as staged
    inner join ops.raw_files as file
        on staged.file_id = file.file_id
    where
        staged.batch_id = $1
        and exists (
            select 1
            from production.transactions as known
            where known.source = $2
        )
    group by staged.transaction_id

),

late as materialized (

    select told.transaction_id
    from told
    left join staging.retailers as retailer
        on retailer.batch_id = $1
    where
        told.told_date - 7
        > (told.ordered_at at time zone coalesce(retailer.time_zone, 'UTC'))::date
        and not exists (
            select 1
            from production.transactions as known
            where
                known.source = $2
                and known.transaction_id = told.transaction_id
        )

)

select staged.row_id
from staging.transactions as staged
inner join late
    on staged.transaction_id = late.transaction_id
left join ops.rejections as rejection
    on
        rejection.batch_id = $1
        and rejection.dataset = 'transactions'
        and staged.row_id = rejection.row_id
        and rejection.verdict <> 'warned'
where
    staged.batch_id = $1
    and rejection.row_id is null
