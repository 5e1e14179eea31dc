-- Grain: one row per column and rule by which cleaning corrected sales representatives of a batch.
-- Reads: staging.sales_representatives, ops.rejections. Writes: ops.corrections.
-- Returns: what was written.
-- Rerunnable: the same rows give the same counts.
with

accepted as (

    select staged.*
    from staging.sales_representatives as staged
    where
        staged.batch_id = $1
        and not exists (
            select 1
            from ops.rejections as rejections
            where
                rejections.batch_id = $1
                and rejections.dataset = 'sales_representatives'
                and rejections.row_id = staged.row_id
                and rejections.verdict <> 'warned'
        )

),

counted as (

    select
        count(*) filter (
            where production.is_untrimmed(accepted.sales_rep_name)
        ) as sales_rep_name_trimmed,
        count(*) filter (
            where production.is_denormalised(accepted.sales_rep_name)
        ) as sales_rep_name_normalised,
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
            where production.is_untrimmed(accepted.region)
        ) as region_trimmed,
        count(*) filter (
            where production.is_denormalised(accepted.region)
        ) as region_normalised
    from accepted

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
        'sales_representatives' as dataset,
        tallies.column_name,
        tallies.rule,
        tallies.rows_corrected
    from counted
    cross join
        lateral (
            values
            ('sales_rep_name', 'trimmed', counted.sales_rep_name_trimmed),
            ('sales_rep_name', 'unicode_normalised', counted.sales_rep_name_normalised),
            ('email', 'trimmed', counted.email_trimmed),
            ('email', 'unicode_normalised', counted.email_normalised),
            ('email', 'email_lower_case', counted.email_lowered),
            ('region', 'trimmed', counted.region_trimmed),
            ('region', 'unicode_normalised', counted.region_normalised)
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
