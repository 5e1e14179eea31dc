-- Grain: one row per table of landing or staging that batches wrote, with its rows.
-- Reads: ops.ledger, ops.batches. Writes: nothing. Rerunnable: reads only.
-- $1 run that staged the batches, $2 start of the run that published them; either may be null.
select
    case
        when ledger.layer = 'landing'
            then 'landing.' || batches.source || '__' || ledger.dataset
        else 'staging.' || ledger.dataset
    end as relation,
    sum(coalesce(ledger.rows_staged, 0))::bigint as row_count
from ops.ledger
inner join ops.batches
    on ledger.batch_id = batches.batch_id
where
    batches.run_id = $1
    or (batches.published_at = $2 and ledger.layer = 'staging')
group by 1
order by 1
