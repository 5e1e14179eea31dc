-- Grain: one row per check of one source, with what it found in each of the batches, the oldest
-- first.
-- Reads: ops.check_results. Writes: nothing.
-- Rerunnable: reads only. $1 batches of the source.
select
    result.check_id,
    array_agg(result.batch_id order by result.batch_id) as batch_ids,
    array_agg(result.status order by result.batch_id) as statuses,
    array_agg(
        case
            when result.element_count > 0
                then 100.0 * result.unexpected_count / result.element_count
            else 0.0
        end::double precision
        order by result.batch_id
    ) as failed_percents
from ops.check_results as result
where result.batch_id = any($1::bigint[])
group by result.check_id
order by result.check_id
