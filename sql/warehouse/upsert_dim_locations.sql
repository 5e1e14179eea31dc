-- Grain: one row per place and what it is used for.
-- Reads: production.*, warehouse.work_transactions. Writes: warehouse.dim_locations.
-- Returns: rows read, and how many of them were inserted and updated.
-- Rerunnable: a member whose content is the same is left alone.
with

places as (

    -- Of customers and stores every version counts, not just the current one.
    select distinct
        'shipping' as location_type,
        orders.shipping_country as country,
        orders.shipping_state as state,
        orders.shipping_city as city,
        orders.shipping_postal_code as postal_code,
        cast(null as text) as region
    from warehouse.work_transactions as touched
    inner join production.transactions as orders
        on
            touched.source = orders.source
            and touched.transaction_id = orders.transaction_id
    union all
    select distinct
        'billing' as location_type,
        orders.billing_country as country,
        orders.billing_state as state,
        orders.billing_city as city,
        orders.billing_postal_code as postal_code,
        cast(null as text) as region
    from warehouse.work_transactions as touched
    inner join production.transactions as orders
        on
            touched.source = orders.source
            and touched.transaction_id = orders.transaction_id
    union all
    select distinct
        'customer' as location_type,
        customers.country,
        customers.state,
        customers.city,
        customers.postal_code,
        cast(null as text) as region
    from production.customers_changes as customers
    inner join warehouse.work_sources as sources
        on
            customers.source = sources.source
            and customers.batch_id > sources.after_batch_id
    where not customers.is_deleted
    union all
    -- Two stores of one place may name two regions; which one holds must not depend on which of
    -- them changed last, so that all of them are looked at, few as they are.
    select distinct
        'store' as location_type,
        stores.country,
        stores.state,
        stores.city,
        cast(null as text) as postal_code,
        stores.region
    from production.stores_changes as stores
    where not stores.is_deleted
    union all
    select distinct
        'supplier' as location_type,
        suppliers.country,
        suppliers.state,
        suppliers.city,
        cast(null as text) as postal_code,
        cast(null as text) as region
    from production.suppliers as suppliers
    inner join warehouse.work_sources as sources
        on
            suppliers.source = sources.source
            and suppliers.batch_id > sources.after_batch_id

),

described as (

    select distinct on (
        places.location_type,
        coalesce(places.country, 'Unknown'),
        coalesce(places.state, 'Unknown'),
        coalesce(places.city, 'Unknown'),
        coalesce(places.postal_code, 'Unknown')
    )
        places.location_type,
        coalesce(places.country, 'Unknown') as country,
        coalesce(places.state, 'Unknown') as state,
        coalesce(places.city, 'Unknown') as city,
        coalesce(places.postal_code, 'Unknown') as postal_code,
        coalesce(places.region, countries.region) as region
    from places
    left join production.countries as countries
        on places.country = countries.country_code
    where num_nonnulls(places.country, places.state, places.city, places.postal_code) > 0
    order by
        places.location_type,
        coalesce(places.country, 'Unknown'),
        coalesce(places.state, 'Unknown'),
        coalesce(places.city, 'Unknown'),
        coalesce(places.postal_code, 'Unknown'),
        coalesce(places.region, countries.region)

),

hashed as (

    select
        described.*,
        md5(cast(row(
            described.region
        ) as text)) as row_hash
    from described

),

written as (

    insert into warehouse.dim_locations (
        location_type,
        country,
        state,
        city,
        postal_code,
        region,
        row_hash,
        loaded_at
    )
    select
        hashed.location_type,
        hashed.country,
        hashed.state,
        hashed.city,
        hashed.postal_code,
        hashed.region,
        hashed.row_hash,
        cast($1 as timestamptz) as loaded_at
    from hashed
    left join warehouse.dim_locations as known
        on
            hashed.location_type = known.location_type
            and hashed.country = known.country
            and hashed.state = known.state
            and hashed.city = known.city
            and hashed.postal_code = known.postal_code
    where known.row_hash is distinct from hashed.row_hash
    order by
        hashed.location_type,
        hashed.country,
        hashed.state,
        hashed.city,
        hashed.postal_code
    on conflict (location_type, country, state, city, postal_code) do update
        set
            region = excluded.region,
            row_hash = excluded.row_hash,
            loaded_at = excluded.loaded_at
    returning 1 as is_written

),

counted as (

    select
        (select count(*) from hashed) as rows_read,
        (select count(*) from written) as rows_written,
        (
            select count(*)
            from hashed
            inner join warehouse.dim_locations as known
                on
                    hashed.location_type = known.location_type
                    and hashed.country = known.country
                    and hashed.state = known.state
                    and hashed.city = known.city
                    and hashed.postal_code = known.postal_code
        ) as rows_known

)

select
    counted.rows_read,
    counted.rows_read - counted.rows_known as rows_inserted,
    counted.rows_written - (counted.rows_read - counted.rows_known) as rows_updated
from counted;
