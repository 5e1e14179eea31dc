-- Grain: one row per open entry of an earlier batch whose row this batch tried again.
-- Reads: ops.quarantine_trials, ops.rejections, ops.batches, ops.quarantine, ops.raw_files,
-- ops.ledger. Writes: ops.quarantine and ops.quarantine_trials, in the transaction that publishes
-- the batch. $1 batch, $2 source.
-- Returns: how many were closed.
-- A row was tried again where quality staged it from its entry or found its key in the batch, or
-- where its file was read again. What failed again has an entry of this batch, or, as a replay,
-- keeps its own. An entry is moot where the batch brought all rows of its dataset and not its key,
-- where it restated the order that the row is a part of, or where the row failed again in a dataset
-- that was made anew from landing (its ledger then has no records read).
-- Rerunnable: a closed entry stays as it is.
with

trials as materialized (

    delete from ops.quarantine_trials
    where batch_id = $1
    returning
        dataset,
        row_id,
        quarantine_id,
        is_replay

),

weighed as materialized (

    -- Of several rows with the key, one that was accepted is enough.
    select distinct on (trials.quarantine_id)
        trials.quarantine_id,
        trials.is_replay,
        rejections.rules,
        rejections.severity,
        rejections.caused_by,
        coalesce(rejections.verdict, 'warned') = 'warned' as is_accepted
    from trials
    left join ops.rejections as rejections
        on
            rejections.batch_id = $1
            and trials.dataset = rejections.dataset
            and trials.row_id = rejections.row_id
    order by
        trials.quarantine_id asc,
        coalesce(rejections.verdict, 'warned') = 'warned' desc,
        trials.is_replay desc

),

refused_again as (

    -- A replay that failed keeps its entry open, and says why it failed this time.
    update ops.quarantine as entries
    set
        rules = weighed.rules,
        severity = weighed.severity,
        caused_by = weighed.caused_by,
        attempts = entries.attempts + 1,
        last_seen_at = batches.judged_at
    from weighed
    cross join ops.batches as batches
    where
        batches.batch_id = $1
        and entries.quarantine_id = weighed.quarantine_id
        and weighed.is_replay
        and not weighed.is_accepted

),

datasets as materialized (

    select
        ledger.dataset,
        ledger.is_whole,
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
        entries.record_number,
        files.path is not null as is_file_read,
        coalesce(
            datasets.is_whole and entries.stage = 'quality' and entries.natural_key is not null,
            false
        ) as is_gone
    from ops.quarantine as entries
    left join datasets
        on entries.dataset = datasets.dataset
    left join files
        on entries.source_file = files.path
    left join weighed
        on entries.quarantine_id = weighed.quarantine_id
    where
        entries.source = $2
        and entries.status = 'open'
        and entries.batch_id < $1
        and weighed.quarantine_id is null
        and (
            (entries.stage = 'stage' and files.path is not null)
            or (datasets.dataset is not null and files.path is not null)
            or (entries.stage <> 'stage' and coalesce(datasets.is_conformed, false))
            or (entries.stage <> 'stage' and coalesce(datasets.is_whole, false))
        )

),

open_parts as materialized (

    select
        entries.quarantine_id,
        entries.dataset,
        entries.payload ->> 'transaction_id' as transaction_id
    from ops.quarantine as entries
    left join weighed
        on entries.quarantine_id = weighed.quarantine_id
    where
        entries.source = $2
        and entries.status = 'open'
        and entries.stage = 'quality'
        and entries.batch_id < $1
        and entries.dataset in ('transaction_items', 'payments', 'shipments')
        and weighed.quarantine_id is null

),

-- Orders of the open parts whose header this batch publishes, and the kinds of parts beside it.
headers as materialized (

    select staged.transaction_id
    from staging.transactions as staged
    where
        staged.batch_id = $1
        and (staged.transaction_id in (select open_parts.transaction_id from open_parts)) is true
        and ('transactions', staged.row_id) not in (
            select
                trials.dataset,
                trials.row_id
            from trials
            where trials.is_replay
        )
        and not exists (
            select 1
            from ops.rejections as rejections
            where
                rejections.batch_id = $1
                and rejections.dataset = 'transactions'
                and rejections.row_id = staged.row_id
                and rejections.verdict <> 'warned'
        )

),

staged_parts as (

    select
        'transaction_items' as dataset,
        staged.row_id,
        staged.transaction_id
    from staging.transaction_items as staged
    where staged.batch_id = $1
    union all
    select
        'payments' as dataset,
        staged.row_id,
        staged.transaction_id
    from staging.payments as staged
    where staged.batch_id = $1
    union all
    select
        'shipments' as dataset,
        staged.row_id,
        staged.transaction_id
    from staging.shipments as staged
    where staged.batch_id = $1

),

kinds as materialized (

    select distinct
        staged_parts.dataset,
        staged_parts.transaction_id
    from staged_parts
    where
        (staged_parts.transaction_id in (select headers.transaction_id from headers)) is true
        and (staged_parts.dataset, staged_parts.row_id) not in (
            select
                trials.dataset,
                trials.row_id
            from trials
            where trials.is_replay
        )

),

restated as (

    select open_parts.quarantine_id
    from open_parts
    inner join kinds
        on
            open_parts.dataset = kinds.dataset
            and open_parts.transaction_id = kinds.transaction_id

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

compared as (

    select
        tried.quarantine_id,
        tried.is_file_read,
        tried.is_gone,
        ((tried.dataset, tried.natural_key) in (
            select
                again.dataset,
                again.natural_key
            from again
        )) is true
        or (
            tried.natural_key is null
            and (
                ((tried.dataset, tried.source_file, tried.record_number) in (
                    select
                        again.dataset,
                        again.source_file,
                        again.record_number
                    from again
                )) is true
                or ((tried.dataset, tried.source_file, tried.source_line) in (
                    select
                        again.dataset,
                        again.source_file,
                        again.source_line
                    from again
                )) is true
            )
        ) as has_failed_again
    from tried

),

judged as (

    select
        compared.quarantine_id,
        case
            when compared.has_failed_again or not compared.is_file_read then 'superseded'
            else 'repaired'
        end as status
    from compared
    where
        compared.has_failed_again
        or compared.is_file_read
        or compared.is_gone

    union all

    select
        weighed.quarantine_id,
        case
            when not weighed.is_accepted then 'superseded'
            when weighed.is_replay then 'replayed'
            else 'repaired'
        end as status
    from weighed
    where
        weighed.is_accepted
        or not weighed.is_replay

    union all

    select
        restated.quarantine_id,
        'superseded' as status
    from restated
    left join compared
        on restated.quarantine_id = compared.quarantine_id
    where compared.quarantine_id is null

),

written as (

    update ops.quarantine as entries
    set
        status = judged.status,
        resolved_by = 'batch ' || cast($1 as bigint)
    from judged
    where
        entries.quarantine_id = judged.quarantine_id
        and entries.status = 'open'
    returning 1 as is_written

)

select count(*) as rows_closed
from written;
