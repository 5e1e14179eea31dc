-- Grain: one row per source.
-- Reads: nothing. Writes: ops.watermarks.
-- Rerunnable: the same watermark is written again.
insert into ops.watermarks (consumer, source, batch_id, moved_at)
values ('analytics', $1, $2, $3)
on conflict (consumer, source) do update set
    batch_id = excluded.batch_id,
    moved_at = excluded.moved_at;
