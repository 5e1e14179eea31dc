-- Grain: one row per hour, shop and currency, over the statuses that count.
-- Reads: warehouse.work_hours, warehouse.fact_sales, warehouse.dim_customers,
-- warehouse.dim_retailer. Writes: warehouse.agg_hourly_metrics.
-- Returns: rows read, new, changed and deleted.
-- Rerunnable: a row whose content is the same is left alone; one without facts is deleted.
-- $2 are the days of sale that the touched hours can have.
with

lines as (

    -- An order without a moment is of the first moment of its day, where the shop is.
    select
        facts.*,
        date_trunc(
            'hour',
            coalesce(
                facts.transaction_at,
                cast(facts.sale_date as timestamp) at time zone retailers.time_zone
            ),
            'UTC'
        ) as metric_hour
    from warehouse.fact_sales as facts
    inner join warehouse.dim_retailer as retailers
        on facts.retailer_key = retailers.retailer_key
    where
        facts.is_counted
        and facts.sale_date = any(cast($2 as date[]))

),

orders as (

    select
        lines.retailer_key,
        lines.currency,
        lines.metric_hour,
        lines.transaction_id,
        lines.customer_key,
        sum(case when lines.is_returned then 0 else lines.line_total end) as revenue
    from warehouse.work_hours as touched
    inner join lines
        on
            touched.retailer_key = lines.retailer_key
            and touched.metric_hour = lines.metric_hour
    group by
        lines.retailer_key,
        lines.currency,
        lines.metric_hour,
        lines.transaction_id,
        lines.customer_key

),

computed as (

    select
        orders.retailer_key,
        orders.currency,
        orders.metric_hour,
        coalesce(sum(orders.revenue), 0) as revenue,
        count(*) as order_count,
        round(coalesce(sum(orders.revenue), 0) / count(*), 2) as avg_order_value,
        -- A customer is counted once, whatever version the orders point to.
        count(distinct customers.customer_id)
        filter (where orders.customer_key > 0) as unique_customers
    from orders
    inner join warehouse.dim_customers as customers
        on orders.customer_key = customers.customer_key
    group by
        orders.retailer_key,
        orders.currency,
        orders.metric_hour

),

gone as (

    -- By sorting, not by an anti join: nobody knows beforehand how many rows are computed.
    select
        both_sides.retailer_key,
        both_sides.currency,
        both_sides.metric_hour
    from (
        select
            known.retailer_key,
            known.currency,
            known.metric_hour,
            false as is_wanted
        from warehouse.agg_hourly_metrics as known
        inner join warehouse.work_hours as touched
            on
                known.retailer_key = touched.retailer_key
                and known.metric_hour = touched.metric_hour
        union all
        select
            computed.retailer_key,
            computed.currency,
            computed.metric_hour,
            true as is_wanted
        from computed
    ) as both_sides
    group by
        both_sides.retailer_key,
        both_sides.currency,
        both_sides.metric_hour
    having not bool_or(both_sides.is_wanted)

),

deleted as (

    delete from warehouse.agg_hourly_metrics as known
    using gone
    where
        known.retailer_key = gone.retailer_key
        and known.currency = gone.currency
        and known.metric_hour = gone.metric_hour
    returning 1 as is_deleted_row

),

compared as (

    select
        computed.*,
        known.retailer_key is null as is_new
    from computed
    left join warehouse.agg_hourly_metrics as known
        on
            computed.retailer_key = known.retailer_key
            and computed.currency = known.currency
            and computed.metric_hour = known.metric_hour
    where
        known.retailer_key is null
        or (
            known.revenue,
            known.order_count,
            known.avg_order_value,
            known.unique_customers
        )
        is distinct from (
            computed.revenue,
            computed.order_count,
            computed.avg_order_value,
            computed.unique_customers
        )

),

written as (

    insert into warehouse.agg_hourly_metrics (
        retailer_key,
        currency,
        metric_hour,
        revenue,
        order_count,
        avg_order_value,
        unique_customers,
        updated_at
    )
    select
        compared.retailer_key,
        compared.currency,
        compared.metric_hour,
        compared.revenue,
        compared.order_count,
        compared.avg_order_value,
        compared.unique_customers,
        cast($1 as timestamptz) as updated_at
    from compared
    order by
        compared.retailer_key,
        compared.currency,
        compared.metric_hour
    on conflict (retailer_key, currency, metric_hour) do update
        set
            revenue = excluded.revenue,
            order_count = excluded.order_count,
            avg_order_value = excluded.avg_order_value,
            unique_customers = excluded.unique_customers,
            updated_at = excluded.updated_at
    returning 1 as is_written

)

select
    (select count(*) from computed) as rows_read,
    (select count(*) filter (where compared.is_new) from compared) as rows_inserted,
    (select count(*) from written)
    - (select count(*) filter (where compared.is_new) from compared) as rows_updated,
    (select count(*) from deleted) as rows_deleted;
