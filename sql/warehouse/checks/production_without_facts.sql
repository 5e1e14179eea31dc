-- Contract: every row of production up to the watermark that is not deleted is a fact.
-- Returns: fact and the key of the row that is none.
-- Reads only. $1 is how many are shown.
with

consumed as (

    select
        watermarks.source,
        watermarks.batch_id
    from ops.watermarks as watermarks
    where watermarks.consumer = 'warehouse'

),

offenders as (

    select
        concat_ws(
            ' ', 'fact_sales', rows_of.source, rows_of.transaction_id, rows_of.line_number
        ) as offender
    from consumed
    inner join production.transaction_items as rows_of
        on
            consumed.source = rows_of.source
            and consumed.batch_id >= rows_of.batch_id
    inner join production.transactions as orders
        on
            rows_of.source = orders.source
            and rows_of.transaction_id = orders.transaction_id
            and orders.batch_id <= consumed.batch_id
            and not orders.is_deleted
    left join warehouse.fact_sales as facts
        on
            rows_of.source = facts.source
            and rows_of.transaction_id = facts.transaction_id
            and rows_of.line_number = facts.line_number
    where
        not rows_of.is_deleted
        and facts.source is null
    union all
    select
        concat_ws(
            ' ',
            'fact_inventory',
            rows_of.source,
            rows_of.product_id,
            rows_of.store_id,
            rows_of.snapshot_date
        ) as offender
    from consumed
    inner join production.inventory_snapshots as rows_of
        on
            consumed.source = rows_of.source
            and consumed.batch_id >= rows_of.batch_id
    left join warehouse.fact_inventory as facts
        on
            rows_of.source = facts.source
            and rows_of.product_id = facts.product_id
            and rows_of.store_id = facts.store_id
            and rows_of.snapshot_date = facts.snapshot_date
    where
        not rows_of.is_deleted
        and facts.source is null
    union all
    select
        concat_ws(
            ' ',
            'fact_inventory_transactions',
            rows_of.source,
            rows_of.product_id,
            rows_of.movement_id
        ) as offender
    from consumed
    inner join production.inventory_movements as rows_of
        on
            consumed.source = rows_of.source
            and consumed.batch_id >= rows_of.batch_id
    left join warehouse.fact_inventory_transactions as facts
        on
            rows_of.source = facts.source
            and rows_of.product_id = facts.product_id
            and rows_of.movement_id = facts.movement_id
    where
        not rows_of.is_deleted
        and facts.source is null
    union all
    select
        concat_ws(
            ' ', 'fact_fulfilment', rows_of.source, rows_of.transaction_id
        ) as offender
    from consumed
    inner join production.transactions as rows_of
        on
            consumed.source = rows_of.source
            and consumed.batch_id >= rows_of.batch_id
    left join warehouse.fact_fulfilment as facts
        on
            rows_of.source = facts.source
            and rows_of.transaction_id = facts.transaction_id
    where
        not rows_of.is_deleted
        and facts.source is null
    union all
    select
        concat_ws(
            ' ', 'fact_web_events', rows_of.source, rows_of.visitor_id, rows_of.event_id
        ) as offender
    from consumed
    inner join production.web_events as rows_of
        on
            consumed.source = rows_of.source
            and consumed.batch_id >= rows_of.batch_id
    left join warehouse.fact_web_events as facts
        on
            rows_of.source = facts.source
            and rows_of.visitor_id = facts.visitor_id
            and rows_of.event_id = facts.event_id
    where
        not rows_of.is_deleted
        and facts.source is null

)

select
    offenders.offender,
    count(*) over () as violations
from offenders
order by offenders.offender collate "C"
limit $1;
