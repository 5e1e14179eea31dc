-- What a load asks, so that its time follows from what it brings and not from what is there.

create index fact_inventory_transactions_moved_date
on warehouse.fact_inventory_transactions (moved_date);

create index agg_category_performance_period
on warehouse.agg_category_performance (retailer_key, period_type, period_start);

-- A day in the calendar; -3 is an error: a day so far off is a mark or a mistake of its source.
create function warehouse.date_key_of(full_date date) returns integer
language sql stable parallel safe
as $$
    select case
        when full_date between date '1900-01-01' and date '2199-12-31'
            then cast(to_char(full_date, 'YYYYMMDD') as integer)
        when full_date is not null then -3
    end
$$;

comment on function warehouse.date_key_of(date) is
'Key of a day (dim_date): YYYYMMDD, -3 outside of 1900 to 2199, null for null';

create function ops.estimated_rows(table_names text[]) returns bigint
language sql stable
as $$
    select coalesce(sum(greatest(tables.reltuples, 0)), 0)::bigint
    from unnest(table_names) as names (table_name)
    cross join lateral (
        -- A table without partitions has no tree.
        select names.table_name::regclass::oid as table_id
        union
        select parts.relid::oid
        from pg_catalog.pg_partition_tree(names.table_name::regclass) as parts
    ) as members
    inner join pg_catalog.pg_class as tables
        on members.table_id = tables.oid
    where tables.relkind = 'r'
$$;

comment on function ops.estimated_rows is
'Rows of tables and their partitions as of their last analysis; 0 before the first';

-- Sums that a product's totals follow from, so that a load reads the months that it touches only.
create table warehouse.agg_monthly_product_sales (
    retailer_key bigint not null,
    currency text not null,
    month_start date not null,
    product_id text not null,
    total_quantity_sold numeric not null,
    total_revenue numeric not null,
    total_profit numeric,
    discount_percentage_sum numeric,
    discounted_line_count bigint not null,
    loaded_at timestamptz not null,
    constraint agg_monthly_product_sales_natural_key
    primary key (retailer_key, currency, month_start, product_id)
);

select ops.place('warehouse.agg_monthly_product_sales', 'reference', null, null);

create index agg_monthly_product_sales_product
on warehouse.agg_monthly_product_sales (product_id, retailer_key);

comment on table warehouse.agg_monthly_product_sales is
'Sales of a product by month, shop and currency, over the statuses that count';
comment on column warehouse.agg_monthly_product_sales.retailer_key is 'Shop (dim_retailer)';
comment on column warehouse.agg_monthly_product_sales.currency is 'ISO 4217 code of the amounts';
comment on column warehouse.agg_monthly_product_sales.month_start is
'First day of the month of sale, where the shop is';
comment on column warehouse.agg_monthly_product_sales.product_id is
'Product as the source names it; -1 where it is unknown';
comment on column warehouse.agg_monthly_product_sales.total_quantity_sold is
'Units sold; lines of returned orders count nothing';
comment on column warehouse.agg_monthly_product_sales.total_revenue is
'Sum of line totals; lines of returned orders count nothing';
comment on column warehouse.agg_monthly_product_sales.total_profit is
'Revenue less the cost at the time of sale; null where no cost is known';
comment on column warehouse.agg_monthly_product_sales.discount_percentage_sum is
'Sum of the discount percentages of the lines that have one';
comment on column warehouse.agg_monthly_product_sales.discounted_line_count is
'How many lines say a discount percentage, 0 included';
comment on column warehouse.agg_monthly_product_sales.loaded_at is
'Start of the run that changed the row last';

-- Batches that were consumed before this table was there are consumed once more; rows that are as
-- they should be are left alone.
update ops.watermarks
set batch_id = 0
where consumer = 'warehouse';
