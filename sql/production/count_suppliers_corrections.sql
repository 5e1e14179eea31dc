-- Grain: one row per column and rule by which cleaning corrected suppliers of a batch.
-- Reads: staging.suppliers, ops.rejections, production.suppliers. Writes: ops.corrections.
-- Returns: what was written.
-- What a code was made of is read off the row that was published from it, which costs a tenth of
-- making it again; that is done for rows of another version alone.
-- Rerunnable: the same rows give the same counts.
with

accepted as (

    select staged.*
    from staging.suppliers as staged
    where
        staged.batch_id = $1
        and not exists (
            select 1
            from ops.rejections as rejections
            where
                rejections.batch_id = $1
                and rejections.dataset = 'suppliers'
                and rejections.row_id = staged.row_id
                and rejections.verdict <> 'warned'
        )

),

counted as (

    select
        count(*) filter (
            where production.is_untrimmed(accepted.supplier_name)
        ) as supplier_name_trimmed,
        count(*) filter (
            where production.is_denormalised(accepted.supplier_name)
        ) as supplier_name_normalised,
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
            where
            accepted.country is not null
            and accepted.country is distinct from case
                when known.supplier_id is not null
                    then known.country
                else production.country_code(accepted.country)
            end
        ) as country_coded
    from accepted
    left join production.suppliers as known
        on
            accepted.source = known.source
            and accepted.supplier_id = known.supplier_id
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
        'suppliers' as dataset,
        tallies.column_name,
        tallies.rule,
        tallies.rows_corrected
    from counted
    cross join
        lateral (
            values
            ('supplier_name', 'trimmed', counted.supplier_name_trimmed),
            ('supplier_name', 'unicode_normalised', counted.supplier_name_normalised),
            ('city', 'trimmed', counted.city_trimmed),
            ('city', 'unicode_normalised', counted.city_normalised),
            ('state', 'trimmed', counted.state_trimmed),
            ('state', 'unicode_normalised', counted.state_normalised),
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
