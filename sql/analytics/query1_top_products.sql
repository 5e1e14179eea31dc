-- Grain: one row per product, by its id; equal names do not merge.
-- Reads: analytics.counted_sales, analytics.latest_products.
-- Returns: the ten products of the highest revenue; avg_price is revenue per unit sold.
with

products as (

    select
        counted.product_id,
        sum(counted.line_total) as revenue,
        sum(counted.quantity) as units
    from analytics.counted_sales as counted
    where
        counted.source = $1
        and counted.currency = $2
    group by counted.product_id

)

select
    products.product_id,
    coalesce(latest.product_name, 'Unknown') as product_name,
    coalesce(latest.category, 'Unknown') as category,
    round(products.revenue, 2) as total_revenue,
    trim_scale(products.units) as units_sold,
    round(products.revenue / nullif(products.units, 0), 2) as avg_price
from products
left join analytics.latest_products as latest
    on
        products.product_id = latest.product_id
        and latest.source = $1
order by products.revenue desc, products.product_id collate "C"
limit 10;
