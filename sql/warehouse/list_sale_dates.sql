-- Grain: one row.
-- Reads: warehouse.work_transactions, warehouse.work_sources, production.transactions,
-- warehouse.fact_fulfilment, warehouse.fact_sales. Writes: nothing.
-- Returns: the days on which the touched orders have facts or will have them, and all days of the
-- months that hold one; a list of constants lets the planner leave out all other partitions.
with

dates as (

    select orders.sale_date
    from warehouse.work_transactions as touched
    inner join production.transactions as orders
        on
            touched.source = orders.source
            and touched.transaction_id = orders.transaction_id
    union
    -- An order that moved to another day is still known by the old one.
    select fulfilments.ordered_date as sale_date
    from warehouse.work_transactions as touched
    inner join warehouse.fact_fulfilment as fulfilments
        on
            touched.source = fulfilments.source
            and touched.transaction_id = fulfilments.transaction_id
    union
    -- A load of everything, and the first one after an upgrade (0), trust nothing but the facts.
    select facts.sale_date
    from warehouse.work_sources as sources
    inner join warehouse.fact_sales as facts
        on sources.source = facts.source
    where
        sources.is_full
        or sources.after_batch_id = 0

),

months as (

    select distinct cast(date_trunc('month', dates.sale_date) as date) as month_start
    from dates

)

select
    (
        select coalesce(array_agg(dates.sale_date order by dates.sale_date), '{}')
        from dates
    ) as sale_dates,
    (
        select coalesce(array_agg(cast(days.moment as date) order by days.moment), '{}')
        from months
        cross join
            generate_series(
                cast(months.month_start as timestamp),
                months.month_start + interval '1 month' - interval '1 day',
                interval '1 day'
            ) as days (moment)
    ) as month_dates;
