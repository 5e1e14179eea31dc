-- Grain: one row per layer and source that was ever staged.
-- Reads: ops.batches, ops.watermarks.
-- Returns: when a batch last reached the layer; null where none did.
with

sources as (

    select
        batches.source,
        max(batches.staged_at) as staged_at,
        max(batches.published_at) as published_at
    from ops.batches
    group by batches.source

)

select
    'staging.transactions' as dataset,
    sources.source,
    sources.staged_at as latest_at
from sources

union all

select
    'production.transactions' as dataset,
    sources.source,
    sources.published_at as latest_at
from sources

union all

select
    'warehouse.fact_sales' as dataset,
    sources.source,
    filled.moved_at as latest_at
from sources
left join ops.watermarks as filled
    on
        sources.source = filled.source
        and filled.consumer = 'warehouse'
order by dataset, source;
