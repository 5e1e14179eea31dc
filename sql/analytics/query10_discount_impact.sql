-- Grain: one row per range of discounts; a range without sales is shown with zeros.
-- Reads: analytics.counted_sales.
-- Returns: lines by their discount. Ranges are read without gaps: over 0 to 10 %, over 10 to 25 %,
-- over 25 to 50 %, over 50 %. avg_discount_pct and avg_line_total are means of lines.
with

ranges (range_number, discount_range) as (

    values
    (1, '0%'),
    (2, '1-10%'),
    (3, '11-25%'),
    (4, '26-50%'),
    (5, '50%+')

),

placed as (

    select
        counted.quantity,
        counted.line_total,
        counted.discount_percentage,
        case
            when counted.discount_percentage <= 0 then 1
            when counted.discount_percentage <= 10 then 2
            when counted.discount_percentage <= 25 then 3
            when counted.discount_percentage <= 50 then 4
            else 5
        end as range_number
    from analytics.counted_sales as counted
    where
        counted.source = $1
        and counted.currency = $2

)

select
    ranges.discount_range,
    round(avg(placed.discount_percentage), 2) as avg_discount_pct,
    trim_scale(coalesce(sum(placed.quantity), 0)) as total_quantity_sold,
    round(coalesce(sum(placed.line_total), 0), 2) as total_revenue,
    round(avg(placed.line_total), 2) as avg_line_total
from ranges
left join placed
    on ranges.range_number = placed.range_number
group by ranges.range_number, ranges.discount_range
order by ranges.range_number;
