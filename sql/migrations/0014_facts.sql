-- The rest of the star: stock, movements, fulfilment, web events and their sessions, with the
-- aggregates that were missing, and monthly partitions for every fact that is cut by month.

create function warehouse.add_monthly_partitions(fact text, first_date date, last_date date)
returns bigint
language plpgsql
as $$
declare
    month_start date;
    month_end date;
    partition_name text;
    cut_by text;
    created bigint := 0;
begin
    select attributes.attname into strict cut_by
    from pg_catalog.pg_partitioned_table as tables
    inner join pg_catalog.pg_attribute as attributes
        on tables.partrelid = attributes.attrelid
        and tables.partattrs[0] = attributes.attnum
    where tables.partrelid = format('warehouse.%I', fact)::regclass;
    for month_start in
        select generate_series(
            date_trunc('month', first_date), date_trunc('month', last_date), interval '1 month'
        )::date
    loop
        partition_name := fact || '_' || to_char(month_start, 'YYYY_MM');
        if to_regclass(format('warehouse.%I', partition_name)) is null then
            month_end := (month_start + interval '1 month')::date;
            execute format(
                'create table warehouse.%I (like warehouse.%I including all)',
                partition_name, fact
            );
            -- Rows that the net caught belong here; attaching would refuse them.
            execute format(
                'with moved as (delete from warehouse.%1$I where %2$I >= %3$L and %2$I < %4$L '
                'returning *) insert into warehouse.%5$I select * from moved',
                fact || '_default', cut_by, month_start, month_end, partition_name
            );
            -- Attaching, unlike `partition of`, does not lock the fact. It scans the net, which
            -- is empty, and locks it until the transaction ends, so that one should be short.
            execute format(
                'alter table warehouse.%I attach partition warehouse.%I '
                'for values from (%L) to (%L)',
                fact, partition_name, month_start, month_end
            );
            execute format(
                'comment on table warehouse.%I is %L',
                partition_name, 'Rows of ' || fact || ' in ' || to_char(month_start, 'YYYY-MM')
            );
            created := created + 1;
        end if;
    end loop;
    return created;
end
$$;

comment on function warehouse.add_monthly_partitions(text, date, date) is
'Adds the monthly partitions of a fact that are missing between two days; returns how many';

create function warehouse.monthly_partitions()
returns table (
    fact text, cut_by text, partition_name text, month_start date, has_rows boolean
)
language plpgsql
stable
as $$
begin
    for fact, cut_by, partition_name in
        select
            parents.relname::text,
            attributes.attname::text,
            leaves.relname::text
        from pg_catalog.pg_partitioned_table as tables
        inner join pg_catalog.pg_class as parents
            on tables.partrelid = parents.oid
        inner join pg_catalog.pg_attribute as attributes
            on tables.partrelid = attributes.attrelid
            and tables.partattrs[0] = attributes.attnum
        inner join pg_catalog.pg_inherits as links
            on parents.oid = links.inhparent
        inner join pg_catalog.pg_class as leaves
            on links.inhrelid = leaves.oid
        where parents.relnamespace = 'warehouse'::regnamespace
        order by parents.relname, leaves.relname
    loop
        month_start := to_date(substring(partition_name from '_([0-9]{4}_[0-9]{2})$'), 'YYYY_MM');
        execute format('select exists (select from warehouse.%I)', partition_name) into has_rows;
        return next;
    end loop;
end
$$;

comment on function warehouse.monthly_partitions() is
'Partitions of every fact that is cut by month, and whether they hold rows; a net has no month';

drop function warehouse.add_fact_sales_partitions(date, date);

create table warehouse.fact_sales_default partition of warehouse.fact_sales default;

comment on table warehouse.fact_sales_default is
'Net for rows of fact_sales whose month has no partition; empty unless something went wrong';

create table warehouse.fact_inventory (
    source text not null,
    product_id text not null,
    store_id text not null,
    snapshot_date date not null,
    date_key integer not null,
    product_key bigint not null,
    store_key bigint not null,
    retailer_key bigint not null,
    currency text not null,
    quantity_on_hand numeric,
    reorder_point numeric,
    stock_value numeric,
    sold_quantity numeric not null,
    in_stock_days bigint not null,
    days_of_supply numeric,
    is_low_stock boolean not null,
    is_out_of_stock boolean not null,
    is_overstocked boolean not null,
    batch_id bigint not null,
    file_id bigint,
    source_line bigint,
    loaded_at timestamptz not null,
    constraint fact_inventory_natural_key
    primary key (source, product_id, store_id, snapshot_date)
) partition by range (snapshot_date);

select ops.place(
    'warehouse.fact_inventory', 'distributed', 'product_id', 'production.inventory_movements'
);

comment on table warehouse.fact_inventory is
'Stock of a product in a store at the end of a day (periodic snapshot), in monthly partitions';
comment on column warehouse.fact_inventory.source is 'Source that the row came from';
comment on column warehouse.fact_inventory.product_id is 'Product as the source names it';
comment on column warehouse.fact_inventory.store_id is 'Store as the source names it';
comment on column warehouse.fact_inventory.snapshot_date is
'Day of the count, which is as of its end in the shop''s time zone';
comment on column warehouse.fact_inventory.date_key is 'Day of the count (dim_date)';
comment on column warehouse.fact_inventory.product_key is
'Version of the product at the end of the day';
comment on column warehouse.fact_inventory.store_key is
'Version of the store at the end of the day';
comment on column warehouse.fact_inventory.retailer_key is 'Shop (dim_retailer)';
comment on column warehouse.fact_inventory.currency is
'ISO 4217 code of the amounts; XXX where unknown';
comment on column warehouse.fact_inventory.quantity_on_hand is 'Units in stock';
comment on column warehouse.fact_inventory.reorder_point is 'Stock at which to order again';
comment on column warehouse.fact_inventory.stock_value is
'Units in stock at the cost valid then; null without a cost';
comment on column warehouse.fact_inventory.sold_quantity is
'Units that sale movements took in the 28 days up to the count';
comment on column warehouse.fact_inventory.in_stock_days is
'Days of these 28 with a count above zero or with sales';
comment on column warehouse.fact_inventory.days_of_supply is
'Units in stock by units sold per in-stock day; null without demand';
comment on column warehouse.fact_inventory.is_low_stock is
'Whether stock is at the reorder point or below';
comment on column warehouse.fact_inventory.is_out_of_stock is 'Whether nothing is left';
comment on column warehouse.fact_inventory.is_overstocked is
'Whether stock lasts for more than 90 days';
comment on column warehouse.fact_inventory.batch_id is
'Batch that last changed the row (ops.batches)';
comment on column warehouse.fact_inventory.file_id is 'Raw file of the content (ops.raw_files)';
comment on column warehouse.fact_inventory.source_line is 'Line of that file';
comment on column warehouse.fact_inventory.loaded_at is
'Start of the run that last changed the row';

create table warehouse.fact_inventory_default partition of warehouse.fact_inventory default;

comment on table warehouse.fact_inventory_default is
'Net for rows of fact_inventory whose month has no partition; empty unless something went wrong';

create table warehouse.fact_inventory_transactions (
    source text not null,
    product_id text not null,
    movement_id text not null,
    store_id text,
    moved_date date,
    date_key integer not null,
    product_key bigint not null,
    store_key bigint not null,
    retailer_key bigint not null,
    currency text not null,
    movement_type text,
    quantity numeric,
    unit_cost numeric,
    value numeric,
    moved_at timestamptz,
    batch_id bigint not null,
    file_id bigint,
    source_line bigint,
    loaded_at timestamptz not null,
    constraint fact_inventory_transactions_natural_key
    primary key (source, product_id, movement_id)
);

select ops.place(
    'warehouse.fact_inventory_transactions',
    'distributed',
    'product_id',
    'production.inventory_movements'
);

comment on table warehouse.fact_inventory_transactions is
'A movement of stock: units that came in or left';
comment on column warehouse.fact_inventory_transactions.source is 'Source that the row came from';
comment on column warehouse.fact_inventory_transactions.product_id is
'Product as the source names it';
comment on column warehouse.fact_inventory_transactions.movement_id is
'Movement as the source names it';
comment on column warehouse.fact_inventory_transactions.store_id is
'Store as the source names it; null where it names none';
comment on column warehouse.fact_inventory_transactions.moved_date is
'Day of the movement in the shop''s time zone; null without a moment';
comment on column warehouse.fact_inventory_transactions.date_key is
'Day of the movement (dim_date); -1 without a moment';
comment on column warehouse.fact_inventory_transactions.product_key is
'Version of the product at the time of the movement';
comment on column warehouse.fact_inventory_transactions.store_key is
'Version of the store at the time; -2 where there is none';
comment on column warehouse.fact_inventory_transactions.retailer_key is 'Shop (dim_retailer)';
comment on column warehouse.fact_inventory_transactions.currency is
'ISO 4217 code of the amounts; XXX where unknown';
comment on column warehouse.fact_inventory_transactions.movement_type is
'purchase, sale, return or adjustment';
comment on column warehouse.fact_inventory_transactions.quantity is
'Units moved; negative when they leave';
comment on column warehouse.fact_inventory_transactions.unit_cost is
'Cost of one unit as the source says';
comment on column warehouse.fact_inventory_transactions.value is
'Quantity at unit_cost, else at the cost valid then; null without either';
comment on column warehouse.fact_inventory_transactions.moved_at is 'Moment of the movement';
comment on column warehouse.fact_inventory_transactions.batch_id is
'Batch that last changed the row (ops.batches)';
comment on column warehouse.fact_inventory_transactions.file_id is
'Raw file of the content (ops.raw_files)';
comment on column warehouse.fact_inventory_transactions.source_line is 'Line of that file';
comment on column warehouse.fact_inventory_transactions.loaded_at is
'Start of the run that last changed the row';

create index fact_inventory_transactions_product_key
on warehouse.fact_inventory_transactions (product_key);

create table warehouse.fact_fulfilment (
    source text not null,
    transaction_id text not null,
    ordered_date date not null,
    ordered_date_key integer not null,
    paid_date_key integer not null,
    shipped_date_key integer not null,
    delivered_date_key integer not null,
    promised_date_key integer not null,
    customer_key bigint not null,
    store_key bigint not null,
    shipping_location_key bigint not null,
    retailer_key bigint not null,
    currency text not null,
    status text,
    is_counted boolean not null,
    ordered_at timestamptz,
    paid_at timestamptz,
    shipped_at timestamptz,
    delivered_at timestamptz,
    promised_at timestamptz,
    order_to_payment_days numeric,
    payment_to_shipment_days numeric,
    order_to_shipment_days numeric,
    shipment_to_delivery_days numeric,
    order_to_delivery_days numeric,
    delivery_delay_days numeric,
    is_late boolean,
    shipment_count bigint not null,
    shipped_count bigint not null,
    delivered_count bigint not null,
    total_amount numeric,
    paid_amount numeric not null,
    batch_id bigint not null,
    file_id bigint,
    source_line bigint,
    loaded_at timestamptz not null,
    constraint fact_fulfilment_natural_key primary key (source, transaction_id)
);

select ops.place(
    'warehouse.fact_fulfilment', 'distributed', 'transaction_id', 'production.transactions'
);

comment on table warehouse.fact_fulfilment is
'An order on its way from the click to the door (accumulating snapshot); days are 24 hours';
comment on column warehouse.fact_fulfilment.source is 'Source that the row came from';
comment on column warehouse.fact_fulfilment.transaction_id is 'Order as the source names it';
comment on column warehouse.fact_fulfilment.ordered_date is
'Day of the order in the shop''s time zone';
comment on column warehouse.fact_fulfilment.ordered_date_key is 'Day of the order (dim_date)';
comment on column warehouse.fact_fulfilment.paid_date_key is
'Day on which it was paid; -2 until then';
comment on column warehouse.fact_fulfilment.shipped_date_key is
'Day of the first shipment; -2 until then';
comment on column warehouse.fact_fulfilment.delivered_date_key is
'Day of the last delivery; -2 until all are delivered';
comment on column warehouse.fact_fulfilment.promised_date_key is
'Last day promised; -2 without a promise';
comment on column warehouse.fact_fulfilment.customer_key is
'Version of the customer at the time of the order';
comment on column warehouse.fact_fulfilment.store_key is
'Version of the store at the time; -2 where there is none';
comment on column warehouse.fact_fulfilment.shipping_location_key is
'Place of delivery (dim_locations)';
comment on column warehouse.fact_fulfilment.retailer_key is 'Shop (dim_retailer)';
comment on column warehouse.fact_fulfilment.currency is
'ISO 4217 code of the amounts; XXX where unknown';
comment on column warehouse.fact_fulfilment.status is 'State of the order as the source says';
comment on column warehouse.fact_fulfilment.is_counted is 'Whether the status counts as revenue';
comment on column warehouse.fact_fulfilment.ordered_at is 'Moment of the order';
comment on column warehouse.fact_fulfilment.paid_at is
'When the payments that were made covered the total, else the last of them';
comment on column warehouse.fact_fulfilment.shipped_at is 'When the first shipment left';
comment on column warehouse.fact_fulfilment.delivered_at is
'When the last shipment arrived; null until all have';
comment on column warehouse.fact_fulfilment.promised_at is 'The last promise among the shipments';
comment on column warehouse.fact_fulfilment.order_to_payment_days is 'Days from order to payment';
comment on column warehouse.fact_fulfilment.payment_to_shipment_days is
'Days from payment to first shipment; negative if sent before';
comment on column warehouse.fact_fulfilment.order_to_shipment_days is
'Days from order to first shipment';
comment on column warehouse.fact_fulfilment.shipment_to_delivery_days is
'Days from first shipment to last delivery';
comment on column warehouse.fact_fulfilment.order_to_delivery_days is
'Days from order to last delivery';
comment on column warehouse.fact_fulfilment.delivery_delay_days is
'Days from promise to delivery; negative when early';
comment on column warehouse.fact_fulfilment.is_late is
'Whether it arrived after the promise; null while that cannot be told';
comment on column warehouse.fact_fulfilment.shipment_count is 'Shipments of the order';
comment on column warehouse.fact_fulfilment.shipped_count is 'Shipments that left';
comment on column warehouse.fact_fulfilment.delivered_count is 'Shipments that arrived';
comment on column warehouse.fact_fulfilment.total_amount is 'What the order costs';
comment on column warehouse.fact_fulfilment.paid_amount is
'Sum of the payments that were made, less refunds';
comment on column warehouse.fact_fulfilment.batch_id is
'Batch that last changed the row (ops.batches)';
comment on column warehouse.fact_fulfilment.file_id is 'Raw file of the content (ops.raw_files)';
comment on column warehouse.fact_fulfilment.source_line is 'Line of that file';
comment on column warehouse.fact_fulfilment.loaded_at is
'Start of the run that last changed the row';

create index fact_fulfilment_customer_key on warehouse.fact_fulfilment (customer_key);

create table warehouse.fact_web_events (
    source text not null,
    visitor_id text not null,
    event_id text not null,
    event_date date not null,
    date_key integer not null,
    customer_key bigint not null,
    product_key bigint not null,
    retailer_key bigint not null,
    session_id text,
    event_type text,
    occurred_at timestamptz,
    batch_id bigint not null,
    file_id bigint,
    source_line bigint,
    loaded_at timestamptz not null,
    constraint fact_web_events_natural_key primary key (source, visitor_id, event_id, event_date)
) partition by range (event_date);

select ops.place('warehouse.fact_web_events', 'distributed', 'visitor_id', 'production.web_events');

comment on table warehouse.fact_web_events is
'What a visitor did on the web site, in monthly partitions by event_date';
comment on column warehouse.fact_web_events.source is 'Source that the row came from';
comment on column warehouse.fact_web_events.visitor_id is 'Visitor (device)';
comment on column warehouse.fact_web_events.event_id is 'Event as the source names it';
comment on column warehouse.fact_web_events.event_date is
'Day of the event in the shop''s time zone; of its load without a moment';
comment on column warehouse.fact_web_events.date_key is 'Day of the event (dim_date)';
comment on column warehouse.fact_web_events.customer_key is
'Version of the customer at the time; -1 for a stranger';
comment on column warehouse.fact_web_events.product_key is
'Version of the product at the time; -2 where there is none';
comment on column warehouse.fact_web_events.retailer_key is 'Shop (dim_retailer)';
comment on column warehouse.fact_web_events.session_id is
'Visit as the source names it; null where it names none';
comment on column warehouse.fact_web_events.event_type is 'Kind of event';
comment on column warehouse.fact_web_events.occurred_at is 'Moment of the event';
comment on column warehouse.fact_web_events.batch_id is
'Batch that last changed the row (ops.batches)';
comment on column warehouse.fact_web_events.file_id is 'Raw file of the content (ops.raw_files)';
comment on column warehouse.fact_web_events.source_line is 'Line of that file';
comment on column warehouse.fact_web_events.loaded_at is
'Start of the run that last changed the row';

create table warehouse.fact_web_events_default partition of warehouse.fact_web_events default;

comment on table warehouse.fact_web_events_default is
'Net for rows of fact_web_events whose month has no partition; empty unless something went wrong';

create index fact_web_events_customer_key on warehouse.fact_web_events (customer_key);

create index fact_web_events_product_key on warehouse.fact_web_events (product_key);

create table warehouse.fact_web_sessions (
    source text not null,
    visitor_id text not null,
    session_id text not null,
    session_date date not null,
    date_key integer not null,
    customer_key bigint not null,
    retailer_key bigint not null,
    is_derived boolean not null,
    started_at timestamptz not null,
    ended_at timestamptz not null,
    duration_s numeric not null,
    event_count bigint not null,
    has_view boolean not null,
    has_cart boolean not null,
    has_checkout boolean not null,
    is_converted boolean not null,
    first_view_at timestamptz,
    first_cart_at timestamptz,
    first_checkout_at timestamptz,
    first_purchase_at timestamptz,
    batch_id bigint not null,
    file_id bigint,
    source_line bigint,
    loaded_at timestamptz not null,
    constraint fact_web_sessions_natural_key primary key (source, visitor_id, session_id)
);

select ops.place(
    'warehouse.fact_web_sessions', 'distributed', 'visitor_id', 'production.web_events'
);

comment on table warehouse.fact_web_sessions is 'A visit to the web site';
comment on column warehouse.fact_web_sessions.source is 'Source that the row came from';
comment on column warehouse.fact_web_sessions.visitor_id is 'Visitor (device)';
comment on column warehouse.fact_web_sessions.session_id is
'Visit as the source names it, else ~ and the moment of its first event';
comment on column warehouse.fact_web_sessions.session_date is
'Day on which the visit began, in the shop''s time zone';
comment on column warehouse.fact_web_sessions.date_key is 'Day on which the visit began (dim_date)';
comment on column warehouse.fact_web_sessions.customer_key is
'Who was known last, in the version at the start; -1 for a stranger';
comment on column warehouse.fact_web_sessions.retailer_key is 'Shop (dim_retailer)';
comment on column warehouse.fact_web_sessions.is_derived is
'Whether the visit was cut by half an hour of silence';
comment on column warehouse.fact_web_sessions.started_at is 'First event';
comment on column warehouse.fact_web_sessions.ended_at is 'Last event';
comment on column warehouse.fact_web_sessions.duration_s is
'Seconds from the first event to the last';
comment on column warehouse.fact_web_sessions.event_count is 'Events';
comment on column warehouse.fact_web_sessions.has_view is 'Whether a product was looked at';
comment on column warehouse.fact_web_sessions.has_cart is 'Whether something was put into the cart';
comment on column warehouse.fact_web_sessions.has_checkout is 'Whether the checkout began';
comment on column warehouse.fact_web_sessions.is_converted is 'Whether something was bought';
comment on column warehouse.fact_web_sessions.first_view_at is 'First look at a product';
comment on column warehouse.fact_web_sessions.first_cart_at is
'First time that something was put into the cart';
comment on column warehouse.fact_web_sessions.first_checkout_at is 'First start of the checkout';
comment on column warehouse.fact_web_sessions.first_purchase_at is 'First purchase';
comment on column warehouse.fact_web_sessions.batch_id is
'Batch that last changed the row (ops.batches)';
comment on column warehouse.fact_web_sessions.file_id is 'Raw file of the content (ops.raw_files)';
comment on column warehouse.fact_web_sessions.source_line is 'Line of that file';
comment on column warehouse.fact_web_sessions.loaded_at is
'Start of the run that last changed the row';

create index fact_web_sessions_customer_key on warehouse.fact_web_sessions (customer_key);

create index fact_web_sessions_session_date on warehouse.fact_web_sessions (session_date);

create table warehouse.agg_daily_funnel (
    retailer_key bigint not null,
    date_key integer not null,
    sessions bigint not null,
    sessions_with_view bigint not null,
    sessions_with_cart bigint not null,
    sessions_with_checkout bigint not null,
    sessions_with_purchase bigint not null,
    loaded_at timestamptz not null,
    constraint agg_daily_funnel_natural_key primary key (retailer_key, date_key)
);

select ops.place('warehouse.agg_daily_funnel', 'reference', null, null);

comment on table warehouse.agg_daily_funnel is 'Visits of a shop by day and by how far they came';
comment on column warehouse.agg_daily_funnel.retailer_key is 'Shop (dim_retailer)';
comment on column warehouse.agg_daily_funnel.date_key is 'Day on which the visits began (dim_date)';
comment on column warehouse.agg_daily_funnel.sessions is 'Visits';
comment on column warehouse.agg_daily_funnel.sessions_with_view is
'Visits that looked at a product';
comment on column warehouse.agg_daily_funnel.sessions_with_cart is
'Visits that put something into the cart';
comment on column warehouse.agg_daily_funnel.sessions_with_checkout is
'Visits that began the checkout';
comment on column warehouse.agg_daily_funnel.sessions_with_purchase is 'Visits that bought';
comment on column warehouse.agg_daily_funnel.loaded_at is
'Start of the run that last changed the row';

create table warehouse.agg_hourly_metrics (
    retailer_key bigint not null,
    currency text not null,
    metric_hour timestamptz not null,
    revenue numeric not null,
    order_count bigint not null,
    avg_order_value numeric not null,
    unique_customers bigint not null,
    updated_at timestamptz not null,
    constraint agg_hourly_metrics_natural_key primary key (retailer_key, currency, metric_hour)
);

select ops.place('warehouse.agg_hourly_metrics', 'reference', null, null);

comment on table warehouse.agg_hourly_metrics is
'An hour of a shop in a currency, over the statuses that count';
comment on column warehouse.agg_hourly_metrics.retailer_key is 'Shop (dim_retailer)';
comment on column warehouse.agg_hourly_metrics.currency is
'ISO 4217 code of the amounts; XXX where unknown';
comment on column warehouse.agg_hourly_metrics.metric_hour is 'First moment of the hour, in UTC';
comment on column warehouse.agg_hourly_metrics.revenue is 'Revenue of the hour';
comment on column warehouse.agg_hourly_metrics.order_count is 'Orders, also those that came back';
comment on column warehouse.agg_hourly_metrics.avg_order_value is 'revenue by order_count';
comment on column warehouse.agg_hourly_metrics.unique_customers is
'Distinct customers, by durable key';
comment on column warehouse.agg_hourly_metrics.updated_at is
'Start of the run that last changed the row';

create table warehouse.agg_category_performance (
    retailer_key bigint not null,
    currency text not null,
    category text not null,
    period_type text not null,
    period_start date not null,
    revenue numeric not null,
    profit numeric,
    units_sold numeric not null,
    updated_at timestamptz not null,
    constraint agg_category_performance_natural_key
    primary key (retailer_key, currency, category, period_type, period_start),
    constraint agg_category_performance_period_type_check check (
        period_type in ('day', 'week', 'month', 'quarter', 'year')
    )
);

select ops.place('warehouse.agg_category_performance', 'reference', null, null);

comment on table warehouse.agg_category_performance is
'A category in a period, by shop and currency, over the statuses that count';
comment on column warehouse.agg_category_performance.retailer_key is 'Shop (dim_retailer)';
comment on column warehouse.agg_category_performance.currency is
'ISO 4217 code of the amounts; XXX where unknown';
comment on column warehouse.agg_category_performance.category is
'Category of the product at the time of sale; Unknown without one';
comment on column warehouse.agg_category_performance.period_type is
'day, week (ISO, from Monday), month, quarter or year';
comment on column warehouse.agg_category_performance.period_start is
'First day of the period, in the shop''s time zone';
comment on column warehouse.agg_category_performance.revenue is 'Revenue of the period';
comment on column warehouse.agg_category_performance.profit is
'Sum of the profit that is known; null when none is';
comment on column warehouse.agg_category_performance.units_sold is 'Units sold less units returned';
comment on column warehouse.agg_category_performance.updated_at is
'Start of the run that last changed the row';

create table warehouse.work_inventory_days (
    source text not null,
    product_id text not null,
    store_id text not null,
    snapshot_date date not null
);

select ops.place(
    'warehouse.work_inventory_days', 'distributed', 'product_id', 'production.inventory_movements'
);

comment on table warehouse.work_inventory_days is
'Counts of stock that a load computes anew; empty between loads';
comment on column warehouse.work_inventory_days.source is 'Source that the row came from';
comment on column warehouse.work_inventory_days.product_id is 'As in fact_inventory';
comment on column warehouse.work_inventory_days.store_id is 'As in fact_inventory';
comment on column warehouse.work_inventory_days.snapshot_date is 'As in fact_inventory';

create table warehouse.work_movements (
    source text not null,
    product_id text not null,
    movement_id text not null
);

select ops.place(
    'warehouse.work_movements', 'distributed', 'product_id', 'production.inventory_movements'
);

comment on table warehouse.work_movements is
'Movements that a load computes anew; empty between loads';
comment on column warehouse.work_movements.source is 'Source that the row came from';
comment on column warehouse.work_movements.product_id is 'As in fact_inventory_transactions';
comment on column warehouse.work_movements.movement_id is 'As in fact_inventory_transactions';

create table warehouse.work_fulfilments (
    source text not null,
    transaction_id text not null
);

select ops.place(
    'warehouse.work_fulfilments', 'distributed', 'transaction_id', 'production.transactions'
);

comment on table warehouse.work_fulfilments is
'Orders whose fulfilment a load computes anew; empty between loads';
comment on column warehouse.work_fulfilments.source is 'Source that the row came from';
comment on column warehouse.work_fulfilments.transaction_id is 'As in fact_fulfilment';

create table warehouse.work_visitors (
    source text not null,
    visitor_id text not null
);

select ops.place('warehouse.work_visitors', 'distributed', 'visitor_id', 'production.web_events');

comment on table warehouse.work_visitors is
'Visitors whose events and visits a load computes anew; empty between loads';
comment on column warehouse.work_visitors.source is 'Source that the row came from';
comment on column warehouse.work_visitors.visitor_id is 'As in fact_web_events';

create table warehouse.work_hours (
    retailer_key bigint not null,
    metric_hour timestamptz not null
);

select ops.place('warehouse.work_hours', 'reference', null, null);

comment on table warehouse.work_hours is 'Hours that a load computes anew; empty between loads';
comment on column warehouse.work_hours.retailer_key is 'Shop (dim_retailer)';
comment on column warehouse.work_hours.metric_hour is 'As in agg_hourly_metrics';

create table warehouse.work_days (
    grain text not null,
    retailer_key bigint not null,
    full_date date not null
);

select ops.place('warehouse.work_days', 'reference', null, null);

comment on table warehouse.work_days is
'Days of aggregates that a load computes anew; empty between loads';
comment on column warehouse.work_days.grain is 'category or funnel';
comment on column warehouse.work_days.retailer_key is 'Shop (dim_retailer)';
comment on column warehouse.work_days.full_date is 'Day';

create table warehouse.work_date_bounds (
    fact text not null,
    first_date date not null,
    last_date date not null
);

select ops.place('warehouse.work_date_bounds', 'reference', null, null);

comment on table warehouse.work_date_bounds is
'Days of the facts that a load brings, for partitions and calendar; empty between loads';
comment on column warehouse.work_date_bounds.fact is 'Table of the fact';
comment on column warehouse.work_date_bounds.first_date is 'First day that a load may write';
comment on column warehouse.work_date_bounds.last_date is 'Last day that a load may write';

-- Batches that were consumed before these tables were there are consumed once more; facts that are
-- as they should be are left alone.
update ops.watermarks
set batch_id = 0
where consumer = 'warehouse';

-- As before, but for the moment at which a row of an aggregate changed.

create or replace function ops.content_columns(relation regclass) returns table (
    select_list text,
    joins text
)
language plpgsql
stable
as $$
declare
    attribute record;
    member record;
    natural_column record;
    expressions text[] := '{}';
    join_texts text[] := '{}';
    alias_name text;
    -- What a column looks like in text must not depend on settings or on trailing zeros.
    formatted text;
begin
    for attribute in
        select
            attributes.attname::text as name,
            format('rows_of.%I', attributes.attname) as reference,
            attributes.atttypid as type_id
        from pg_catalog.pg_attribute as attributes
        where
            attributes.attrelid = relation
            and attributes.attnum > 0
            and not attributes.attisdropped
            and attributes.attname::text <> all (array[
                'batch_id', 'first_batch_id', 'file_id', 'source_line', 'row_id', 'row_hash',
                'load_sequence', 'loaded_at', 'first_loaded_at'
            ])
            -- In production it is the source's own and content.
            and not (attributes.attname = 'updated_at' and exists (
                select from pg_catalog.pg_class as aggregates
                where
                    aggregates.oid = relation
                    and aggregates.relnamespace = 'warehouse'::regnamespace
            ))
        order by attributes.attname::text collate "C"
    loop
        select
            tables.oid as table_id,
            tables.oid::regclass::text as table_name,
            keys.attname::text as key_name,
            naturals.conkey as natural_columns
        into member
        from pg_catalog.pg_class as tables
        inner join pg_catalog.pg_constraint as primaries
            on tables.oid = primaries.conrelid
            and primaries.contype = 'p'
            and cardinality(primaries.conkey) = 1
        inner join pg_catalog.pg_attribute as keys
            on tables.oid = keys.attrelid
            and primaries.conkey[1] = keys.attnum
        inner join pg_catalog.pg_constraint as naturals
            on tables.oid = naturals.conrelid
            and naturals.conname::text = tables.relname::text || '_natural_key'
        where
            tables.relnamespace = 'warehouse'::regnamespace
            -- The key of a day is its natural key already.
            and keys.attname::text not in ('date_key')
            and keys.attname::text like '%\_key'
            and (
                attribute.name = keys.attname::text
                or attribute.name like '%\_' || replace(keys.attname::text, '_', '\_')
            )
        order by length(keys.attname::text) desc
        limit 1;

        if not found then
            expressions := expressions
                || ops.canonical_text(attribute.reference, attribute.type_id);
        elsif member.table_id <> relation then
            alias_name := format('%I', 'member_of_' || attribute.name);
            join_texts := join_texts || format(
                'left join %s as %s on %s = %s.%I',
                member.table_name, alias_name, attribute.reference, alias_name, member.key_name
            );
            for natural_column in
                select attributes.attname, attributes.atttypid
                from pg_catalog.pg_attribute as attributes
                where
                    attributes.attrelid = member.table_id
                    and attributes.attnum = any (member.natural_columns)
                order by attributes.attname::text collate "C"
            loop
                formatted := ops.canonical_text(
                    format('%s.%I', alias_name, natural_column.attname), natural_column.atttypid
                );
                expressions := expressions || formatted;
            end loop;
        end if;
    end loop;
    select_list := array_to_string(expressions, ', ');
    joins := array_to_string(join_texts, ' ');
    return next;
end
$$;
