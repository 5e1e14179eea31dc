-- Views for readers: what a counted sale is, and the first materialized views over it.
-- Every materialized view has its retailer and currency, so that nothing adds up two currencies,
-- and a unique index, so that it is refreshed while readers read. None asks the clock: "today" is
-- the newest counted sale of the retailer.

create function analytics.mask_name(full_name text) returns text
language sql
immutable
strict
parallel safe
as $$
    select regexp_replace(full_name, '(\S)\S*', '\1***', 'g')
$$;

comment on function analytics.mask_name(text) is
'A name that says who only to those who know: Ada Lovelace becomes A*** L***';

create view analytics.counted_sales as
select
    facts.retailer_key,
    facts.source,
    facts.currency,
    facts.transaction_id,
    facts.line_number,
    case when facts.customer_key > 0 then customers.customer_id end as customer_id,
    products.product_id,
    coalesce(products.category, 'Unknown') as category,
    coalesce(methods.payment_method_name, 'Unknown') as payment_method,
    coalesce(customers.country, 'Unknown') as customer_country,
    coalesce(customers.state, 'Unknown') as customer_state,
    -- What came back as a whole was sold and returned: nothing is left of it but the order.
    case when facts.is_returned then 0 else facts.quantity end as quantity,
    facts.unit_price,
    coalesce(
        facts.discount_percentage,
        100 * facts.discount_amount / nullif(facts.quantity * facts.unit_price, 0),
        0
    ) as discount_percentage,
    case when facts.is_returned then 0 else coalesce(facts.line_total, 0) end as line_total,
    case when facts.is_returned then 0 else facts.profit end as profit,
    facts.sale_date
from warehouse.fact_sales as facts
left join warehouse.dim_customers as customers
    on facts.customer_key = customers.customer_key
left join warehouse.dim_products as products
    on facts.product_key = products.product_key
left join warehouse.dim_payment_method as methods
    on facts.payment_method_key = methods.payment_method_key
where facts.is_counted;

comment on view analytics.counted_sales is
'Order lines whose status counts; revenue is the sum of line_total over them, wherever it is read';
comment on column analytics.counted_sales.retailer_key is 'The shop';
comment on column analytics.counted_sales.source is 'Source that the shop is known by';
comment on column analytics.counted_sales.currency is 'Currency of all amounts of the line';
comment on column analytics.counted_sales.transaction_id is 'The order';
comment on column analytics.counted_sales.line_number is 'The line of the order';
comment on column analytics.counted_sales.customer_id is
'Who bought, by durable id; null where nobody knows';
comment on column analytics.counted_sales.product_id is
'What was bought, by durable id; -1 where nobody knows';
comment on column analytics.counted_sales.category is
'Category of the product at the time of the sale';
comment on column analytics.counted_sales.payment_method is 'How the order was paid';
comment on column analytics.counted_sales.customer_country is
'Where the customer lived at the time of the sale';
comment on column analytics.counted_sales.customer_state is
'Where the customer lived at the time of the sale';
comment on column analytics.counted_sales.quantity is
'Units; negative for a return, 0 of an order that came back as a whole';
comment on column analytics.counted_sales.unit_price is 'Price of a unit before discounts';
comment on column analytics.counted_sales.discount_percentage is
'Discount of the line in percent of its price';
comment on column analytics.counted_sales.line_total is
'Amount of the line, net of its discount; 0 of an order that came back as a whole';
comment on column analytics.counted_sales.profit is
'line_total less the cost at the time of the sale; null without a cost';
comment on column analytics.counted_sales.sale_date is 'Day of the sale in the shop''s time zone';

create view analytics.latest_products as
select distinct on (products.source, products.product_id)
    products.source,
    products.product_id,
    products.category_id,
    products.product_name,
    products.category
from warehouse.dim_products as products
order by products.source asc, products.product_id asc, products.valid_from desc;

comment on view analytics.latest_products is
'Products as they are now, or were when they went: one row per source and product';
comment on column analytics.latest_products.source is 'Source that the product came from';
comment on column analytics.latest_products.product_id is 'The product';
comment on column analytics.latest_products.category_id is 'Its category, as the source names it';
comment on column analytics.latest_products.product_name is 'Its name';
comment on column analytics.latest_products.category is 'Its category, for people';

create materialized view analytics.mv_daily_sales as
select
    counted.retailer_key,
    counted.source,
    counted.currency,
    counted.sale_date,
    count(distinct counted.transaction_id) as order_count,
    sum(counted.line_total) as total_revenue,
    round(sum(counted.line_total) / count(distinct counted.transaction_id), 2) as avg_order_value,
    count(distinct counted.customer_id) as unique_customers
from analytics.counted_sales as counted
group by counted.retailer_key, counted.source, counted.currency, counted.sale_date;

create unique index mv_daily_sales_natural_key
on analytics.mv_daily_sales (retailer_key, currency, sale_date);

comment on materialized view analytics.mv_daily_sales is 'Counted sales by day';
comment on column analytics.mv_daily_sales.retailer_key is 'The shop';
comment on column analytics.mv_daily_sales.source is 'Source that the shop is known by';
comment on column analytics.mv_daily_sales.currency is 'Currency of all amounts of the row';
comment on column analytics.mv_daily_sales.sale_date is 'Day in the shop''s time zone';
comment on column analytics.mv_daily_sales.order_count is 'Orders';
comment on column analytics.mv_daily_sales.total_revenue is 'Sum of line_total';
comment on column analytics.mv_daily_sales.avg_order_value is 'Revenue by orders';
comment on column analytics.mv_daily_sales.unique_customers is 'Known customers, by durable id';

create materialized view analytics.mv_product_performance as
with

products as (

    select
        counted.retailer_key,
        counted.source,
        counted.currency,
        counted.product_id,
        count(*) as times_sold,
        sum(counted.quantity) as total_quantity_sold,
        sum(counted.line_total) as total_revenue,
        sum(counted.profit) as total_profit
    from analytics.counted_sales as counted
    group by counted.retailer_key, counted.source, counted.currency, counted.product_id

)

select
    products.retailer_key,
    products.source,
    products.currency,
    products.product_id,
    coalesce(latest.product_name, 'Unknown') as product_name,
    latest.category_id,
    products.times_sold,
    products.total_quantity_sold,
    products.total_revenue,
    products.total_profit
from products
left join analytics.latest_products as latest
    on
        products.source = latest.source
        and products.product_id = latest.product_id;

create unique index mv_product_performance_natural_key
on analytics.mv_product_performance (retailer_key, currency, product_id);

comment on materialized view analytics.mv_product_performance is 'Counted sales by product';
comment on column analytics.mv_product_performance.retailer_key is 'The shop';
comment on column analytics.mv_product_performance.source is 'Source that the shop is known by';
comment on column analytics.mv_product_performance.currency is
'Currency of all amounts of the row';
comment on column analytics.mv_product_performance.product_id is
'The product, by its durable id; equal names do not merge';
comment on column analytics.mv_product_performance.product_name is 'Its name now';
comment on column analytics.mv_product_performance.category_id is 'Its category now';
comment on column analytics.mv_product_performance.times_sold is 'Order lines';
comment on column analytics.mv_product_performance.total_quantity_sold is
'Units sold less units returned';
comment on column analytics.mv_product_performance.total_revenue is 'Sum of line_total';
comment on column analytics.mv_product_performance.total_profit is
'Profit at the cost of the time of sale; null where no cost is known';

create materialized view analytics.mv_customer_segments as
with

days as (

    -- The newest counted sale stands for today, so that a refresh on another day changes nothing.
    select
        counted.retailer_key,
        max(counted.sale_date) as newest_date
    from analytics.counted_sales as counted
    group by counted.retailer_key

),

customers as (

    select
        counted.retailer_key,
        counted.source,
        counted.currency,
        counted.customer_id,
        count(distinct counted.transaction_id) as order_count,
        sum(counted.line_total) as total_spent,
        min(counted.sale_date) as first_order_date,
        max(counted.sale_date) as last_order_date,
        max(days.newest_date) - max(counted.sale_date) as recency,
        count(distinct counted.transaction_id) filter (
            where days.newest_date - counted.sale_date < 365
        ) as frequency,
        sum(counted.line_total) filter (
            where days.newest_date - counted.sale_date < 365
        ) as monetary
    from analytics.counted_sales as counted
    inner join days
        on counted.retailer_key = days.retailer_key
    where counted.customer_id is not null
    group by counted.retailer_key, counted.source, counted.currency, counted.customer_id

),

scores as (

    -- percent_rank gives equal customers equal scores, which ntile does not.
    select
        customers.retailer_key,
        customers.currency,
        customers.customer_id,
        least(5, 1 + floor(5 * percent_rank() over recencies))::integer as recency_score,
        least(5, 1 + floor(5 * percent_rank() over frequencies))::integer as frequency_score,
        least(5, 1 + floor(5 * percent_rank() over amounts))::integer as monetary_score
    from customers
    where customers.frequency > 0
    window
        shops as (partition by customers.retailer_key, customers.currency),
        recencies as (shops order by customers.recency desc),
        frequencies as (shops order by customers.frequency),
        amounts as (shops order by customers.monetary)

),

latest as (

    select distinct on (members.source, members.customer_id)
        members.source,
        members.customer_id,
        members.full_name,
        members.customer_segment
    from warehouse.dim_customers as members
    order by members.source asc, members.customer_id asc, members.valid_from desc

)

select
    customers.retailer_key,
    customers.source,
    customers.currency,
    customers.customer_id,
    analytics.mask_name(latest.full_name) as customer_name,
    latest.customer_segment as segment,
    customers.order_count,
    customers.total_spent,
    round(customers.total_spent / customers.order_count, 2) as avg_order_value,
    customers.first_order_date,
    customers.last_order_date,
    customers.recency,
    customers.frequency,
    customers.monetary,
    scores.recency_score,
    scores.frequency_score,
    scores.monetary_score,
    case
        when scores.recency_score is null then null
        when
            scores.recency_score >= 4
            and scores.frequency_score >= 4
            and scores.monetary_score >= 4
            then 'Champions'
        when
            scores.recency_score <= 2
            and scores.frequency_score >= 4
            and scores.monetary_score >= 4
            then 'Can''t lose'
        when scores.recency_score <= 2 and scores.frequency_score >= 3 then 'At risk'
        when scores.frequency_score >= 4 then 'Loyal'
        when
            scores.recency_score >= 4 and scores.frequency_score between 2 and 3
            then 'Potential'
        when scores.recency_score = 5 and scores.frequency_score = 1 then 'New'
        when scores.recency_score <= 2 and scores.frequency_score <= 2 then 'Hibernating'
        else 'Regular'
    end as rfm_segment
from customers
left join scores
    on
        customers.retailer_key = scores.retailer_key
        and customers.currency = scores.currency
        and customers.customer_id = scores.customer_id
left join latest
    on
        customers.source = latest.source
        and customers.customer_id = latest.customer_id;

create unique index mv_customer_segments_natural_key
on analytics.mv_customer_segments (retailer_key, currency, customer_id);

comment on materialized view analytics.mv_customer_segments is
'Known customers who bought, with recency, frequency and monetary value over 365 days';
comment on column analytics.mv_customer_segments.retailer_key is 'The shop';
comment on column analytics.mv_customer_segments.source is 'Source that the shop is known by';
comment on column analytics.mv_customer_segments.currency is 'Currency of all amounts of the row';
comment on column analytics.mv_customer_segments.customer_id is 'The customer, by durable id';
comment on column analytics.mv_customer_segments.customer_name is 'Masked name';
comment on column analytics.mv_customer_segments.segment is 'Segment that the source gives';
comment on column analytics.mv_customer_segments.order_count is 'Orders of all time';
comment on column analytics.mv_customer_segments.total_spent is 'Revenue of all time';
comment on column analytics.mv_customer_segments.avg_order_value is 'Revenue by orders';
comment on column analytics.mv_customer_segments.first_order_date is 'Day of the first order';
comment on column analytics.mv_customer_segments.last_order_date is 'Day of the last order';
comment on column analytics.mv_customer_segments.recency is
'Days from the last order to the newest sale of the shop';
comment on column analytics.mv_customer_segments.frequency is 'Orders of the last 365 days';
comment on column analytics.mv_customer_segments.monetary is 'Revenue of the last 365 days';
comment on column analytics.mv_customer_segments.recency_score is
'1 to 5, 5 for the most recent; null without an order in 365 days';
comment on column analytics.mv_customer_segments.frequency_score is
'1 to 5, 5 for the most orders; null without an order in 365 days';
comment on column analytics.mv_customer_segments.monetary_score is
'1 to 5, 5 for the most revenue; null without an order in 365 days';
comment on column analytics.mv_customer_segments.rfm_segment is
'Champions, Can''t lose, At risk, Loyal, Potential, New, Hibernating or Regular; null without an '
'order in 365 days';

create materialized view analytics.mv_daily_sales_summary as
select
    counted.retailer_key,
    counted.source,
    counted.currency,
    counted.sale_date,
    count(*) as transaction_count,
    count(distinct counted.transaction_id) as unique_transactions,
    sum(counted.quantity) as total_quantity,
    sum(counted.line_total) as total_revenue,
    round(
        sum(counted.quantity * counted.unit_price) / nullif(sum(counted.quantity), 0), 2
    ) as avg_unit_price
from analytics.counted_sales as counted
group by counted.retailer_key, counted.source, counted.currency, counted.sale_date;

create unique index mv_daily_sales_summary_natural_key
on analytics.mv_daily_sales_summary (retailer_key, currency, sale_date);

comment on materialized view analytics.mv_daily_sales_summary is 'Counted order lines by day';
comment on column analytics.mv_daily_sales_summary.retailer_key is 'The shop';
comment on column analytics.mv_daily_sales_summary.source is 'Source that the shop is known by';
comment on column analytics.mv_daily_sales_summary.currency is
'Currency of all amounts of the row';
comment on column analytics.mv_daily_sales_summary.sale_date is 'Day in the shop''s time zone';
comment on column analytics.mv_daily_sales_summary.transaction_count is 'Order lines';
comment on column analytics.mv_daily_sales_summary.unique_transactions is 'Orders';
comment on column analytics.mv_daily_sales_summary.total_quantity is
'Units sold less units returned';
comment on column analytics.mv_daily_sales_summary.total_revenue is 'Sum of line_total';
comment on column analytics.mv_daily_sales_summary.avg_unit_price is
'Price of a unit before discounts, weighted by quantity';

create materialized view analytics.mv_monthly_sales_by_category as
with

months as (

    select
        counted.retailer_key,
        counted.source,
        counted.currency,
        counted.category,
        counted.transaction_id,
        counted.quantity,
        counted.unit_price,
        counted.line_total,
        date_trunc('month', counted.sale_date::timestamp)::date as month_start
    from analytics.counted_sales as counted

)

select
    months.retailer_key,
    months.source,
    months.currency,
    months.month_start,
    months.category,
    count(*) as transaction_count,
    count(distinct months.transaction_id) as unique_transactions,
    sum(months.quantity) as total_quantity,
    sum(months.line_total) as total_revenue,
    round(
        sum(months.quantity * months.unit_price) / nullif(sum(months.quantity), 0), 2
    ) as avg_unit_price
from months
group by
    months.retailer_key, months.source, months.currency, months.month_start, months.category;

create unique index mv_monthly_sales_by_category_natural_key
on analytics.mv_monthly_sales_by_category (retailer_key, currency, month_start, category);

comment on materialized view analytics.mv_monthly_sales_by_category is
'Counted order lines by month and category';
comment on column analytics.mv_monthly_sales_by_category.retailer_key is 'The shop';
comment on column analytics.mv_monthly_sales_by_category.source is
'Source that the shop is known by';
comment on column analytics.mv_monthly_sales_by_category.currency is
'Currency of all amounts of the row';
comment on column analytics.mv_monthly_sales_by_category.month_start is 'First day of the month';
comment on column analytics.mv_monthly_sales_by_category.category is
'Category at the time of the sale';
comment on column analytics.mv_monthly_sales_by_category.transaction_count is 'Order lines';
comment on column analytics.mv_monthly_sales_by_category.unique_transactions is 'Orders';
comment on column analytics.mv_monthly_sales_by_category.total_quantity is
'Units sold less units returned';
comment on column analytics.mv_monthly_sales_by_category.total_revenue is 'Sum of line_total';
comment on column analytics.mv_monthly_sales_by_category.avg_unit_price is
'Price of a unit before discounts, weighted by quantity';

create materialized view analytics.mv_top_products_by_revenue as
with

products as (

    select
        counted.retailer_key,
        counted.source,
        counted.currency,
        counted.product_id,
        count(*) as transaction_count,
        count(distinct counted.transaction_id) as unique_transactions,
        sum(counted.quantity) as total_quantity,
        sum(counted.line_total) as total_revenue,
        round(
            sum(counted.quantity * counted.unit_price) / nullif(sum(counted.quantity), 0), 2
        ) as avg_unit_price
    from analytics.counted_sales as counted
    group by counted.retailer_key, counted.source, counted.currency, counted.product_id

)

select
    products.retailer_key,
    products.source,
    products.currency,
    row_number() over (
        partition by products.retailer_key, products.currency
        order by products.total_revenue desc, products.product_id collate "C"
    ) as revenue_rank,
    products.product_id,
    coalesce(latest.product_name, 'Unknown') as product_name,
    coalesce(latest.category, 'Unknown') as category,
    products.transaction_count,
    products.unique_transactions,
    products.total_quantity,
    products.total_revenue,
    products.avg_unit_price
from products
left join analytics.latest_products as latest
    on
        products.source = latest.source
        and products.product_id = latest.product_id;

create unique index mv_top_products_by_revenue_natural_key
on analytics.mv_top_products_by_revenue (retailer_key, currency, product_id);

create index mv_top_products_by_revenue_rank_idx
on analytics.mv_top_products_by_revenue (retailer_key, currency, revenue_rank);

comment on materialized view analytics.mv_top_products_by_revenue is
'Products by revenue, the first rank first';
comment on column analytics.mv_top_products_by_revenue.retailer_key is 'The shop';
comment on column analytics.mv_top_products_by_revenue.source is
'Source that the shop is known by';
comment on column analytics.mv_top_products_by_revenue.currency is
'Currency of all amounts of the row';
comment on column analytics.mv_top_products_by_revenue.revenue_rank is
'Place by revenue; ties go by product id';
comment on column analytics.mv_top_products_by_revenue.product_id is
'The product, by its durable id';
comment on column analytics.mv_top_products_by_revenue.product_name is 'Its name now';
comment on column analytics.mv_top_products_by_revenue.category is 'Its category now';
comment on column analytics.mv_top_products_by_revenue.transaction_count is 'Order lines';
comment on column analytics.mv_top_products_by_revenue.unique_transactions is 'Orders';
comment on column analytics.mv_top_products_by_revenue.total_quantity is
'Units sold less units returned';
comment on column analytics.mv_top_products_by_revenue.total_revenue is 'Sum of line_total';
comment on column analytics.mv_top_products_by_revenue.avg_unit_price is
'Price of a unit before discounts, weighted by quantity';
