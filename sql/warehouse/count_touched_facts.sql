-- Grain: the touched orders.
-- Reads: warehouse.work_transactions, warehouse.fact_sales. Writes: nothing.
-- Returns: how many facts they have.
select count(*) as row_count
from warehouse.work_transactions as touched
inner join warehouse.fact_sales as facts
    on
        touched.source = facts.source
        and touched.transaction_id = facts.transaction_id;
