-- Grain: one row, what was due.
-- Reads: ops.raw_files, ops.batches. Writes: ops.raw_files, unless $2 asks for a trial.
-- Rerunnable: what is gone is not due again.
-- Only records of files whose batch was given up before $1; a file that was loaded, or waits to
-- be, is what tells the next run not to load it again.
with

due as (

    select
        files.file_id,
        pg_column_size(files.*) as row_bytes
    from ops.raw_files as files
    inner join ops.batches
        on files.batch_id = batches.batch_id
    where
        files.state = 'abandoned'
        and files.loaded_at is null
        and batches.staged_at < $1

),

deleted as (

    delete from ops.raw_files as files
    using due
    where
        files.file_id = due.file_id
        and not $2::boolean
    returning 1 as deleted

)

select
    (select count(*) from due) as due_rows,
    (select coalesce(sum(due.row_bytes), 0)::bigint from due) as due_bytes,
    (select count(*) from deleted) as deleted_rows;
