-- Grain: one row: the shop of a replay, as it was published last.
-- Reads: production.retailers. Writes: staging.retailers. $1 batch, $2 source.
insert into staging.retailers (
    source,
    retailer_name,
    time_zone,
    currency,
    counted_statuses,
    batch_id
)
select
    known.source,
    known.retailer_name,
    known.time_zone,
    known.currency,
    known.counted_statuses,
    $1 as batch_id
from production.retailers as known
where known.source = $2
