-- Grain: one row per source that this load consumed, or whose members it computed anew.
-- Reads: warehouse.work_sources, warehouse.work_members, warehouse.work_transactions.
-- Writes: ops.watermarks, in the transaction of the load.
-- Rerunnable: a watermark never moves back; its time tells that something of the source has changed
-- although its batch is the same.
with

moved as (

    select
        sources.source,
        sources.until_batch_id
    from warehouse.work_sources as sources
    left join ops.watermarks as known
        on
            known.consumer = 'warehouse'
            and sources.source = known.source
    where
        coalesce(known.batch_id < sources.until_batch_id, true)
        or sources.is_full
    union
    select
        known.source,
        known.batch_id as until_batch_id
    from ops.watermarks as known
    where
        known.consumer = 'warehouse'
        and known.source not in (
            select sources.source
            from warehouse.work_sources as sources
        )
        and known.source in (
            select members.source
            from warehouse.work_members as members
            union all
            select orders.source
            from warehouse.work_transactions as orders
        )

)

insert into ops.watermarks (
    consumer,
    source,
    batch_id,
    moved_at
)
select
    'warehouse' as consumer,
    moved.source,
    moved.until_batch_id as batch_id,
    cast($1 as timestamptz) as moved_at
from moved
order by moved.source
on conflict (consumer, source) do update set
    batch_id = excluded.batch_id,
    moved_at = excluded.moved_at;
