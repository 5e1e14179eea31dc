-- The rows of `production` by plain statements: what remains of a publication when nothing is held
-- back, nothing came twice, nothing was there before, and nobody counts.
-- Run by bench/warehouse.sh with the variables batch_id and started_at; the tables that it leaves
-- are compared with those of `production`.

insert into production.retailers (
    source, retailer_name, time_zone, currency, counted_statuses, row_hash, batch_id,
    first_batch_id, first_loaded_at, loaded_at
)
select
    staged.*, md5(cast(row(
        staged.retailer_name, staged.time_zone, staged.currency, staged.counted_statuses
    ) as text)),
    :batch_id, :batch_id, :'started_at', :'started_at'
from (
    select
        source, coalesce(production.clean_text(retailer_name), source) as retailer_name,
        coalesce(production.clean_text(time_zone), 'UTC') as time_zone,
        upper(production.clean_text(currency)) as currency, counted_statuses
    from staging.retailers
) as staged;

insert into production.categories (
    source, category_id, parent_category_id, category_name, row_hash, batch_id, first_batch_id,
    file_id, source_line, first_loaded_at, loaded_at
)
select
    cleaned.source, cleaned.category_id, cleaned.parent_category_id, cleaned.category_name,
    md5(cast(row( cleaned.category_id, cleaned.parent_category_id, cleaned.category_name ) as
    text)), :batch_id, :batch_id, cleaned.file_id, cleaned.source_line, :'started_at',
    :'started_at'
from (
    select
        staged.source, staged.category_id, staged.parent_category_id,
        production.clean_text(staged.category_name) as category_name, staged.row_id,
        staged.file_id, staged.source_line
    from staging.categories as staged
) as cleaned;

insert into production.suppliers (
    source, supplier_id, supplier_name, city, state, country, lead_time_days, updated_at,
    row_hash, batch_id, first_batch_id, file_id, source_line, first_loaded_at, loaded_at
)
select
    cleaned.source, cleaned.supplier_id, cleaned.supplier_name, cleaned.city, cleaned.state,
    cleaned.country, cleaned.lead_time_days, cleaned.updated_at, md5(cast(row(
    cleaned.supplier_id, cleaned.supplier_name, cleaned.city, cleaned.state, cleaned.country,
    cleaned.lead_time_days, extract(epoch from cleaned.updated_at) ) as text)), :batch_id,
    :batch_id, cleaned.file_id, cleaned.source_line, :'started_at', :'started_at'
from (
    select
        staged.source, staged.supplier_id, production.clean_text(staged.supplier_name) as
        supplier_name, production.clean_text(staged.city) as city,
        production.clean_text(staged.state) as state, coalesce( country_names.country_code,
        production.clean_text(staged.country) ) as country, staged.lead_time_days,
        staged.updated_at, staged.row_id, staged.file_id, staged.source_line
    from staging.suppliers as staged
    left join production.country_aliases as country_names on
        lower(production.clean_text(staged.country)) = country_names.alias
) as cleaned;

insert into production.customers (
    source, customer_id, first_name, last_name, email, phone, birth_date, gender, age_group,
    segment, registration_date, city, state, postal_code, country, updated_at, effective_at,
    row_hash, batch_id, first_batch_id, file_id, source_line, first_loaded_at, loaded_at
)
select
    cleaned.source, cleaned.customer_id, cleaned.first_name, cleaned.last_name, cleaned.email,
    cleaned.phone, cleaned.birth_date, cleaned.gender, cleaned.age_group, cleaned.segment,
    cleaned.registration_date, cleaned.city, cleaned.state, cleaned.postal_code,
    cleaned.country, cleaned.updated_at, cleaned.effective_at, md5(cast(row(
    cleaned.customer_id, cleaned.first_name, cleaned.last_name, cleaned.email, cleaned.phone,
    cleaned.birth_date - date '2000-01-01', cleaned.gender, cleaned.age_group, cleaned.segment,
    cleaned.registration_date - date '2000-01-01', cleaned.city, cleaned.state,
    cleaned.postal_code, cleaned.country, extract(epoch from cleaned.updated_at) ) as text)),
    :batch_id, :batch_id, cleaned.file_id, cleaned.source_line, :'started_at', :'started_at'
from (
    select
        staged.source, staged.customer_id, production.clean_text(staged.first_name) as
        first_name, production.clean_text(staged.last_name) as last_name,
        lower(production.clean_text(staged.email)) as email, production.clean_phone(
        staged.phone, countries.calling_code, countries.trunk_prefix ) as phone,
        staged.birth_date, production.clean_text(staged.gender) as gender,
        production.clean_text(staged.age_group) as age_group,
        production.clean_text(staged.segment) as segment, staged.registration_date,
        production.clean_text(staged.city) as city, production.clean_text(staged.state) as
        state, production.clean_text(staged.postal_code) as postal_code, coalesce(
        country_names.country_code, production.clean_text(staged.country) ) as country,
        staged.updated_at, coalesce( staged.updated_at, cast(coalesce(raw_files.business_date,
        batches.business_date) as timestamp) at time zone retailers.time_zone ) as effective_at,
        staged.row_id, staged.file_id, staged.source_line
    from staging.customers as staged
    inner join production.retailers as retailers on staged.source = retailers.source
    left join production.country_aliases as country_names on
        lower(production.clean_text(staged.country)) = country_names.alias
    left join production.countries as countries on country_names.country_code =
        countries.country_code
    left join ops.raw_files as raw_files on staged.file_id = raw_files.file_id
    inner join ops.batches as batches on staged.batch_id = batches.batch_id
) as cleaned;

insert into production.customers_changes (
    source, customer_id, first_name, last_name, email, phone, birth_date, gender, age_group,
    segment, registration_date, city, state, postal_code, country, updated_at, effective_at,
    load_sequence, row_hash, batch_id, file_id, source_line, loaded_at
)
select
    cleaned.source, cleaned.customer_id, cleaned.first_name, cleaned.last_name, cleaned.email,
    cleaned.phone, cleaned.birth_date, cleaned.gender, cleaned.age_group, cleaned.segment,
    cleaned.registration_date, cleaned.city, cleaned.state, cleaned.postal_code,
    cleaned.country, cleaned.updated_at, cleaned.effective_at, :batch_id, md5(cast(row(
    cleaned.first_name, cleaned.last_name, cleaned.email, cleaned.phone, cleaned.birth_date -
    date '2000-01-01', cleaned.gender, cleaned.age_group, cleaned.segment,
    cleaned.registration_date - date '2000-01-01', cleaned.city, cleaned.state,
    cleaned.postal_code, cleaned.country, false ) as text)), :batch_id, cleaned.file_id,
    cleaned.source_line, :'started_at'
from (
    select
        staged.source, staged.customer_id, production.clean_text(staged.first_name) as
        first_name, production.clean_text(staged.last_name) as last_name,
        lower(production.clean_text(staged.email)) as email, production.clean_phone(
        staged.phone, countries.calling_code, countries.trunk_prefix ) as phone,
        staged.birth_date, production.clean_text(staged.gender) as gender,
        production.clean_text(staged.age_group) as age_group,
        production.clean_text(staged.segment) as segment, staged.registration_date,
        production.clean_text(staged.city) as city, production.clean_text(staged.state) as
        state, production.clean_text(staged.postal_code) as postal_code, coalesce(
        country_names.country_code, production.clean_text(staged.country) ) as country,
        staged.updated_at, coalesce( staged.updated_at, cast(coalesce(raw_files.business_date,
        batches.business_date) as timestamp) at time zone retailers.time_zone ) as effective_at,
        staged.row_id, staged.file_id, staged.source_line
    from staging.customers as staged
    inner join production.retailers as retailers on staged.source = retailers.source
    left join production.country_aliases as country_names on
        lower(production.clean_text(staged.country)) = country_names.alias
    left join production.countries as countries on country_names.country_code =
        countries.country_code
    left join ops.raw_files as raw_files on staged.file_id = raw_files.file_id
    inner join ops.batches as batches on staged.batch_id = batches.batch_id
) as cleaned;

insert into production.products (
    source, product_id, product_name, category_id, category, sub_category, brand, price, cost,
    currency, stock_quantity, supplier_id, is_active, updated_at, effective_at, row_hash,
    batch_id, first_batch_id, file_id, source_line, first_loaded_at, loaded_at
)
select
    cleaned.source, cleaned.product_id, cleaned.product_name, cleaned.category_id,
    cleaned.category, cleaned.sub_category, cleaned.brand, cleaned.price, cleaned.cost,
    cleaned.currency, cleaned.stock_quantity, cleaned.supplier_id, cleaned.is_active,
    cleaned.updated_at, cleaned.effective_at, md5(cast(row( cleaned.product_id,
    cleaned.product_name, cleaned.category_id, cleaned.category, cleaned.sub_category,
    cleaned.brand, trim_scale(cleaned.price), trim_scale(cleaned.cost), cleaned.currency,
    trim_scale(cleaned.stock_quantity), cleaned.supplier_id, cleaned.is_active, extract(epoch
    from cleaned.updated_at) ) as text)), :batch_id, :batch_id, cleaned.file_id,
    cleaned.source_line, :'started_at', :'started_at'
from (
    select
        staged.source, staged.product_id, production.clean_text(staged.product_name) as
        product_name, staged.category_id, production.clean_text(staged.category) as category,
        production.clean_text(staged.sub_category) as sub_category,
        production.clean_text(staged.brand) as brand, staged.price, staged.cost, coalesce(
        currency_names.currency_code, case when staged.currency ~ '^[A-Za-z]{3}$' then
        upper(staged.currency) end, production.clean_text(staged.currency), retailers.currency )
        as currency, staged.stock_quantity, staged.supplier_id, staged.is_active,
        staged.updated_at, coalesce( staged.updated_at, cast(coalesce(raw_files.business_date,
        batches.business_date) as timestamp) at time zone retailers.time_zone ) as effective_at,
        staged.row_id, staged.file_id, staged.source_line
    from staging.products as staged
    inner join production.retailers as retailers on staged.source = retailers.source
    left join production.currency_aliases as currency_names on
        lower(production.clean_text(staged.currency)) = currency_names.alias
    left join ops.raw_files as raw_files on staged.file_id = raw_files.file_id
    inner join ops.batches as batches on staged.batch_id = batches.batch_id
) as cleaned;

insert into production.products_changes (
    source, product_id, product_name, category_id, category, sub_category, brand, price, cost,
    currency, supplier_id, is_active, updated_at, effective_at, load_sequence, row_hash,
    batch_id, file_id, source_line, loaded_at
)
select
    cleaned.source, cleaned.product_id, cleaned.product_name, cleaned.category_id,
    cleaned.category, cleaned.sub_category, cleaned.brand, cleaned.price, cleaned.cost,
    cleaned.currency, cleaned.supplier_id, cleaned.is_active, cleaned.updated_at,
    cleaned.effective_at, :batch_id, md5(cast(row( cleaned.product_name, cleaned.category_id,
    cleaned.category, cleaned.sub_category, cleaned.brand, trim_scale(cleaned.price),
    trim_scale(cleaned.cost), cleaned.currency, cleaned.supplier_id, cleaned.is_active, false )
    as text)), :batch_id, cleaned.file_id, cleaned.source_line, :'started_at'
from (
    select
        staged.source, staged.product_id, production.clean_text(staged.product_name) as
        product_name, staged.category_id, production.clean_text(staged.category) as category,
        production.clean_text(staged.sub_category) as sub_category,
        production.clean_text(staged.brand) as brand, staged.price, staged.cost, coalesce(
        currency_names.currency_code, case when staged.currency ~ '^[A-Za-z]{3}$' then
        upper(staged.currency) end, production.clean_text(staged.currency), retailers.currency )
        as currency, staged.supplier_id, staged.is_active, staged.updated_at, coalesce(
        staged.updated_at, cast(coalesce(raw_files.business_date, batches.business_date) as
        timestamp) at time zone retailers.time_zone ) as effective_at, staged.row_id,
        staged.file_id, staged.source_line
    from staging.products as staged
    inner join production.retailers as retailers on staged.source = retailers.source
    left join production.currency_aliases as currency_names on
        lower(production.clean_text(staged.currency)) = currency_names.alias
    left join ops.raw_files as raw_files on staged.file_id = raw_files.file_id
    inner join ops.batches as batches on staged.batch_id = batches.batch_id
) as cleaned;

insert into production.stores (
    source, store_id, store_name, store_type, manager, city, state, country, region,
    opened_date, updated_at, effective_at, row_hash, batch_id, first_batch_id, file_id,
    source_line, first_loaded_at, loaded_at
)
select
    cleaned.source, cleaned.store_id, cleaned.store_name, cleaned.store_type, cleaned.manager,
    cleaned.city, cleaned.state, cleaned.country, cleaned.region, cleaned.opened_date,
    cleaned.updated_at, cleaned.effective_at, md5(cast(row( cleaned.store_id,
    cleaned.store_name, cleaned.store_type, cleaned.manager, cleaned.city, cleaned.state,
    cleaned.country, cleaned.region, cleaned.opened_date - date '2000-01-01', extract(epoch from
    cleaned.updated_at) ) as text)), :batch_id, :batch_id, cleaned.file_id, cleaned.source_line,
    :'started_at', :'started_at'
from (
    select
        staged.source, staged.store_id, production.clean_text(staged.store_name) as store_name,
        production.clean_text(staged.store_type) as store_type,
        production.clean_text(staged.manager) as manager, production.clean_text(staged.city) as
        city, production.clean_text(staged.state) as state, coalesce(
        country_names.country_code, production.clean_text(staged.country) ) as country,
        production.clean_text(staged.region) as region, staged.opened_date, staged.updated_at,
        coalesce( staged.updated_at, cast(coalesce(raw_files.business_date,
        batches.business_date) as timestamp) at time zone retailers.time_zone ) as effective_at,
        staged.row_id, staged.file_id, staged.source_line
    from staging.stores as staged
    inner join production.retailers as retailers on staged.source = retailers.source
    left join production.country_aliases as country_names on
        lower(production.clean_text(staged.country)) = country_names.alias
    left join ops.raw_files as raw_files on staged.file_id = raw_files.file_id
    inner join ops.batches as batches on staged.batch_id = batches.batch_id
) as cleaned;

insert into production.stores_changes (
    source, store_id, store_name, store_type, manager, city, state, country, region,
    opened_date, updated_at, effective_at, load_sequence, row_hash, batch_id, file_id,
    source_line, loaded_at
)
select
    cleaned.source, cleaned.store_id, cleaned.store_name, cleaned.store_type, cleaned.manager,
    cleaned.city, cleaned.state, cleaned.country, cleaned.region, cleaned.opened_date,
    cleaned.updated_at, cleaned.effective_at, :batch_id, md5(cast(row( cleaned.store_name,
    cleaned.store_type, cleaned.manager, cleaned.city, cleaned.state, cleaned.country,
    cleaned.region, cleaned.opened_date - date '2000-01-01', false ) as text)), :batch_id,
    cleaned.file_id, cleaned.source_line, :'started_at'
from (
    select
        staged.source, staged.store_id, production.clean_text(staged.store_name) as store_name,
        production.clean_text(staged.store_type) as store_type,
        production.clean_text(staged.manager) as manager, production.clean_text(staged.city) as
        city, production.clean_text(staged.state) as state, coalesce(
        country_names.country_code, production.clean_text(staged.country) ) as country,
        production.clean_text(staged.region) as region, staged.opened_date, staged.updated_at,
        coalesce( staged.updated_at, cast(coalesce(raw_files.business_date,
        batches.business_date) as timestamp) at time zone retailers.time_zone ) as effective_at,
        staged.row_id, staged.file_id, staged.source_line
    from staging.stores as staged
    inner join production.retailers as retailers on staged.source = retailers.source
    left join production.country_aliases as country_names on
        lower(production.clean_text(staged.country)) = country_names.alias
    left join ops.raw_files as raw_files on staged.file_id = raw_files.file_id
    inner join ops.batches as batches on staged.batch_id = batches.batch_id
) as cleaned;

insert into production.sales_representatives (
    source, sales_rep_id, sales_rep_name, email, region, commission_rate, updated_at, row_hash,
    batch_id, first_batch_id, file_id, source_line, first_loaded_at, loaded_at
)
select
    cleaned.source, cleaned.sales_rep_id, cleaned.sales_rep_name, cleaned.email, cleaned.region,
    cleaned.commission_rate, cleaned.updated_at, md5(cast(row( cleaned.sales_rep_id,
    cleaned.sales_rep_name, cleaned.email, cleaned.region, trim_scale(cleaned.commission_rate),
    extract(epoch from cleaned.updated_at) ) as text)), :batch_id, :batch_id, cleaned.file_id,
    cleaned.source_line, :'started_at', :'started_at'
from (
    select
        staged.source, staged.sales_rep_id, production.clean_text(staged.sales_rep_name) as
        sales_rep_name, lower(production.clean_text(staged.email)) as email,
        production.clean_text(staged.region) as region, staged.commission_rate,
        staged.updated_at, staged.row_id, staged.file_id, staged.source_line
    from staging.sales_representatives as staged
) as cleaned;

insert into production.transactions (
    source, transaction_id, customer_id, store_id, sales_rep_id, transaction_at, status,
    payment_method, currency, shipping_address, shipping_city, shipping_state,
    shipping_postal_code, shipping_country, billing_city, billing_state, billing_postal_code,
    billing_country, discount_amount, tax_amount, shipping_amount, total_amount, updated_at,
    sale_date, row_hash, batch_id, first_batch_id, file_id, source_line, first_loaded_at,
    loaded_at
)
select
    cleaned.source, cleaned.transaction_id, cleaned.customer_id, cleaned.store_id,
    cleaned.sales_rep_id, cleaned.transaction_at, cleaned.status, cleaned.payment_method,
    cleaned.currency, cleaned.shipping_address, cleaned.shipping_city, cleaned.shipping_state,
    cleaned.shipping_postal_code, cleaned.shipping_country, cleaned.billing_city,
    cleaned.billing_state, cleaned.billing_postal_code, cleaned.billing_country,
    cleaned.discount_amount, cleaned.tax_amount, cleaned.shipping_amount, cleaned.total_amount,
    cleaned.updated_at, cleaned.sale_date, md5(cast(row( cleaned.transaction_id,
    cleaned.customer_id, cleaned.store_id, cleaned.sales_rep_id, extract(epoch from
    cleaned.transaction_at), cleaned.status, cleaned.payment_method, cleaned.currency,
    cleaned.shipping_address, cleaned.shipping_city, cleaned.shipping_state,
    cleaned.shipping_postal_code, cleaned.shipping_country, cleaned.billing_city,
    cleaned.billing_state, cleaned.billing_postal_code, cleaned.billing_country,
    trim_scale(cleaned.discount_amount), trim_scale(cleaned.tax_amount),
    trim_scale(cleaned.shipping_amount), trim_scale(cleaned.total_amount), extract(epoch from
    cleaned.updated_at), cleaned.sale_date - date '2000-01-01' ) as text)), :batch_id,
    :batch_id, cleaned.file_id, cleaned.source_line, :'started_at', :'started_at'
from (
    select
        staged.source, staged.transaction_id, staged.customer_id, staged.store_id,
        staged.sales_rep_id, staged.transaction_at, production.clean_text(staged.status) as
        status, production.clean_text(staged.payment_method) as payment_method, coalesce(
        currency_names.currency_code, case when staged.currency ~ '^[A-Za-z]{3}$' then
        upper(staged.currency) end, production.clean_text(staged.currency), retailers.currency )
        as currency, production.clean_text(staged.shipping_address) as shipping_address,
        production.clean_text(staged.shipping_city) as shipping_city,
        production.clean_text(staged.shipping_state) as shipping_state,
        production.clean_text(staged.shipping_postal_code) as shipping_postal_code, coalesce(
        shipping_names.country_code, production.clean_text(staged.shipping_country) ) as
        shipping_country, production.clean_text(staged.billing_city) as billing_city,
        production.clean_text(staged.billing_state) as billing_state,
        production.clean_text(staged.billing_postal_code) as billing_postal_code, coalesce(
        billing_names.country_code, production.clean_text(staged.billing_country) ) as
        billing_country, staged.discount_amount, staged.tax_amount, staged.shipping_amount,
        staged.total_amount, staged.updated_at, coalesce( cast(staged.transaction_at at time
        zone retailers.time_zone as date), raw_files.business_date, batches.business_date ) as
        sale_date, staged.row_id, staged.file_id, staged.source_line
    from staging.transactions as staged
    inner join production.retailers as retailers on staged.source = retailers.source
    left join production.currency_aliases as currency_names on
        lower(production.clean_text(staged.currency)) = currency_names.alias
    left join production.country_aliases as shipping_names on
        lower(production.clean_text(staged.shipping_country)) = shipping_names.alias
    left join production.country_aliases as billing_names on
        lower(production.clean_text(staged.billing_country)) = billing_names.alias
    left join ops.raw_files as raw_files on staged.file_id = raw_files.file_id
    inner join ops.batches as batches on staged.batch_id = batches.batch_id
) as cleaned;

insert into production.transaction_items (
    source, transaction_id, line_number, item_id, product_id, supplier_id, quantity, unit_price,
    discount_percentage, discount_amount, line_total, row_hash, batch_id, first_batch_id,
    file_id, source_line, first_loaded_at, loaded_at
)
select
    cleaned.source, cleaned.transaction_id, cleaned.line_number, cleaned.item_id,
    cleaned.product_id, cleaned.supplier_id, cleaned.quantity, cleaned.unit_price,
    cleaned.discount_percentage, cleaned.discount_amount, cleaned.line_total, md5(cast(row(
    cleaned.transaction_id, cleaned.line_number, cleaned.item_id, cleaned.product_id,
    cleaned.supplier_id, trim_scale(cleaned.quantity), trim_scale(cleaned.unit_price),
    trim_scale(cleaned.discount_percentage), trim_scale(cleaned.discount_amount),
    trim_scale(cleaned.line_total) ) as text)), :batch_id, :batch_id, cleaned.file_id,
    cleaned.source_line, :'started_at', :'started_at'
from (
    select
        staged.source, staged.transaction_id, staged.line_number, staged.item_id,
        staged.product_id, staged.supplier_id, staged.quantity, staged.unit_price,
        staged.discount_percentage, staged.discount_amount, staged.line_total, staged.row_id,
        staged.file_id, staged.source_line
    from staging.transaction_items as staged
) as cleaned;

insert into production.payments (
    source, transaction_id, payment_sequence, payment_method, installments, amount, status,
    paid_at, row_hash, batch_id, first_batch_id, file_id, source_line, first_loaded_at,
    loaded_at
)
select
    cleaned.source, cleaned.transaction_id, cleaned.payment_sequence, cleaned.payment_method,
    cleaned.installments, cleaned.amount, cleaned.status, cleaned.paid_at, md5(cast(row(
    cleaned.transaction_id, cleaned.payment_sequence, cleaned.payment_method,
    cleaned.installments, trim_scale(cleaned.amount), cleaned.status, extract(epoch from
    cleaned.paid_at) ) as text)), :batch_id, :batch_id, cleaned.file_id, cleaned.source_line,
    :'started_at', :'started_at'
from (
    select
        staged.source, staged.transaction_id, staged.payment_sequence,
        production.clean_text(staged.payment_method) as payment_method, staged.installments,
        staged.amount, production.clean_text(staged.status) as status, staged.paid_at,
        staged.row_id, staged.file_id, staged.source_line
    from staging.payments as staged
) as cleaned;

insert into production.shipments (
    source, transaction_id, shipment_id, carrier, status, shipping_cost, shipped_at,
    delivered_at, estimated_delivery_at, row_hash, batch_id, first_batch_id, file_id,
    source_line, first_loaded_at, loaded_at
)
select
    cleaned.source, cleaned.transaction_id, cleaned.shipment_id, cleaned.carrier,
    cleaned.status, cleaned.shipping_cost, cleaned.shipped_at, cleaned.delivered_at,
    cleaned.estimated_delivery_at, md5(cast(row( cleaned.transaction_id, cleaned.shipment_id,
    cleaned.carrier, cleaned.status, trim_scale(cleaned.shipping_cost), extract(epoch from
    cleaned.shipped_at), extract(epoch from cleaned.delivered_at), extract(epoch from
    cleaned.estimated_delivery_at) ) as text)), :batch_id, :batch_id, cleaned.file_id,
    cleaned.source_line, :'started_at', :'started_at'
from (
    select
        staged.source, staged.transaction_id, staged.shipment_id,
        production.clean_text(staged.carrier) as carrier, production.clean_text(staged.status)
        as status, staged.shipping_cost, staged.shipped_at, staged.delivered_at,
        staged.estimated_delivery_at, staged.row_id, staged.file_id, staged.source_line
    from staging.shipments as staged
) as cleaned;

insert into production.inventory_movements (
    source, movement_id, product_id, store_id, movement_type, quantity, unit_cost, moved_at,
    row_hash, batch_id, first_batch_id, file_id, source_line, first_loaded_at, loaded_at
)
select
    cleaned.source, cleaned.movement_id, cleaned.product_id, cleaned.store_id,
    cleaned.movement_type, cleaned.quantity, cleaned.unit_cost, cleaned.moved_at, md5(cast(row(
    cleaned.movement_id, cleaned.product_id, cleaned.store_id, cleaned.movement_type,
    trim_scale(cleaned.quantity), trim_scale(cleaned.unit_cost), extract(epoch from
    cleaned.moved_at) ) as text)), :batch_id, :batch_id, cleaned.file_id, cleaned.source_line,
    :'started_at', :'started_at'
from (
    select
        staged.source, staged.movement_id, staged.product_id, staged.store_id,
        production.clean_text(staged.movement_type) as movement_type, staged.quantity,
        staged.unit_cost, staged.moved_at, staged.row_id, staged.file_id, staged.source_line
    from staging.inventory_movements as staged
) as cleaned;

insert into production.inventory_snapshots (
    source, snapshot_date, product_id, store_id, quantity_on_hand, reorder_point, row_hash,
    batch_id, first_batch_id, file_id, source_line, first_loaded_at, loaded_at
)
select
    cleaned.source, cleaned.snapshot_date, cleaned.product_id, cleaned.store_id,
    cleaned.quantity_on_hand, cleaned.reorder_point, md5(cast(row( cleaned.snapshot_date - date
    '2000-01-01', cleaned.product_id, cleaned.store_id, trim_scale(cleaned.quantity_on_hand),
    trim_scale(cleaned.reorder_point) ) as text)), :batch_id, :batch_id, cleaned.file_id,
    cleaned.source_line, :'started_at', :'started_at'
from (
    select
        staged.source, staged.snapshot_date, staged.product_id, staged.store_id,
        staged.quantity_on_hand, staged.reorder_point, staged.row_id, staged.file_id,
        staged.source_line
    from staging.inventory_snapshots as staged
) as cleaned;

insert into production.web_events (
    source, event_id, visitor_id, session_id, customer_id, event_type, product_id, occurred_at,
    properties, row_hash, batch_id, first_batch_id, file_id, source_line, first_loaded_at,
    loaded_at
)
select
    cleaned.source, cleaned.event_id, cleaned.visitor_id, cleaned.session_id,
    cleaned.customer_id, cleaned.event_type, cleaned.product_id, cleaned.occurred_at,
    cleaned.properties, md5(cast(row( cleaned.event_id, cleaned.visitor_id, cleaned.session_id,
    cleaned.customer_id, cleaned.event_type, cleaned.product_id, extract(epoch from
    cleaned.occurred_at), cleaned.properties ) as text)), :batch_id, :batch_id, cleaned.file_id,
    cleaned.source_line, :'started_at', :'started_at'
from (
    select
        staged.source, staged.event_id, coalesce(staged.visitor_id, '') as visitor_id,
        staged.session_id, staged.customer_id, production.clean_text(staged.event_type) as
        event_type, staged.product_id, staged.occurred_at, staged.properties, staged.row_id,
        staged.file_id, staged.source_line
    from staging.web_events as staged
) as cleaned;
