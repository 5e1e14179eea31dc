-- Grain: one row per staged customer whose e-mail address an earlier customer has.
-- Reads: staging.customers, ops.rejections, production.customers. Writes: nothing.
-- Rerunnable: reads only. $1 batch, $2 source.
-- Addresses are the same whatever their case, white space around them, and what follows a + in
-- their first part. Earlier is who registered first, then who has the lower id.
with

people as (

    select
        staged.row_id,
        staged.customer_id,
        staged.registration_date,
        staged.email
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
        known.email
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
        people.row_id,
        row_number() over (
            partition by regexp_replace(lower(trim(people.email)), '\+[^@]*@', '@')
            order by
                people.registration_date asc nulls last,
                char_length(people.customer_id) asc,
                people.customer_id collate "C" asc,
                people.row_id asc
        ) as place
    from people
    where people.email like '%@%'

)

select ranked.row_id
from ranked
where
    ranked.place > 1
    and ranked.row_id is not null
