-- Grain: one row per column and rule by which cleaning corrected stores of a batch.
-- Reads: staging.stores, ops.rejections, production.stores. Writes: ops.corrections.
-- Returns: what was written.
-- What a code was made of is read off the row that was published from it, which costs a tenth of
-- making it again; that is done for rows of another version alone.
-- Rerunnable: the same rows give the same counts.
with

accepted as (

    select staged.*
    from staging.stores as staged
    where
        staged.batch_id = $1
        and not exists (
            select 1
            from ops.rejections as rejections
            where
                rejections.batch_id = $1
                and rejections.dataset = 'stores'
                and rejections.row_id = staged.row_id
                and rejections.verdict <> 'warned'
        )

),

counted as (

    select
        count(*) filter (
            where production.is_untrimmed(accepted.store_name)
        ) as store_name_trimmed,
        count(*) filter (
            where production.is_denormalised(accepted.store_name)
        ) as store_name_normalised,
        count(*) filter (
            where production.is_untrimmed(accepted.store_type)
        ) as store_type_trimmed,
        count(*) filter (
            where production.is_denormalised(accepted.store_type)
        ) as store_type_normalised,
        count(*) filter (
            where production.is_untrimmed(accepted.manager)
        ) as manager_trimmed,
        count(*) filter (
            where production.is_denormalised(accepted.manager)
        ) as manager_normalised,
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
            where production.is_untrimmed(accepted.region)
        ) as region_trimmed,
        count(*) filter (
            where production.is_denormalised(accepted.region)
        ) as region_normalised,
        count(*) filter (
            where
            accepted.country is not null
            and accepted.country is distinct from case
                when known.store_id is not null
                    then known.country
                else production.country_code(accepted.country)
            end
        ) as country_coded
    from accepted
    left join production.stores as known
        on
            accepted.source = known.source
            and accepted.store_id = known.store_id
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
        'stores' as dataset,
        tallies.column_name,
        tallies.rule,
        tallies.rows_corrected
    from counted
    cross join
        lateral (
            values
            ('store_name', 'trimmed', counted.store_name_trimmed),
            ('store_name', 'unicode_normalised', counted.store_name_normalised),
            ('store_type', 'trimmed', counted.store_type_trimmed),
            ('store_type', 'unicode_normalised', counted.store_type_normalised),
            ('manager', 'trimmed', counted.manager_trimmed),
            ('manager', 'unicode_normalised', counted.manager_normalised),
            ('city', 'trimmed', counted.city_trimmed),
            ('city', 'unicode_normalised', counted.city_normalised),
            ('state', 'trimmed', counted.state_trimmed),
            ('state', 'unicode_normalised', counted.state_normalised),
            ('region', 'trimmed', counted.region_trimmed),
            ('region', 'unicode_normalised', counted.region_normalised),
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
