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
