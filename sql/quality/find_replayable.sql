-- Grain: one row per open entry that can be tried again.
-- Reads: ops.quarantine, ops.batches. Writes: nothing. Rerunnable: reads only.
-- $1 entries (null: all), $2 sources, $3 dataset, $4 rule (null: any).
-- An order is judged whole: with one part of it come all that wait.
with

open_entries as (

    select
        entry.quarantine_id,
        entry.source,
        entry.dataset,
        entry.rules,
        case
            when
                entry.dataset in ('transactions', 'transaction_items', 'payments', 'shipments')
                then entry.payload ->> 'transaction_id'
        end as order_id
    from ops.quarantine as entry
    inner join ops.batches as brought
        on entry.batch_id = brought.batch_id
    where
        entry.status = 'open'
        and entry.stage = 'quality'
        and entry.severity in ('error', 'critical')
        and brought.state = 'published'
        -- A row is published by its key.
        and entry.natural_key is not null

),

chosen as (

    select
        open_entries.quarantine_id,
        open_entries.source,
        open_entries.order_id
    from open_entries
    where
        ($1::bigint[] is null or open_entries.quarantine_id = any($1::bigint[]))
        and ($2::text[] is null or open_entries.source = any($2::text[]))
        and ($3::text is null or open_entries.dataset = $3)
        and ($4::text is null or $4 = any(open_entries.rules))

)

select
    open_entries.source,
    open_entries.quarantine_id
from open_entries
where
    open_entries.quarantine_id in (select chosen.quarantine_id from chosen)
    or exists (
        select 1
        from chosen
        where
            chosen.source = open_entries.source
            and chosen.order_id = open_entries.order_id
    )
order by
    open_entries.source,
    open_entries.quarantine_id
