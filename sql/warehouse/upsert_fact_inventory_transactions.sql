-- Grain: one row per touched movement of stock.
-- Reads: warehouse.work_movements, production.inventory_movements, warehouse.dim_*.
-- Writes: warehouse.fact_inventory_transactions. Returns: rows read, new, changed and deleted.
-- Rerunnable: a fact whose content is the same is left alone; one without a movement is deleted.
with

moved as (

    -- A movement without a moment is of the current versions, and of no day.
    select
        movements.*,
        retailers.retailer_key,
        retailers.currency as shop_currency,
        cast(movements.moved_at at time zone retailers.time_zone as date) as moved_date,
        coalesce(movements.moved_at, timestamptz '9999-12-30 00:00:00+00') as valid_at
    from warehouse.work_movements as touched
    inner join production.inventory_movements as movements
        on
            touched.source = movements.source
            and touched.product_id = movements.product_id
            and touched.movement_id = movements.movement_id
    inner join warehouse.dim_retailer as retailers
        on movements.source = retailers.source
    where not movements.is_deleted

),

computed as (

    select
        moved.source,
        moved.product_id,
        moved.movement_id,
        moved.store_id,
        moved.moved_date,
        coalesce(cast(to_char(moved.moved_date, 'YYYYMMDD') as integer), -1) as date_key,
        coalesce(products.product_key, -1) as product_key,
        case
            when moved.store_id is null then -2
            else coalesce(stores.store_key, -1)
        end as store_key,
        moved.retailer_key,
        coalesce(products.currency, moved.shop_currency, 'XXX') as currency,
        moved.movement_type,
        moved.quantity,
        moved.unit_cost,
        moved.quantity * coalesce(moved.unit_cost, products.cost) as value,
        moved.moved_at,
        moved.batch_id,
        moved.file_id,
        moved.source_line
    from moved
    left join warehouse.dim_products as products
        on
            moved.source = products.source
            and moved.product_id = products.product_id
            and moved.valid_at >= products.valid_from
            and moved.valid_at < products.valid_to
    left join warehouse.dim_stores as stores
        on
            moved.source = stores.source
            and moved.store_id = stores.store_id
            and moved.valid_at >= stores.valid_from
            and moved.valid_at < stores.valid_to

),

gone as (

    -- By sorting, not by an anti join: nobody knows beforehand how many rows are computed.
    select
        both_sides.source,
        both_sides.product_id,
        both_sides.movement_id
    from (
        select
            known.source,
            known.product_id,
            known.movement_id,
            false as is_wanted
        from warehouse.fact_inventory_transactions as known
        inner join warehouse.work_movements as touched
            on
                known.source = touched.source
                and known.product_id = touched.product_id
                and known.movement_id = touched.movement_id
        union all
        select
            computed.source,
            computed.product_id,
            computed.movement_id,
            true as is_wanted
        from computed
    ) as both_sides
    group by
        both_sides.source,
        both_sides.product_id,
        both_sides.movement_id
    having not bool_or(both_sides.is_wanted)

),

deleted as (

    delete from warehouse.fact_inventory_transactions as known
    using gone
    where
        known.source = gone.source
        and known.product_id = gone.product_id
        and known.movement_id = gone.movement_id
    returning 1 as is_deleted_row

),

compared as (

    select
        computed.*,
        known.source is null as is_new
    from computed
    left join warehouse.fact_inventory_transactions as known
        on
            computed.source = known.source
            and computed.product_id = known.product_id
            and computed.movement_id = known.movement_id
    where
        known.source is null
        or (
            known.store_id,
            known.moved_date,
            known.date_key,
            known.product_key,
            known.store_key,
            known.retailer_key,
            known.currency,
            known.movement_type,
            known.quantity,
            known.unit_cost,
            known.value,
            known.moved_at
        )
        is distinct from (
            computed.store_id,
            computed.moved_date,
            computed.date_key,
            computed.product_key,
            computed.store_key,
            computed.retailer_key,
            computed.currency,
            computed.movement_type,
            computed.quantity,
            computed.unit_cost,
            computed.value,
            computed.moved_at
        )

),

written as (

    insert into warehouse.fact_inventory_transactions (
        source,
        product_id,
        movement_id,
        store_id,
        moved_date,
        date_key,
        product_key,
        store_key,
        retailer_key,
        currency,
        movement_type,
        quantity,
        unit_cost,
        value,
        moved_at,
        batch_id,
        file_id,
        source_line,
        loaded_at
    )
    select
        compared.source,
        compared.product_id,
        compared.movement_id,
        compared.store_id,
        compared.moved_date,
        compared.date_key,
        compared.product_key,
        compared.store_key,
        compared.retailer_key,
        compared.currency,
        compared.movement_type,
        compared.quantity,
        compared.unit_cost,
        compared.value,
        compared.moved_at,
        compared.batch_id,
        compared.file_id,
        compared.source_line,
        cast($1 as timestamptz) as loaded_at
    from compared
    order by
        compared.source,
        compared.product_id,
        compared.movement_id
    on conflict (source, product_id, movement_id) do update
        set
            store_id = excluded.store_id,
            moved_date = excluded.moved_date,
            date_key = excluded.date_key,
            product_key = excluded.product_key,
            store_key = excluded.store_key,
            retailer_key = excluded.retailer_key,
            currency = excluded.currency,
            movement_type = excluded.movement_type,
            quantity = excluded.quantity,
            unit_cost = excluded.unit_cost,
            value = excluded.value,
            moved_at = excluded.moved_at,
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
