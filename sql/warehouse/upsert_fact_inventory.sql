-- Grain: one row per touched count of stock: product, store and day.
-- Reads: warehouse.work_inventory_days, production.inventory_snapshots,
-- warehouse.fact_inventory_transactions, warehouse.dim_*. Writes: warehouse.fact_inventory.
-- Returns: rows read, new, changed and deleted.
-- Rerunnable: a fact whose content is the same is left alone; one without a count is deleted.
-- Demand is what sale movements took in the 28 days up to the count, by the days of these that
-- were in stock: an empty shelf says nothing of demand.
-- $2 and $3 are the first and last day that it looks at: other partitions are not read.
with

shelves as (

    select
        touched.source,
        touched.product_id,
        touched.store_id,
        min(touched.snapshot_date) - 27 as first_date,
        max(touched.snapshot_date) as last_date
    from warehouse.work_inventory_days as touched
    group by
        touched.source,
        touched.product_id,
        touched.store_id

),

happened as (

    select
        counted.source,
        counted.product_id,
        counted.store_id,
        counted.snapshot_date as full_date,
        0 as sold_quantity,
        coalesce(counted.quantity_on_hand > 0, false) as is_in_stock
    from shelves
    inner join production.inventory_snapshots as counted
        on
            shelves.source = counted.source
            and shelves.product_id = counted.product_id
            and shelves.store_id = counted.store_id
            and shelves.first_date <= counted.snapshot_date
            and shelves.last_date >= counted.snapshot_date
            and counted.snapshot_date >= cast($2 as date)
            and counted.snapshot_date <= cast($3 as date)
    where not counted.is_deleted
    union all
    select
        sold.source,
        sold.product_id,
        sold.store_id,
        sold.moved_date as full_date,
        -sold.quantity as sold_quantity,
        false as is_in_stock
    from shelves
    inner join warehouse.fact_inventory_transactions as sold
        on
            shelves.source = sold.source
            and shelves.product_id = sold.product_id
            and shelves.store_id = sold.store_id
            and shelves.first_date <= sold.moved_date
            and shelves.last_date >= sold.moved_date
            and sold.moved_date >= cast($2 as date)
            and sold.moved_date <= cast($3 as date)
    where lower(sold.movement_type) = 'sale'

),

days as (

    select
        happened.source,
        happened.product_id,
        happened.store_id,
        happened.full_date,
        coalesce(sum(happened.sold_quantity), 0) as sold_quantity,
        bool_or(happened.is_in_stock) or sum(happened.sold_quantity) > 0 as is_in_stock
    from happened
    group by
        happened.source,
        happened.product_id,
        happened.store_id,
        happened.full_date

),

demand as (

    select
        days.source,
        days.product_id,
        days.store_id,
        days.full_date,
        sum(days.sold_quantity) over four_weeks as sold_quantity,
        count(*) filter (where days.is_in_stock) over four_weeks as in_stock_days
    from days
    window
        four_weeks as (
            partition by days.source, days.product_id, days.store_id
            order by days.full_date
            range between interval '27 days' preceding and current row
        )

),

counts as (

    -- A count is as of the last moment of its day, where the shop is.
    select
        counted.*,
        demand.sold_quantity,
        demand.in_stock_days,
        case
            when demand.sold_quantity > 0
                then
                    round(
                        counted.quantity_on_hand * demand.in_stock_days / demand.sold_quantity, 2
                    )
        end as days_of_supply,
        retailers.retailer_key,
        retailers.currency as shop_currency,
        cast(counted.snapshot_date + 1 as timestamp) at time zone retailers.time_zone
        - interval '1 microsecond' as valid_at
    from warehouse.work_inventory_days as touched
    inner join production.inventory_snapshots as counted
        on
            touched.source = counted.source
            and touched.product_id = counted.product_id
            and touched.store_id = counted.store_id
            and touched.snapshot_date = counted.snapshot_date
    inner join demand
        on
            counted.source = demand.source
            and counted.product_id = demand.product_id
            and counted.store_id = demand.store_id
            and counted.snapshot_date = demand.full_date
    inner join warehouse.dim_retailer as retailers
        on counted.source = retailers.source
    where not counted.is_deleted

),

computed as (

    select
        counts.source,
        counts.product_id,
        counts.store_id,
        counts.snapshot_date,
        cast(to_char(counts.snapshot_date, 'YYYYMMDD') as integer) as date_key,
        coalesce(products.product_key, -1) as product_key,
        coalesce(stores.store_key, -1) as store_key,
        counts.retailer_key,
        coalesce(products.currency, counts.shop_currency, 'XXX') as currency,
        counts.quantity_on_hand,
        counts.reorder_point,
        counts.quantity_on_hand * products.cost as stock_value,
        counts.sold_quantity,
        counts.in_stock_days,
        counts.days_of_supply,
        coalesce(counts.quantity_on_hand <= counts.reorder_point, false) as is_low_stock,
        coalesce(counts.quantity_on_hand <= 0, false) as is_out_of_stock,
        coalesce(counts.days_of_supply > 90, false) as is_overstocked,
        counts.batch_id,
        counts.file_id,
        counts.source_line
    from counts
    left join warehouse.dim_products as products
        on
            counts.source = products.source
            and counts.product_id = products.product_id
            and counts.valid_at >= products.valid_from
            and counts.valid_at < products.valid_to
    left join warehouse.dim_stores as stores
        on
            counts.source = stores.source
            and counts.store_id = stores.store_id
            and counts.valid_at >= stores.valid_from
            and counts.valid_at < stores.valid_to

),

gone as (

    -- By sorting, not by an anti join: nobody knows beforehand how many rows are computed.
    select
        both_sides.source,
        both_sides.product_id,
        both_sides.store_id,
        both_sides.snapshot_date
    from (
        select
            known.source,
            known.product_id,
            known.store_id,
            known.snapshot_date,
            false as is_wanted
        from warehouse.fact_inventory as known
        inner join warehouse.work_inventory_days as touched
            on
                known.source = touched.source
                and known.product_id = touched.product_id
                and known.store_id = touched.store_id
                and known.snapshot_date = touched.snapshot_date
                and known.snapshot_date >= cast($2 as date)
                and known.snapshot_date <= cast($3 as date)
        union all
        select
            computed.source,
            computed.product_id,
            computed.store_id,
            computed.snapshot_date,
            true as is_wanted
        from computed
    ) as both_sides
    group by
        both_sides.source,
        both_sides.product_id,
        both_sides.store_id,
        both_sides.snapshot_date
    having not bool_or(both_sides.is_wanted)

),

deleted as (

    delete from warehouse.fact_inventory as known
    using gone
    where
        known.source = gone.source
        and known.product_id = gone.product_id
        and known.store_id = gone.store_id
        and known.snapshot_date = gone.snapshot_date
        and known.snapshot_date >= cast($2 as date)
        and known.snapshot_date <= cast($3 as date)
    returning 1 as is_deleted_row

),

compared as (

    select
        computed.*,
        known.source is null as is_new
    from computed
    left join warehouse.fact_inventory as known
        on
            computed.source = known.source
            and computed.product_id = known.product_id
            and computed.store_id = known.store_id
            and computed.snapshot_date = known.snapshot_date
            and known.snapshot_date >= cast($2 as date)
            and known.snapshot_date <= cast($3 as date)
    where
        known.source is null
        or (
            known.date_key,
            known.product_key,
            known.store_key,
            known.retailer_key,
            known.currency,
            known.quantity_on_hand,
            known.reorder_point,
            known.stock_value,
            known.sold_quantity,
            known.in_stock_days,
            known.days_of_supply,
            known.is_low_stock,
            known.is_out_of_stock,
            known.is_overstocked
        )
        is distinct from (
            computed.date_key,
            computed.product_key,
            computed.store_key,
            computed.retailer_key,
            computed.currency,
            computed.quantity_on_hand,
            computed.reorder_point,
            computed.stock_value,
            computed.sold_quantity,
            computed.in_stock_days,
            computed.days_of_supply,
            computed.is_low_stock,
            computed.is_out_of_stock,
            computed.is_overstocked
        )

),

written as (

    insert into warehouse.fact_inventory (
        source,
        product_id,
        store_id,
        snapshot_date,
        date_key,
        product_key,
        store_key,
        retailer_key,
        currency,
        quantity_on_hand,
        reorder_point,
        stock_value,
        sold_quantity,
        in_stock_days,
        days_of_supply,
        is_low_stock,
        is_out_of_stock,
        is_overstocked,
        batch_id,
        file_id,
        source_line,
        loaded_at
    )
    select
        compared.source,
        compared.product_id,
        compared.store_id,
        compared.snapshot_date,
        compared.date_key,
        compared.product_key,
        compared.store_key,
        compared.retailer_key,
        compared.currency,
        compared.quantity_on_hand,
        compared.reorder_point,
        compared.stock_value,
        compared.sold_quantity,
        compared.in_stock_days,
        compared.days_of_supply,
        compared.is_low_stock,
        compared.is_out_of_stock,
        compared.is_overstocked,
        compared.batch_id,
        compared.file_id,
        compared.source_line,
        cast($1 as timestamptz) as loaded_at
    from compared
    order by
        compared.source,
        compared.product_id,
        compared.store_id,
        compared.snapshot_date
    on conflict (source, product_id, store_id, snapshot_date) do update
        set
            date_key = excluded.date_key,
            product_key = excluded.product_key,
            store_key = excluded.store_key,
            retailer_key = excluded.retailer_key,
            currency = excluded.currency,
            quantity_on_hand = excluded.quantity_on_hand,
            reorder_point = excluded.reorder_point,
            stock_value = excluded.stock_value,
            sold_quantity = excluded.sold_quantity,
            in_stock_days = excluded.in_stock_days,
            days_of_supply = excluded.days_of_supply,
            is_low_stock = excluded.is_low_stock,
            is_out_of_stock = excluded.is_out_of_stock,
            is_overstocked = excluded.is_overstocked,
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
