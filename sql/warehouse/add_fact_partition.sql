-- Grain: one month.
-- Reads: the catalog. Writes: a partition of warehouse.fact_sales where the month has none.
-- Returns: how many were added. Rerunnable: a partition that is there is left alone.
select warehouse.add_fact_sales_partitions($1, $1) as partitions_added;
