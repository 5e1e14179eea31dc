-- Grain: one row.
-- Reads: the catalog. Writes: nothing. Returns: about how many facts the planner knows of.
select ops.estimated_rows(array[
    'warehouse.fact_sales',
    'warehouse.fact_inventory',
    'warehouse.fact_inventory_transactions',
    'warehouse.fact_fulfilment',
    'warehouse.fact_web_events',
    'warehouse.fact_web_sessions'
]) as known_rows;
