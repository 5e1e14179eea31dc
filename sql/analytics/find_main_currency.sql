-- Grain: one row.
-- Reads: warehouse.fact_sales.
-- Returns: the currency of most counted lines, for a shop that names none of its own.
select counted.currency
from analytics.counted_sales as counted
where counted.source = $1
group by counted.currency
order by count(*) desc, counted.currency collate "C"
limit 1;
