-- Contract: every key of a fact is that of a row of its dimension, and none is null.
-- Returns: fact, key column and the key that no row of the dimension has.
-- Reads only. $1 is how many are shown.
with

offenders as (

    select
        concat_ws(
            ' ', 'fact_sales', 'date_key', facts.date_key
        ) as offender
    from warehouse.fact_sales as facts
    left join warehouse.dim_date as members
        on facts.date_key = members.date_key
    where members.date_key is null
    group by facts.date_key
    union all
    select
        concat_ws(
            ' ', 'fact_sales', 'customer_key', facts.customer_key
        ) as offender
    from warehouse.fact_sales as facts
    left join warehouse.dim_customers as members
        on facts.customer_key = members.customer_key
    where members.customer_key is null
    group by facts.customer_key
    union all
    select
        concat_ws(
            ' ', 'fact_sales', 'product_key', facts.product_key
        ) as offender
    from warehouse.fact_sales as facts
    left join warehouse.dim_products as members
        on facts.product_key = members.product_key
    where members.product_key is null
    group by facts.product_key
    union all
    select
        concat_ws(
            ' ', 'fact_sales', 'supplier_key', facts.supplier_key
        ) as offender
    from warehouse.fact_sales as facts
    left join warehouse.dim_suppliers as members
        on facts.supplier_key = members.supplier_key
    where members.supplier_key is null
    group by facts.supplier_key
    union all
    select
        concat_ws(
            ' ', 'fact_sales', 'store_key', facts.store_key
        ) as offender
    from warehouse.fact_sales as facts
    left join warehouse.dim_stores as members
        on facts.store_key = members.store_key
    where members.store_key is null
    group by facts.store_key
    union all
    select
        concat_ws(
            ' ', 'fact_sales', 'sales_rep_key', facts.sales_rep_key
        ) as offender
    from warehouse.fact_sales as facts
    left join warehouse.dim_sales_representatives as members
        on facts.sales_rep_key = members.sales_rep_key
    where members.sales_rep_key is null
    group by facts.sales_rep_key
    union all
    select
        concat_ws(
            ' ', 'fact_sales', 'shipping_location_key', facts.shipping_location_key
        ) as offender
    from warehouse.fact_sales as facts
    left join warehouse.dim_locations as members
        on facts.shipping_location_key = members.location_key
    where members.location_key is null
    group by facts.shipping_location_key
    union all
    select
        concat_ws(
            ' ', 'fact_sales', 'billing_location_key', facts.billing_location_key
        ) as offender
    from warehouse.fact_sales as facts
    left join warehouse.dim_locations as members
        on facts.billing_location_key = members.location_key
    where members.location_key is null
    group by facts.billing_location_key
    union all
    select
        concat_ws(
            ' ', 'fact_sales', 'payment_method_key', facts.payment_method_key
        ) as offender
    from warehouse.fact_sales as facts
    left join warehouse.dim_payment_method as members
        on facts.payment_method_key = members.payment_method_key
    where members.payment_method_key is null
    group by facts.payment_method_key
    union all
    select
        concat_ws(
            ' ', 'fact_sales', 'retailer_key', facts.retailer_key
        ) as offender
    from warehouse.fact_sales as facts
    left join warehouse.dim_retailer as members
        on facts.retailer_key = members.retailer_key
    where members.retailer_key is null
    group by facts.retailer_key
    union all
    select
        concat_ws(
            ' ', 'fact_inventory', 'date_key', facts.date_key
        ) as offender
    from warehouse.fact_inventory as facts
    left join warehouse.dim_date as members
        on facts.date_key = members.date_key
    where members.date_key is null
    group by facts.date_key
    union all
    select
        concat_ws(
            ' ', 'fact_inventory', 'product_key', facts.product_key
        ) as offender
    from warehouse.fact_inventory as facts
    left join warehouse.dim_products as members
        on facts.product_key = members.product_key
    where members.product_key is null
    group by facts.product_key
    union all
    select
        concat_ws(
            ' ', 'fact_inventory', 'store_key', facts.store_key
        ) as offender
    from warehouse.fact_inventory as facts
    left join warehouse.dim_stores as members
        on facts.store_key = members.store_key
    where members.store_key is null
    group by facts.store_key
    union all
    select
        concat_ws(
            ' ', 'fact_inventory', 'retailer_key', facts.retailer_key
        ) as offender
    from warehouse.fact_inventory as facts
    left join warehouse.dim_retailer as members
        on facts.retailer_key = members.retailer_key
    where members.retailer_key is null
    group by facts.retailer_key
    union all
    select
        concat_ws(
            ' ', 'fact_inventory_transactions', 'date_key', facts.date_key
        ) as offender
    from warehouse.fact_inventory_transactions as facts
    left join warehouse.dim_date as members
        on facts.date_key = members.date_key
    where members.date_key is null
    group by facts.date_key
    union all
    select
        concat_ws(
            ' ', 'fact_inventory_transactions', 'product_key', facts.product_key
        ) as offender
    from warehouse.fact_inventory_transactions as facts
    left join warehouse.dim_products as members
        on facts.product_key = members.product_key
    where members.product_key is null
    group by facts.product_key
    union all
    select
        concat_ws(
            ' ', 'fact_inventory_transactions', 'store_key', facts.store_key
        ) as offender
    from warehouse.fact_inventory_transactions as facts
    left join warehouse.dim_stores as members
        on facts.store_key = members.store_key
    where members.store_key is null
    group by facts.store_key
    union all
    select
        concat_ws(
            ' ', 'fact_inventory_transactions', 'retailer_key', facts.retailer_key
        ) as offender
    from warehouse.fact_inventory_transactions as facts
    left join warehouse.dim_retailer as members
        on facts.retailer_key = members.retailer_key
    where members.retailer_key is null
    group by facts.retailer_key
    union all
    select
        concat_ws(
            ' ', 'fact_fulfilment', 'ordered_date_key', facts.ordered_date_key
        ) as offender
    from warehouse.fact_fulfilment as facts
    left join warehouse.dim_date as members
        on facts.ordered_date_key = members.date_key
    where members.date_key is null
    group by facts.ordered_date_key
    union all
    select
        concat_ws(
            ' ', 'fact_fulfilment', 'paid_date_key', facts.paid_date_key
        ) as offender
    from warehouse.fact_fulfilment as facts
    left join warehouse.dim_date as members
        on facts.paid_date_key = members.date_key
    where members.date_key is null
    group by facts.paid_date_key
    union all
    select
        concat_ws(
            ' ', 'fact_fulfilment', 'shipped_date_key', facts.shipped_date_key
        ) as offender
    from warehouse.fact_fulfilment as facts
    left join warehouse.dim_date as members
        on facts.shipped_date_key = members.date_key
    where members.date_key is null
    group by facts.shipped_date_key
    union all
    select
        concat_ws(
            ' ', 'fact_fulfilment', 'delivered_date_key', facts.delivered_date_key
        ) as offender
    from warehouse.fact_fulfilment as facts
    left join warehouse.dim_date as members
        on facts.delivered_date_key = members.date_key
    where members.date_key is null
    group by facts.delivered_date_key
    union all
    select
        concat_ws(
            ' ', 'fact_fulfilment', 'promised_date_key', facts.promised_date_key
        ) as offender
    from warehouse.fact_fulfilment as facts
    left join warehouse.dim_date as members
        on facts.promised_date_key = members.date_key
    where members.date_key is null
    group by facts.promised_date_key
    union all
    select
        concat_ws(
            ' ', 'fact_fulfilment', 'customer_key', facts.customer_key
        ) as offender
    from warehouse.fact_fulfilment as facts
    left join warehouse.dim_customers as members
        on facts.customer_key = members.customer_key
    where members.customer_key is null
    group by facts.customer_key
    union all
    select
        concat_ws(
            ' ', 'fact_fulfilment', 'store_key', facts.store_key
        ) as offender
    from warehouse.fact_fulfilment as facts
    left join warehouse.dim_stores as members
        on facts.store_key = members.store_key
    where members.store_key is null
    group by facts.store_key
    union all
    select
        concat_ws(
            ' ', 'fact_fulfilment', 'shipping_location_key', facts.shipping_location_key
        ) as offender
    from warehouse.fact_fulfilment as facts
    left join warehouse.dim_locations as members
        on facts.shipping_location_key = members.location_key
    where members.location_key is null
    group by facts.shipping_location_key
    union all
    select
        concat_ws(
            ' ', 'fact_fulfilment', 'retailer_key', facts.retailer_key
        ) as offender
    from warehouse.fact_fulfilment as facts
    left join warehouse.dim_retailer as members
        on facts.retailer_key = members.retailer_key
    where members.retailer_key is null
    group by facts.retailer_key
    union all
    select
        concat_ws(
            ' ', 'fact_web_events', 'date_key', facts.date_key
        ) as offender
    from warehouse.fact_web_events as facts
    left join warehouse.dim_date as members
        on facts.date_key = members.date_key
    where members.date_key is null
    group by facts.date_key
    union all
    select
        concat_ws(
            ' ', 'fact_web_events', 'customer_key', facts.customer_key
        ) as offender
    from warehouse.fact_web_events as facts
    left join warehouse.dim_customers as members
        on facts.customer_key = members.customer_key
    where members.customer_key is null
    group by facts.customer_key
    union all
    select
        concat_ws(
            ' ', 'fact_web_events', 'product_key', facts.product_key
        ) as offender
    from warehouse.fact_web_events as facts
    left join warehouse.dim_products as members
        on facts.product_key = members.product_key
    where members.product_key is null
    group by facts.product_key
    union all
    select
        concat_ws(
            ' ', 'fact_web_events', 'retailer_key', facts.retailer_key
        ) as offender
    from warehouse.fact_web_events as facts
    left join warehouse.dim_retailer as members
        on facts.retailer_key = members.retailer_key
    where members.retailer_key is null
    group by facts.retailer_key
    union all
    select
        concat_ws(
            ' ', 'fact_web_sessions', 'date_key', facts.date_key
        ) as offender
    from warehouse.fact_web_sessions as facts
    left join warehouse.dim_date as members
        on facts.date_key = members.date_key
    where members.date_key is null
    group by facts.date_key
    union all
    select
        concat_ws(
            ' ', 'fact_web_sessions', 'customer_key', facts.customer_key
        ) as offender
    from warehouse.fact_web_sessions as facts
    left join warehouse.dim_customers as members
        on facts.customer_key = members.customer_key
    where members.customer_key is null
    group by facts.customer_key
    union all
    select
        concat_ws(
            ' ', 'fact_web_sessions', 'retailer_key', facts.retailer_key
        ) as offender
    from warehouse.fact_web_sessions as facts
    left join warehouse.dim_retailer as members
        on facts.retailer_key = members.retailer_key
    where members.retailer_key is null
    group by facts.retailer_key

)

select
    offenders.offender,
    count(*) over () as violations
from offenders
order by offenders.offender collate "C"
limit $1;
