-- Grain: one row per batch.
-- Reads: nothing. Writes: ops.quality_runs.
-- Rerunnable: an earlier verdict of the batch was removed.
-- $1 batch, $2 source, $3 start of the run, $4 score, $5 grade, $6 decision, $7 blocking failures,
-- $8 report.
insert into ops.quality_runs (
    batch_id,
    source,
    judged_at,
    score,
    grade,
    decision,
    blocking_failures,
    report
)
values (
    $1,
    $2,
    $3,
    round($4::double precision::numeric, 2),
    $5,
    $6,
    $7,
    $8
)
