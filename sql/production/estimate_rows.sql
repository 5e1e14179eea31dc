-- Grain: one row.
-- Reads: the catalog. Writes: nothing. Returns: about how many rows the planner knows of.
select ops.estimated_rows(array[
    'production.customers',
    'production.products',
    'production.transactions',
    'production.transaction_items',
    'production.payments',
    'production.shipments',
    'production.inventory_movements',
    'production.inventory_snapshots',
    'production.web_events'
]) as known_rows;
