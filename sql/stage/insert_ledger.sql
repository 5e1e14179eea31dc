-- Grain: one row per batch, layer and dataset; two tables may feed one entity, and neither is then
-- the whole of it.
-- Writes: ops.ledger.
insert into ops.ledger (
    batch_id,
    layer,
    dataset,
    rows_read,
    rows_rejected,
    rows_staged,
    is_whole
)
values ($1, $2, $3, $4, $5, $6, $7)
on conflict (batch_id, layer, dataset) do update set
    rows_read = ledger.rows_read + excluded.rows_read,
    rows_rejected = ledger.rows_rejected + excluded.rows_rejected,
    rows_staged = ledger.rows_staged + excluded.rows_staged,
    is_whole = false;
