-- Grain: one month of a fact.
-- Reads: the catalog. Writes: a partition of the fact $1 where the month of $2 has none.
-- Returns: how many were added. Rerunnable: a partition that is there is left alone.
select warehouse.add_monthly_partitions(cast($1 as text), $2, $2) as partitions_added;
