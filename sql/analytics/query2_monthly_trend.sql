-- Grain: one row per month with sales.
-- Reads: analytics.counted_sales.
-- Returns: average_order_value is revenue by orders, never the mean of lines; unique customers are
-- counted by their durable id.
select
    to_char(counted.sale_date, 'YYYY-MM') as year_month,
    round(sum(counted.line_total), 2) as total_revenue,
    count(distinct counted.transaction_id) as total_transactions,
    round(
        sum(counted.line_total) / count(distinct counted.transaction_id), 2
    ) as average_order_value,
    count(distinct counted.customer_id) as unique_customers
from analytics.counted_sales as counted
where
    counted.source = $1
    and counted.currency = $2
group by to_char(counted.sale_date, 'YYYY-MM')
order by to_char(counted.sale_date, 'YYYY-MM') collate "C";
