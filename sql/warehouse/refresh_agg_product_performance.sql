-- Grain: one row per product, shop and currency, over the statuses that count.
-- Reads: warehouse.work_aggregates, warehouse.agg_monthly_product_sales, warehouse.dim_products.
-- Writes: warehouse.agg_product_performance. Returns: rows read, written, new and deleted.
-- Rerunnable: a row whose content is the same is left alone; one without facts is deleted.
-- All of its measures follow from the sums of the months.
with

touched as (

    select
        listed.retailer_key,
        listed.member as product_id
    from warehouse.work_aggregates as listed
    where listed.grain = 'product'

),

members as (

    -- The unknown member belongs to no shop, and gives way to a product that is called the same.
    select distinct on (touched.retailer_key, touched.product_id)
        touched.retailer_key,
        touched.product_id,
        known.product_key as current_key
    from touched
    inner join warehouse.dim_retailer as retailers
        on touched.retailer_key = retailers.retailer_key
    inner join warehouse.dim_products as known
        on
            touched.product_id = known.product_id
            and known.is_current
            and (retailers.source = known.source or known.product_key = -1)
    order by
        touched.retailer_key asc,
        touched.product_id asc,
        known.product_key desc

),

computed as (

    select
        months.retailer_key,
        months.currency,
        members.product_id,
        members.current_key as product_key,
        sum(months.total_quantity_sold) as total_quantity_sold,
        sum(months.total_revenue) as total_revenue,
        sum(months.total_profit) as total_profit,
        round(
            sum(months.discount_percentage_sum)
            / nullif(sum(months.discounted_line_count), 0),
            4
        ) as avg_discount_percentage
    from members
    inner join warehouse.agg_monthly_product_sales as months
        on
            members.retailer_key = months.retailer_key
            and members.product_id = months.product_id
    group by
        months.retailer_key,
        months.currency,
        members.product_id,
        members.current_key

),

gone as (

    -- By sorting, not by an anti join: nobody knows beforehand how many rows are computed.
    select
        both_sides.retailer_key,
        both_sides.currency,
        both_sides.product_id
    from (
        select
            known.retailer_key,
            known.currency,
            known.product_id,
            false as is_wanted
        from warehouse.agg_product_performance as known
        inner join touched
            on
                known.retailer_key = touched.retailer_key
                and known.product_id = touched.product_id
        union all
        select
            computed.retailer_key,
            computed.currency,
            computed.product_id,
            true as is_wanted
        from computed
    ) as both_sides
    group by
        both_sides.retailer_key,
        both_sides.currency,
        both_sides.product_id
    having not bool_or(both_sides.is_wanted)

),

deleted as (

    delete from warehouse.agg_product_performance as known
    using gone
    where
        known.retailer_key = gone.retailer_key
        and known.currency = gone.currency
        and known.product_id = gone.product_id
    returning 1 as is_deleted_row

),

compared as (

    select
        computed.*,
        known.retailer_key is null as is_new
    from computed
    left join warehouse.agg_product_performance as known
        on
            computed.retailer_key = known.retailer_key
            and computed.currency = known.currency
            and computed.product_id = known.product_id
    where
        known.retailer_key is null
        or (
            known.product_key,
            known.total_quantity_sold,
            known.total_revenue,
            known.total_profit,
            known.avg_discount_percentage
        )
        is distinct from (
            computed.product_key,
            computed.total_quantity_sold,
            computed.total_revenue,
            computed.total_profit,
            computed.avg_discount_percentage
        )

),

written as (

    insert into warehouse.agg_product_performance (
        retailer_key,
        currency,
        product_id,
        product_key,
        total_quantity_sold,
        total_revenue,
        total_profit,
        avg_discount_percentage,
        loaded_at
    )
    select
        compared.retailer_key,
        compared.currency,
        compared.product_id,
        compared.product_key,
        compared.total_quantity_sold,
        compared.total_revenue,
        compared.total_profit,
        compared.avg_discount_percentage,
        cast($1 as timestamptz) as loaded_at
    from compared
    order by
        compared.retailer_key,
        compared.currency,
        compared.product_id
    on conflict (retailer_key, currency, product_id) do update
        set
            product_key = excluded.product_key,
            total_quantity_sold = excluded.total_quantity_sold,
            total_revenue = excluded.total_revenue,
            total_profit = excluded.total_profit,
            avg_discount_percentage = excluded.avg_discount_percentage,
            loaded_at = excluded.loaded_at
    returning 1 as is_written

)

select
    (select count(*) from computed) as rows_read,
    (select count(*) filter (where compared.is_new) from compared) as rows_inserted,
    (select count(*) from written)
    - (select count(*) filter (where compared.is_new) from compared) as rows_updated,
    (select count(*) from deleted) as rows_deleted;
