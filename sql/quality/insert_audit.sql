-- Grain: one row per gate that a person accepted.
-- Reads: nothing. Writes: ops.audit_log.
-- Rerunnable: each acceptance is a deed of its own.
-- $1 run, $2 start of the run, $3 subject, $4 reason.
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
    'accept_gate',
    $3,
    $4,
    session_user::text
)
