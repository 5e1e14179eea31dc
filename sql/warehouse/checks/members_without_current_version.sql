-- Contract: one version of every member is current.
-- Returns: dimension and member.
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

offenders as (

    select concat_ws(' ', versions.dimension, versions.source, versions.member_id) as offender
    from versions
    group by
        versions.dimension,
        versions.source,
        versions.member_id
    having not bool_or(versions.is_current)

)

select
    offenders.offender,
    count(*) over () as violations
from offenders
order by offenders.offender collate "C"
limit $1;
