-- Grain: one row per rejected record. $6 to $10 are parallel arrays: line, record number, rule, raw
-- bytes, place of the fault.
-- Writes: ops.quarantine. Rerunnable: a batch is staged once.
with

rejects as (

    select
        reject.source_line,
        reject.record_number,
        reject.rule,
        reject.raw,
        reject.payload
    from unnest($6::bigint[], $7::bigint[], $8::text[], $9::bytea[], $10::jsonb[])
        as reject (source_line, record_number, rule, raw, payload)

),

written as (

    insert into ops.quarantine (
        batch_id,
        source,
        dataset,
        source_file,
        source_line,
        record_number,
        stage,
        rules,
        severity,
        raw,
        payload,
        first_seen_at,
        last_seen_at,
        previous_id
    )
    select
        $1 as batch_id,
        $2 as source,
        $3 as dataset,
        $4 as source_file,
        rejects.source_line,
        rejects.record_number,
        'stage' as stage,
        array[rejects.rule] as rules,
        'error' as severity,
        rejects.raw,
        rejects.payload,
        $5 as first_seen_at,
        $5 as last_seen_at,
        previous.quarantine_id as previous_id
    from rejects
    left join lateral (

        -- The same record of the same file in an earlier batch: seen before.
        select quarantine.quarantine_id
        from ops.quarantine
        where
            quarantine.source = $2
            and quarantine.dataset = $3
            and quarantine.source_file = $4
            and quarantine.record_number = rejects.record_number
            and quarantine.raw = rejects.raw
            and quarantine.batch_id < $1
        order by quarantine.batch_id desc
        limit 1

    ) as previous on true
    returning 1 as one

)

select count(*) as row_count
from written;
