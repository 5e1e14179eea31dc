-- Grain: one row per applied migration.
-- Rerunnable: an existing table stays.
create table if not exists ops.migrations (
    name text not null primary key,
    sha256 text not null,
    applied_at timestamptz not null
);
