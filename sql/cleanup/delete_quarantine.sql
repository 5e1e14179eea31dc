-- Grain: one row, what was due.
-- Reads: ops.quarantine. Writes: ops.quarantine, unless $2 asks for a trial.
-- Rerunnable: what is gone is not due again.
-- Only entries that are closed and were last seen before $1, and none that an entry which is open
-- or younger names as the earlier one of the same row. No entry that stays names one that is gone.
with

closed as (

    select
        quarantine.quarantine_id,
        pg_column_size(quarantine.*) as row_bytes
    from ops.quarantine
    where
        quarantine.status <> 'open'
        and quarantine.last_seen_at < $1

),

due as (

    select
        closed.quarantine_id,
        closed.row_bytes
    from closed
    where
        not exists (
            select 1
            from ops.quarantine as later
            left join closed as also_closed
                on later.quarantine_id = also_closed.quarantine_id
            where
                later.previous_id = closed.quarantine_id
                and also_closed.quarantine_id is null
        )

),

unlinked as (

    update ops.quarantine as later
    set previous_id = null
    from due
    where
        later.previous_id = due.quarantine_id
        and later.quarantine_id not in (select also_due.quarantine_id from due as also_due)
        and not $2::boolean
    returning 1 as unlinked

),

deleted as (

    delete from ops.quarantine
    using due
    where
        quarantine.quarantine_id = due.quarantine_id
        and not $2::boolean
    returning 1 as deleted

)

select
    (select count(*) from due) as due_rows,
    (select coalesce(sum(due.row_bytes), 0)::bigint from due) as due_bytes,
    (select count(*) from deleted) as deleted_rows;
