-- Grain: one row per dimension of a loaded warehouse whose attributes are now declared otherwise.
-- Reads: warehouse.dimension_attributes, ops.watermarks. Writes: nothing. Returns: the dimensions.
-- $1 to $4: dimension, attribute, its type and since when it is known, of every attribute.
with

declared as (

    select
        wanted.dimension,
        wanted.attribute,
        wanted.scd_type,
        wanted.known_since
    from unnest(
        cast($1 as text[]), cast($2 as text[]), cast($3 as smallint[]), cast($4 as timestamptz[])
    ) as wanted (dimension, attribute, scd_type, known_since)

)

select distinct coalesce(declared.dimension, known.dimension) as dimension
from declared
full outer join warehouse.dimension_attributes as known
    on
        declared.dimension = known.dimension
        and declared.attribute = known.attribute
where
    (declared.scd_type, declared.known_since)
    is distinct from (known.scd_type, known.known_since)
    and exists (
        select 1
        from ops.watermarks as watermarks
        where watermarks.consumer = 'warehouse'
    )
order by dimension;
