-- Grain: one row per column and rule by which cleaning corrected products of a batch.
-- Reads: staging.products, ops.rejections, production.products. Writes: ops.corrections.
-- Returns: what was written.
-- What a code was made of is read off the row that was published from it, which costs a tenth of
-- making it again; that is done for rows of another version alone.
-- Rerunnable: the same rows give the same counts.
with

accepted as (

    select staged.*
    from staging.products as staged
    where
        staged.batch_id = $1
        and not exists (
            select 1
            from ops.rejections as rejections
            where
                rejections.batch_id = $1
                and rejections.dataset = 'products'
                and rejections.row_id = staged.row_id
                and rejections.verdict <> 'warned'
        )

),

counted as (

    select
        count(*) filter (
            where production.is_untrimmed(accepted.product_name)
        ) as product_name_trimmed,
        count(*) filter (
            where production.is_denormalised(accepted.product_name)
        ) as product_name_normalised,
        count(*) filter (
            where production.is_untrimmed(accepted.category)
        ) as category_trimmed,
        count(*) filter (
            where production.is_denormalised(accepted.category)
        ) as category_normalised,
        count(*) filter (
            where production.is_untrimmed(accepted.sub_category)
        ) as sub_category_trimmed,
        count(*) filter (
            where production.is_denormalised(accepted.sub_category)
        ) as sub_category_normalised,
        count(*) filter (
            where production.is_untrimmed(accepted.brand)
        ) as brand_trimmed,
        count(*) filter (
            where production.is_denormalised(accepted.brand)
        ) as brand_normalised,
        count(*) filter (
            where
            accepted.currency is not null
            and accepted.currency is distinct from case
                when known.product_id is not null
                    then known.currency
                else production.currency_code(accepted.currency)
            end
        ) as currency_coded
    from accepted
    left join production.products as known
        on
            accepted.source = known.source
            and accepted.product_id = known.product_id
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
        'products' as dataset,
        tallies.column_name,
        tallies.rule,
        tallies.rows_corrected
    from counted
    cross join
        lateral (
            values
            ('product_name', 'trimmed', counted.product_name_trimmed),
            ('product_name', 'unicode_normalised', counted.product_name_normalised),
            ('category', 'trimmed', counted.category_trimmed),
            ('category', 'unicode_normalised', counted.category_normalised),
            ('sub_category', 'trimmed', counted.sub_category_trimmed),
            ('sub_category', 'unicode_normalised', counted.sub_category_normalised),
            ('brand', 'trimmed', counted.brand_trimmed),
            ('brand', 'unicode_normalised', counted.brand_normalised),
            ('currency', 'currency_code', counted.currency_coded)
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
