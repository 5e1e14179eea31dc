-- Grain: one row per address that a person had in turn; the last one is current, the earlier ones
-- are history.
-- Reads: landing.olist__customers, landing.olist__orders.
with

orders as (

    -- Two orders of one person in the same second: the larger order id has the last word.
    select distinct on (customers.customer_unique_id, orders.order_purchase_timestamp)
        customers.customer_unique_id,
        customers.customer_city,
        customers.customer_state,
        customers.customer_zip_code_prefix,
        customers.file_id,
        customers.source_line,
        orders.order_purchase_timestamp
    from landing.olist__customers as customers
    inner join landing.olist__orders as orders on orders.customer_id = customers.customer_id
    order by
        customers.customer_unique_id asc,
        orders.order_purchase_timestamp asc,
        orders.order_id desc

),

compared as (

    select
        orders.*,
        min(orders.order_purchase_timestamp) over (
            partition by orders.customer_unique_id
        ) as first_purchase_at,
        lag(
            row(orders.customer_city, orders.customer_state, orders.customer_zip_code_prefix)
        ) over (
            partition by orders.customer_unique_id
            order by orders.order_purchase_timestamp
        ) as previous_address
    from orders

)

select
    compared.customer_unique_id as customer_id,
    -- The files know no registration; a person is known from the first purchase on.
    (compared.first_purchase_at at time zone 'America/Sao_Paulo')::date as registration_date,
    compared.customer_city as city,
    compared.customer_state as state,
    compared.customer_zip_code_prefix as postal_code,
    'BR' as country,
    compared.order_purchase_timestamp as updated_at,
    compared.file_id,
    compared.source_line
from compared
where
    compared.previous_address is null
    or compared.previous_address is distinct from row(
        compared.customer_city,
        compared.customer_state,
        compared.customer_zip_code_prefix
    );
