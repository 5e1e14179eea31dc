-- Grain: one row per open entry of an earlier batch whose row this batch tried again.
-- Reads: ops.quarantine, ops.raw_files, ops.ledger. Writes: ops.quarantine, in the transaction
-- that publishes the batch. $1 batch, $2 source.
-- Returns: how many were closed.
-- A row was tried again where its file was read again, or where its dataset was made anew from
-- landing (its ledger then has no records read). What failed again has an entry of this batch.
-- Rerunnable: a closed entry stays as it is.
with

datasets as materialized (

    select
        ledger.dataset,
        ledger.rows_read is null as is_conformed
    from ops.ledger as ledger
    where
        ledger.batch_id = $1
        and ledger.layer = 'staging'

),

files as materialized (

    select distinct raw_files.path
    from ops.raw_files as raw_files
    where raw_files.batch_id = $1

),

tried as (

    select
        entries.quarantine_id,
        entries.dataset,
        entries.natural_key,
        entries.source_file,
        entries.source_line,
        entries.record_number
    from ops.quarantine as entries
    left join datasets
        on entries.dataset = datasets.dataset
    left join files
        on entries.source_file = files.path
    where
        entries.source = $2
        and entries.status = 'open'
        and entries.batch_id < $1
        and (
            (entries.stage = 'stage' and files.path is not null)
            or (datasets.dataset is not null and files.path is not null)
            or (entries.stage <> 'stage' and coalesce(datasets.is_conformed, false))
        )

),

again as materialized (

    select
        entries.dataset,
        entries.natural_key,
        entries.source_file,
        entries.source_line,
        entries.record_number
    from ops.quarantine as entries
    where
        entries.batch_id = $1
        and entries.source = $2

),

judged as (

    select
        tried.quarantine_id,
        exists (
            select 1
            from again
            where
                again.dataset = tried.dataset
                and again.natural_key = tried.natural_key
        )
        or (
            tried.natural_key is null
            and exists (
                select 1
                from again
                where
                    again.dataset = tried.dataset
                    and again.source_file = tried.source_file
                    and (
                        again.record_number = tried.record_number
                        or again.source_line = tried.source_line
                    )
            )
        ) as has_failed_again
    from tried

),

written as (

    update ops.quarantine as entries
    set
        status = case when judged.has_failed_again then 'superseded' else 'repaired' end,
        resolved_by = 'batch ' || cast($1 as bigint)
    from judged
    where entries.quarantine_id = judged.quarantine_id
    returning 1 as is_written

)

select count(*) as rows_closed
from written;
