-- Grain: one row per fact of a touched order whose line is gone or was sold on another day.
-- Reads: warehouse.work_transactions, production.transactions, production.transaction_items.
-- Writes: warehouse.fact_sales. Returns: how many were deleted.
-- Rerunnable: a fact whose line is there is left alone.
-- $1 are the days of sale of the touched orders: partitions without one are not read.
with

deleted as (

    delete from warehouse.fact_sales as facts
    using warehouse.work_transactions as touched
    where
        facts.source = touched.source
        and facts.transaction_id = touched.transaction_id
        and facts.sale_date = any(cast($1 as date[]))
        and not exists (
            select 1
            from production.transaction_items as items
            inner join production.transactions as orders
                on
                    items.source = orders.source
                    and items.transaction_id = orders.transaction_id
            where
                facts.source = items.source
                and facts.transaction_id = items.transaction_id
                and facts.line_number = items.line_number
                and facts.sale_date = orders.sale_date
                and not items.is_deleted
                and not orders.is_deleted
        )
    returning 1 as is_deleted_row

)

select count(*) as rows_deleted
from deleted;
