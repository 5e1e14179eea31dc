-- Grain: one row per source with published batches that the warehouse has not consumed.
-- Reads: ops.batches, ops.watermarks. Writes: warehouse.work_sources.
-- Returns: the smallest of their watermarks, -1 where a source was never consumed.
-- With $1 true, every source that was ever published, from its first batch on.
with

written as (

    insert into warehouse.work_sources (
        source,
        after_batch_id,
        until_batch_id,
        is_full
    )
    select
        batches.source,
        case
            when cast($1 as boolean) then -1
            else coalesce(max(watermarks.batch_id), -1)
        end as after_batch_id,
        max(batches.batch_id) as until_batch_id,
        cast($1 as boolean) as is_full
    from ops.batches as batches
    left join ops.watermarks as watermarks
        on
            watermarks.consumer = 'warehouse'
            and batches.source = watermarks.source
    where
        batches.state = 'published'
        and (cast($1 as boolean) or batches.batch_id > coalesce(watermarks.batch_id, -1))
    group by batches.source
    returning after_batch_id

)

select coalesce(min(written.after_batch_id), -1) as after_batch_id
from written;
