-- Grain: one row per day, shop and currency, over the statuses that count.
-- Reads: warehouse.work_aggregates, warehouse.fact_sales, warehouse.dim_customers.
-- Writes: warehouse.agg_daily_sales. Returns: rows read, written, new and deleted.
-- Rerunnable: a row whose content is the same is left alone; one without facts is deleted.
with

touched as (

    select
        listed.retailer_key,
        cast(listed.member as integer) as date_key
    from warehouse.work_aggregates as listed
    where listed.grain = 'day'

),

orders as (

    select
        facts.retailer_key,
        facts.currency,
        facts.date_key,
        facts.transaction_id,
        facts.customer_key,
        sum(case when facts.is_returned then 0 else facts.line_total end) as revenue,
        sum(case when facts.is_returned then 0 else facts.profit end) as profit
    from touched
    inner join warehouse.fact_sales as facts
        on
            touched.retailer_key = facts.retailer_key
            and touched.date_key = facts.date_key
            -- The partitions are cut by sale_date.
            and facts.sale_date = to_date(cast(touched.date_key as text), 'YYYYMMDD')
            and facts.sale_date = any(cast($2 as date[]))
    where facts.is_counted
    group by
        facts.retailer_key,
        facts.currency,
        facts.date_key,
        facts.transaction_id,
        facts.customer_key

),

computed as (

    select
        orders.retailer_key,
        orders.currency,
        orders.date_key,
        count(*) as total_transactions,
        coalesce(sum(orders.revenue), 0) as total_revenue,
        sum(orders.profit) as total_profit,
        -- A customer is counted once, whatever version the orders point to.
        count(distinct customers.customer_id)
        filter (where orders.customer_key > 0) as unique_customers
    from orders
    inner join warehouse.dim_customers as customers
        on orders.customer_key = customers.customer_key
    group by
        orders.retailer_key,
        orders.currency,
        orders.date_key

),

gone as (

    -- By sorting, not by an anti join: nobody knows beforehand how many rows are computed.
    select
        both_sides.retailer_key,
        both_sides.currency,
        both_sides.date_key
    from (
        select
            known.retailer_key,
            known.currency,
            known.date_key,
            false as is_wanted
        from warehouse.agg_daily_sales as known
        inner join touched
            on
                known.retailer_key = touched.retailer_key
                and known.date_key = touched.date_key
        union all
        select
            computed.retailer_key,
            computed.currency,
            computed.date_key,
            true as is_wanted
        from computed
    ) as both_sides
    group by
        both_sides.retailer_key,
        both_sides.currency,
        both_sides.date_key
    having not bool_or(both_sides.is_wanted)

),

deleted as (

    delete from warehouse.agg_daily_sales as known
    using gone
    where
        known.retailer_key = gone.retailer_key
        and known.currency = gone.currency
        and known.date_key = gone.date_key
    returning 1 as is_deleted_row

),

compared as (

    select
        computed.*,
        known.retailer_key is null as is_new
    from computed
    left join warehouse.agg_daily_sales as known
        on
            computed.retailer_key = known.retailer_key
            and computed.currency = known.currency
            and computed.date_key = known.date_key
    where
        known.retailer_key is null
        or (
            known.total_transactions,
            known.total_revenue,
            known.total_profit,
            known.unique_customers
        )
        is distinct from (
            computed.total_transactions,
            computed.total_revenue,
            computed.total_profit,
            computed.unique_customers
        )

),

written as (

    insert into warehouse.agg_daily_sales (
        retailer_key,
        currency,
        date_key,
        total_transactions,
        total_revenue,
        total_profit,
        unique_customers,
        loaded_at
    )
    select
        compared.retailer_key,
        compared.currency,
        compared.date_key,
        compared.total_transactions,
        compared.total_revenue,
        compared.total_profit,
        compared.unique_customers,
        cast($1 as timestamptz) as loaded_at
    from compared
    order by
        compared.retailer_key,
        compared.currency,
        compared.date_key
    on conflict (retailer_key, currency, date_key) do update
        set
            total_transactions = excluded.total_transactions,
            total_revenue = excluded.total_revenue,
            total_profit = excluded.total_profit,
            unique_customers = excluded.unique_customers,
            loaded_at = excluded.loaded_at
    returning 1 as is_written

)

select
    (select count(*) from computed) as rows_read,
    (select count(*) filter (where compared.is_new) from compared) as rows_inserted,
    (select count(*) from written)
    - (select count(*) filter (where compared.is_new) from compared) as rows_updated,
    (select count(*) from deleted) as rows_deleted;
