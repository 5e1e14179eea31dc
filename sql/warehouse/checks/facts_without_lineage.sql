-- Contract: every fact names its batch, and the file and line that its content came from.
-- Returns: fact and its key.
-- Reads only. $1 is how many are shown.
with

offenders as (

    select
        concat_ws(
            ' ', 'fact_sales', facts.source, facts.transaction_id, facts.line_number
        ) as offender
    from warehouse.fact_sales as facts
    left join ops.batches as batches
        on facts.batch_id = batches.batch_id
    where
        batches.batch_id is null
        or facts.file_id is null
        or facts.source_line is null
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
    from warehouse.fact_inventory as facts
    left join ops.batches as batches
        on facts.batch_id = batches.batch_id
    where
        batches.batch_id is null
        or facts.file_id is null
        or facts.source_line is null
    union all
    select
        concat_ws(
            ' ',
            'fact_inventory_transactions',
            facts.source,
            facts.product_id,
            facts.movement_id
        ) as offender
    from warehouse.fact_inventory_transactions as facts
    left join ops.batches as batches
        on facts.batch_id = batches.batch_id
    where
        batches.batch_id is null
        or facts.file_id is null
        or facts.source_line is null
    union all
    select
        concat_ws(
            ' ', 'fact_fulfilment', facts.source, facts.transaction_id
        ) as offender
    from warehouse.fact_fulfilment as facts
    left join ops.batches as batches
        on facts.batch_id = batches.batch_id
    where
        batches.batch_id is null
        or facts.file_id is null
        or facts.source_line is null
    union all
    select
        concat_ws(
            ' ', 'fact_web_events', facts.source, facts.visitor_id, facts.event_id
        ) as offender
    from warehouse.fact_web_events as facts
    left join ops.batches as batches
        on facts.batch_id = batches.batch_id
    where
        batches.batch_id is null
        or facts.file_id is null
        or facts.source_line is null
    union all
    select
        concat_ws(
            ' ', 'fact_web_sessions', facts.source, facts.visitor_id, facts.session_id
        ) as offender
    from warehouse.fact_web_sessions as facts
    left join ops.batches as batches
        on facts.batch_id = batches.batch_id
    where
        batches.batch_id is null
        or facts.file_id is null
        or facts.source_line is null

)

select
    offenders.offender,
    count(*) over () as violations
from offenders
order by offenders.offender collate "C"
limit $1;
