-- Grain: one row per line of a touched order.
-- Reads: warehouse.work_transactions, production.*, warehouse.dim_*. Writes: warehouse.fact_sales.
-- Returns: rows written. Rerunnable: a fact whose content is the same is left alone.
-- $2 are the days of sale of the touched orders: partitions without one are not read.
with

dated as (

    -- An order without a moment is taken to be of the first moment of its day, where the shop is.
    select
        orders.*,
        coalesce(
            orders.transaction_at,
            cast(orders.sale_date as timestamp) at time zone retailers.time_zone
        ) as valid_at
    from warehouse.work_transactions as touched
    inner join production.transactions as orders
        on
            touched.source = orders.source
            and touched.transaction_id = orders.transaction_id
    inner join production.retailers as retailers
        on orders.source = retailers.source
    where not orders.is_deleted

),

headers as (

    select
        orders.source,
        orders.transaction_id,
        orders.sale_date,
        orders.valid_at,
        cast(to_char(orders.sale_date, 'YYYYMMDD') as integer) as date_key,
        coalesce(customers.customer_key, -1) as customer_key,
        -- Many orders have neither a store nor a representative.
        case
            when orders.store_id is null then -2
            else coalesce(stores.store_key, -1)
        end as store_key,
        case
            when orders.sales_rep_id is null then -2
            else coalesce(representatives.sales_rep_key, -1)
        end as sales_rep_key,
        coalesce(shipping_places.location_key, -1) as shipping_location_key,
        coalesce(billing_places.location_key, -1) as billing_location_key,
        coalesce(payment_methods.payment_method_key, -1) as payment_method_key,
        retailers.retailer_key,
        coalesce(orders.currency, retailers.currency, 'XXX') as currency,
        orders.status,
        production.is_counted(orders.status, retailers.counted_statuses) as is_counted,
        production.is_returned(orders.status) as is_returned,
        orders.transaction_at,
        coalesce(orders.discount_amount, 0) as order_discount,
        coalesce(orders.tax_amount, 0) as order_tax,
        coalesce(orders.shipping_amount, 0) as order_shipping
    from dated as orders
    inner join warehouse.dim_retailer as retailers
        on orders.source = retailers.source
    left join warehouse.dim_customers as customers
        on
            orders.source = customers.source
            and orders.customer_id = customers.customer_id
            and orders.valid_at >= customers.valid_from
            and orders.valid_at < customers.valid_to
    left join warehouse.dim_stores as stores
        on
            orders.source = stores.source
            and orders.store_id = stores.store_id
            and orders.valid_at >= stores.valid_from
            and orders.valid_at < stores.valid_to
    left join warehouse.dim_sales_representatives as representatives
        on
            orders.source = representatives.source
            and orders.sales_rep_id = representatives.sales_rep_id
    left join warehouse.dim_payment_method as payment_methods
        on orders.payment_method = payment_methods.payment_method_name
    left join warehouse.dim_locations as shipping_places
        on
            shipping_places.location_type = 'shipping'
            and coalesce(orders.shipping_country, 'Unknown') = shipping_places.country
            and coalesce(orders.shipping_state, 'Unknown') = shipping_places.state
            and coalesce(orders.shipping_city, 'Unknown') = shipping_places.city
            and coalesce(orders.shipping_postal_code, 'Unknown') = shipping_places.postal_code
    left join warehouse.dim_locations as billing_places
        on
            billing_places.location_type = 'billing'
            and coalesce(orders.billing_country, 'Unknown') = billing_places.country
            and coalesce(orders.billing_state, 'Unknown') = billing_places.state
            and coalesce(orders.billing_city, 'Unknown') = billing_places.city
            and coalesce(orders.billing_postal_code, 'Unknown') = billing_places.postal_code

),

totals as (

    select
        headers.*,
        items.line_number,
        items.product_id,
        items.supplier_id,
        items.quantity,
        items.unit_price,
        items.discount_percentage,
        items.discount_amount,
        items.line_total,
        items.batch_id,
        items.file_id,
        items.source_line,
        count(*) over whole_order as line_count,
        max(items.line_number) over whole_order as last_line_number,
        coalesce(sum(items.line_total) over whole_order, 0) as lines_total
    from headers
    inner join production.transaction_items as items
        on
            headers.source = items.source
            and headers.transaction_id = items.transaction_id
    where not items.is_deleted
    window whole_order as (partition by headers.source, headers.transaction_id)

),

shares as (

    -- Amounts of the order, by the weight of each line; what rounding leaves is added to the last.
    select
        totals.*,
        case
            when totals.order_discount = 0 then 0
            when totals.lines_total = 0 then round(totals.order_discount / totals.line_count, 2)
            else round(totals.order_discount * totals.line_total / totals.lines_total, 2)
        end as discount_share,
        case
            when totals.order_tax = 0 then 0
            when totals.lines_total = 0 then round(totals.order_tax / totals.line_count, 2)
            else round(totals.order_tax * totals.line_total / totals.lines_total, 2)
        end as tax_share,
        case
            when totals.order_shipping = 0 then 0
            when totals.lines_total = 0 then round(totals.order_shipping / totals.line_count, 2)
            else round(totals.order_shipping * totals.line_total / totals.lines_total, 2)
        end as shipping_share
    from totals

),

spread as (

    -- Before the joins that follow: these sums need the order that the lines still have here.
    select
        shares.*,
        shares.discount_share + case
            when shares.line_number = shares.last_line_number
                then shares.order_discount - sum(shares.discount_share) over whole_order
            else 0
        end as header_discount_amount,
        shares.tax_share + case
            when shares.line_number = shares.last_line_number
                then shares.order_tax - sum(shares.tax_share) over whole_order
            else 0
        end as tax_amount,
        shares.shipping_share + case
            when shares.line_number = shares.last_line_number
                then shares.order_shipping - sum(shares.shipping_share) over whole_order
            else 0
        end as shipping_amount
    from shares
    window whole_order as (partition by shares.source, shares.transaction_id)

),

lines as (

    select
        spread.source,
        spread.transaction_id,
        spread.line_number,
        spread.sale_date,
        spread.date_key,
        spread.customer_key,
        coalesce(products.product_key, -1) as product_key,
        coalesce(suppliers.supplier_key, -1) as supplier_key,
        spread.store_key,
        spread.sales_rep_key,
        spread.shipping_location_key,
        spread.billing_location_key,
        spread.payment_method_key,
        spread.retailer_key,
        spread.currency,
        spread.status,
        spread.is_counted,
        spread.is_returned,
        spread.transaction_at,
        spread.quantity,
        spread.unit_price,
        spread.discount_percentage,
        coalesce(
            spread.discount_amount,
            round(spread.quantity * spread.unit_price * spread.discount_percentage / 100, 2)
        ) as discount_amount,
        spread.header_discount_amount,
        spread.tax_amount,
        spread.shipping_amount,
        spread.line_total,
        -- A cost in another currency than the order's says nothing about its profit.
        case
            when coalesce(products.currency, spread.currency) = spread.currency
                then spread.quantity * products.cost
        end as cost_amount,
        case
            when coalesce(products.currency, spread.currency) = spread.currency
                then spread.line_total - spread.quantity * products.cost
        end as profit,
        spread.batch_id,
        spread.file_id,
        spread.source_line
    from spread
    left join warehouse.dim_products as products
        on
            spread.source = products.source
            and spread.product_id = products.product_id
            and spread.valid_at >= products.valid_from
            and spread.valid_at < products.valid_to
    left join warehouse.dim_suppliers as suppliers
        on
            spread.source = suppliers.source
            and coalesce(spread.supplier_id, products.supplier_id) = suppliers.supplier_id

),

written as (

    insert into warehouse.fact_sales (
        source,
        transaction_id,
        line_number,
        sale_date,
        date_key,
        customer_key,
        product_key,
        supplier_key,
        store_key,
        sales_rep_key,
        shipping_location_key,
        billing_location_key,
        payment_method_key,
        retailer_key,
        currency,
        status,
        is_counted,
        is_returned,
        transaction_at,
        quantity,
        unit_price,
        discount_percentage,
        discount_amount,
        header_discount_amount,
        tax_amount,
        shipping_amount,
        line_total,
        cost_amount,
        profit,
        batch_id,
        file_id,
        source_line,
        loaded_at
    )
    select
        lines.source,
        lines.transaction_id,
        lines.line_number,
        lines.sale_date,
        lines.date_key,
        lines.customer_key,
        lines.product_key,
        lines.supplier_key,
        lines.store_key,
        lines.sales_rep_key,
        lines.shipping_location_key,
        lines.billing_location_key,
        lines.payment_method_key,
        lines.retailer_key,
        lines.currency,
        lines.status,
        lines.is_counted,
        lines.is_returned,
        lines.transaction_at,
        lines.quantity,
        lines.unit_price,
        lines.discount_percentage,
        lines.discount_amount,
        lines.header_discount_amount,
        lines.tax_amount,
        lines.shipping_amount,
        lines.line_total,
        lines.cost_amount,
        lines.profit,
        lines.batch_id,
        lines.file_id,
        lines.source_line,
        cast($1 as timestamptz) as loaded_at
    from lines
    left join warehouse.fact_sales as known
        on
            lines.source = known.source
            and lines.transaction_id = known.transaction_id
            and lines.line_number = known.line_number
            and lines.sale_date = known.sale_date
            and known.sale_date = any(cast($2 as date[]))
    where
        known.source is null
        or (
            known.date_key,
            known.customer_key,
            known.product_key,
            known.supplier_key,
            known.store_key,
            known.sales_rep_key,
            known.shipping_location_key,
            known.billing_location_key,
            known.payment_method_key,
            known.retailer_key,
            known.currency,
            known.status,
            known.is_counted,
            known.is_returned,
            known.transaction_at,
            known.quantity,
            known.unit_price,
            known.discount_percentage,
            known.discount_amount,
            known.header_discount_amount,
            known.tax_amount,
            known.shipping_amount,
            known.line_total,
            known.cost_amount,
            known.profit
        )
        is distinct from (
            lines.date_key,
            lines.customer_key,
            lines.product_key,
            lines.supplier_key,
            lines.store_key,
            lines.sales_rep_key,
            lines.shipping_location_key,
            lines.billing_location_key,
            lines.payment_method_key,
            lines.retailer_key,
            lines.currency,
            lines.status,
            lines.is_counted,
            lines.is_returned,
            lines.transaction_at,
            lines.quantity,
            lines.unit_price,
            lines.discount_percentage,
            lines.discount_amount,
            lines.header_discount_amount,
            lines.tax_amount,
            lines.shipping_amount,
            lines.line_total,
            lines.cost_amount,
            lines.profit
        )
    on conflict (source, transaction_id, line_number, sale_date) do update
        set
            date_key = excluded.date_key,
            customer_key = excluded.customer_key,
            product_key = excluded.product_key,
            supplier_key = excluded.supplier_key,
            store_key = excluded.store_key,
            sales_rep_key = excluded.sales_rep_key,
            shipping_location_key = excluded.shipping_location_key,
            billing_location_key = excluded.billing_location_key,
            payment_method_key = excluded.payment_method_key,
            retailer_key = excluded.retailer_key,
            currency = excluded.currency,
            status = excluded.status,
            is_counted = excluded.is_counted,
            is_returned = excluded.is_returned,
            transaction_at = excluded.transaction_at,
            quantity = excluded.quantity,
            unit_price = excluded.unit_price,
            discount_percentage = excluded.discount_percentage,
            discount_amount = excluded.discount_amount,
            header_discount_amount = excluded.header_discount_amount,
            tax_amount = excluded.tax_amount,
            shipping_amount = excluded.shipping_amount,
            line_total = excluded.line_total,
            cost_amount = excluded.cost_amount,
            profit = excluded.profit,
            batch_id = excluded.batch_id,
            file_id = excluded.file_id,
            source_line = excluded.source_line,
            loaded_at = excluded.loaded_at
    returning 1 as is_written

)

select count(*) as rows_written
from written;
