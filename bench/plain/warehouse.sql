-- The star by plain statements: what remains of a load when nothing was there before, every member
-- has one version, and nobody looks for what is touched.
-- Run by bench/warehouse.sh with the variables batch_id and started_at; the tables that it leaves
-- are compared with those of `warehouse`.

insert into warehouse.dim_retailer (
    source, retailer_name, time_zone, currency, counted_statuses, batch_id, loaded_at
)
select
    source, retailer_name, time_zone, currency, counted_statuses, batch_id, :'started_at'
from production.retailers;

insert into warehouse.dim_suppliers (
    source, supplier_id, supplier_name, city, state, country, lead_time_days, batch_id, loaded_at
)
select
    source, supplier_id, supplier_name, city, state, country, lead_time_days, batch_id,
    :'started_at'
from production.suppliers;

insert into warehouse.dim_sales_representatives (
    source, sales_rep_id, sales_rep_name, email, region, commission_rate, batch_id, loaded_at
)
select
    source, sales_rep_id, sales_rep_name, email, region, commission_rate, batch_id, :'started_at'
from production.sales_representatives;

insert into warehouse.dim_payment_method (payment_method_name, payment_type, loaded_at)
select
    payment_method,
    case
        when lower(payment_method)
            ~ '(cash|cheque|check$|boleto|voucher|money order|bank slip|in store|offline)'
            then 'Offline'
        else 'Online'
    end,
    :'started_at'
from production.transactions
where payment_method is not null
group by payment_method;

insert into warehouse.dim_locations (
    location_type, country, state, city, postal_code, region, loaded_at
)
select
    location_type, coalesce(country, 'Unknown'), coalesce(state, 'Unknown'),
    coalesce(city, 'Unknown'), coalesce(postal_code, 'Unknown'), max(region), :'started_at'
from (
    select distinct
        'shipping' as location_type, shipping_country as country, shipping_state as state,
        shipping_city as city, shipping_postal_code as postal_code, null as region
    from production.transactions
    union all
    select distinct
        'billing', billing_country, billing_state, billing_city, billing_postal_code, null
    from production.transactions
    union all
    select distinct 'customer', country, state, city, postal_code, null
    from production.customers_changes
    union all
    select distinct 'store', country, state, city, null, region
    from production.stores_changes
    union all
    select distinct 'supplier', country, state, city, null, null
    from production.suppliers
) as places
where coalesce(country, state, city, postal_code) is not null
group by 1, 2, 3, 4, 5;

insert into warehouse.dim_customers (
    source, customer_id, full_name, email, phone, gender, birth_date, age_group,
    customer_segment, city, state, postal_code, country, registration_date, effective_at,
    valid_from, valid_to, is_current, is_inferred, is_deleted, batch_id, loaded_at
)
select
    source, customer_id, nullif(concat_ws(' ', first_name, last_name), ''), email, phone, gender,
    birth_date, age_group, segment, city, state, postal_code, country, registration_date,
    effective_at, '1900-01-01 00:00:00+00', '9999-12-31 00:00:00+00', true, false, false,
    batch_id, :'started_at'
from production.customers_changes
order by source, customer_id;

with recursive

tree as (
    select source, category_id, category_name, category_name as category_path
    from production.categories
    where parent_category_id is null
    union all
    select
        children.source, children.category_id, children.category_name,
        concat(tree.category_path, ' > ', children.category_name)
    from production.categories as children
    inner join tree
        on children.source = tree.source and children.parent_category_id = tree.category_id
)

insert into warehouse.dim_products (
    source, product_id, product_name, category_id, category, sub_category, category_path, brand,
    supplier_id, currency, price, cost, price_range, profit_margin, profit_margin_pct, is_active,
    effective_at, valid_from, valid_to, is_current, is_inferred, is_deleted, batch_id, loaded_at
)
select
    changes.source, changes.product_id, changes.product_name, changes.category_id,
    coalesce(changes.category, tree.category_name), changes.sub_category,
    coalesce(
        tree.category_path,
        nullif(concat_ws(' > ', changes.category, changes.sub_category), '')
    ),
    changes.brand, changes.supplier_id, changes.currency, changes.price, changes.cost,
    case
        when changes.price is null then 'Unknown'
        when changes.price < 50 then 'Budget'
        when changes.price < 200 then 'Mid-range'
        else 'Premium'
    end,
    changes.price - changes.cost,
    round(100 * (changes.price - changes.cost) / nullif(changes.price, 0), 2),
    changes.is_active, changes.effective_at, '1900-01-01 00:00:00+00', '9999-12-31 00:00:00+00',
    true, false, false, changes.batch_id, :'started_at'
from production.products_changes as changes
left join tree
    on changes.source = tree.source and changes.category_id = tree.category_id
order by changes.source, changes.product_id;

insert into warehouse.dim_stores (
    source, store_id, store_name, store_type, manager, city, state, country, region, opened_date,
    effective_at, valid_from, valid_to, is_current, is_inferred, is_deleted, batch_id, loaded_at
)
select
    source, store_id, store_name, store_type, manager, city, state, country, region, opened_date,
    effective_at, '1900-01-01 00:00:00+00', '9999-12-31 00:00:00+00', true, false, false,
    batch_id, :'started_at'
from production.stores_changes
order by source, store_id;

analyze warehouse.dim_customers, warehouse.dim_products, warehouse.dim_locations;

select warehouse.add_monthly_partitions('fact_sales', min(sale_date), max(sale_date))
from production.transactions;

select warehouse.add_monthly_partitions('fact_inventory', min(snapshot_date), max(snapshot_date))
from production.inventory_snapshots;

select
    warehouse.add_monthly_partitions(
        'fact_web_events',
        cast(min(occurred_at) - interval '1 day' as date),
        cast(max(occurred_at) as date)
    )
from production.web_events;

insert into warehouse.fact_sales (
    source, transaction_id, line_number, sale_date, date_key, customer_key, product_key,
    supplier_key, store_key, sales_rep_key, shipping_location_key, billing_location_key,
    payment_method_key, retailer_key, currency, status, is_counted, is_returned, transaction_at,
    quantity, unit_price, discount_percentage, discount_amount, header_discount_amount,
    tax_amount, shipping_amount, line_total, cost_amount, profit, batch_id, file_id,
    source_line, loaded_at
)
with

dated as (
    select orders.*, coalesce( orders.transaction_at, cast(orders.sale_date as timestamp) at
        time zone retailers.time_zone ) as valid_at
    from production.transactions as orders
    inner join production.retailers as retailers on orders.source = retailers.source
    where not orders.is_deleted
),

headers as (
    select orders.source, orders.transaction_id, orders.sale_date, orders.valid_at,
        cast(to_char(orders.sale_date, 'YYYYMMDD') as integer) as date_key,
        coalesce(customers.customer_key, -1) as customer_key, case when orders.store_id is null
        then -2 else coalesce(stores.store_key, -1) end as store_key, case when
        orders.sales_rep_id is null then -2 else coalesce(representatives.sales_rep_key, -1) end
        as sales_rep_key, coalesce(shipping_places.location_key, -1) as shipping_location_key,
        coalesce(billing_places.location_key, -1) as billing_location_key,
        coalesce(payment_methods.payment_method_key, -1) as payment_method_key,
        retailers.retailer_key, coalesce(orders.currency, retailers.currency, 'XXX') as
        currency, orders.status, production.is_counted(orders.status,
        retailers.counted_statuses) as is_counted, production.is_returned(orders.status) as
        is_returned, orders.transaction_at, coalesce(orders.discount_amount, 0) as
        order_discount, coalesce(orders.tax_amount, 0) as order_tax,
        coalesce(orders.shipping_amount, 0) as order_shipping
    from dated as orders
    inner join warehouse.dim_retailer as retailers on orders.source = retailers.source
    left join warehouse.dim_customers as customers on orders.source = customers.source and
        orders.customer_id = customers.customer_id and orders.valid_at >= customers.valid_from
        and orders.valid_at < customers.valid_to
    left join warehouse.dim_stores as stores on orders.source = stores.source and
        orders.store_id = stores.store_id and orders.valid_at >= stores.valid_from and
        orders.valid_at < stores.valid_to
    left join warehouse.dim_sales_representatives as representatives on orders.source =
        representatives.source and orders.sales_rep_id = representatives.sales_rep_id
    left join warehouse.dim_payment_method as payment_methods on orders.payment_method =
        payment_methods.payment_method_name
    left join warehouse.dim_locations as shipping_places on shipping_places.location_type =
        'shipping' and coalesce(orders.shipping_country, 'Unknown') = shipping_places.country
        and coalesce(orders.shipping_state, 'Unknown') = shipping_places.state and
        coalesce(orders.shipping_city, 'Unknown') = shipping_places.city and
        coalesce(orders.shipping_postal_code, 'Unknown') = shipping_places.postal_code
    left join warehouse.dim_locations as billing_places on billing_places.location_type =
        'billing' and coalesce(orders.billing_country, 'Unknown') = billing_places.country and
        coalesce(orders.billing_state, 'Unknown') = billing_places.state and
        coalesce(orders.billing_city, 'Unknown') = billing_places.city and
        coalesce(orders.billing_postal_code, 'Unknown') = billing_places.postal_code
),

totals as (
    select headers.*, items.line_number, items.product_id, items.supplier_id, items.quantity,
        items.unit_price, items.discount_percentage, items.discount_amount, items.line_total,
        items.batch_id, items.file_id, items.source_line, count(*) over whole_order as
        line_count, max(items.line_number) over whole_order as last_line_number,
        coalesce(sum(items.line_total) over whole_order, 0) as lines_total
    from headers
    inner join production.transaction_items as items on headers.source = items.source and
        headers.transaction_id = items.transaction_id
    where not items.is_deleted
    window whole_order as (partition by headers.source, headers.transaction_id)
),

shares as (
    select totals.*, case when totals.order_discount = 0 then 0 when totals.lines_total = 0 then
        round(totals.order_discount / totals.line_count, 2) else round(totals.order_discount *
        totals.line_total / totals.lines_total, 2) end as discount_share, case when
        totals.order_tax = 0 then 0 when totals.lines_total = 0 then round(totals.order_tax /
        totals.line_count, 2) else round(totals.order_tax * totals.line_total /
        totals.lines_total, 2) end as tax_share, case when totals.order_shipping = 0 then 0 when
        totals.lines_total = 0 then round(totals.order_shipping / totals.line_count, 2) else
        round(totals.order_shipping * totals.line_total / totals.lines_total, 2) end as
        shipping_share
    from totals
),

spread as (
    select shares.*, shares.discount_share + case when shares.line_number =
        shares.last_line_number then shares.order_discount - sum(shares.discount_share) over
        whole_order else 0 end as header_discount_amount, shares.tax_share + case when
        shares.line_number = shares.last_line_number then shares.order_tax -
        sum(shares.tax_share) over whole_order else 0 end as tax_amount, shares.shipping_share +
        case when shares.line_number = shares.last_line_number then shares.order_shipping -
        sum(shares.shipping_share) over whole_order else 0 end as shipping_amount
    from shares
    window whole_order as (partition by shares.source, shares.transaction_id)
),

lines as (
    select spread.source, spread.transaction_id, spread.line_number, spread.sale_date,
        spread.date_key, spread.customer_key, coalesce(products.product_key, -1) as product_key,
        coalesce(suppliers.supplier_key, -1) as supplier_key, spread.store_key,
        spread.sales_rep_key, spread.shipping_location_key, spread.billing_location_key,
        spread.payment_method_key, spread.retailer_key, spread.currency, spread.status,
        spread.is_counted, spread.is_returned, spread.transaction_at, spread.quantity,
        spread.unit_price, spread.discount_percentage, coalesce( spread.discount_amount,
        round(spread.quantity * spread.unit_price * spread.discount_percentage / 100, 2) ) as
        discount_amount, spread.header_discount_amount, spread.tax_amount,
        spread.shipping_amount, spread.line_total, case when coalesce(products.currency,
        spread.currency) = spread.currency then spread.quantity * products.cost end as
        cost_amount, case when coalesce(products.currency, spread.currency) = spread.currency
        then spread.line_total - spread.quantity * products.cost end as profit, spread.batch_id,
        spread.file_id, spread.source_line
    from spread
    left join warehouse.dim_products as products on spread.source = products.source and
        spread.product_id = products.product_id and spread.valid_at >= products.valid_from and
        spread.valid_at < products.valid_to
    left join warehouse.dim_suppliers as suppliers on spread.source = suppliers.source and
        coalesce(spread.supplier_id, products.supplier_id) = suppliers.supplier_id
)

select
    lines.source, lines.transaction_id, lines.line_number, lines.sale_date, lines.date_key,
    lines.customer_key, lines.product_key, lines.supplier_key, lines.store_key,
    lines.sales_rep_key, lines.shipping_location_key, lines.billing_location_key,
    lines.payment_method_key, lines.retailer_key, lines.currency, lines.status,
    lines.is_counted, lines.is_returned, lines.transaction_at, lines.quantity, lines.unit_price,
    lines.discount_percentage, lines.discount_amount, lines.header_discount_amount,
    lines.tax_amount, lines.shipping_amount, lines.line_total, lines.cost_amount, lines.profit,
    lines.batch_id, lines.file_id, lines.source_line, :'started_at'
from lines;

insert into warehouse.fact_inventory_transactions (
    source, product_id, movement_id, store_id, moved_date, date_key, product_key, store_key,
    retailer_key, currency, movement_type, quantity, unit_cost, value, moved_at, batch_id,
    file_id, source_line, loaded_at
)
with

moved as (
    select movements.*, retailers.retailer_key, retailers.currency as shop_currency,
        cast(movements.moved_at at time zone retailers.time_zone as date) as moved_date,
        coalesce(movements.moved_at, timestamptz '9999-12-30 00:00:00+00') as valid_at
    from production.inventory_movements as movements
    inner join warehouse.dim_retailer as retailers on movements.source = retailers.source
    where not movements.is_deleted
),

computed as (
    select moved.source, moved.product_id, moved.movement_id, moved.store_id, moved.moved_date,
        coalesce(cast(to_char(moved.moved_date, 'YYYYMMDD') as integer), -1) as date_key,
        coalesce(products.product_key, -1) as product_key, case when moved.store_id is null then
        -2 else coalesce(stores.store_key, -1) end as store_key, moved.retailer_key,
        coalesce(products.currency, moved.shop_currency, 'XXX') as currency,
        moved.movement_type, moved.quantity, moved.unit_cost, moved.quantity *
        coalesce(moved.unit_cost, products.cost) as value, moved.moved_at, moved.batch_id,
        moved.file_id, moved.source_line
    from moved
    left join warehouse.dim_products as products on moved.source = products.source and
        moved.product_id = products.product_id and moved.valid_at >= products.valid_from and
        moved.valid_at < products.valid_to
    left join warehouse.dim_stores as stores on moved.source = stores.source and moved.store_id
        = stores.store_id and moved.valid_at >= stores.valid_from and moved.valid_at <
        stores.valid_to
)

select
    computed.source, computed.product_id, computed.movement_id, computed.store_id,
    computed.moved_date, computed.date_key, computed.product_key, computed.store_key,
    computed.retailer_key, computed.currency, computed.movement_type, computed.quantity,
    computed.unit_cost, computed.value, computed.moved_at, computed.batch_id, computed.file_id,
    computed.source_line, :'started_at'
from computed;

insert into warehouse.fact_inventory (
    source, product_id, store_id, snapshot_date, date_key, product_key, store_key, retailer_key,
    currency, quantity_on_hand, reorder_point, stock_value, sold_quantity, in_stock_days,
    days_of_supply, is_low_stock, is_out_of_stock, is_overstocked, batch_id, file_id,
    source_line, loaded_at
)
with

happened as (
    select counted.source, counted.product_id, counted.store_id, counted.snapshot_date as
        full_date, 0 as sold_quantity, coalesce(counted.quantity_on_hand > 0, false) as
        is_in_stock
    from production.inventory_snapshots as counted
    where not counted.is_deleted
    union all select sold.source, sold.product_id, sold.store_id, sold.moved_date as full_date,
        -sold.quantity as sold_quantity, false as is_in_stock
    from warehouse.fact_inventory_transactions as sold
    where lower(sold.movement_type) = 'sale'
),

days as (
    select happened.source, happened.product_id, happened.store_id, happened.full_date,
        coalesce(sum(happened.sold_quantity), 0) as sold_quantity, bool_or(happened.is_in_stock)
        or sum(happened.sold_quantity) > 0 as is_in_stock
    from happened
    group by happened.source, happened.product_id, happened.store_id, happened.full_date
),

demand as (
    select days.source, days.product_id, days.store_id, days.full_date, sum(days.sold_quantity)
        over four_weeks as sold_quantity, count(*) filter (where days.is_in_stock) over
        four_weeks as in_stock_days
    from days
    window four_weeks as ( partition by days.source, days.product_id, days.store_id order by
        days.full_date range between interval '27 days' preceding and current row )
),

counts as (
    select counted.*, demand.sold_quantity, demand.in_stock_days, case when demand.sold_quantity
        > 0 then round( counted.quantity_on_hand * demand.in_stock_days / demand.sold_quantity,
        2 ) end as days_of_supply, retailers.retailer_key, retailers.currency as shop_currency,
        cast(counted.snapshot_date + 1 as timestamp) at time zone retailers.time_zone - interval
        '1 microsecond' as valid_at
    from production.inventory_snapshots as counted
    inner join demand on counted.source = demand.source and counted.product_id =
        demand.product_id and counted.store_id = demand.store_id and counted.snapshot_date =
        demand.full_date
    inner join warehouse.dim_retailer as retailers on counted.source = retailers.source
    where not counted.is_deleted
),

computed as (
    select counts.source, counts.product_id, counts.store_id, counts.snapshot_date,
        cast(to_char(counts.snapshot_date, 'YYYYMMDD') as integer) as date_key,
        coalesce(products.product_key, -1) as product_key, coalesce(stores.store_key, -1) as
        store_key, counts.retailer_key, coalesce(products.currency, counts.shop_currency, 'XXX')
        as currency, counts.quantity_on_hand, counts.reorder_point, counts.quantity_on_hand *
        products.cost as stock_value, counts.sold_quantity, counts.in_stock_days,
        counts.days_of_supply, coalesce(counts.quantity_on_hand <= counts.reorder_point, false)
        as is_low_stock, coalesce(counts.quantity_on_hand <= 0, false) as is_out_of_stock,
        coalesce(counts.days_of_supply > 90, false) as is_overstocked, counts.batch_id,
        counts.file_id, counts.source_line
    from counts
    left join warehouse.dim_products as products on counts.source = products.source and
        counts.product_id = products.product_id and counts.valid_at >= products.valid_from and
        counts.valid_at < products.valid_to
    left join warehouse.dim_stores as stores on counts.source = stores.source and
        counts.store_id = stores.store_id and counts.valid_at >= stores.valid_from and
        counts.valid_at < stores.valid_to
)

select
    computed.source, computed.product_id, computed.store_id, computed.snapshot_date,
    computed.date_key, computed.product_key, computed.store_key, computed.retailer_key,
    computed.currency, computed.quantity_on_hand, computed.reorder_point, computed.stock_value,
    computed.sold_quantity, computed.in_stock_days, computed.days_of_supply,
    computed.is_low_stock, computed.is_out_of_stock, computed.is_overstocked, computed.batch_id,
    computed.file_id, computed.source_line, :'started_at'
from computed;

insert into warehouse.fact_fulfilment (
    source, transaction_id, ordered_date, ordered_date_key, paid_date_key, shipped_date_key,
    delivered_date_key, promised_date_key, customer_key, store_key, shipping_location_key,
    retailer_key, currency, status, is_counted, ordered_at, paid_at, shipped_at, delivered_at,
    promised_at, order_to_payment_days, payment_to_shipment_days, order_to_shipment_days,
    shipment_to_delivery_days, order_to_delivery_days, delivery_delay_days, is_late,
    shipment_count, shipped_count, delivered_count, total_amount, paid_amount, batch_id,
    file_id, source_line, loaded_at
)
with

orders as (
    select orders.*, retailers.retailer_key, retailers.time_zone, retailers.currency as
        shop_currency, retailers.counted_statuses, coalesce( orders.transaction_at,
        cast(orders.sale_date as timestamp) at time zone retailers.time_zone ) as valid_at
    from production.transactions as orders
    inner join warehouse.dim_retailer as retailers on orders.source = retailers.source
    where not orders.is_deleted
),

made as (
    select payments.source, payments.transaction_id, payments.amount, payments.paid_at,
        orders.total_amount, sum(payments.amount) over ( partition by payments.source,
        payments.transaction_id order by payments.paid_at, payments.payment_sequence ) as
        paid_until_then
    from orders
    inner join production.payments as payments on orders.source = payments.source and
        orders.transaction_id = payments.transaction_id
    where not payments.is_deleted and production.is_payment_made(payments.status)
),

paid as (
    select made.source, made.transaction_id, coalesce( min(made.paid_at) filter (where
        made.paid_until_then >= made.total_amount - 0.01), max(made.paid_at) filter (where
        made.amount > 0) ) as paid_at, coalesce(sum(made.amount), 0) as paid_amount
    from made
    group by made.source, made.transaction_id
),

sent as (
    select shipments.source, shipments.transaction_id, min(shipments.shipped_at) as shipped_at,
        case when count(*) = count(shipments.delivered_at) then max(shipments.delivered_at) end
        as delivered_at, max(shipments.estimated_delivery_at) as promised_at, count(*) as
        shipment_count, count(shipments.shipped_at) as shipped_count,
        count(shipments.delivered_at) as delivered_count
    from orders
    inner join production.shipments as shipments on orders.source = shipments.source and
        orders.transaction_id = shipments.transaction_id
    where not shipments.is_deleted
    group by shipments.source, shipments.transaction_id
),

milestones as (
    select orders.*, orders.transaction_at as ordered_at, paid.paid_at, sent.shipped_at,
        sent.delivered_at, sent.promised_at, coalesce(sent.shipment_count, 0) as shipment_count,
        coalesce(sent.shipped_count, 0) as shipped_count, coalesce(sent.delivered_count, 0) as
        delivered_count, coalesce(paid.paid_amount, 0) as paid_amount
    from orders
    left join paid on orders.source = paid.source and orders.transaction_id =
        paid.transaction_id
    left join sent on orders.source = sent.source and orders.transaction_id =
        sent.transaction_id
),

computed as (
    select milestones.source, milestones.transaction_id, milestones.sale_date as ordered_date,
        cast(to_char(milestones.sale_date, 'YYYYMMDD') as integer) as ordered_date_key,
        coalesce( cast( to_char(milestones.paid_at at time zone milestones.time_zone,
        'YYYYMMDD') as integer ), -2 ) as paid_date_key, coalesce( cast(
        to_char(milestones.shipped_at at time zone milestones.time_zone, 'YYYYMMDD') as integer
        ), -2 ) as shipped_date_key, coalesce( cast( to_char(milestones.delivered_at at time
        zone milestones.time_zone, 'YYYYMMDD') as integer ), -2 ) as delivered_date_key,
        coalesce( cast( to_char(milestones.promised_at at time zone milestones.time_zone,
        'YYYYMMDD') as integer ), -2 ) as promised_date_key, coalesce(customers.customer_key,
        -1) as customer_key, case when milestones.store_id is null then -2 else
        coalesce(stores.store_key, -1) end as store_key, coalesce(places.location_key, -1) as
        shipping_location_key, milestones.retailer_key, coalesce(milestones.currency,
        milestones.shop_currency, 'XXX') as currency, milestones.status,
        production.is_counted(milestones.status, milestones.counted_statuses) as is_counted,
        milestones.ordered_at, milestones.paid_at, milestones.shipped_at,
        milestones.delivered_at, milestones.promised_at, round( extract(epoch
    from milestones.paid_at - milestones.ordered_at) / 86400, 4 ) as order_to_payment_days,
        round( extract(epoch
    from milestones.shipped_at - milestones.paid_at) / 86400, 4 ) as payment_to_shipment_days,
        round( extract(epoch
    from milestones.shipped_at - milestones.ordered_at) / 86400, 4 ) as order_to_shipment_days,
        round( extract(epoch
    from milestones.delivered_at - milestones.shipped_at) / 86400, 4 ) as
        shipment_to_delivery_days, round( extract(epoch
    from milestones.delivered_at - milestones.ordered_at) / 86400, 4 ) as
        order_to_delivery_days, round( extract(epoch
    from milestones.delivered_at - milestones.promised_at) / 86400, 4 ) as delivery_delay_days,
        milestones.delivered_at > milestones.promised_at as is_late, milestones.shipment_count,
        milestones.shipped_count, milestones.delivered_count, milestones.total_amount,
        milestones.paid_amount, milestones.batch_id, milestones.file_id, milestones.source_line
    from milestones
    left join warehouse.dim_customers as customers on milestones.source = customers.source and
        milestones.customer_id = customers.customer_id and milestones.valid_at >=
        customers.valid_from and milestones.valid_at < customers.valid_to
    left join warehouse.dim_stores as stores on milestones.source = stores.source and
        milestones.store_id = stores.store_id and milestones.valid_at >= stores.valid_from and
        milestones.valid_at < stores.valid_to
    left join warehouse.dim_locations as places on places.location_type = 'shipping' and
        coalesce(milestones.shipping_country, 'Unknown') = places.country and
        coalesce(milestones.shipping_state, 'Unknown') = places.state and
        coalesce(milestones.shipping_city, 'Unknown') = places.city and
        coalesce(milestones.shipping_postal_code, 'Unknown') = places.postal_code
)

select
    computed.source, computed.transaction_id, computed.ordered_date, computed.ordered_date_key,
    computed.paid_date_key, computed.shipped_date_key, computed.delivered_date_key,
    computed.promised_date_key, computed.customer_key, computed.store_key,
    computed.shipping_location_key, computed.retailer_key, computed.currency, computed.status,
    computed.is_counted, computed.ordered_at, computed.paid_at, computed.shipped_at,
    computed.delivered_at, computed.promised_at, computed.order_to_payment_days,
    computed.payment_to_shipment_days, computed.order_to_shipment_days,
    computed.shipment_to_delivery_days, computed.order_to_delivery_days,
    computed.delivery_delay_days, computed.is_late, computed.shipment_count,
    computed.shipped_count, computed.delivered_count, computed.total_amount,
    computed.paid_amount, computed.batch_id, computed.file_id, computed.source_line,
    :'started_at'
from computed;

insert into warehouse.fact_web_events (
    source, visitor_id, event_id, event_date, date_key, customer_key, product_key, retailer_key,
    session_id, event_type, occurred_at, batch_id, file_id, source_line, loaded_at
)
with

dated as (
    select events.*, retailers.retailer_key, cast( coalesce(events.occurred_at,
        events.first_loaded_at) at time zone retailers.time_zone as date ) as event_date,
        retailers.time_zone
    from production.web_events as events
    inner join warehouse.dim_retailer as retailers on events.source = retailers.source
    where not events.is_deleted
),

placed as (
    select dated.*, coalesce( dated.occurred_at, cast(dated.event_date as timestamp) at time
        zone dated.time_zone ) as valid_at
    from dated
),

computed as (
    select placed.source, placed.visitor_id, placed.event_id, placed.event_date,
        cast(to_char(placed.event_date, 'YYYYMMDD') as integer) as date_key,
        coalesce(customers.customer_key, -1) as customer_key, case when placed.product_id is
        null then -2 else coalesce(products.product_key, -1) end as product_key,
        placed.retailer_key, placed.session_id, placed.event_type, placed.occurred_at,
        placed.batch_id, placed.file_id, placed.source_line
    from placed
    left join warehouse.dim_customers as customers on placed.source = customers.source and
        placed.customer_id = customers.customer_id and placed.valid_at >= customers.valid_from
        and placed.valid_at < customers.valid_to
    left join warehouse.dim_products as products on placed.source = products.source and
        placed.product_id = products.product_id and placed.valid_at >= products.valid_from and
        placed.valid_at < products.valid_to
)

select
    computed.source, computed.visitor_id, computed.event_id, computed.event_date,
    computed.date_key, computed.customer_key, computed.product_key, computed.retailer_key,
    computed.session_id, computed.event_type, computed.occurred_at, computed.batch_id,
    computed.file_id, computed.source_line, :'started_at'
from computed;

insert into warehouse.fact_web_sessions (
    source, visitor_id, session_id, session_date, date_key, customer_key, retailer_key,
    is_derived, started_at, ended_at, duration_s, event_count, has_view, has_cart, has_checkout,
    is_converted, first_view_at, first_cart_at, first_checkout_at, first_purchase_at, batch_id,
    file_id, source_line, loaded_at
)
with

events as (
    select events.source, events.visitor_id, events.event_id, events.session_id,
        events.customer_id, lower(events.event_type) as event_type, events.occurred_at,
        events.batch_id, events.file_id, events.source_line, events.session_id is null as
        is_derived
    from production.web_events as events
    where not events.is_deleted and num_nonnulls(events.session_id, events.occurred_at) > 0
),

silences as (
    select events.*, coalesce( events.occurred_at - lag(events.occurred_at) over visitor >=
        interval '30 minutes', true ) as is_first
    from events
    window visitor as ( partition by events.source, events.visitor_id, events.is_derived order
        by events.occurred_at, events.event_id )
),

numbered as (
    select silences.*, count(*) filter (where silences.is_first) over visitor as visit_number
    from silences
    window visitor as ( partition by silences.source, silences.visitor_id, silences.is_derived
        order by silences.occurred_at, silences.event_id )
),

visits as (
    select numbered.source, numbered.visitor_id, numbered.event_id, numbered.customer_id,
        numbered.event_type, numbered.occurred_at, numbered.batch_id, numbered.file_id,
        numbered.source_line, numbered.is_derived, case when numbered.is_derived then to_char(
        min(numbered.occurred_at) over visit at time zone 'UTC',
        '"~"YYYY-MM-DD"T"HH24:MI:SS.US"Z"' ) else numbered.session_id end as session_id
    from numbered
    window visit as ( partition by numbered.source, numbered.visitor_id, numbered.is_derived,
        numbered.visit_number )
),

sessions as (
    select visits.source, visits.visitor_id, visits.session_id, bool_and(visits.is_derived) as
        is_derived, min(visits.occurred_at) as started_at, max(visits.occurred_at) as ended_at,
        count(*) as event_count, coalesce(bool_or(visits.event_type = 'product_view'), false) as
        has_view, coalesce(bool_or(visits.event_type = 'add_to_cart'), false) as has_cart,
        coalesce(bool_or(visits.event_type = 'begin_checkout'), false) as has_checkout,
        coalesce(bool_or(visits.event_type = 'purchase'), false) as is_converted,
        min(visits.occurred_at) filter (
    where visits.event_type = 'product_view' ) as first_view_at, min(visits.occurred_at) filter
        (
    where visits.event_type = 'add_to_cart' ) as first_cart_at, min(visits.occurred_at) filter (
    where visits.event_type = 'begin_checkout' ) as first_checkout_at, min(visits.occurred_at)
        filter (
    where visits.event_type = 'purchase' ) as first_purchase_at, ( array_agg( visits.customer_id
        order by visits.occurred_at desc nulls last, visits.event_id desc ) filter (where
        visits.customer_id is not null) )[1] as customer_id, max(visits.batch_id) as batch_id,
        (array_agg(visits.file_id order by visits.occurred_at, visits.event_id))[1] as file_id,
        ( array_agg(visits.source_line order by visits.occurred_at, visits.event_id) )[1] as
        source_line
    from visits
    group by visits.source, visits.visitor_id, visits.session_id
    having count(visits.occurred_at) > 0
),

computed as (
    select sessions.source, sessions.visitor_id, sessions.session_id, cast(sessions.started_at
        at time zone retailers.time_zone as date) as session_date, cast(
        to_char(sessions.started_at at time zone retailers.time_zone, 'YYYYMMDD') as integer )
        as date_key, coalesce(customers.customer_key, -1) as customer_key,
        retailers.retailer_key, sessions.is_derived, sessions.started_at, sessions.ended_at,
        extract(epoch
    from sessions.ended_at - sessions.started_at) as duration_s, sessions.event_count,
        sessions.has_view, sessions.has_cart, sessions.has_checkout, sessions.is_converted,
        sessions.first_view_at, sessions.first_cart_at, sessions.first_checkout_at,
        sessions.first_purchase_at, sessions.batch_id, sessions.file_id, sessions.source_line
    from sessions
    inner join warehouse.dim_retailer as retailers on sessions.source = retailers.source
    left join warehouse.dim_customers as customers on sessions.source = customers.source and
        sessions.customer_id = customers.customer_id and sessions.started_at >=
        customers.valid_from and sessions.started_at < customers.valid_to
)

select
    computed.source, computed.visitor_id, computed.session_id, computed.session_date,
    computed.date_key, computed.customer_key, computed.retailer_key, computed.is_derived,
    computed.started_at, computed.ended_at, computed.duration_s, computed.event_count,
    computed.has_view, computed.has_cart, computed.has_checkout, computed.is_converted,
    computed.first_view_at, computed.first_cart_at, computed.first_checkout_at,
    computed.first_purchase_at, computed.batch_id, computed.file_id, computed.source_line,
    :'started_at'
from computed;

analyze warehouse.fact_sales;

insert into warehouse.agg_daily_sales (
    retailer_key, currency, date_key, total_transactions, total_revenue, total_profit,
    unique_customers, loaded_at
)
select
    orders.retailer_key, orders.currency, orders.date_key, count(*), sum(orders.revenue),
    sum(orders.profit),
    count(distinct customers.customer_id) filter (where orders.customer_key > 0), :'started_at'
from (
    select
        retailer_key, currency, date_key, transaction_id, customer_key,
        sum(case when is_returned then 0 else line_total end) as revenue,
        sum(case when is_returned then 0 else profit end) as profit
    from warehouse.fact_sales
    where is_counted
    group by retailer_key, currency, date_key, transaction_id, customer_key
) as orders
inner join warehouse.dim_customers as customers using (customer_key)
group by orders.retailer_key, orders.currency, orders.date_key;

insert into warehouse.agg_monthly_product_sales (
    retailer_key, currency, month_start, product_id, total_quantity_sold, total_revenue,
    total_profit, discount_percentage_sum, discounted_line_count, loaded_at
)
select
    sales.retailer_key, sales.currency, sales.month_start, products.product_id,
    sum(sales.quantity), sum(sales.revenue), sum(sales.profit), sum(sales.discounts),
    sum(sales.discounted), :'started_at'
from (
    select
        retailer_key, currency, product_key,
        cast(date_trunc('month', cast(sale_date as timestamp)) as date) as month_start,
        sum(case when is_returned then 0 else quantity end) as quantity,
        sum(case when is_returned then 0 else line_total end) as revenue,
        sum(case when is_returned then 0 else profit end) as profit,
        sum(discount_percentage) as discounts, count(discount_percentage) as discounted
    from warehouse.fact_sales
    where is_counted
    group by 1, 2, 3, 4
) as sales
inner join warehouse.dim_products as products using (product_key)
group by sales.retailer_key, sales.currency, sales.month_start, products.product_id;

insert into warehouse.agg_product_performance (
    retailer_key, currency, product_id, product_key, total_quantity_sold, total_revenue,
    total_profit, avg_discount_percentage, loaded_at
)
select
    months.retailer_key, months.currency, months.product_id, products.product_key,
    sum(months.total_quantity_sold), sum(months.total_revenue), sum(months.total_profit),
    round(sum(months.discount_percentage_sum) / nullif(sum(months.discounted_line_count), 0), 4),
    :'started_at'
from warehouse.agg_monthly_product_sales as months
inner join warehouse.dim_products as products
    on months.product_id = products.product_id and products.is_current
group by months.retailer_key, months.currency, months.product_id, products.product_key;

insert into warehouse.agg_customer_metrics (
    retailer_key, currency, customer_id, customer_key, total_transactions, total_spent,
    avg_order_value, first_purchase_date, last_purchase_date, loaded_at
)
select
    orders.retailer_key, orders.currency, customers.customer_id, customers.customer_key,
    count(*), sum(orders.revenue), round(sum(orders.revenue) / count(*), 2),
    min(orders.sale_date), max(orders.sale_date), :'started_at'
from (
    select
        retailer_key, currency, customer_key, transaction_id, sale_date,
        sum(case when is_returned then 0 else line_total end) as revenue
    from warehouse.fact_sales
    where is_counted
    group by retailer_key, currency, customer_key, transaction_id, sale_date
) as orders
inner join warehouse.dim_customers as customers using (customer_key)
group by orders.retailer_key, orders.currency, customers.customer_id, customers.customer_key;

insert into warehouse.agg_hourly_metrics (
    retailer_key, currency, metric_hour, revenue, order_count, avg_order_value,
    unique_customers, updated_at
)
select
    orders.retailer_key, orders.currency, orders.metric_hour, sum(orders.revenue), count(*),
    round(sum(orders.revenue) / count(*), 2),
    count(distinct customers.customer_id) filter (where orders.customer_key > 0), :'started_at'
from (
    select
        retailer_key, currency, transaction_id, customer_key,
        date_trunc('hour', transaction_at, 'UTC') as metric_hour,
        sum(case when is_returned then 0 else line_total end) as revenue
    from warehouse.fact_sales
    where is_counted
    group by 1, 2, 3, 4, 5
) as orders
inner join warehouse.dim_customers as customers using (customer_key)
group by orders.retailer_key, orders.currency, orders.metric_hour;

insert into warehouse.agg_category_performance (
    retailer_key, currency, category, period_type, period_start, revenue, profit, units_sold,
    updated_at
)
select
    facts.retailer_key, facts.currency, coalesce(products.category, 'Unknown'), 'day',
    facts.sale_date, sum(case when facts.is_returned then 0 else facts.line_total end),
    sum(case when facts.is_returned then 0 else facts.profit end),
    sum(case when facts.is_returned then 0 else facts.quantity end), :'started_at'
from warehouse.fact_sales as facts
inner join warehouse.dim_products as products using (product_key)
where facts.is_counted
group by 1, 2, 3, 4, 5;

insert into warehouse.agg_category_performance (
    retailer_key, currency, category, period_type, period_start, revenue, profit, units_sold,
    updated_at
)
select
    days.retailer_key, days.currency, days.category, periods.period_type,
    cast(date_trunc(periods.period_type, cast(days.period_start as timestamp)) as date),
    sum(days.revenue), sum(days.profit), sum(days.units_sold), :'started_at'
from warehouse.agg_category_performance as days
cross join (values ('week'), ('month'), ('quarter'), ('year')) as periods (period_type)
group by 1, 2, 3, 4, 5;

insert into warehouse.agg_daily_funnel (
    retailer_key, date_key, sessions, sessions_with_view, sessions_with_cart,
    sessions_with_checkout, sessions_with_purchase, loaded_at
)
select
    retailer_key, date_key, count(*), count(*) filter (where has_view),
    count(*) filter (where has_cart), count(*) filter (where has_checkout),
    count(*) filter (where is_converted), :'started_at'
from warehouse.fact_web_sessions
group by retailer_key, date_key;
