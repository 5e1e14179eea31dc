-- Grain: one row per customer, shop and currency, over the statuses that count.
-- Reads: warehouse.work_aggregates, warehouse.fact_sales, warehouse.dim_customers.
-- Writes: warehouse.agg_customer_metrics. Returns: rows read, written, new and deleted.
-- Rerunnable: a row whose content is the same is left alone; one without facts is deleted.
with

touched as (

    select
        listed.retailer_key,
        listed.member as customer_id
    from warehouse.work_aggregates as listed
    where listed.grain = 'customer'

),

members as (

    -- Every version of the touched members, the current one named.
    select
        touched.retailer_key,
        touched.customer_id,
        known.customer_key,
        max(known.customer_key) filter (where known.is_current) over (
            partition by touched.retailer_key, touched.customer_id
        ) as current_key
    from touched
    inner join warehouse.dim_retailer as retailers
        on touched.retailer_key = retailers.retailer_key
    inner join warehouse.dim_customers as known
        on
            touched.customer_id = known.customer_id
            -- The unknown member belongs to no shop.
            and (retailers.source = known.source or known.customer_key = -1)

),

orders as (

    select
        facts.retailer_key,
        facts.currency,
        members.customer_id,
        members.current_key,
        facts.transaction_id,
        facts.sale_date,
        sum(case when facts.is_returned then 0 else facts.line_total end) as revenue
    from members
    inner join warehouse.fact_sales as facts
        on
            members.retailer_key = facts.retailer_key
            and members.customer_key = facts.customer_key
    where facts.is_counted
    group by
        facts.retailer_key,
        facts.currency,
        members.customer_id,
        members.current_key,
        facts.transaction_id,
        facts.sale_date

),

computed as (

    select
        orders.retailer_key,
        orders.currency,
        orders.customer_id,
        orders.current_key as customer_key,
        count(*) as total_transactions,
        coalesce(sum(orders.revenue), 0) as total_spent,
        round(coalesce(sum(orders.revenue), 0) / count(*), 2) as avg_order_value,
        min(orders.sale_date) as first_purchase_date,
        max(orders.sale_date) as last_purchase_date
    from orders
    group by
        orders.retailer_key,
        orders.currency,
        orders.customer_id,
        orders.current_key

),

gone as (

    -- By sorting, not by an anti join: nobody knows beforehand how many rows are computed.
    select
        both_sides.retailer_key,
        both_sides.currency,
        both_sides.customer_id
    from (
        select
            known.retailer_key,
            known.currency,
            known.customer_id,
            false as is_wanted
        from warehouse.agg_customer_metrics as known
        inner join touched
            on
                known.retailer_key = touched.retailer_key
                and known.customer_id = touched.customer_id
        union all
        select
            computed.retailer_key,
            computed.currency,
            computed.customer_id,
            true as is_wanted
        from computed
    ) as both_sides
    group by
        both_sides.retailer_key,
        both_sides.currency,
        both_sides.customer_id
    having not bool_or(both_sides.is_wanted)

),

deleted as (

    delete from warehouse.agg_customer_metrics as known
    using gone
    where
        known.retailer_key = gone.retailer_key
        and known.currency = gone.currency
        and known.customer_id = gone.customer_id
    returning 1 as is_deleted_row

),

compared as (

    select
        computed.*,
        known.retailer_key is null as is_new
    from computed
    left join warehouse.agg_customer_metrics as known
        on
            computed.retailer_key = known.retailer_key
            and computed.currency = known.currency
            and computed.customer_id = known.customer_id
    where
        known.retailer_key is null
        or (
            known.customer_key,
            known.total_transactions,
            known.total_spent,
            known.avg_order_value,
            known.first_purchase_date,
            known.last_purchase_date
        )
        is distinct from (
            computed.customer_key,
            computed.total_transactions,
            computed.total_spent,
            computed.avg_order_value,
            computed.first_purchase_date,
            computed.last_purchase_date
        )

),

written as (

    insert into warehouse.agg_customer_metrics (
        retailer_key,
        currency,
        customer_id,
        customer_key,
        total_transactions,
        total_spent,
        avg_order_value,
        first_purchase_date,
        last_purchase_date,
        loaded_at
    )
    select
        compared.retailer_key,
        compared.currency,
        compared.customer_id,
        compared.customer_key,
        compared.total_transactions,
        compared.total_spent,
        compared.avg_order_value,
        compared.first_purchase_date,
        compared.last_purchase_date,
        cast($1 as timestamptz) as loaded_at
    from compared
    order by
        compared.retailer_key,
        compared.currency,
        compared.customer_id
    on conflict (retailer_key, currency, customer_id) do update
        set
            customer_key = excluded.customer_key,
            total_transactions = excluded.total_transactions,
            total_spent = excluded.total_spent,
            avg_order_value = excluded.avg_order_value,
            first_purchase_date = excluded.first_purchase_date,
            last_purchase_date = excluded.last_purchase_date,
            loaded_at = excluded.loaded_at
    returning 1 as is_written

)

select
    (select count(*) from computed) as rows_read,
    (select count(*) filter (where compared.is_new) from compared) as rows_inserted,
    (select count(*) from written)
    - (select count(*) filter (where compared.is_new) from compared) as rows_updated,
    (select count(*) from deleted) as rows_deleted;
