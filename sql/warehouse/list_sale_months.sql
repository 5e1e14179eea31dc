-- Grain: one row per month in which a touched order was sold.
-- Reads: warehouse.work_transactions, production.transactions. Writes: nothing.
-- Returns: the first day of each month.
select distinct cast(date_trunc('month', orders.sale_date) as date) as month_start
from warehouse.work_transactions as touched
inner join production.transactions as orders
    on
        touched.source = orders.source
        and touched.transaction_id = orders.transaction_id
order by month_start;
