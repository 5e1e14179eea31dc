-- Grain: one row per column and rule by which cleaning corrected inventory movements of a batch.
-- Reads: staging.inventory_movements, ops.rejections. Writes: ops.corrections.
-- Returns: what was written.
-- Rerunnable: the same rows give the same counts.
with

accepted as (

    select staged.*
    from staging.inventory_movements as staged
    where
        staged.batch_id = $1
        and not exists (
            select 1
            from ops.rejections as rejections
            where
                rejections.batch_id = $1
                and rejections.dataset = 'inventory_movements'
                and rejections.row_id = staged.row_id
                and rejections.verdict <> 'warned'
        )

),

counted as (

    select
        count(*) filter (
            where production.is_untrimmed(accepted.movement_type)
        ) as movement_type_trimmed,
        count(*) filter (
            where production.is_denormalised(accepted.movement_type)
        ) as movement_type_normalised
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
        'inventory_movements' as dataset,
        tallies.column_name,
        tallies.rule,
        tallies.rows_corrected
    from counted
    cross join
        lateral (
            values
            ('movement_type', 'trimmed', counted.movement_type_trimmed),
            ('movement_type', 'unicode_normalised', counted.movement_type_normalised)
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
