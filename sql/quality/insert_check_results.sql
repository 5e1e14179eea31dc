-- Grain: one row per check of the batch.
-- Reads: nothing. Writes: ops.check_results.
-- Rerunnable: an earlier verdict of the batch was removed. $1 batch, then one array per column.
with

written as (

    insert into ops.check_results (
        batch_id,
        check_id,
        dataset,
        column_name,
        assertion,
        dimension,
        severity,
        status,
        element_count,
        unexpected_count,
        duration_ms
    )
    select
        $1::bigint as batch_id,
        result.check_id,
        result.dataset,
        result.column_name,
        result.assertion,
        result.dimension,
        result.severity,
        result.status,
        result.element_count,
        result.unexpected_count,
        result.duration_ms
    from
        unnest(
            $2::text[], $3::text[], $4::text[], $5::text[], $6::text[], $7::text[], $8::text[],
            $9::bigint[], $10::bigint[], $11::double precision[]
        )
            as result (
                check_id, dataset, column_name, assertion, dimension, severity, status,
                element_count, unexpected_count, duration_ms
            )
    returning 1

)

select count(*) as rows_written from written
