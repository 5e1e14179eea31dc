-- Grain: one row per staged order that is dated before its customer registered.
-- Reads: staging.transactions, staging.customers, staging.retailers, ops.rejections,
--     production.customers. Writes: nothing.
-- Rerunnable: reads only. $1 batch, $2 source.
with

arrived as (

    -- A customer of this batch counts as it was accepted, in its newest version.
    select distinct on (staged.customer_id)
        staged.customer_id,
        staged.registration_date
    from staging.customers as staged
    left join ops.rejections as rejection
        on
            rejection.batch_id = $1
            and rejection.dataset = 'customers'
            and staged.row_id = rejection.row_id
            and rejection.verdict <> 'warned'
    where
        staged.batch_id = $1
        and rejection.row_id is null
    order by staged.customer_id asc, staged.updated_at desc nulls last, staged.row_id desc

)

select staged.row_id
from staging.transactions as staged
left join arrived
    on staged.customer_id = arrived.customer_id
left join production.customers as known
    on
        known.source = $2
        and staged.customer_id = known.customer_id
        and not known.is_deleted
left join staging.retailers as retailer
    on retailer.batch_id = $1
where
    staged.batch_id = $1
    -- Both are days of the shop's own calendar.
    and (staged.transaction_at at time zone coalesce(retailer.time_zone, 'UTC'))::date
    < coalesce(arrived.registration_date, known.registration_date)
