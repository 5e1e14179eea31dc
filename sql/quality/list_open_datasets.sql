-- Grain: one row per dataset of the source with open entries of quality, and whether the batch
--     brings all rows of it that there are.
-- Reads: ops.quarantine, ops.ledger. Writes: nothing. Rerunnable: reads only. $1 batch, $2 source.
select
    entry.dataset,
    coalesce(bool_or(booked.is_whole), false) as is_whole,
    bool_or(booked.dataset is not null) as is_staged
from ops.quarantine as entry
left join ops.ledger as booked
    on
        booked.batch_id = $1
        and booked.layer = 'staging'
        and entry.dataset = booked.dataset
where
    entry.source = $2
    and entry.batch_id < $1
    and entry.status = 'open'
    and entry.stage = 'quality'
group by entry.dataset
order by entry.dataset
