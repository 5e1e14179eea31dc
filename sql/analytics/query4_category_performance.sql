-- Grain: one row per category, as it was at the time of the sale.
-- Reads: analytics.counted_sales.
-- Returns: profit covers the lines whose cost is known, and its margin is of their revenue.
select
    counted.category,
    round(sum(counted.line_total), 2) as total_revenue,
    round(sum(counted.profit), 2) as total_profit,
    round(
        100 * sum(counted.profit)
        / nullif(sum(counted.line_total) filter (where counted.profit is not null), 0),
        2
    ) as profit_margin_pct,
    trim_scale(sum(counted.quantity)) as units_sold
from analytics.counted_sales as counted
where
    counted.source = $1
    and counted.currency = $2
group by counted.category
order by sum(counted.line_total) desc, counted.category collate "C";
