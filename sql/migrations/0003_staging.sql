-- Staging: the thirteen entities as the sources bring them, typed but unjudged.
-- A table holds the batches of one run and is emptied by the next; it has no constraint and no
-- index, so that COPY is fast and no row is refused before `quality` has seen it.

create table staging.customers (
    source text not null,
    customer_id text,
    first_name text,
    last_name text,
    email text,
    phone text,
    birth_date date,
    gender text,
    age_group text,
    segment text,
    registration_date date,
    city text,
    state text,
    postal_code text,
    country text,
    updated_at timestamptz,
    batch_id bigint not null,
    row_id bigint not null,
    file_id bigint,
    source_line bigint,
    loaded_at timestamptz not null
);

select ops.place('staging.customers', 'reference', null, null);

comment on table staging.customers is
'People and firms that buy, as staged; one row per staged row';
comment on column staging.customers.source is 'Source that the row came from';
comment on column staging.customers.customer_id is 'Customer as the source names it';
comment on column staging.customers.first_name is 'Given name';
comment on column staging.customers.last_name is 'Family name';
comment on column staging.customers.email is 'E-mail address';
comment on column staging.customers.phone is 'Telephone number';
comment on column staging.customers.birth_date is 'Date of birth';
comment on column staging.customers.gender is 'Gender as the source says';
comment on column staging.customers.age_group is 'Age band as the source says';
comment on column staging.customers.segment is 'Segment as the source says';
comment on column staging.customers.registration_date is 'Day on which the customer registered';
comment on column staging.customers.city is 'City';
comment on column staging.customers.state is 'State or province';
comment on column staging.customers.postal_code is 'Postal code';
comment on column staging.customers.country is 'Country';
comment on column staging.customers.updated_at is 'When the source last changed the row';
comment on column staging.customers.batch_id is 'Batch that staged the row (ops.batches)';
comment on column staging.customers.row_id is 'Number of the row in its batch and table';
comment on column staging.customers.file_id is 'Raw file that the row came from (ops.raw_files)';
comment on column staging.customers.source_line is 'Line of the raw file on which the row begins';
comment on column staging.customers.loaded_at is 'Start of the run that staged the row';

create table staging.categories (
    source text not null,
    category_id text,
    parent_category_id text,
    category_name text,
    batch_id bigint not null,
    row_id bigint not null,
    file_id bigint,
    source_line bigint,
    loaded_at timestamptz not null
);

select ops.place('staging.categories', 'reference', null, null);

comment on table staging.categories is
'Tree of product categories, of any depth, as staged; one row per staged row';
comment on column staging.categories.source is 'Source that the row came from';
comment on column staging.categories.category_id is 'Category as the source names it';
comment on column staging.categories.parent_category_id is
'Category above this one; null at the top';
comment on column staging.categories.category_name is 'Name of the category';
comment on column staging.categories.batch_id is 'Batch that staged the row (ops.batches)';
comment on column staging.categories.row_id is 'Number of the row in its batch and table';
comment on column staging.categories.file_id is 'Raw file that the row came from (ops.raw_files)';
comment on column staging.categories.source_line is 'Line of the raw file on which the row begins';
comment on column staging.categories.loaded_at is 'Start of the run that staged the row';

create table staging.products (
    source text not null,
    product_id text,
    product_name text,
    category_id text,
    category text,
    sub_category text,
    brand text,
    price numeric,
    cost numeric,
    currency text,
    stock_quantity numeric,
    supplier_id text,
    is_active boolean,
    updated_at timestamptz,
    batch_id bigint not null,
    row_id bigint not null,
    file_id bigint,
    source_line bigint,
    loaded_at timestamptz not null
);

select ops.place('staging.products', 'reference', null, null);

comment on table staging.products is 'Articles on sale, as staged; one row per staged row';
comment on column staging.products.source is 'Source that the row came from';
comment on column staging.products.product_id is 'Product as the source names it';
comment on column staging.products.product_name is 'Name of the product';
comment on column staging.products.category_id is 'Category in the tree';
comment on column staging.products.category is 'Category name as the source says';
comment on column staging.products.sub_category is 'Sub-category name as the source says';
comment on column staging.products.brand is 'Brand';
comment on column staging.products.price is 'List price of one unit';
comment on column staging.products.cost is 'Cost of one unit';
comment on column staging.products.currency is 'Currency of price and cost';
comment on column staging.products.stock_quantity is 'Units in stock as the source says';
comment on column staging.products.supplier_id is 'Usual supplier';
comment on column staging.products.is_active is 'Whether the product is on sale';
comment on column staging.products.updated_at is 'When the source last changed the row';
comment on column staging.products.batch_id is 'Batch that staged the row (ops.batches)';
comment on column staging.products.row_id is 'Number of the row in its batch and table';
comment on column staging.products.file_id is 'Raw file that the row came from (ops.raw_files)';
comment on column staging.products.source_line is 'Line of the raw file on which the row begins';
comment on column staging.products.loaded_at is 'Start of the run that staged the row';

create table staging.suppliers (
    source text not null,
    supplier_id text,
    supplier_name text,
    city text,
    state text,
    country text,
    lead_time_days bigint,
    updated_at timestamptz,
    batch_id bigint not null,
    row_id bigint not null,
    file_id bigint,
    source_line bigint,
    loaded_at timestamptz not null
);

select ops.place('staging.suppliers', 'reference', null, null);

comment on table staging.suppliers is
'Firms that deliver products, or sellers of a marketplace, as staged; one row per staged row';
comment on column staging.suppliers.source is 'Source that the row came from';
comment on column staging.suppliers.supplier_id is 'Supplier as the source names it';
comment on column staging.suppliers.supplier_name is 'Name of the supplier';
comment on column staging.suppliers.city is 'City';
comment on column staging.suppliers.state is 'State or province';
comment on column staging.suppliers.country is 'Country';
comment on column staging.suppliers.lead_time_days is 'Days from order to delivery';
comment on column staging.suppliers.updated_at is 'When the source last changed the row';
comment on column staging.suppliers.batch_id is 'Batch that staged the row (ops.batches)';
comment on column staging.suppliers.row_id is 'Number of the row in its batch and table';
comment on column staging.suppliers.file_id is 'Raw file that the row came from (ops.raw_files)';
comment on column staging.suppliers.source_line is 'Line of the raw file on which the row begins';
comment on column staging.suppliers.loaded_at is 'Start of the run that staged the row';

create table staging.stores (
    source text not null,
    store_id text,
    store_name text,
    store_type text,
    manager text,
    city text,
    state text,
    country text,
    region text,
    opened_date date,
    updated_at timestamptz,
    batch_id bigint not null,
    row_id bigint not null,
    file_id bigint,
    source_line bigint,
    loaded_at timestamptz not null
);

select ops.place('staging.stores', 'reference', null, null);

comment on table staging.stores is 'Places and channels of sale, as staged; one row per staged row';
comment on column staging.stores.source is 'Source that the row came from';
comment on column staging.stores.store_id is 'Store as the source names it';
comment on column staging.stores.store_name is 'Name of the store';
comment on column staging.stores.store_type is 'Kind of store: online, retail, outlet, marketplace';
comment on column staging.stores.manager is 'Name of the manager';
comment on column staging.stores.city is 'City';
comment on column staging.stores.state is 'State or province';
comment on column staging.stores.country is 'Country';
comment on column staging.stores.region is 'Sales region';
comment on column staging.stores.opened_date is 'Day on which the store opened';
comment on column staging.stores.updated_at is 'When the source last changed the row';
comment on column staging.stores.batch_id is 'Batch that staged the row (ops.batches)';
comment on column staging.stores.row_id is 'Number of the row in its batch and table';
comment on column staging.stores.file_id is 'Raw file that the row came from (ops.raw_files)';
comment on column staging.stores.source_line is 'Line of the raw file on which the row begins';
comment on column staging.stores.loaded_at is 'Start of the run that staged the row';

create table staging.sales_representatives (
    source text not null,
    sales_rep_id text,
    sales_rep_name text,
    email text,
    region text,
    commission_rate numeric,
    updated_at timestamptz,
    batch_id bigint not null,
    row_id bigint not null,
    file_id bigint,
    source_line bigint,
    loaded_at timestamptz not null
);

select ops.place('staging.sales_representatives', 'reference', null, null);

comment on table staging.sales_representatives is
'People who sell, as staged; one row per staged row';
comment on column staging.sales_representatives.source is 'Source that the row came from';
comment on column staging.sales_representatives.sales_rep_id is
'Sales representative as the source names them';
comment on column staging.sales_representatives.sales_rep_name is 'Name of the representative';
comment on column staging.sales_representatives.email is 'E-mail address';
comment on column staging.sales_representatives.region is 'Sales region';
comment on column staging.sales_representatives.commission_rate is
'Share of revenue paid as commission';
comment on column staging.sales_representatives.updated_at is
'When the source last changed the row';
comment on column staging.sales_representatives.batch_id is
'Batch that staged the row (ops.batches)';
comment on column staging.sales_representatives.row_id is
'Number of the row in its batch and table';
comment on column staging.sales_representatives.file_id is
'Raw file that the row came from (ops.raw_files)';
comment on column staging.sales_representatives.source_line is
'Line of the raw file on which the row begins';
comment on column staging.sales_representatives.loaded_at is 'Start of the run that staged the row';

create table staging.transactions (
    source text not null,
    transaction_id text,
    customer_id text,
    store_id text,
    sales_rep_id text,
    transaction_at timestamptz,
    status text,
    payment_method text,
    currency text,
    shipping_address text,
    shipping_city text,
    shipping_state text,
    shipping_postal_code text,
    shipping_country text,
    billing_city text,
    billing_state text,
    billing_postal_code text,
    billing_country text,
    discount_amount numeric,
    tax_amount numeric,
    shipping_amount numeric,
    total_amount numeric,
    updated_at timestamptz,
    batch_id bigint not null,
    row_id bigint not null,
    file_id bigint,
    source_line bigint,
    loaded_at timestamptz not null
);

select ops.place('staging.transactions', 'distributed', 'transaction_id', null);

comment on table staging.transactions is
'Orders: one row per header, as staged; one row per staged row';
comment on column staging.transactions.source is 'Source that the row came from';
comment on column staging.transactions.transaction_id is 'Order as the source names it';
comment on column staging.transactions.customer_id is 'Who bought';
comment on column staging.transactions.store_id is 'Where it was sold';
comment on column staging.transactions.sales_rep_id is 'Who sold it';
comment on column staging.transactions.transaction_at is 'Moment of the order';
comment on column staging.transactions.status is 'State of the order as the source says';
comment on column staging.transactions.payment_method is 'Main means of payment';
comment on column staging.transactions.currency is 'Currency of the amounts';
comment on column staging.transactions.shipping_address is 'Street address of delivery';
comment on column staging.transactions.shipping_city is 'City of delivery';
comment on column staging.transactions.shipping_state is 'State of delivery';
comment on column staging.transactions.shipping_postal_code is 'Postal code of delivery';
comment on column staging.transactions.shipping_country is 'Country of delivery';
comment on column staging.transactions.billing_city is 'City of the invoice';
comment on column staging.transactions.billing_state is 'State of the invoice';
comment on column staging.transactions.billing_postal_code is 'Postal code of the invoice';
comment on column staging.transactions.billing_country is 'Country of the invoice';
comment on column staging.transactions.discount_amount is 'Discount on the whole order';
comment on column staging.transactions.tax_amount is 'Tax on the whole order';
comment on column staging.transactions.shipping_amount is 'Shipping charged for the whole order';
comment on column staging.transactions.total_amount is
'Sum of lines plus shipping and tax less the discount on the order';
comment on column staging.transactions.updated_at is 'When the source last changed the row';
comment on column staging.transactions.batch_id is 'Batch that staged the row (ops.batches)';
comment on column staging.transactions.row_id is 'Number of the row in its batch and table';
comment on column staging.transactions.file_id is 'Raw file that the row came from (ops.raw_files)';
comment on column staging.transactions.source_line is
'Line of the raw file on which the row begins';
comment on column staging.transactions.loaded_at is 'Start of the run that staged the row';

create table staging.transaction_items (
    source text not null,
    transaction_id text,
    line_number bigint,
    item_id text,
    product_id text,
    supplier_id text,
    quantity numeric,
    unit_price numeric,
    discount_percentage numeric,
    discount_amount numeric,
    line_total numeric,
    batch_id bigint not null,
    row_id bigint not null,
    file_id bigint,
    source_line bigint,
    loaded_at timestamptz not null
);

select ops.place(
    'staging.transaction_items', 'distributed', 'transaction_id', 'staging.transactions'
);

comment on table staging.transaction_items is 'Order lines, as staged; one row per staged row';
comment on column staging.transaction_items.source is 'Source that the row came from';
comment on column staging.transaction_items.transaction_id is 'Order that the line belongs to';
comment on column staging.transaction_items.line_number is 'Number of the line in its order';
comment on column staging.transaction_items.item_id is 'Line as the source names it';
comment on column staging.transaction_items.product_id is 'What was sold';
comment on column staging.transaction_items.supplier_id is 'Who supplied it';
comment on column staging.transaction_items.quantity is 'Units sold; negative for a return';
comment on column staging.transaction_items.unit_price is 'Price of one unit';
comment on column staging.transaction_items.discount_percentage is 'Discount on the line, 0 to 100';
comment on column staging.transaction_items.discount_amount is 'Discount on the line as an amount';
comment on column staging.transaction_items.line_total is
'Amount of the line, net of its own discount';
comment on column staging.transaction_items.batch_id is 'Batch that staged the row (ops.batches)';
comment on column staging.transaction_items.row_id is 'Number of the row in its batch and table';
comment on column staging.transaction_items.file_id is
'Raw file that the row came from (ops.raw_files)';
comment on column staging.transaction_items.source_line is
'Line of the raw file on which the row begins';
comment on column staging.transaction_items.loaded_at is 'Start of the run that staged the row';

create table staging.payments (
    source text not null,
    transaction_id text,
    payment_sequence bigint,
    payment_method text,
    installments bigint,
    amount numeric,
    status text,
    paid_at timestamptz,
    batch_id bigint not null,
    row_id bigint not null,
    file_id bigint,
    source_line bigint,
    loaded_at timestamptz not null
);

select ops.place('staging.payments', 'distributed', 'transaction_id', 'staging.transactions');

comment on table staging.payments is 'Payments of orders, as staged; one row per staged row';
comment on column staging.payments.source is 'Source that the row came from';
comment on column staging.payments.transaction_id is 'Order that is paid';
comment on column staging.payments.payment_sequence is 'Number of the payment in its order';
comment on column staging.payments.payment_method is 'Means of payment';
comment on column staging.payments.installments is 'Number of instalments';
comment on column staging.payments.amount is 'Amount paid';
comment on column staging.payments.status is 'State of the payment as the source says';
comment on column staging.payments.paid_at is 'Moment of the payment';
comment on column staging.payments.batch_id is 'Batch that staged the row (ops.batches)';
comment on column staging.payments.row_id is 'Number of the row in its batch and table';
comment on column staging.payments.file_id is 'Raw file that the row came from (ops.raw_files)';
comment on column staging.payments.source_line is 'Line of the raw file on which the row begins';
comment on column staging.payments.loaded_at is 'Start of the run that staged the row';

create table staging.shipments (
    source text not null,
    transaction_id text,
    shipment_id text,
    carrier text,
    status text,
    shipping_cost numeric,
    shipped_at timestamptz,
    delivered_at timestamptz,
    estimated_delivery_at timestamptz,
    batch_id bigint not null,
    row_id bigint not null,
    file_id bigint,
    source_line bigint,
    loaded_at timestamptz not null
);

select ops.place('staging.shipments', 'distributed', 'transaction_id', 'staging.transactions');

comment on table staging.shipments is 'Deliveries of orders, as staged; one row per staged row';
comment on column staging.shipments.source is 'Source that the row came from';
comment on column staging.shipments.transaction_id is 'Order that is delivered';
comment on column staging.shipments.shipment_id is 'Shipment as the source names it';
comment on column staging.shipments.carrier is 'Who carries it';
comment on column staging.shipments.status is 'State of the shipment as the source says';
comment on column staging.shipments.shipping_cost is 'What the shipment costs the shop';
comment on column staging.shipments.shipped_at is 'Moment of hand-over to the carrier';
comment on column staging.shipments.delivered_at is 'Moment of delivery';
comment on column staging.shipments.estimated_delivery_at is 'Moment of delivery that was promised';
comment on column staging.shipments.batch_id is 'Batch that staged the row (ops.batches)';
comment on column staging.shipments.row_id is 'Number of the row in its batch and table';
comment on column staging.shipments.file_id is 'Raw file that the row came from (ops.raw_files)';
comment on column staging.shipments.source_line is 'Line of the raw file on which the row begins';
comment on column staging.shipments.loaded_at is 'Start of the run that staged the row';

create table staging.inventory_movements (
    source text not null,
    movement_id text,
    product_id text,
    store_id text,
    movement_type text,
    quantity numeric,
    unit_cost numeric,
    moved_at timestamptz,
    batch_id bigint not null,
    row_id bigint not null,
    file_id bigint,
    source_line bigint,
    loaded_at timestamptz not null
);

select ops.place('staging.inventory_movements', 'distributed', 'product_id', null);

comment on table staging.inventory_movements is
'Units that came into stock or left it, as staged; one row per staged row';
comment on column staging.inventory_movements.source is 'Source that the row came from';
comment on column staging.inventory_movements.movement_id is 'Movement as the source names it';
comment on column staging.inventory_movements.product_id is 'What moved';
comment on column staging.inventory_movements.store_id is 'Where it moved';
comment on column staging.inventory_movements.movement_type is
'purchase, sale, return or adjustment';
comment on column staging.inventory_movements.quantity is 'Units moved; negative when they leave';
comment on column staging.inventory_movements.unit_cost is 'Cost of one unit';
comment on column staging.inventory_movements.moved_at is 'Moment of the movement';
comment on column staging.inventory_movements.batch_id is 'Batch that staged the row (ops.batches)';
comment on column staging.inventory_movements.row_id is 'Number of the row in its batch and table';
comment on column staging.inventory_movements.file_id is
'Raw file that the row came from (ops.raw_files)';
comment on column staging.inventory_movements.source_line is
'Line of the raw file on which the row begins';
comment on column staging.inventory_movements.loaded_at is 'Start of the run that staged the row';

create table staging.inventory_snapshots (
    source text not null,
    snapshot_date date,
    product_id text,
    store_id text,
    quantity_on_hand numeric,
    reorder_point numeric,
    batch_id bigint not null,
    row_id bigint not null,
    file_id bigint,
    source_line bigint,
    loaded_at timestamptz not null
);

select ops.place(
    'staging.inventory_snapshots', 'distributed', 'product_id', 'staging.inventory_movements'
);

comment on table staging.inventory_snapshots is
'Units in stock at the end of a day, as staged; one row per staged row';
comment on column staging.inventory_snapshots.source is 'Source that the row came from';
comment on column staging.inventory_snapshots.snapshot_date is 'Day of the count';
comment on column staging.inventory_snapshots.product_id is 'What was counted';
comment on column staging.inventory_snapshots.store_id is 'Where it was counted';
comment on column staging.inventory_snapshots.quantity_on_hand is 'Units in stock';
comment on column staging.inventory_snapshots.reorder_point is 'Stock at which to order again';
comment on column staging.inventory_snapshots.batch_id is 'Batch that staged the row (ops.batches)';
comment on column staging.inventory_snapshots.row_id is 'Number of the row in its batch and table';
comment on column staging.inventory_snapshots.file_id is
'Raw file that the row came from (ops.raw_files)';
comment on column staging.inventory_snapshots.source_line is
'Line of the raw file on which the row begins';
comment on column staging.inventory_snapshots.loaded_at is 'Start of the run that staged the row';

create table staging.web_events (
    source text not null,
    event_id text,
    visitor_id text,
    session_id text,
    customer_id text,
    event_type text,
    product_id text,
    occurred_at timestamptz,
    properties jsonb,
    batch_id bigint not null,
    row_id bigint not null,
    file_id bigint,
    source_line bigint,
    loaded_at timestamptz not null
);

select ops.place('staging.web_events', 'distributed', 'visitor_id', null);

comment on table staging.web_events is
'What visitors did on the web site, as staged; one row per staged row';
comment on column staging.web_events.source is 'Source that the row came from';
comment on column staging.web_events.event_id is 'Event as the source names it';
comment on column staging.web_events.visitor_id is 'Visitor (device)';
comment on column staging.web_events.session_id is 'Visit';
comment on column staging.web_events.customer_id is 'Customer, where known';
comment on column staging.web_events.event_type is 'Kind of event';
comment on column staging.web_events.product_id is 'Product looked at';
comment on column staging.web_events.occurred_at is 'Moment of the event';
comment on column staging.web_events.properties is 'What else the source says about the event';
comment on column staging.web_events.batch_id is 'Batch that staged the row (ops.batches)';
comment on column staging.web_events.row_id is 'Number of the row in its batch and table';
comment on column staging.web_events.file_id is 'Raw file that the row came from (ops.raw_files)';
comment on column staging.web_events.source_line is 'Line of the raw file on which the row begins';
comment on column staging.web_events.loaded_at is 'Start of the run that staged the row';

create table staging.retailers (
    source text not null,
    retailer_name text,
    time_zone text,
    currency text,
    counted_statuses text[],
    batch_id bigint not null
);

select ops.place('staging.retailers', 'reference', null, null);

comment on table staging.retailers is 'What source.toml says about each shop; one row per batch';
comment on column staging.retailers.source is 'Source that the row describes';
comment on column staging.retailers.retailer_name is 'Name of the shop for people';
comment on column staging.retailers.time_zone is 'IANA time zone in which the shop cuts its days';
comment on column staging.retailers.currency is 'ISO 4217 code of amounts that name no currency';
comment on column staging.retailers.counted_statuses is
'Statuses that count as revenue; null for the default rule';
comment on column staging.retailers.batch_id is 'Batch that staged the row (ops.batches)';

create table staging.batch (
    business_date date not null,
    run_id uuid not null,
    started_at timestamptz not null
);

select ops.place('staging.batch', 'reference', null, null);

comment on table staging.batch is 'The run that staging shows; one row';
comment on column staging.batch.business_date is 'Business date of the run';
comment on column staging.batch.run_id is 'Run that filled staging (ops.runs)';
comment on column staging.batch.started_at is 'Start of the run that filled staging';
