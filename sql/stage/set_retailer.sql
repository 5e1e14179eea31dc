-- Grain: one row per batch.
-- Writes: staging.retailers.
insert into staging.retailers (
    source,
    retailer_name,
    time_zone,
    currency,
    counted_statuses,
    batch_id
)
values ($1, $2, $3, $4, $5, $6);
