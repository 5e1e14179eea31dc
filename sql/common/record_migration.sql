-- Grain: one row per applied migration.
-- Writes: ops.migrations. The clock here is a record for people; nothing reads it.
insert into ops.migrations (name, sha256, applied_at)
values ($1, $2, now());
