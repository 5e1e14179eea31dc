-- Grain: one row per staged customer who has the name and address of an earlier customer.
-- Reads: staging.customers, ops.rejections, production.customers. Writes: nothing.
-- Rerunnable: reads only. $1 batch, $2 source.
-- An address is postal code and city, which is all that customers have; two dates of birth tell
-- namesakes apart. Earlier is who registered first, then who has the lower id.
with

people as (

    select
        staged.row_id,
        staged.customer_id,
        staged.registration_date,
        staged.birth_date,
        lower(trim(staged.first_name)) as first_name,
        lower(trim(staged.last_name)) as last_name,
        lower(trim(staged.postal_code)) as postal_code,
        lower(trim(staged.city)) as city
    from staging.customers as staged
    left join ops.rejections as rejection
        on
            rejection.batch_id = $1
            and rejection.dataset = 'customers'
            and staged.row_id = rejection.row_id
            and rejection.verdict <> 'warned'
    where
        staged.batch_id = $1
        and rejection.row_id is null

    union all

    select
        null as row_id,
        known.customer_id,
        known.registration_date,
        known.birth_date,
        lower(trim(known.first_name)) as first_name,
        lower(trim(known.last_name)) as last_name,
        lower(trim(known.postal_code)) as postal_code,
        lower(trim(known.city)) as city
    from production.customers as known
    where
        known.source = $2
        and not known.is_deleted
        and not known.is_inferred
        and not exists (
            select 1
            from staging.customers as staged
            where
                staged.batch_id = $1
                and staged.customer_id = known.customer_id
        )

),

ranked as (

    select
        people.*,
        count(*) over (
            partition by people.first_name, people.last_name, people.postal_code, people.city
        ) as namesake_count,
        row_number() over (
            partition by people.first_name, people.last_name, people.postal_code, people.city
            order by
                people.registration_date asc nulls last,
                char_length(people.customer_id) asc,
                people.customer_id collate "C" asc,
                people.row_id asc
        ) as place
    from people
    where num_nulls(people.first_name, people.last_name, people.postal_code, people.city) = 0

),

namesakes as materialized (

    select ranked.*
    from ranked
    where ranked.namesake_count > 1

)

select namesakes.row_id
from namesakes
where
    namesakes.row_id is not null
    and exists (
        select 1
        from namesakes as earlier
        where
            earlier.first_name = namesakes.first_name
            and earlier.last_name = namesakes.last_name
            and earlier.postal_code = namesakes.postal_code
            and earlier.city = namesakes.city
            and earlier.place < namesakes.place
            and coalesce(earlier.birth_date = namesakes.birth_date, true)
    )
