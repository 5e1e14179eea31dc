-- A batch is loaded by several connections at once, each in a transaction of its own. Until the
-- last of them is done, the batch and its files are 'loading', and nobody may make anything of it.
alter table ops.batches drop constraint batches_state_check;

alter table ops.batches add constraint batches_state_check check (
    state in ('loading', 'staged', 'passed', 'blocked', 'published', 'abandoned')
);

comment on column ops.batches.state is
'loading while its files are read, then staged, then passed or blocked, then published; abandoned
when a later batch took its place';

alter table ops.raw_files drop constraint raw_files_state_check;

alter table ops.raw_files add constraint raw_files_state_check check (
    state in ('loading', 'staged', 'loaded', 'abandoned')
);

comment on column ops.raw_files.state is 'loading, staged, loaded or abandoned';
