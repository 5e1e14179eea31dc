-- Grain: one row per column and rule by which cleaning corrected customers of a batch.
-- Reads: staging.customers, ops.rejections, production.customers. Writes: ops.corrections.
-- Returns: what was written.
-- What a code was made of is read off the row that was published from it, which costs a tenth of
-- making it again; that is done for rows of another version alone.
-- Rerunnable: the same rows give the same counts.
with

accepted as (

    select staged.*
    from staging.customers as staged
    where
        staged.batch_id = $1
        and not exists (
            select 1
            from ops.rejections as rejections
            where
                rejections.batch_id = $1
                and rejections.dataset = 'customers'
                and rejections.row_id = staged.row_id
                and rejections.verdict <> 'warned'
        )

),

counted as (

    select
        count(*) filter (
            where production.is_untrimmed(accepted.first_name)
        ) as first_name_trimmed,
        count(*) filter (
            where production.is_denormalised(accepted.first_name)
        ) as first_name_normalised,
        count(*) filter (
            where production.is_untrimmed(accepted.last_name)
        ) as last_name_trimmed,
        count(*) filter (
            where production.is_denormalised(accepted.last_name)
        ) as last_name_normalised,
        count(*) filter (
            where production.is_untrimmed(accepted.email)
        ) as email_trimmed,
        count(*) filter (
            where production.is_denormalised(accepted.email)
        ) as email_normalised,
        count(*) filter (
            where lower(accepted.email) <> accepted.email
        ) as email_lowered,
        count(*) filter (
            where production.is_untrimmed(accepted.gender)
        ) as gender_trimmed,
        count(*) filter (
            where production.is_denormalised(accepted.gender)
        ) as gender_normalised,
        count(*) filter (
            where production.is_untrimmed(accepted.age_group)
        ) as age_group_trimmed,
        count(*) filter (
            where production.is_denormalised(accepted.age_group)
        ) as age_group_normalised,
        count(*) filter (
            where production.is_untrimmed(accepted.segment)
        ) as segment_trimmed,
        count(*) filter (
            where production.is_denormalised(accepted.segment)
        ) as segment_normalised,
        count(*) filter (
            where production.is_untrimmed(accepted.city)
        ) as city_trimmed,
        count(*) filter (
            where production.is_denormalised(accepted.city)
        ) as city_normalised,
        count(*) filter (
            where production.is_untrimmed(accepted.state)
        ) as state_trimmed,
        count(*) filter (
            where production.is_denormalised(accepted.state)
        ) as state_normalised,
        count(*) filter (
            where production.is_untrimmed(accepted.postal_code)
        ) as postal_code_trimmed,
        count(*) filter (
            where production.is_denormalised(accepted.postal_code)
        ) as postal_code_normalised,
        count(*) filter (
            where
            accepted.phone is not null
            and accepted.phone is distinct from case
                when known.customer_id is not null
                    then known.phone
                else production.phone_number(accepted.phone, accepted.country)
            end
        ) as phone_coded,
        count(*) filter (
            where
            accepted.country is not null
            and accepted.country is distinct from case
                when known.customer_id is not null
                    then known.country
                else production.country_code(accepted.country)
            end
        ) as country_coded
    from accepted
    left join production.customers as known
        on
            accepted.source = known.source
            and accepted.customer_id = known.customer_id
            and accepted.updated_at is not distinct from known.updated_at

),

written as (

    insert into ops.corrections (
        batch_id,
        dataset,
        column_name,
        rule,
        rows_corrected
    )
    select
        cast($1 as bigint) as batch_id,
        'customers' as dataset,
        tallies.column_name,
        tallies.rule,
        tallies.rows_corrected
    from counted
    cross join
        lateral (
            values
            ('first_name', 'trimmed', counted.first_name_trimmed),
            ('first_name', 'unicode_normalised', counted.first_name_normalised),
            ('last_name', 'trimmed', counted.last_name_trimmed),
            ('last_name', 'unicode_normalised', counted.last_name_normalised),
            ('email', 'trimmed', counted.email_trimmed),
            ('email', 'unicode_normalised', counted.email_normalised),
            ('email', 'email_lower_case', counted.email_lowered),
            ('gender', 'trimmed', counted.gender_trimmed),
            ('gender', 'unicode_normalised', counted.gender_normalised),
            ('age_group', 'trimmed', counted.age_group_trimmed),
            ('age_group', 'unicode_normalised', counted.age_group_normalised),
            ('segment', 'trimmed', counted.segment_trimmed),
            ('segment', 'unicode_normalised', counted.segment_normalised),
            ('city', 'trimmed', counted.city_trimmed),
            ('city', 'unicode_normalised', counted.city_normalised),
            ('state', 'trimmed', counted.state_trimmed),
            ('state', 'unicode_normalised', counted.state_normalised),
            ('postal_code', 'trimmed', counted.postal_code_trimmed),
            ('postal_code', 'unicode_normalised', counted.postal_code_normalised),
            ('phone', 'phone_canonical', counted.phone_coded),
            ('country', 'country_code', counted.country_coded)
        ) as tallies (column_name, rule, rows_corrected)
    where tallies.rows_corrected > 0
    on conflict (batch_id, dataset, column_name, rule) do update
        set
            rows_corrected = excluded.rows_corrected
    returning
        column_name,
        rule,
        rows_corrected

)

select
    written.column_name,
    written.rule,
    written.rows_corrected
from written
order by
    written.column_name,
    written.rule;
