-- Grain: one row.
-- Reads: warehouse.work_inventory_days. Writes: nothing.
-- Returns: the days that the touched counts and their 28 days of sales lie between; nulls where no
-- count is touched. As constants they tell the planner what to leave out.
select
    min(touched.snapshot_date) - 27 as first_date,
    max(touched.snapshot_date) as last_date
from warehouse.work_inventory_days as touched
order by first_date;
