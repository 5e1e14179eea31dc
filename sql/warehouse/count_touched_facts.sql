-- Grain: the touched orders.
-- Reads: warehouse.work_transactions, warehouse.fact_sales. Writes: nothing.
-- Returns: how many facts they have.
-- $1 are the days of sale of the touched orders: partitions without one are not read.
select count(*) as row_count
from warehouse.work_transactions as touched
inner join warehouse.fact_sales as facts
    on
        touched.source = facts.source
        and touched.transaction_id = facts.transaction_id
        and facts.sale_date = any(cast($1 as date[]));
