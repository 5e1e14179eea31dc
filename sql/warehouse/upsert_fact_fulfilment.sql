-- Grain: one row per touched order.
-- Reads: warehouse.work_fulfilments, production.transactions, production.payments,
-- production.shipments, warehouse.dim_*. Writes: warehouse.fact_fulfilment.
-- Returns: rows read, new, changed and deleted.
-- Rerunnable: a fact whose content is the same is left alone; one without an order is deleted.
with

orders as (

    -- An order without a moment is taken to be of the first moment of its day, where the shop is.
    select
        orders.*,
        retailers.retailer_key,
        retailers.time_zone,
        retailers.currency as shop_currency,
        retailers.counted_statuses,
        coalesce(
            orders.transaction_at,
            cast(orders.sale_date as timestamp) at time zone retailers.time_zone
        ) as valid_at
    from warehouse.work_fulfilments as touched
    inner join production.transactions as orders
        on
            touched.source = orders.source
            and touched.transaction_id = orders.transaction_id
    inner join warehouse.dim_retailer as retailers
        on orders.source = retailers.source
    where not orders.is_deleted

),

made as (

    select
        payments.source,
        payments.transaction_id,
        payments.amount,
        payments.paid_at,
        orders.total_amount,
        sum(payments.amount) over (
            partition by payments.source, payments.transaction_id
            order by payments.paid_at, payments.payment_sequence
        ) as paid_until_then
    from orders
    inner join production.payments as payments
        on
            orders.source = payments.source
            and orders.transaction_id = payments.transaction_id
    where
        not payments.is_deleted
        and production.is_payment_made(payments.status)

),

paid as (

    -- Within a cent, as quality compares payments with totals.
    select
        made.source,
        made.transaction_id,
        coalesce(
            min(made.paid_at) filter (where made.paid_until_then >= made.total_amount - 0.01),
            max(made.paid_at) filter (where made.amount > 0)
        ) as paid_at,
        coalesce(sum(made.amount), 0) as paid_amount
    from made
    group by
        made.source,
        made.transaction_id

),

sent as (

    select
        shipments.source,
        shipments.transaction_id,
        min(shipments.shipped_at) as shipped_at,
        case
            when count(*) = count(shipments.delivered_at) then max(shipments.delivered_at)
        end as delivered_at,
        max(shipments.estimated_delivery_at) as promised_at,
        count(*) as shipment_count,
        count(shipments.shipped_at) as shipped_count,
        count(shipments.delivered_at) as delivered_count
    from orders
    inner join production.shipments as shipments
        on
            orders.source = shipments.source
            and orders.transaction_id = shipments.transaction_id
    where not shipments.is_deleted
    group by
        shipments.source,
        shipments.transaction_id

),

milestones as (

    select
        orders.*,
        orders.transaction_at as ordered_at,
        paid.paid_at,
        sent.shipped_at,
        sent.delivered_at,
        sent.promised_at,
        coalesce(sent.shipment_count, 0) as shipment_count,
        coalesce(sent.shipped_count, 0) as shipped_count,
        coalesce(sent.delivered_count, 0) as delivered_count,
        coalesce(paid.paid_amount, 0) as paid_amount
    from orders
    left join paid
        on
            orders.source = paid.source
            and orders.transaction_id = paid.transaction_id
    left join sent
        on
            orders.source = sent.source
            and orders.transaction_id = sent.transaction_id

),

computed as (

    select
        milestones.source,
        milestones.transaction_id,
        milestones.sale_date as ordered_date,
        cast(to_char(milestones.sale_date, 'YYYYMMDD') as integer) as ordered_date_key,
        coalesce(
            warehouse.date_key_of(
                cast(milestones.paid_at at time zone milestones.time_zone as date)
            ),
            -2
        ) as paid_date_key,
        coalesce(
            warehouse.date_key_of(
                cast(milestones.shipped_at at time zone milestones.time_zone as date)
            ),
            -2
        ) as shipped_date_key,
        coalesce(
            warehouse.date_key_of(
                cast(milestones.delivered_at at time zone milestones.time_zone as date)
            ),
            -2
        ) as delivered_date_key,
        coalesce(
            warehouse.date_key_of(
                cast(milestones.promised_at at time zone milestones.time_zone as date)
            ),
            -2
        ) as promised_date_key,
        coalesce(customers.customer_key, -1) as customer_key,
        case
            when milestones.store_id is null then -2
            else coalesce(stores.store_key, -1)
        end as store_key,
        coalesce(places.location_key, -1) as shipping_location_key,
        milestones.retailer_key,
        coalesce(milestones.currency, milestones.shop_currency, 'XXX') as currency,
        milestones.status,
        production.is_counted(milestones.status, milestones.counted_statuses) as is_counted,
        milestones.ordered_at,
        milestones.paid_at,
        milestones.shipped_at,
        milestones.delivered_at,
        milestones.promised_at,
        round(
            extract(epoch from milestones.paid_at - milestones.ordered_at) / 86400, 4
        ) as order_to_payment_days,
        round(
            extract(epoch from milestones.shipped_at - milestones.paid_at) / 86400, 4
        ) as payment_to_shipment_days,
        round(
            extract(epoch from milestones.shipped_at - milestones.ordered_at) / 86400, 4
        ) as order_to_shipment_days,
        round(
            extract(epoch from milestones.delivered_at - milestones.shipped_at) / 86400, 4
        ) as shipment_to_delivery_days,
        round(
            extract(epoch from milestones.delivered_at - milestones.ordered_at) / 86400, 4
        ) as order_to_delivery_days,
        round(
            extract(epoch from milestones.delivered_at - milestones.promised_at) / 86400, 4
        ) as delivery_delay_days,
        milestones.delivered_at > milestones.promised_at as is_late,
        milestones.shipment_count,
        milestones.shipped_count,
        milestones.delivered_count,
        milestones.total_amount,
        milestones.paid_amount,
        milestones.batch_id,
        milestones.file_id,
        milestones.source_line
    from milestones
    left join warehouse.dim_customers as customers
        on
            milestones.source = customers.source
            and milestones.customer_id = customers.customer_id
            and milestones.valid_at >= customers.valid_from
            and milestones.valid_at < customers.valid_to
    left join warehouse.dim_stores as stores
        on
            milestones.source = stores.source
            and milestones.store_id = stores.store_id
            and milestones.valid_at >= stores.valid_from
            and milestones.valid_at < stores.valid_to
    left join warehouse.dim_locations as places
        on
            places.location_type = 'shipping'
            and coalesce(milestones.shipping_country, 'Unknown') = places.country
            and coalesce(milestones.shipping_state, 'Unknown') = places.state
            and coalesce(milestones.shipping_city, 'Unknown') = places.city
            and coalesce(milestones.shipping_postal_code, 'Unknown') = places.postal_code

),

gone as (

    -- By sorting, not by an anti join: nobody knows beforehand how many rows are computed.
    select
        both_sides.source,
        both_sides.transaction_id
    from (
        select
            known.source,
            known.transaction_id,
            false as is_wanted
        from warehouse.fact_fulfilment as known
        inner join warehouse.work_fulfilments as touched
            on
                known.source = touched.source
                and known.transaction_id = touched.transaction_id
        union all
        select
            computed.source,
            computed.transaction_id,
            true as is_wanted
        from computed
    ) as both_sides
    group by
        both_sides.source,
        both_sides.transaction_id
    having not bool_or(both_sides.is_wanted)

),

deleted as (

    delete from warehouse.fact_fulfilment as known
    using gone
    where
        known.source = gone.source
        and known.transaction_id = gone.transaction_id
    returning 1 as is_deleted_row

),

compared as (

    select
        computed.*,
        known.source is null as is_new
    from computed
    left join warehouse.fact_fulfilment as known
        on
            computed.source = known.source
            and computed.transaction_id = known.transaction_id
    where
        known.source is null
        or (
            known.ordered_date,
            known.ordered_date_key,
            known.paid_date_key,
            known.shipped_date_key,
            known.delivered_date_key,
            known.promised_date_key,
            known.customer_key,
            known.store_key,
            known.shipping_location_key,
            known.retailer_key,
            known.currency,
            known.status,
            known.is_counted,
            known.ordered_at,
            known.paid_at,
            known.shipped_at,
            known.delivered_at,
            known.promised_at,
            known.order_to_payment_days,
            known.payment_to_shipment_days,
            known.order_to_shipment_days,
            known.shipment_to_delivery_days,
            known.order_to_delivery_days,
            known.delivery_delay_days,
            known.is_late,
            known.shipment_count,
            known.shipped_count,
            known.delivered_count,
            known.total_amount,
            known.paid_amount
        )
        is distinct from (
            computed.ordered_date,
            computed.ordered_date_key,
            computed.paid_date_key,
            computed.shipped_date_key,
            computed.delivered_date_key,
            computed.promised_date_key,
            computed.customer_key,
            computed.store_key,
            computed.shipping_location_key,
            computed.retailer_key,
            computed.currency,
            computed.status,
            computed.is_counted,
            computed.ordered_at,
            computed.paid_at,
            computed.shipped_at,
            computed.delivered_at,
            computed.promised_at,
            computed.order_to_payment_days,
            computed.payment_to_shipment_days,
            computed.order_to_shipment_days,
            computed.shipment_to_delivery_days,
            computed.order_to_delivery_days,
            computed.delivery_delay_days,
            computed.is_late,
            computed.shipment_count,
            computed.shipped_count,
            computed.delivered_count,
            computed.total_amount,
            computed.paid_amount
        )

),

written as (

    insert into warehouse.fact_fulfilment (
        source,
        transaction_id,
        ordered_date,
        ordered_date_key,
        paid_date_key,
        shipped_date_key,
        delivered_date_key,
        promised_date_key,
        customer_key,
        store_key,
        shipping_location_key,
        retailer_key,
        currency,
        status,
        is_counted,
        ordered_at,
        paid_at,
        shipped_at,
        delivered_at,
        promised_at,
        order_to_payment_days,
        payment_to_shipment_days,
        order_to_shipment_days,
        shipment_to_delivery_days,
        order_to_delivery_days,
        delivery_delay_days,
        is_late,
        shipment_count,
        shipped_count,
        delivered_count,
        total_amount,
        paid_amount,
        batch_id,
        file_id,
        source_line,
        loaded_at
    )
    select
        compared.source,
        compared.transaction_id,
        compared.ordered_date,
        compared.ordered_date_key,
        compared.paid_date_key,
        compared.shipped_date_key,
        compared.delivered_date_key,
        compared.promised_date_key,
        compared.customer_key,
        compared.store_key,
        compared.shipping_location_key,
        compared.retailer_key,
        compared.currency,
        compared.status,
        compared.is_counted,
        compared.ordered_at,
        compared.paid_at,
        compared.shipped_at,
        compared.delivered_at,
        compared.promised_at,
        compared.order_to_payment_days,
        compared.payment_to_shipment_days,
        compared.order_to_shipment_days,
        compared.shipment_to_delivery_days,
        compared.order_to_delivery_days,
        compared.delivery_delay_days,
        compared.is_late,
        compared.shipment_count,
        compared.shipped_count,
        compared.delivered_count,
        compared.total_amount,
        compared.paid_amount,
        compared.batch_id,
        compared.file_id,
        compared.source_line,
        cast($1 as timestamptz) as loaded_at
    from compared
    order by
        compared.source,
        compared.transaction_id
    on conflict (source, transaction_id) do update
        set
            ordered_date = excluded.ordered_date,
            ordered_date_key = excluded.ordered_date_key,
            paid_date_key = excluded.paid_date_key,
            shipped_date_key = excluded.shipped_date_key,
            delivered_date_key = excluded.delivered_date_key,
            promised_date_key = excluded.promised_date_key,
            customer_key = excluded.customer_key,
            store_key = excluded.store_key,
            shipping_location_key = excluded.shipping_location_key,
            retailer_key = excluded.retailer_key,
            currency = excluded.currency,
            status = excluded.status,
            is_counted = excluded.is_counted,
            ordered_at = excluded.ordered_at,
            paid_at = excluded.paid_at,
            shipped_at = excluded.shipped_at,
            delivered_at = excluded.delivered_at,
            promised_at = excluded.promised_at,
            order_to_payment_days = excluded.order_to_payment_days,
            payment_to_shipment_days = excluded.payment_to_shipment_days,
            order_to_shipment_days = excluded.order_to_shipment_days,
            shipment_to_delivery_days = excluded.shipment_to_delivery_days,
            order_to_delivery_days = excluded.order_to_delivery_days,
            delivery_delay_days = excluded.delivery_delay_days,
            is_late = excluded.is_late,
            shipment_count = excluded.shipment_count,
            shipped_count = excluded.shipped_count,
            delivered_count = excluded.delivered_count,
            total_amount = excluded.total_amount,
            paid_amount = excluded.paid_amount,
            batch_id = excluded.batch_id,
            file_id = excluded.file_id,
            source_line = excluded.source_line,
            loaded_at = excluded.loaded_at
    returning 1 as is_written

)

select
    (select count(*) from computed) as rows_read,
    (select count(*) filter (where compared.is_new) from compared) as rows_inserted,
    (select count(*) from written)
    - (select count(*) filter (where compared.is_new) from compared) as rows_updated,
    (select count(*) from deleted) as rows_deleted;
