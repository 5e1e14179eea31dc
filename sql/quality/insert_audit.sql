-- Grain: one row per deed of a person.
-- Reads: nothing. Writes: ops.audit_log.
-- Rerunnable: each time is a deed of its own.
-- $1 run, $2 start of the run, $3 what was done, $4 to what, $5 why.
insert into ops.audit_log (
    run_id,
    happened_at,
    action,
    subject,
    reason,
    actor
)
values (
    $1,
    $2,
    $3,
    $4,
    $5,
    session_user::text
)
