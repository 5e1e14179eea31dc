-- Grain: one row per product, by its id.
-- Reads: analytics.counted_sales, analytics.latest_products.
-- Returns: profit at the cost of the time of sale, empty where no cost is known. profit_margin is
-- in percent of the revenue of the lines whose cost is known.
with

products as (

    select
        counted.product_id,
        sum(counted.profit) as profit,
        sum(counted.line_total) as revenue,
        sum(counted.line_total) filter (where counted.profit is not null) as costed_revenue,
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
    round(products.profit, 2) as total_profit,
    round(100 * products.profit / nullif(products.costed_revenue, 0), 2) as profit_margin,
    round(products.revenue, 2) as revenue,
    trim_scale(products.units) as units_sold
from products
left join analytics.latest_products as latest
    on
        products.product_id = latest.product_id
        and latest.source = $1
order by
    products.profit desc nulls last,
    products.revenue desc,
    products.product_id collate "C";
