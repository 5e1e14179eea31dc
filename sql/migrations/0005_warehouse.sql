-- The warehouse: Kimball dimensions, the sales fact in monthly partitions, and its aggregates.
-- Every surrogate key's table has a unique constraint named <table>_natural_key, and every
-- dimension the members -1 unknown, -2 not applicable and -3 error, so that no fact key is null.
-- `-` stands for the source of those members: no source can be called that.
-- Facts carry no foreign keys: they are joined to their dimensions in the transaction that writes
-- them, and eleven checks per line would cost more than the load itself. A query in the tests
-- looks for orphans instead.

create table warehouse.dim_retailer (
    retailer_key bigserial not null,
    source text not null,
    retailer_name text,
    time_zone text,
    currency text,
    counted_statuses text[],
    row_hash text,
    batch_id bigint,
    loaded_at timestamptz not null,
    constraint dim_retailer_pkey primary key (retailer_key),
    constraint dim_retailer_natural_key unique (source)
);

select ops.place('warehouse.dim_retailer', 'reference', null, null);

comment on table warehouse.dim_retailer is 'The shops: one row per source';
comment on column warehouse.dim_retailer.retailer_key is
'Surrogate key; -1 unknown, -2 not applicable, -3 error';
comment on column warehouse.dim_retailer.source is 'Source of the member';
comment on column warehouse.dim_retailer.retailer_name is 'Name of the shop for people';
comment on column warehouse.dim_retailer.time_zone is
'IANA time zone in which the shop cuts its days';
comment on column warehouse.dim_retailer.currency is
'ISO 4217 code of amounts that name no currency';
comment on column warehouse.dim_retailer.counted_statuses is
'Statuses that count as revenue; null for the default rule';
comment on column warehouse.dim_retailer.row_hash is 'Fingerprint of the content';
comment on column warehouse.dim_retailer.batch_id is
'Batch that last changed the row (ops.batches)';
comment on column warehouse.dim_retailer.loaded_at is 'Start of the run that last changed the row';

insert into warehouse.dim_retailer (
    retailer_key, source, retailer_name, loaded_at
)
values
(
    -1,
    '-1',
    'Unknown',
    '1900-01-01 00:00:00+00'
),
(
    -2,
    '-2',
    'Not applicable',
    '1900-01-01 00:00:00+00'
),
(
    -3,
    '-3',
    'Error',
    '1900-01-01 00:00:00+00'
);

create table warehouse.dim_customers (
    customer_key bigserial not null,
    source text not null,
    customer_id text not null,
    full_name text,
    email text,
    phone text,
    gender text,
    birth_date date,
    age_group text,
    customer_segment text,
    city text,
    state text,
    postal_code text,
    country text,
    registration_date date,
    effective_at timestamptz,
    valid_from timestamptz not null,
    valid_to timestamptz not null,
    is_current boolean not null,
    is_inferred boolean not null default false,
    is_deleted boolean not null default false,
    row_hash text,
    batch_id bigint,
    loaded_at timestamptz not null,
    constraint dim_customers_pkey primary key (customer_key),
    constraint dim_customers_natural_key unique (source, customer_id, valid_from),
    constraint dim_customers_valid_order check (valid_from < valid_to),
    constraint dim_customers_current_is_open check (
        is_current = (valid_to = timestamptz '9999-12-31 00:00:00+00')
    )
);

select ops.place('warehouse.dim_customers', 'reference', null, null);

create unique index dim_customers_current on warehouse.dim_customers (source, customer_id)
where is_current;

comment on table warehouse.dim_customers is 'A version of a customer (SCD2 on every attribute)';
comment on column warehouse.dim_customers.customer_key is
'Surrogate key; -1 unknown, -2 not applicable, -3 error';
comment on column warehouse.dim_customers.source is 'Source of the member';
comment on column warehouse.dim_customers.customer_id is 'Customer as the source names it';
comment on column warehouse.dim_customers.full_name is 'Given and family name';
comment on column warehouse.dim_customers.email is 'E-mail address';
comment on column warehouse.dim_customers.phone is 'Telephone number';
comment on column warehouse.dim_customers.gender is 'Gender as the source says';
comment on column warehouse.dim_customers.birth_date is 'Date of birth';
comment on column warehouse.dim_customers.age_group is 'Age band as the source says';
comment on column warehouse.dim_customers.customer_segment is 'Segment as the source says';
comment on column warehouse.dim_customers.city is 'City';
comment on column warehouse.dim_customers.state is 'State or province';
comment on column warehouse.dim_customers.postal_code is 'Postal code';
comment on column warehouse.dim_customers.country is 'Country, ISO 3166 alpha-2 where known';
comment on column warehouse.dim_customers.registration_date is
'Day on which the customer registered';
comment on column warehouse.dim_customers.effective_at is
'Moment of the change that began the version; null for a stub';
comment on column warehouse.dim_customers.valid_from is
'First moment of the version; 1900-01-01 UTC for the first';
comment on column warehouse.dim_customers.valid_to is
'First moment after the version; 9999-12-31 UTC for the current one';
comment on column warehouse.dim_customers.is_current is 'Whether the version is the latest';
comment on column warehouse.dim_customers.is_inferred is
'Whether the member is a stub: referred to, not yet seen';
comment on column warehouse.dim_customers.is_deleted is
'Whether the version says that the source deleted the member';
comment on column warehouse.dim_customers.row_hash is 'Fingerprint of the content';
comment on column warehouse.dim_customers.batch_id is
'Batch that last changed the row (ops.batches)';
comment on column warehouse.dim_customers.loaded_at is 'Start of the run that last changed the row';

insert into warehouse.dim_customers (
    customer_key, source, customer_id, full_name, valid_from, valid_to, is_current, loaded_at
)
values
(
    -1,
    '-',
    '-1',
    'Unknown',
    '1900-01-01 00:00:00+00',
    '9999-12-31 00:00:00+00',
    true,
    '1900-01-01 00:00:00+00'
),
(
    -2,
    '-',
    '-2',
    'Not applicable',
    '1900-01-01 00:00:00+00',
    '9999-12-31 00:00:00+00',
    true,
    '1900-01-01 00:00:00+00'
),
(
    -3,
    '-',
    '-3',
    'Error',
    '1900-01-01 00:00:00+00',
    '9999-12-31 00:00:00+00',
    true,
    '1900-01-01 00:00:00+00'
);

create table warehouse.dim_products (
    product_key bigserial not null,
    source text not null,
    product_id text not null,
    product_name text,
    category_id text,
    category text,
    sub_category text,
    category_path text,
    brand text,
    supplier_id text,
    currency text,
    price numeric,
    cost numeric,
    price_range text,
    profit_margin numeric,
    profit_margin_pct numeric,
    is_active boolean,
    effective_at timestamptz,
    valid_from timestamptz not null,
    valid_to timestamptz not null,
    is_current boolean not null,
    is_inferred boolean not null default false,
    is_deleted boolean not null default false,
    row_hash text,
    batch_id bigint,
    loaded_at timestamptz not null,
    constraint dim_products_pkey primary key (product_key),
    constraint dim_products_natural_key unique (source, product_id, valid_from),
    constraint dim_products_valid_order check (valid_from < valid_to),
    constraint dim_products_current_is_open check (
        is_current = (valid_to = timestamptz '9999-12-31 00:00:00+00')
    )
);

select ops.place('warehouse.dim_products', 'reference', null, null);

create unique index dim_products_current on warehouse.dim_products (source, product_id)
where is_current;

comment on table warehouse.dim_products is 'A version of a product (SCD2 on price, cost, category)';
comment on column warehouse.dim_products.product_key is
'Surrogate key; -1 unknown, -2 not applicable, -3 error';
comment on column warehouse.dim_products.source is 'Source of the member';
comment on column warehouse.dim_products.product_id is 'Product as the source names it';
comment on column warehouse.dim_products.product_name is
'Name of the product, the latest spelling (SCD1)';
comment on column warehouse.dim_products.category_id is 'Category in the tree';
comment on column warehouse.dim_products.category is 'Category name';
comment on column warehouse.dim_products.sub_category is 'Sub-category name';
comment on column warehouse.dim_products.category_path is
'Names from the top of the category tree down, with > between';
comment on column warehouse.dim_products.brand is 'Brand, the latest (SCD1)';
comment on column warehouse.dim_products.supplier_id is 'Usual supplier, the latest (SCD1)';
comment on column warehouse.dim_products.currency is 'Currency of price and cost';
comment on column warehouse.dim_products.price is 'List price of one unit';
comment on column warehouse.dim_products.cost is 'Cost of one unit';
comment on column warehouse.dim_products.price_range is
'Budget under 50, Mid-range under 200, else Premium; Unknown without a price';
comment on column warehouse.dim_products.profit_margin is 'Price less cost';
comment on column warehouse.dim_products.profit_margin_pct is
'Price less cost in percent of the price';
comment on column warehouse.dim_products.is_active is
'Whether the product is on sale, the latest (SCD1)';
comment on column warehouse.dim_products.effective_at is
'Moment of the change that began the version; null for a stub';
comment on column warehouse.dim_products.valid_from is
'First moment of the version; 1900-01-01 UTC for the first';
comment on column warehouse.dim_products.valid_to is
'First moment after the version; 9999-12-31 UTC for the current one';
comment on column warehouse.dim_products.is_current is 'Whether the version is the latest';
comment on column warehouse.dim_products.is_inferred is
'Whether the member is a stub: referred to, not yet seen';
comment on column warehouse.dim_products.is_deleted is
'Whether the version says that the source deleted the member';
comment on column warehouse.dim_products.row_hash is 'Fingerprint of the content';
comment on column warehouse.dim_products.batch_id is
'Batch that last changed the row (ops.batches)';
comment on column warehouse.dim_products.loaded_at is 'Start of the run that last changed the row';

insert into warehouse.dim_products (
    product_key,
    source,
    product_id,
    product_name,
    category,
    price_range,
    valid_from,
    valid_to,
    is_current,
    loaded_at
)
values
(
    -1,
    '-',
    '-1',
    'Unknown',
    'Unknown',
    'Unknown',
    '1900-01-01 00:00:00+00',
    '9999-12-31 00:00:00+00',
    true,
    '1900-01-01 00:00:00+00'
),
(
    -2,
    '-',
    '-2',
    'Not applicable',
    'Not applicable',
    'Not applicable',
    '1900-01-01 00:00:00+00',
    '9999-12-31 00:00:00+00',
    true,
    '1900-01-01 00:00:00+00'
),
(
    -3,
    '-',
    '-3',
    'Error',
    'Error',
    'Error',
    '1900-01-01 00:00:00+00',
    '9999-12-31 00:00:00+00',
    true,
    '1900-01-01 00:00:00+00'
);

create table warehouse.dim_stores (
    store_key bigserial not null,
    source text not null,
    store_id text not null,
    store_name text,
    store_type text,
    manager text,
    city text,
    state text,
    country text,
    region text,
    opened_date date,
    effective_at timestamptz,
    valid_from timestamptz not null,
    valid_to timestamptz not null,
    is_current boolean not null,
    is_inferred boolean not null default false,
    is_deleted boolean not null default false,
    row_hash text,
    batch_id bigint,
    loaded_at timestamptz not null,
    constraint dim_stores_pkey primary key (store_key),
    constraint dim_stores_natural_key unique (source, store_id, valid_from),
    constraint dim_stores_valid_order check (valid_from < valid_to),
    constraint dim_stores_current_is_open check (
        is_current = (valid_to = timestamptz '9999-12-31 00:00:00+00')
    )
);

select ops.place('warehouse.dim_stores', 'reference', null, null);

create unique index dim_stores_current on warehouse.dim_stores (source, store_id)
where is_current;

comment on table warehouse.dim_stores is 'A version of a store (SCD2 on the manager)';
comment on column warehouse.dim_stores.store_key is
'Surrogate key; -1 unknown, -2 not applicable, -3 error';
comment on column warehouse.dim_stores.source is 'Source of the member';
comment on column warehouse.dim_stores.store_id is 'Store as the source names it';
comment on column warehouse.dim_stores.store_name is 'Name of the store (SCD1)';
comment on column warehouse.dim_stores.store_type is 'Kind of store (SCD1)';
comment on column warehouse.dim_stores.manager is 'Name of the manager (SCD2)';
comment on column warehouse.dim_stores.city is 'City (SCD1)';
comment on column warehouse.dim_stores.state is 'State or province (SCD1)';
comment on column warehouse.dim_stores.country is 'Country (SCD1)';
comment on column warehouse.dim_stores.region is 'Sales region (SCD1)';
comment on column warehouse.dim_stores.opened_date is 'Day on which the store opened (SCD1)';
comment on column warehouse.dim_stores.effective_at is
'Moment of the change that began the version; null for a stub';
comment on column warehouse.dim_stores.valid_from is
'First moment of the version; 1900-01-01 UTC for the first';
comment on column warehouse.dim_stores.valid_to is
'First moment after the version; 9999-12-31 UTC for the current one';
comment on column warehouse.dim_stores.is_current is 'Whether the version is the latest';
comment on column warehouse.dim_stores.is_inferred is
'Whether the member is a stub: referred to, not yet seen';
comment on column warehouse.dim_stores.is_deleted is
'Whether the version says that the source deleted the member';
comment on column warehouse.dim_stores.row_hash is 'Fingerprint of the content';
comment on column warehouse.dim_stores.batch_id is 'Batch that last changed the row (ops.batches)';
comment on column warehouse.dim_stores.loaded_at is 'Start of the run that last changed the row';

insert into warehouse.dim_stores (
    store_key, source, store_id, store_name, valid_from, valid_to, is_current, loaded_at
)
values
(
    -1,
    '-',
    '-1',
    'Unknown',
    '1900-01-01 00:00:00+00',
    '9999-12-31 00:00:00+00',
    true,
    '1900-01-01 00:00:00+00'
),
(
    -2,
    '-',
    '-2',
    'Not applicable',
    '1900-01-01 00:00:00+00',
    '9999-12-31 00:00:00+00',
    true,
    '1900-01-01 00:00:00+00'
),
(
    -3,
    '-',
    '-3',
    'Error',
    '1900-01-01 00:00:00+00',
    '9999-12-31 00:00:00+00',
    true,
    '1900-01-01 00:00:00+00'
);

create table warehouse.dim_suppliers (
    supplier_key bigserial not null,
    source text not null,
    supplier_id text not null,
    supplier_name text,
    city text,
    state text,
    country text,
    lead_time_days bigint,
    is_inferred boolean not null default false,
    is_deleted boolean not null default false,
    row_hash text,
    batch_id bigint,
    loaded_at timestamptz not null,
    constraint dim_suppliers_pkey primary key (supplier_key),
    constraint dim_suppliers_natural_key unique (source, supplier_id)
);

select ops.place('warehouse.dim_suppliers', 'reference', null, null);

comment on table warehouse.dim_suppliers is 'Suppliers (SCD1)';
comment on column warehouse.dim_suppliers.supplier_key is
'Surrogate key; -1 unknown, -2 not applicable, -3 error';
comment on column warehouse.dim_suppliers.source is 'Source of the member';
comment on column warehouse.dim_suppliers.supplier_id is 'Supplier as the source names it';
comment on column warehouse.dim_suppliers.supplier_name is 'Name of the supplier';
comment on column warehouse.dim_suppliers.city is 'City';
comment on column warehouse.dim_suppliers.state is 'State or province';
comment on column warehouse.dim_suppliers.country is 'Country';
comment on column warehouse.dim_suppliers.lead_time_days is 'Days from order to delivery';
comment on column warehouse.dim_suppliers.is_inferred is
'Whether the member is a stub: referred to, not yet seen';
comment on column warehouse.dim_suppliers.is_deleted is 'Whether the source has deleted the member';
comment on column warehouse.dim_suppliers.row_hash is 'Fingerprint of the content';
comment on column warehouse.dim_suppliers.batch_id is
'Batch that last changed the row (ops.batches)';
comment on column warehouse.dim_suppliers.loaded_at is 'Start of the run that last changed the row';

insert into warehouse.dim_suppliers (
    supplier_key, source, supplier_id, supplier_name, loaded_at
)
values
(
    -1,
    '-',
    '-1',
    'Unknown',
    '1900-01-01 00:00:00+00'
),
(
    -2,
    '-',
    '-2',
    'Not applicable',
    '1900-01-01 00:00:00+00'
),
(
    -3,
    '-',
    '-3',
    'Error',
    '1900-01-01 00:00:00+00'
);

create table warehouse.dim_sales_representatives (
    sales_rep_key bigserial not null,
    source text not null,
    sales_rep_id text not null,
    sales_rep_name text,
    email text,
    region text,
    commission_rate numeric,
    is_inferred boolean not null default false,
    is_deleted boolean not null default false,
    row_hash text,
    batch_id bigint,
    loaded_at timestamptz not null,
    constraint dim_sales_representatives_pkey primary key (sales_rep_key),
    constraint dim_sales_representatives_natural_key unique (source, sales_rep_id)
);

select ops.place('warehouse.dim_sales_representatives', 'reference', null, null);

comment on table warehouse.dim_sales_representatives is 'People who sell (SCD1)';
comment on column warehouse.dim_sales_representatives.sales_rep_key is
'Surrogate key; -1 unknown, -2 not applicable, -3 error';
comment on column warehouse.dim_sales_representatives.source is 'Source of the member';
comment on column warehouse.dim_sales_representatives.sales_rep_id is
'Sales representative as the source names them';
comment on column warehouse.dim_sales_representatives.sales_rep_name is
'Name of the representative';
comment on column warehouse.dim_sales_representatives.email is 'E-mail address';
comment on column warehouse.dim_sales_representatives.region is 'Sales region';
comment on column warehouse.dim_sales_representatives.commission_rate is
'Share of revenue paid as commission';
comment on column warehouse.dim_sales_representatives.is_inferred is
'Whether the member is a stub: referred to, not yet seen';
comment on column warehouse.dim_sales_representatives.is_deleted is
'Whether the source has deleted the member';
comment on column warehouse.dim_sales_representatives.row_hash is 'Fingerprint of the content';
comment on column warehouse.dim_sales_representatives.batch_id is
'Batch that last changed the row (ops.batches)';
comment on column warehouse.dim_sales_representatives.loaded_at is
'Start of the run that last changed the row';

insert into warehouse.dim_sales_representatives (
    sales_rep_key, source, sales_rep_id, sales_rep_name, loaded_at
)
values
(
    -1,
    '-',
    '-1',
    'Unknown',
    '1900-01-01 00:00:00+00'
),
(
    -2,
    '-',
    '-2',
    'Not applicable',
    '1900-01-01 00:00:00+00'
),
(
    -3,
    '-',
    '-3',
    'Error',
    '1900-01-01 00:00:00+00'
);

create table warehouse.dim_payment_method (
    payment_method_key bigserial not null,
    payment_method_name text not null,
    payment_type text,
    row_hash text,
    batch_id bigint,
    loaded_at timestamptz not null,
    constraint dim_payment_method_pkey primary key (payment_method_key),
    constraint dim_payment_method_natural_key unique (payment_method_name)
);

select ops.place('warehouse.dim_payment_method', 'reference', null, null);

comment on table warehouse.dim_payment_method is 'Means of payment, of all sources together (SCD1)';
comment on column warehouse.dim_payment_method.payment_method_key is
'Surrogate key; -1 unknown, -2 not applicable, -3 error';
comment on column warehouse.dim_payment_method.payment_method_name is 'Means of payment';
comment on column warehouse.dim_payment_method.payment_type is
'Online, or Offline where money changes hands outside the shops site';
comment on column warehouse.dim_payment_method.row_hash is 'Fingerprint of the content';
comment on column warehouse.dim_payment_method.batch_id is
'Batch that last changed the row (ops.batches)';
comment on column warehouse.dim_payment_method.loaded_at is
'Start of the run that last changed the row';

insert into warehouse.dim_payment_method (
    payment_method_key, payment_method_name, payment_type, loaded_at
)
values
(
    -1,
    'Unknown',
    'Unknown',
    '1900-01-01 00:00:00+00'
),
(
    -2,
    'Not applicable',
    'Not applicable',
    '1900-01-01 00:00:00+00'
),
(
    -3,
    'Error',
    'Error',
    '1900-01-01 00:00:00+00'
);

create table warehouse.dim_locations (
    location_key bigserial not null,
    location_type text not null,
    country text not null,
    state text not null,
    city text not null,
    postal_code text not null,
    region text,
    row_hash text,
    batch_id bigint,
    loaded_at timestamptz not null,
    constraint dim_locations_pkey primary key (location_key),
    constraint dim_locations_natural_key unique (location_type, country, state, city, postal_code)
);

select ops.place('warehouse.dim_locations', 'reference', null, null);

comment on table warehouse.dim_locations is 'Places by what they are used for';
comment on column warehouse.dim_locations.location_key is
'Surrogate key; -1 unknown, -2 not applicable, -3 error';
comment on column warehouse.dim_locations.location_type is
'shipping, billing, customer, store or supplier';
comment on column warehouse.dim_locations.country is 'Country, or Unknown';
comment on column warehouse.dim_locations.state is 'State or province, or Unknown';
comment on column warehouse.dim_locations.city is 'City, or Unknown';
comment on column warehouse.dim_locations.postal_code is 'Postal code, or Unknown';
comment on column warehouse.dim_locations.region is
'Part of the world, or the sales region of a store';
comment on column warehouse.dim_locations.row_hash is 'Fingerprint of the content';
comment on column warehouse.dim_locations.batch_id is
'Batch that last changed the row (ops.batches)';
comment on column warehouse.dim_locations.loaded_at is 'Start of the run that last changed the row';

insert into warehouse.dim_locations (
    location_key, location_type, country, state, city, postal_code, loaded_at
)
values
(
    -1,
    'Unknown',
    'Unknown',
    'Unknown',
    'Unknown',
    'Unknown',
    '1900-01-01 00:00:00+00'
),
(
    -2,
    'Not applicable',
    'Not applicable',
    'Not applicable',
    'Not applicable',
    'Not applicable',
    '1900-01-01 00:00:00+00'
),
(
    -3,
    'Error',
    'Error',
    'Error',
    'Error',
    'Error',
    '1900-01-01 00:00:00+00'
);

create table warehouse.dim_date (
    date_key integer not null,
    full_date date,
    year integer,
    quarter integer,
    month integer,
    day integer,
    day_of_year integer,
    year_month text,
    month_name text,
    day_of_week integer,
    day_name text,
    week_of_year integer,
    iso_year integer,
    iso_week text,
    is_weekend boolean,
    is_holiday boolean,
    fiscal_year integer,
    fiscal_quarter integer,
    fiscal_period integer,
    loaded_at timestamptz not null,
    constraint dim_date_pkey primary key (date_key),
    constraint dim_date_natural_key unique (full_date),
    constraint dim_date_key_is_day check (
        date_key < 0
        or date_key = year * 10000 + month * 100 + day
    )
);

select ops.place('warehouse.dim_date', 'reference', null, null);

comment on table warehouse.dim_date is 'A day; covers every fact by a year each side, without gaps';
comment on column warehouse.dim_date.date_key is
'YYYYMMDD; -1 unknown, -2 not applicable, -3 error';
comment on column warehouse.dim_date.full_date is 'The day; null for the members under 0';
comment on column warehouse.dim_date.year is 'Calendar year';
comment on column warehouse.dim_date.quarter is 'Calendar quarter, 1 to 4';
comment on column warehouse.dim_date.month is 'Month, 1 to 12';
comment on column warehouse.dim_date.day is 'Day of the month';
comment on column warehouse.dim_date.day_of_year is 'Day of the year';
comment on column warehouse.dim_date.year_month is 'YYYY-MM';
comment on column warehouse.dim_date.month_name is 'English name of the month';
comment on column warehouse.dim_date.day_of_week is 'ISO day of the week, Monday 1 to Sunday 7';
comment on column warehouse.dim_date.day_name is 'English name of the day';
comment on column warehouse.dim_date.week_of_year is 'ISO week, 1 to 53';
comment on column warehouse.dim_date.iso_year is 'Year of the ISO week';
comment on column warehouse.dim_date.iso_week is 'IYYYY-Www';
comment on column warehouse.dim_date.is_weekend is 'Saturday or Sunday';
comment on column warehouse.dim_date.is_holiday is 'Holiday of the configuration';
comment on column warehouse.dim_date.fiscal_year is
'Fiscal year, named after the calendar year in which it ends';
comment on column warehouse.dim_date.fiscal_quarter is 'Quarter of the fiscal year';
comment on column warehouse.dim_date.fiscal_period is 'Month of the fiscal year, 1 to 12';
comment on column warehouse.dim_date.loaded_at is 'Start of the run that last changed the row';

insert into warehouse.dim_date (
    date_key, month_name, day_name, loaded_at
)
values
(-1, 'Unknown', 'Unknown', '1900-01-01 00:00:00+00'),
(-2, 'Not applicable', 'Not applicable', '1900-01-01 00:00:00+00'),
(-3, 'Error', 'Error', '1900-01-01 00:00:00+00');

create table warehouse.fact_sales (
    source text not null,
    transaction_id text not null,
    line_number bigint not null,
    sale_date date not null,
    date_key integer not null,
    customer_key bigint not null,
    product_key bigint not null,
    supplier_key bigint not null,
    store_key bigint not null,
    sales_rep_key bigint not null,
    shipping_location_key bigint not null,
    billing_location_key bigint not null,
    payment_method_key bigint not null,
    retailer_key bigint not null,
    currency text not null,
    status text,
    is_counted boolean not null,
    is_returned boolean not null default false,
    transaction_at timestamptz,
    quantity numeric,
    unit_price numeric,
    discount_percentage numeric,
    discount_amount numeric,
    header_discount_amount numeric,
    tax_amount numeric,
    shipping_amount numeric,
    line_total numeric,
    cost_amount numeric,
    profit numeric,
    batch_id bigint not null,
    file_id bigint,
    source_line bigint,
    loaded_at timestamptz not null,
    constraint fact_sales_natural_key
    primary key (source, transaction_id, line_number, sale_date)
) partition by range (sale_date);

select ops.place(
    'warehouse.fact_sales', 'distributed', 'transaction_id', 'production.transactions'
);

create index fact_sales_customer_key on warehouse.fact_sales (customer_key);
create index fact_sales_product_key on warehouse.fact_sales (product_key);

comment on table warehouse.fact_sales is
'A line of an order, in monthly partitions by sale_date that the program adds before it loads';
comment on column warehouse.fact_sales.source is 'Source of the order';
comment on column warehouse.fact_sales.transaction_id is 'Order as the source names it';
comment on column warehouse.fact_sales.line_number is 'Number of the line in its order';
comment on column warehouse.fact_sales.sale_date is 'Day of the order in the shop''s time zone';
comment on column warehouse.fact_sales.date_key is 'Day of the order (dim_date)';
comment on column warehouse.fact_sales.customer_key is
'Version of the customer at the time of the order';
comment on column warehouse.fact_sales.product_key is
'Version of the product at the time of the order';
comment on column warehouse.fact_sales.supplier_key is 'Who supplied it (dim_suppliers)';
comment on column warehouse.fact_sales.store_key is 'Version of the store at the time of the order';
comment on column warehouse.fact_sales.sales_rep_key is 'Who sold it (dim_sales_representatives)';
comment on column warehouse.fact_sales.shipping_location_key is 'Place of delivery (dim_locations)';
comment on column warehouse.fact_sales.billing_location_key is
'Place of the invoice (dim_locations)';
comment on column warehouse.fact_sales.payment_method_key is 'Main means of payment';
comment on column warehouse.fact_sales.retailer_key is 'Shop (dim_retailer)';
comment on column warehouse.fact_sales.currency is 'Currency of the amounts; XXX where nobody says';
comment on column warehouse.fact_sales.status is 'State of the order as the source says';
comment on column warehouse.fact_sales.is_counted is 'Whether the status counts as revenue';
comment on column warehouse.fact_sales.is_returned is
'Whether all of the order came back: sold and returned lines cancel each other out';
comment on column warehouse.fact_sales.transaction_at is 'Moment of the order';
comment on column warehouse.fact_sales.quantity is 'Units sold; negative for a return';
comment on column warehouse.fact_sales.unit_price is 'Price of one unit';
comment on column warehouse.fact_sales.discount_percentage is 'Discount on the line, 0 to 100';
comment on column warehouse.fact_sales.discount_amount is 'Discount on the line as an amount';
comment on column warehouse.fact_sales.header_discount_amount is
'Share of the order''s own discount';
comment on column warehouse.fact_sales.tax_amount is 'Share of the order''s tax';
comment on column warehouse.fact_sales.shipping_amount is 'Share of the order''s shipping charge';
comment on column warehouse.fact_sales.line_total is 'Amount of the line, net of its own discount';
comment on column warehouse.fact_sales.cost_amount is
'Quantity times the cost valid at the time of the order; null without a cost';
comment on column warehouse.fact_sales.profit is 'line_total less cost_amount; null without a cost';
comment on column warehouse.fact_sales.batch_id is 'Batch of the line (ops.batches)';
comment on column warehouse.fact_sales.file_id is 'Raw file of the line (ops.raw_files)';
comment on column warehouse.fact_sales.source_line is 'Line of that file';
comment on column warehouse.fact_sales.loaded_at is 'Start of the run that last changed the row';

create function warehouse.add_fact_sales_partitions(first_date date, last_date date)
returns bigint
language plpgsql
as $$
declare
    month_start date;
    partition_name text;
    created bigint := 0;
begin
    for month_start in
        select generate_series(
            date_trunc('month', first_date), date_trunc('month', last_date), interval '1 month'
        )::date
    loop
        partition_name := 'fact_sales_' || to_char(month_start, 'YYYY_MM');
        if to_regclass('warehouse.' || partition_name) is null then
            -- Attaching, unlike `partition of`, does not make readers wait.
            execute format(
                'create table warehouse.%I (like warehouse.fact_sales including all)',
                partition_name
            );
            execute format(
                'alter table warehouse.fact_sales attach partition warehouse.%I '
                'for values from (%L) to (%L)',
                partition_name, month_start, (month_start + interval '1 month')::date
            );
            execute format(
                'comment on table warehouse.%I is %L',
                partition_name, 'Order lines of ' || to_char(month_start, 'YYYY-MM')
            );
            created := created + 1;
        end if;
    end loop;
    return created;
end
$$;

comment on function warehouse.add_fact_sales_partitions(date, date) is
'Adds the monthly partitions of fact_sales that are missing between two days; returns how many';

create table warehouse.agg_daily_sales (
    retailer_key bigint not null,
    currency text not null,
    date_key integer not null,
    total_transactions bigint not null,
    total_revenue numeric not null,
    total_profit numeric,
    unique_customers bigint not null,
    loaded_at timestamptz not null,
    constraint agg_daily_sales_natural_key primary key (retailer_key, currency, date_key)
);

select ops.place('warehouse.agg_daily_sales', 'reference', null, null);

comment on table warehouse.agg_daily_sales is
'A day of a shop in a currency, over the statuses that count';
comment on column warehouse.agg_daily_sales.retailer_key is 'Shop (dim_retailer)';
comment on column warehouse.agg_daily_sales.currency is 'Currency of the amounts';
comment on column warehouse.agg_daily_sales.date_key is 'Day (dim_date)';
comment on column warehouse.agg_daily_sales.total_transactions is 'Distinct orders';
comment on column warehouse.agg_daily_sales.total_revenue is 'Sum of line_total';
comment on column warehouse.agg_daily_sales.total_profit is
'Sum of the profit that is known; null when none is';
comment on column warehouse.agg_daily_sales.unique_customers is
'Distinct customers, by durable key';
comment on column warehouse.agg_daily_sales.loaded_at is
'Start of the run that last changed the row';

create table warehouse.agg_product_performance (
    retailer_key bigint not null,
    currency text not null,
    product_id text not null,
    product_key bigint not null,
    total_quantity_sold numeric not null,
    total_revenue numeric not null,
    total_profit numeric,
    avg_discount_percentage numeric,
    loaded_at timestamptz not null,
    constraint agg_product_performance_natural_key primary key (retailer_key, currency, product_id)
);

select ops.place('warehouse.agg_product_performance', 'reference', null, null);

comment on table warehouse.agg_product_performance is
'A product of a shop in a currency, over the statuses that count';
comment on column warehouse.agg_product_performance.retailer_key is 'Shop (dim_retailer)';
comment on column warehouse.agg_product_performance.currency is 'Currency of the amounts';
comment on column warehouse.agg_product_performance.product_id is
'Product as the source names it; -1 where unknown';
comment on column warehouse.agg_product_performance.product_key is
'Current version of the product (dim_products)';
comment on column warehouse.agg_product_performance.total_quantity_sold is
'Units sold less units returned';
comment on column warehouse.agg_product_performance.total_revenue is 'Sum of line_total';
comment on column warehouse.agg_product_performance.total_profit is
'Sum of the profit that is known; null when none is';
comment on column warehouse.agg_product_performance.avg_discount_percentage is
'Mean discount of the lines';
comment on column warehouse.agg_product_performance.loaded_at is
'Start of the run that last changed the row';

create table warehouse.agg_customer_metrics (
    retailer_key bigint not null,
    currency text not null,
    customer_id text not null,
    customer_key bigint not null,
    total_transactions bigint not null,
    total_spent numeric not null,
    avg_order_value numeric not null,
    first_purchase_date date not null,
    last_purchase_date date not null,
    loaded_at timestamptz not null,
    constraint agg_customer_metrics_natural_key primary key (retailer_key, currency, customer_id)
);

select ops.place('warehouse.agg_customer_metrics', 'reference', null, null);

comment on table warehouse.agg_customer_metrics is
'A customer of a shop in a currency, over the statuses that count';
comment on column warehouse.agg_customer_metrics.retailer_key is 'Shop (dim_retailer)';
comment on column warehouse.agg_customer_metrics.currency is 'Currency of the amounts';
comment on column warehouse.agg_customer_metrics.customer_id is
'Customer as the source names it; -1 where unknown';
comment on column warehouse.agg_customer_metrics.customer_key is
'Current version of the customer (dim_customers)';
comment on column warehouse.agg_customer_metrics.total_transactions is 'Distinct orders';
comment on column warehouse.agg_customer_metrics.total_spent is 'Sum of line_total';
comment on column warehouse.agg_customer_metrics.avg_order_value is
'total_spent by total_transactions';
comment on column warehouse.agg_customer_metrics.first_purchase_date is 'Day of the first order';
comment on column warehouse.agg_customer_metrics.last_purchase_date is 'Day of the last order';
comment on column warehouse.agg_customer_metrics.loaded_at is
'Start of the run that last changed the row';

create table warehouse.work_customers (
    customer_key bigint,
    source text not null,
    customer_id text not null,
    full_name text,
    email text,
    phone text,
    gender text,
    birth_date date,
    age_group text,
    customer_segment text,
    city text,
    state text,
    postal_code text,
    country text,
    registration_date date,
    effective_at timestamptz,
    valid_from timestamptz not null,
    valid_to timestamptz not null,
    is_inferred boolean not null,
    is_deleted boolean not null,
    row_hash text not null,
    batch_id bigint
);

select ops.place('warehouse.work_customers', 'reference', null, null);

comment on table warehouse.work_customers is
'Versions that dim_customers should hold for the keys that a load touches; empty between loads';
comment on column warehouse.work_customers.customer_key is
'Key that the version keeps; null for a new version';
comment on column warehouse.work_customers.source is 'As in dim_customers';
comment on column warehouse.work_customers.customer_id is 'As in dim_customers';
comment on column warehouse.work_customers.full_name is 'As in dim_customers';
comment on column warehouse.work_customers.email is 'As in dim_customers';
comment on column warehouse.work_customers.phone is 'As in dim_customers';
comment on column warehouse.work_customers.gender is 'As in dim_customers';
comment on column warehouse.work_customers.birth_date is 'As in dim_customers';
comment on column warehouse.work_customers.age_group is 'As in dim_customers';
comment on column warehouse.work_customers.customer_segment is 'As in dim_customers';
comment on column warehouse.work_customers.city is 'As in dim_customers';
comment on column warehouse.work_customers.state is 'As in dim_customers';
comment on column warehouse.work_customers.postal_code is 'As in dim_customers';
comment on column warehouse.work_customers.country is 'As in dim_customers';
comment on column warehouse.work_customers.registration_date is 'As in dim_customers';
comment on column warehouse.work_customers.effective_at is
'Moment of the change that begins the version';
comment on column warehouse.work_customers.valid_from is 'First moment of the version';
comment on column warehouse.work_customers.valid_to is 'First moment after the version';
comment on column warehouse.work_customers.is_inferred is 'Whether the member is a stub';
comment on column warehouse.work_customers.is_deleted is
'Whether the version says that the source deleted the member';
comment on column warehouse.work_customers.row_hash is 'Fingerprint of the content';
comment on column warehouse.work_customers.batch_id is 'Batch that brought the version';

create table warehouse.work_products (
    product_key bigint,
    source text not null,
    product_id text not null,
    product_name text,
    category_id text,
    category text,
    sub_category text,
    category_path text,
    brand text,
    supplier_id text,
    currency text,
    price numeric,
    cost numeric,
    price_range text,
    profit_margin numeric,
    profit_margin_pct numeric,
    is_active boolean,
    effective_at timestamptz,
    valid_from timestamptz not null,
    valid_to timestamptz not null,
    is_inferred boolean not null,
    is_deleted boolean not null,
    row_hash text not null,
    batch_id bigint
);

select ops.place('warehouse.work_products', 'reference', null, null);

comment on table warehouse.work_products is
'Versions that dim_products should hold for the keys that a load touches; empty between loads';
comment on column warehouse.work_products.product_key is
'Key that the version keeps; null for a new version';
comment on column warehouse.work_products.source is 'As in dim_products';
comment on column warehouse.work_products.product_id is 'As in dim_products';
comment on column warehouse.work_products.product_name is 'As in dim_products';
comment on column warehouse.work_products.category_id is 'As in dim_products';
comment on column warehouse.work_products.category is 'As in dim_products';
comment on column warehouse.work_products.sub_category is 'As in dim_products';
comment on column warehouse.work_products.category_path is 'As in dim_products';
comment on column warehouse.work_products.brand is 'As in dim_products';
comment on column warehouse.work_products.supplier_id is 'As in dim_products';
comment on column warehouse.work_products.currency is 'As in dim_products';
comment on column warehouse.work_products.price is 'As in dim_products';
comment on column warehouse.work_products.cost is 'As in dim_products';
comment on column warehouse.work_products.price_range is 'As in dim_products';
comment on column warehouse.work_products.profit_margin is 'As in dim_products';
comment on column warehouse.work_products.profit_margin_pct is 'As in dim_products';
comment on column warehouse.work_products.is_active is 'As in dim_products';
comment on column warehouse.work_products.effective_at is
'Moment of the change that begins the version';
comment on column warehouse.work_products.valid_from is 'First moment of the version';
comment on column warehouse.work_products.valid_to is 'First moment after the version';
comment on column warehouse.work_products.is_inferred is 'Whether the member is a stub';
comment on column warehouse.work_products.is_deleted is
'Whether the version says that the source deleted the member';
comment on column warehouse.work_products.row_hash is 'Fingerprint of the content';
comment on column warehouse.work_products.batch_id is 'Batch that brought the version';

create table warehouse.work_stores (
    store_key bigint,
    source text not null,
    store_id text not null,
    store_name text,
    store_type text,
    manager text,
    city text,
    state text,
    country text,
    region text,
    opened_date date,
    effective_at timestamptz,
    valid_from timestamptz not null,
    valid_to timestamptz not null,
    is_inferred boolean not null,
    is_deleted boolean not null,
    row_hash text not null,
    batch_id bigint
);

select ops.place('warehouse.work_stores', 'reference', null, null);

comment on table warehouse.work_stores is
'Versions that dim_stores should hold for the keys that a load touches; empty between loads';
comment on column warehouse.work_stores.store_key is
'Key that the version keeps; null for a new version';
comment on column warehouse.work_stores.source is 'As in dim_stores';
comment on column warehouse.work_stores.store_id is 'As in dim_stores';
comment on column warehouse.work_stores.store_name is 'As in dim_stores';
comment on column warehouse.work_stores.store_type is 'As in dim_stores';
comment on column warehouse.work_stores.manager is 'As in dim_stores';
comment on column warehouse.work_stores.city is 'As in dim_stores';
comment on column warehouse.work_stores.state is 'As in dim_stores';
comment on column warehouse.work_stores.country is 'As in dim_stores';
comment on column warehouse.work_stores.region is 'As in dim_stores';
comment on column warehouse.work_stores.opened_date is 'As in dim_stores';
comment on column warehouse.work_stores.effective_at is
'Moment of the change that begins the version';
comment on column warehouse.work_stores.valid_from is 'First moment of the version';
comment on column warehouse.work_stores.valid_to is 'First moment after the version';
comment on column warehouse.work_stores.is_inferred is 'Whether the member is a stub';
comment on column warehouse.work_stores.is_deleted is
'Whether the version says that the source deleted the member';
comment on column warehouse.work_stores.row_hash is 'Fingerprint of the content';
comment on column warehouse.work_stores.batch_id is 'Batch that brought the version';

create table warehouse.work_sources (
    source text not null,
    after_batch_id bigint not null,
    until_batch_id bigint not null,
    is_full boolean not null
);

select ops.place('warehouse.work_sources', 'reference', null, null);

comment on table warehouse.work_sources is
'Sources whose batches a load consumes; empty between loads';
comment on column warehouse.work_sources.source is 'Source';
comment on column warehouse.work_sources.after_batch_id is 'Batches after this one are new';
comment on column warehouse.work_sources.until_batch_id is 'Last published batch';
comment on column warehouse.work_sources.is_full is 'Whether the source is rebuilt from scratch';

create table warehouse.work_changed_members (
    dimension text not null,
    source text not null,
    member_id text not null,
    changed_from timestamptz not null
);

select ops.place('warehouse.work_changed_members', 'reference', null, null);

comment on table warehouse.work_changed_members is
'Members whose versions a load changes, and from when; empty between loads';
comment on column warehouse.work_changed_members.dimension is 'Table of the member';
comment on column warehouse.work_changed_members.source is 'Source';
comment on column warehouse.work_changed_members.member_id is 'Member as the source names it';
comment on column warehouse.work_changed_members.changed_from is
'Facts before this moment keep their version';

create table warehouse.work_transactions (
    source text not null,
    transaction_id text not null
);

select ops.place(
    'warehouse.work_transactions', 'distributed', 'transaction_id', 'production.transactions'
);

comment on table warehouse.work_transactions is
'Orders whose facts a load computes anew; empty between loads';
comment on column warehouse.work_transactions.source is 'Source';
comment on column warehouse.work_transactions.transaction_id is 'Order as the source names it';

create table warehouse.work_aggregates (
    grain text not null,
    retailer_key bigint not null,
    member text not null
);

select ops.place('warehouse.work_aggregates', 'reference', null, null);

comment on table warehouse.work_aggregates is
'Rows of the aggregates that a load computes anew; empty between loads';
comment on column warehouse.work_aggregates.grain is 'day, product or customer';
comment on column warehouse.work_aggregates.retailer_key is 'Shop (dim_retailer)';
comment on column warehouse.work_aggregates.member is 'Day, product or customer';
