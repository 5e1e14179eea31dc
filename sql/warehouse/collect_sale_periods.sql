-- Grain: one row per hour, and one per day, of a shop that the touched orders count towards.
-- Reads: warehouse.work_transactions, warehouse.fact_sales, warehouse.dim_retailer.
-- Writes: warehouse.work_hours, warehouse.work_days. Returns: how many were added.
-- Runs before and after the facts change, so that both the old and the new ones are found.
-- Rerunnable: a row that was collected already is left alone.
-- $1 are the days of sale of the touched orders: partitions without one are not read.
with

touched as (

    -- An order without a moment is of the first moment of its day, where the shop is.
    select distinct
        facts.retailer_key,
        facts.sale_date,
        date_trunc(
            'hour',
            coalesce(
                facts.transaction_at,
                cast(facts.sale_date as timestamp) at time zone retailers.time_zone
            ),
            'UTC'
        ) as metric_hour
    from warehouse.work_transactions as orders
    inner join warehouse.fact_sales as facts
        on
            orders.source = facts.source
            and orders.transaction_id = facts.transaction_id
            and facts.sale_date = any(cast($1 as date[]))
    inner join warehouse.dim_retailer as retailers
        on facts.retailer_key = retailers.retailer_key

),

hours as (

    insert into warehouse.work_hours (
        retailer_key,
        metric_hour
    )
    select distinct
        touched.retailer_key,
        touched.metric_hour
    from touched
    left join warehouse.work_hours as known
        on
            touched.retailer_key = known.retailer_key
            and touched.metric_hour = known.metric_hour
    where known.retailer_key is null
    returning 1 as is_written

),

days as (

    insert into warehouse.work_days (
        grain,
        retailer_key,
        full_date
    )
    select distinct
        'category' as grain,
        touched.retailer_key,
        touched.sale_date as full_date
    from touched
    left join warehouse.work_days as known
        on
            known.grain = 'category'
            and touched.retailer_key = known.retailer_key
            and touched.sale_date = known.full_date
    where known.retailer_key is null
    returning 1 as is_written

)

select
    (select count(*) from hours)
    + (select count(*) from days) as rows_inserted;
