-- Grain: one row per staged shipment that was handed over or delivered before its order, or was
--     promised for an earlier day.
-- Reads: staging.shipments, staging.transactions, staging.retailers, ops.rejections,
--     production.transactions. Writes: nothing.
-- Rerunnable: reads only. $1 batch, $2 source.
with

arrived as (

    select
        staged.transaction_id,
        staged.transaction_at
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

parcels as (

    select
        staged.row_id,
        least(staged.shipped_at, staged.delivered_at) as sent_at,
        staged.estimated_delivery_at,
        coalesce(arrived.transaction_at, known.transaction_at) as ordered_at,
        coalesce(retailer.time_zone, 'UTC') as time_zone
    from staging.shipments as staged
    left join arrived
        on staged.transaction_id = arrived.transaction_id
    left join production.transactions as known
        on
            known.source = $2
            and staged.transaction_id = known.transaction_id
            and not known.is_deleted
    left join ops.rejections as rejection
        on
            rejection.batch_id = $1
            and rejection.dataset = 'shipments'
            and staged.row_id = rejection.row_id
            and rejection.verdict <> 'warned'
    left join staging.retailers as retailer
        on retailer.batch_id = $1
    where
        staged.batch_id = $1
        and rejection.row_id is null

)

select parcels.row_id
from parcels
where
    parcels.sent_at < parcels.ordered_at
    -- A promise is for a day, even where it is written as midnight.
    or (parcels.estimated_delivery_at at time zone parcels.time_zone)::date
    < (parcels.ordered_at at time zone parcels.time_zone)::date
