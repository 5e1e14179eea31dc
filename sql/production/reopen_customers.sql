-- Grain: one row per customer that is there again although its log says that it vanished.
-- Reads: production.customers, production.customers_changes, ops.batches, ops.raw_files. Writes:
-- production.customers_changes.
-- Returns: customers that were looked at, and how many rows were appended.
-- Who vanished and comes again as before lives again from the day that the batch is about, always
-- after its end.
-- Rerunnable: a log that ends with a version is left alone.
with

vanished as materialized (

    select distinct
        changes.source,
        changes.customer_id
    from production.customers_changes as changes
    where changes.is_vanished

),

returned as materialized (

    select known.*
    from vanished
    inner join production.customers as known
        on
            vanished.source = known.source
            and vanished.customer_id = known.customer_id
    where
        known.batch_id = $1
        and not known.is_deleted

),

days as (

    select production.batch_day($1) as told_at

),

last_changes as (

    select distinct on (returned.source, returned.customer_id)
        returned.source,
        returned.customer_id,
        changes.effective_at,
        changes.is_vanished
    from returned
    inner join production.customers_changes as changes
        on
            returned.source = changes.source
            and returned.customer_id = changes.customer_id
    order by
        returned.source asc,
        returned.customer_id asc,
        changes.effective_at desc,
        changes.load_sequence desc

),

written as (

    insert into production.customers_changes (
        source,
        customer_id,
        first_name,
        last_name,
        email,
        phone,
        birth_date,
        gender,
        age_group,
        segment,
        registration_date,
        city,
        state,
        postal_code,
        country,
        updated_at,
        effective_at,
        load_sequence,
        row_hash,
        batch_id,
        file_id,
        source_line,
        loaded_at
    )
    select
        returned.source,
        returned.customer_id,
        returned.first_name,
        returned.last_name,
        returned.email,
        returned.phone,
        returned.birth_date,
        returned.gender,
        returned.age_group,
        returned.segment,
        returned.registration_date,
        returned.city,
        returned.state,
        returned.postal_code,
        returned.country,
        returned.updated_at,
        greatest(
            days.told_at, last_changes.effective_at + interval '1 microsecond'
        ) as effective_at,
        cast($1 as bigint) as load_sequence,
        md5(cast(row(
            returned.first_name, returned.last_name, returned.email, returned.phone,
            returned.birth_date - date '2000-01-01', returned.gender, returned.age_group,
            returned.segment, returned.registration_date - date '2000-01-01', returned.city,
            returned.state, returned.postal_code, returned.country, false
        ) as text)) as row_hash,
        cast($1 as bigint) as batch_id,
        returned.file_id,
        returned.source_line,
        cast($2 as timestamptz) as loaded_at
    from returned
    cross join days
    inner join last_changes
        on
            returned.source = last_changes.source
            and returned.customer_id = last_changes.customer_id
            and last_changes.is_vanished
    on conflict (source, customer_id, effective_at, load_sequence) do nothing
    returning 1 as is_written

)

select
    (select count(*) from returned) as rows_read,
    count(*) as rows_appended
from written;
