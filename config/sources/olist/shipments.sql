-- Grain: one row per order that has lines; the files know one delivery for each order.
-- Reads: landing.olist__orders, landing.olist__order_items.
with

freight as (

    select
        order_items.order_id,
        sum(order_items.freight_value) as shipping_cost
    from landing.olist__order_items as order_items
    group by order_items.order_id

)

select
    orders.order_id as transaction_id,
    orders.order_id || '-1' as shipment_id,
    case
        when orders.order_delivered_customer_date is not null then 'delivered'
        when orders.order_delivered_carrier_date is not null then 'shipped'
        else 'pending'
    end as status,
    freight.shipping_cost,
    orders.order_delivered_carrier_date as shipped_at,
    orders.order_delivered_customer_date as delivered_at,
    orders.order_estimated_delivery_date as estimated_delivery_at,
    orders.file_id,
    orders.source_line
from landing.olist__orders as orders
inner join freight on freight.order_id = orders.order_id;
