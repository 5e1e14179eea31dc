-- Grain: one row per source that the warehouse has consumed.
-- Reads: ops.watermarks, warehouse.dim_retailer.
-- Returns: whether the warehouse moved since these exports were made. The row of consumer
-- 'analytics' is a copy of the warehouse's, time included, so that a rebuild of the same batch is
-- noticed as well.
select
    filled.source,
    filled.batch_id,
    filled.moved_at,
    retailers.currency,
    (
        shown.batch_id is distinct from filled.batch_id
        or shown.moved_at is distinct from filled.moved_at
    ) as has_changed
from ops.watermarks as filled
left join warehouse.dim_retailer as retailers
    on filled.source = retailers.source
left join ops.watermarks as shown
    on
        filled.source = shown.source
        and shown.consumer = 'analytics'
where filled.consumer = 'warehouse'
order by filled.source collate "C";
