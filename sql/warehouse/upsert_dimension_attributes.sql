-- Grain: one row per attribute of a dimension with history.
-- Reads: nothing. Writes: warehouse.dimension_attributes.
-- Returns: how many were read, inserted, updated and deleted.
-- $1 start of the run; $2 to $5: dimension, attribute, its type and since when it is known.
-- Rerunnable: the same declaration changes nothing.
with

declared as (

    select
        wanted.dimension,
        wanted.attribute,
        wanted.scd_type,
        wanted.known_since
    from unnest(
        cast($2 as text[]), cast($3 as text[]), cast($4 as smallint[]), cast($5 as timestamptz[])
    ) as wanted (dimension, attribute, scd_type, known_since)

),

deleted as (

    delete from warehouse.dimension_attributes as known
    where
        not exists (
            select 1
            from declared
            where
                known.dimension = declared.dimension
                and known.attribute = declared.attribute
        )
    returning 1 as is_deleted_row

),

written as (

    insert into warehouse.dimension_attributes (
        dimension,
        attribute,
        scd_type,
        known_since,
        loaded_at
    )
    select
        declared.dimension,
        declared.attribute,
        declared.scd_type,
        declared.known_since,
        cast($1 as timestamptz) as loaded_at
    from declared
    left join warehouse.dimension_attributes as known
        on
            declared.dimension = known.dimension
            and declared.attribute = known.attribute
    where
        (declared.scd_type, declared.known_since)
        is distinct from (known.scd_type, known.known_since)
    order by
        declared.dimension,
        declared.attribute
    on conflict (dimension, attribute) do update
        set
            scd_type = excluded.scd_type,
            known_since = excluded.known_since,
            loaded_at = excluded.loaded_at
    returning attribute

),

kept as (

    -- As it was before this statement.
    select known.attribute
    from warehouse.dimension_attributes as known
    inner join declared
        on
            known.dimension = declared.dimension
            and known.attribute = declared.attribute

),

counted as (

    select
        (select count(*) from declared) as rows_read,
        (select count(*) from kept) as rows_kept,
        (select count(*) from written) as rows_written,
        (select count(*) from deleted) as rows_deleted

)

select
    counted.rows_read,
    counted.rows_read - counted.rows_kept as rows_inserted,
    counted.rows_written - (counted.rows_read - counted.rows_kept) as rows_updated,
    counted.rows_deleted
from counted;
