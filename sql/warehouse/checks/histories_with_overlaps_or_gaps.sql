-- Contract: the versions of a member follow on each other from 1900 to 9999, without overlap
--     and gap.
-- Returns: dimension, member and the version that begins too early or too late, or the last
--     one.
-- Reads only. $1 is how many are shown.
with

versions as (

    select
        'dim_customers' as dimension,
        versions.source,
        versions.customer_id as member_id,
        versions.valid_from,
        versions.valid_to,
        versions.is_current
    from warehouse.dim_customers as versions
    where versions.customer_key > 0
    union all
    select
        'dim_products' as dimension,
        versions.source,
        versions.product_id as member_id,
        versions.valid_from,
        versions.valid_to,
        versions.is_current
    from warehouse.dim_products as versions
    where versions.product_key > 0
    union all
    select
        'dim_stores' as dimension,
        versions.source,
        versions.store_id as member_id,
        versions.valid_from,
        versions.valid_to,
        versions.is_current
    from warehouse.dim_stores as versions
    where versions.store_key > 0

),

placed as (

    select
        versions.*,
        lag(versions.valid_to, 1, timestamptz '1900-01-01 00:00:00+00') over history as ended_at,
        lead(versions.valid_from) over history as next_at
    from versions
    window
        history as (
            partition by versions.dimension, versions.source, versions.member_id
            order by versions.valid_from, versions.valid_to
        )

),

offenders as (

    select
        concat_ws(
            ' ',
            placed.dimension,
            placed.source,
            placed.member_id,
            placed.valid_from at time zone 'UTC'
        ) as offender
    from placed
    where
        placed.valid_from <> placed.ended_at
        or placed.valid_to <= placed.valid_from
        or (placed.next_at is null and placed.valid_to <> timestamptz '9999-12-31 00:00:00+00')

)

select
    offenders.offender,
    count(*) over () as violations
from offenders
order by offenders.offender collate "C"
limit $1;
