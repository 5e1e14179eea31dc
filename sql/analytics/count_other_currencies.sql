-- Grain: one row.
-- Reads: warehouse.fact_sales.
-- Returns: counted orders of a source in other currencies than the exported one; sums never mix
-- two of them, so the exports leave these out.
select count(distinct counted.transaction_id) as orders
from analytics.counted_sales as counted
where
    counted.source = $1
    and counted.currency <> $2;
