-- Grain: one row per order, also of those without a line (775).
-- Reads:
-- landing.olist__orders, landing.olist__customers, landing.olist__order_items,
-- landing.olist__order_payments.
with

totals as (

    select
        order_items.order_id,
        sum(order_items.price) as price,
        sum(order_items.freight_value) as freight
    from landing.olist__order_items as order_items
    group by order_items.order_id

),

methods as (

    -- An order may be paid in several ways; the one with the largest sum names the method.
    select distinct on (order_payments.order_id)
        order_payments.order_id,
        order_payments.payment_type
    from landing.olist__order_payments as order_payments
    order by
        order_payments.order_id asc,
        order_payments.payment_value desc,
        order_payments.payment_sequential asc

)

select
    orders.order_id as transaction_id,
    customers.customer_unique_id as customer_id,
    orders.order_purchase_timestamp as transaction_at,
    orders.order_status as status,
    methods.payment_type as payment_method,
    'BRL' as currency,
    customers.customer_city as shipping_city,
    customers.customer_state as shipping_state,
    customers.customer_zip_code_prefix as shipping_postal_code,
    'BR' as shipping_country,
    0::numeric as discount_amount,
    0::numeric as tax_amount,
    coalesce(totals.freight, 0) as shipping_amount,
    coalesce(totals.price + totals.freight, 0) as total_amount,
    orders.file_id,
    orders.source_line
from landing.olist__orders as orders
left join landing.olist__customers as customers on customers.customer_id = orders.customer_id
left join totals on totals.order_id = orders.order_id
left join methods on methods.order_id = orders.order_id;
