-- Contract: behind every fact is a row of production that is not deleted.
-- Returns: fact and its key.
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
            ' ', 'fact_sales', facts.source, facts.transaction_id, facts.line_number
        ) as offender
    from consumed
    inner join warehouse.fact_sales as facts
        on consumed.source = facts.source
    left join production.transactions as orders
        on
            facts.source = orders.source
            and facts.transaction_id = orders.transaction_id
    left join production.transaction_items as rows_of
        on
            facts.source = rows_of.source
            and facts.transaction_id = rows_of.transaction_id
            and facts.line_number = rows_of.line_number
    where
        orders.source is null
        or (orders.is_deleted and orders.batch_id <= consumed.batch_id)
        or rows_of.source is null
        or (rows_of.is_deleted and rows_of.batch_id <= consumed.batch_id)
    union all
    select
        concat_ws(
            ' ',
            'fact_inventory',
            facts.source,
            facts.product_id,
            facts.store_id,
            facts.snapshot_date
        ) as offender
    from consumed
    inner join warehouse.fact_inventory as facts
        on consumed.source = facts.source
    left join production.inventory_snapshots as rows_of
        on
            facts.source = rows_of.source
            and facts.product_id = rows_of.product_id
            and facts.store_id = rows_of.store_id
            and facts.snapshot_date = rows_of.snapshot_date
    where
        rows_of.source is null
        or (rows_of.is_deleted and rows_of.batch_id <= consumed.batch_id)
    union all
    select
        concat_ws(
            ' ',
            'fact_inventory_transactions',
            facts.source,
            facts.product_id,
            facts.movement_id
        ) as offender
    from consumed
    inner join warehouse.fact_inventory_transactions as facts
        on consumed.source = facts.source
    left join production.inventory_movements as rows_of
        on
            facts.source = rows_of.source
            and facts.product_id = rows_of.product_id
            and facts.movement_id = rows_of.movement_id
    where
        rows_of.source is null
        or (rows_of.is_deleted and rows_of.batch_id <= consumed.batch_id)
    union all
    select
        concat_ws(
            ' ', 'fact_fulfilment', facts.source, facts.transaction_id
        ) as offender
    from consumed
    inner join warehouse.fact_fulfilment as facts
        on consumed.source = facts.source
    left join production.transactions as rows_of
        on
            facts.source = rows_of.source
            and facts.transaction_id = rows_of.transaction_id
    where
        rows_of.source is null
        or (rows_of.is_deleted and rows_of.batch_id <= consumed.batch_id)
    union all
    select
        concat_ws(
            ' ', 'fact_web_events', facts.source, facts.visitor_id, facts.event_id
        ) as offender
    from consumed
    inner join warehouse.fact_web_events as facts
        on consumed.source = facts.source
    left join production.web_events as rows_of
        on
            facts.source = rows_of.source
            and facts.visitor_id = rows_of.visitor_id
            and facts.event_id = rows_of.event_id
    where
        rows_of.source is null
        or (rows_of.is_deleted and rows_of.batch_id <= consumed.batch_id)

)

select
    offenders.offender,
    count(*) over () as violations
from offenders
order by offenders.offender collate "C"
limit $1;
