-- Grain: one row per product, month, shop and currency, over the statuses that count.
-- Reads: warehouse.work_aggregates, warehouse.work_sources, warehouse.fact_sales,
-- warehouse.dim_products, warehouse.dim_retailer. Writes: warehouse.agg_monthly_product_sales.
-- Returns: rows read, new, changed and deleted.
-- Rerunnable: a row whose content is the same is left alone; one without facts is deleted.
-- $2 are all days of the touched months.
with

touched as (

    select
        listed.retailer_key,
        cast(
            date_trunc('month', to_date(listed.member, 'YYYYMMDD')) as date
        ) as month_start
    from warehouse.work_aggregates as listed
    where listed.grain = 'day'
    union
    -- A rebuild looks at every row that there is.
    select
        known.retailer_key,
        known.month_start
    from warehouse.agg_monthly_product_sales as known
    inner join warehouse.dim_retailer as retailers
        on known.retailer_key = retailers.retailer_key
    inner join warehouse.work_sources as sources
        on
            retailers.source = sources.source
            and sources.is_full

),

-- Summed by version first: the key of a version is cheaper to compare than the name of a product.
versions as (

    select
        facts.retailer_key,
        facts.currency,
        cast(date_trunc('month', cast(facts.sale_date as timestamp)) as date) as month_start,
        facts.product_key,
        sum(case when facts.is_returned then 0 else facts.quantity end) as total_quantity_sold,
        sum(case when facts.is_returned then 0 else facts.line_total end) as total_revenue,
        sum(case when facts.is_returned then 0 else facts.profit end) as total_profit,
        sum(facts.discount_percentage) as discount_percentage_sum,
        count(facts.discount_percentage) as discounted_line_count
    from warehouse.fact_sales as facts
    where
        facts.is_counted
        and facts.sale_date = any(cast($2 as date[]))
        and facts.retailer_key in (
            select touched.retailer_key
            from touched
        )
    group by
        facts.retailer_key,
        facts.currency,
        cast(date_trunc('month', cast(facts.sale_date as timestamp)) as date),
        facts.product_key

),

computed as (

    select
        versions.retailer_key,
        versions.currency,
        versions.month_start,
        products.product_id,
        coalesce(sum(versions.total_quantity_sold), 0) as total_quantity_sold,
        coalesce(sum(versions.total_revenue), 0) as total_revenue,
        sum(versions.total_profit) as total_profit,
        sum(versions.discount_percentage_sum) as discount_percentage_sum,
        cast(sum(versions.discounted_line_count) as bigint) as discounted_line_count
    from versions
    inner join touched
        on
            versions.retailer_key = touched.retailer_key
            and versions.month_start = touched.month_start
    inner join warehouse.dim_products as products
        on versions.product_key = products.product_key
    group by
        versions.retailer_key,
        versions.currency,
        versions.month_start,
        products.product_id

),

gone as (

    -- By sorting, not by an anti join: nobody knows beforehand how many rows are computed.
    select
        both_sides.retailer_key,
        both_sides.currency,
        both_sides.month_start,
        both_sides.product_id
    from (
        select
            known.retailer_key,
            known.currency,
            known.month_start,
            known.product_id,
            false as is_wanted
        from warehouse.agg_monthly_product_sales as known
        inner join touched
            on
                known.retailer_key = touched.retailer_key
                and known.month_start = touched.month_start
        union all
        select
            computed.retailer_key,
            computed.currency,
            computed.month_start,
            computed.product_id,
            true as is_wanted
        from computed
    ) as both_sides
    group by
        both_sides.retailer_key,
        both_sides.currency,
        both_sides.month_start,
        both_sides.product_id
    having not bool_or(both_sides.is_wanted)

),

deleted as (

    delete from warehouse.agg_monthly_product_sales as known
    using gone
    where
        known.retailer_key = gone.retailer_key
        and known.currency = gone.currency
        and known.month_start = gone.month_start
        and known.product_id = gone.product_id
    returning 1 as is_deleted_row

),

compared as (

    select
        computed.*,
        known.retailer_key is null as is_new
    from computed
    left join warehouse.agg_monthly_product_sales as known
        on
            computed.retailer_key = known.retailer_key
            and computed.currency = known.currency
            and computed.month_start = known.month_start
            and computed.product_id = known.product_id
    where
        known.retailer_key is null
        or (
            known.total_quantity_sold,
            known.total_revenue,
            known.total_profit,
            known.discount_percentage_sum,
            known.discounted_line_count
        )
        is distinct from (
            computed.total_quantity_sold,
            computed.total_revenue,
            computed.total_profit,
            computed.discount_percentage_sum,
            computed.discounted_line_count
        )

),

written as (

    insert into warehouse.agg_monthly_product_sales (
        retailer_key,
        currency,
        month_start,
        product_id,
        total_quantity_sold,
        total_revenue,
        total_profit,
        discount_percentage_sum,
        discounted_line_count,
        loaded_at
    )
    select
        compared.retailer_key,
        compared.currency,
        compared.month_start,
        compared.product_id,
        compared.total_quantity_sold,
        compared.total_revenue,
        compared.total_profit,
        compared.discount_percentage_sum,
        compared.discounted_line_count,
        cast($1 as timestamptz) as loaded_at
    from compared
    order by
        compared.retailer_key,
        compared.currency,
        compared.month_start,
        compared.product_id
    on conflict (retailer_key, currency, month_start, product_id) do update
        set
            total_quantity_sold = excluded.total_quantity_sold,
            total_revenue = excluded.total_revenue,
            total_profit = excluded.total_profit,
            discount_percentage_sum = excluded.discount_percentage_sum,
            discounted_line_count = excluded.discounted_line_count,
            loaded_at = excluded.loaded_at
    returning 1 as is_written

)

select
    (select count(*) from computed) as rows_read,
    (select count(*) filter (where compared.is_new) from compared) as rows_inserted,
    (select count(*) from written)
    - (select count(*) filter (where compared.is_new) from compared) as rows_updated,
    (select count(*) from deleted) as rows_deleted;
