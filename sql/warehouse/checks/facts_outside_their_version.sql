-- Contract: a fact points to the version of its customer, product and store that was valid at
--     its time.
-- Returns: fact, its key and the dimension key that points to another version.
-- Reads only. $1 is how many are shown.
with

fact_sales as (

    select
        'fact_sales' as fact,
        concat_ws(' ', facts.source, facts.transaction_id, facts.line_number) as id,
        facts.customer_key,
        facts.product_key,
        facts.store_key,
        coalesce(
            facts.transaction_at,
            cast(facts.sale_date as timestamp) at time zone retailers.time_zone
        ) as moment
    from warehouse.fact_sales as facts
    inner join warehouse.dim_retailer as retailers
        on facts.retailer_key = retailers.retailer_key

),

fact_inventory as (

    select
        'fact_inventory' as fact,
        concat_ws(' ', facts.source, facts.product_id, facts.store_id, facts.snapshot_date) as id,
        facts.product_key,
        facts.store_key,
        cast(facts.snapshot_date + 1 as timestamp) at time zone retailers.time_zone
        - interval '1 microsecond' as moment
    from warehouse.fact_inventory as facts
    inner join warehouse.dim_retailer as retailers
        on facts.retailer_key = retailers.retailer_key

),

fact_inventory_transactions as (

    select
        'fact_inventory_transactions' as fact,
        concat_ws(' ', facts.source, facts.product_id, facts.movement_id) as id,
        facts.product_key,
        facts.store_key,
        coalesce(facts.moved_at, timestamptz '9999-12-30 00:00:00+00') as moment
    from warehouse.fact_inventory_transactions as facts
    inner join warehouse.dim_retailer as retailers
        on facts.retailer_key = retailers.retailer_key

),

fact_fulfilment as (

    select
        'fact_fulfilment' as fact,
        concat_ws(' ', facts.source, facts.transaction_id) as id,
        facts.customer_key,
        facts.store_key,
        coalesce(
            facts.ordered_at,
            cast(facts.ordered_date as timestamp) at time zone retailers.time_zone
        ) as moment
    from warehouse.fact_fulfilment as facts
    inner join warehouse.dim_retailer as retailers
        on facts.retailer_key = retailers.retailer_key

),

fact_web_events as (

    select
        'fact_web_events' as fact,
        concat_ws(' ', facts.source, facts.visitor_id, facts.event_id) as id,
        facts.customer_key,
        facts.product_key,
        coalesce(
            facts.occurred_at,
            cast(facts.event_date as timestamp) at time zone retailers.time_zone
        ) as moment
    from warehouse.fact_web_events as facts
    inner join warehouse.dim_retailer as retailers
        on facts.retailer_key = retailers.retailer_key

),

fact_web_sessions as (

    select
        'fact_web_sessions' as fact,
        concat_ws(' ', facts.source, facts.visitor_id, facts.session_id) as id,
        facts.customer_key,
        facts.started_at as moment
    from warehouse.fact_web_sessions as facts
    inner join warehouse.dim_retailer as retailers
        on facts.retailer_key = retailers.retailer_key

),

offenders as (

    select
        concat_ws(
            ' ', placed.fact, placed.id, 'customer_key'
        ) as offender
    from fact_sales as placed
    inner join warehouse.dim_customers as versions
        on placed.customer_key = versions.customer_key
    where
        placed.customer_key > 0
        and (placed.moment < versions.valid_from or placed.moment >= versions.valid_to)
    union all
    select
        concat_ws(
            ' ', placed.fact, placed.id, 'product_key'
        ) as offender
    from fact_sales as placed
    inner join warehouse.dim_products as versions
        on placed.product_key = versions.product_key
    where
        placed.product_key > 0
        and (placed.moment < versions.valid_from or placed.moment >= versions.valid_to)
    union all
    select
        concat_ws(
            ' ', placed.fact, placed.id, 'store_key'
        ) as offender
    from fact_sales as placed
    inner join warehouse.dim_stores as versions
        on placed.store_key = versions.store_key
    where
        placed.store_key > 0
        and (placed.moment < versions.valid_from or placed.moment >= versions.valid_to)
    union all
    select
        concat_ws(
            ' ', placed.fact, placed.id, 'product_key'
        ) as offender
    from fact_inventory as placed
    inner join warehouse.dim_products as versions
        on placed.product_key = versions.product_key
    where
        placed.product_key > 0
        and (placed.moment < versions.valid_from or placed.moment >= versions.valid_to)
    union all
    select
        concat_ws(
            ' ', placed.fact, placed.id, 'store_key'
        ) as offender
    from fact_inventory as placed
    inner join warehouse.dim_stores as versions
        on placed.store_key = versions.store_key
    where
        placed.store_key > 0
        and (placed.moment < versions.valid_from or placed.moment >= versions.valid_to)
    union all
    select
        concat_ws(
            ' ', placed.fact, placed.id, 'product_key'
        ) as offender
    from fact_inventory_transactions as placed
    inner join warehouse.dim_products as versions
        on placed.product_key = versions.product_key
    where
        placed.product_key > 0
        and (placed.moment < versions.valid_from or placed.moment >= versions.valid_to)
    union all
    select
        concat_ws(
            ' ', placed.fact, placed.id, 'store_key'
        ) as offender
    from fact_inventory_transactions as placed
    inner join warehouse.dim_stores as versions
        on placed.store_key = versions.store_key
    where
        placed.store_key > 0
        and (placed.moment < versions.valid_from or placed.moment >= versions.valid_to)
    union all
    select
        concat_ws(
            ' ', placed.fact, placed.id, 'customer_key'
        ) as offender
    from fact_fulfilment as placed
    inner join warehouse.dim_customers as versions
        on placed.customer_key = versions.customer_key
    where
        placed.customer_key > 0
        and (placed.moment < versions.valid_from or placed.moment >= versions.valid_to)
    union all
    select
        concat_ws(
            ' ', placed.fact, placed.id, 'store_key'
        ) as offender
    from fact_fulfilment as placed
    inner join warehouse.dim_stores as versions
        on placed.store_key = versions.store_key
    where
        placed.store_key > 0
        and (placed.moment < versions.valid_from or placed.moment >= versions.valid_to)
    union all
    select
        concat_ws(
            ' ', placed.fact, placed.id, 'customer_key'
        ) as offender
    from fact_web_events as placed
    inner join warehouse.dim_customers as versions
        on placed.customer_key = versions.customer_key
    where
        placed.customer_key > 0
        and (placed.moment < versions.valid_from or placed.moment >= versions.valid_to)
    union all
    select
        concat_ws(
            ' ', placed.fact, placed.id, 'product_key'
        ) as offender
    from fact_web_events as placed
    inner join warehouse.dim_products as versions
        on placed.product_key = versions.product_key
    where
        placed.product_key > 0
        and (placed.moment < versions.valid_from or placed.moment >= versions.valid_to)
    union all
    select
        concat_ws(
            ' ', placed.fact, placed.id, 'customer_key'
        ) as offender
    from fact_web_sessions as placed
    inner join warehouse.dim_customers as versions
        on placed.customer_key = versions.customer_key
    where
        placed.customer_key > 0
        and (placed.moment < versions.valid_from or placed.moment >= versions.valid_to)

)

select
    offenders.offender,
    count(*) over () as violations
from offenders
order by offenders.offender collate "C"
limit $1;
