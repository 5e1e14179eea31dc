-- Grain: one row per source that this load consumed.
-- Reads: warehouse.work_sources. Writes: ops.watermarks, in the transaction of the load.
-- Rerunnable: a watermark never moves back.
insert into ops.watermarks (
    consumer,
    source,
    batch_id,
    moved_at
)
select
    'warehouse' as consumer,
    sources.source,
    sources.until_batch_id as batch_id,
    cast($1 as timestamptz) as moved_at
from warehouse.work_sources as sources
left join ops.watermarks as known
    on
        known.consumer = 'warehouse'
        and sources.source = known.source
where coalesce(known.batch_id < sources.until_batch_id, true)
order by sources.source
on conflict (consumer, source) do update set
    batch_id = excluded.batch_id,
    moved_at = excluded.moved_at;
