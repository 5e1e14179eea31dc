-- Contract: the net of a partitioned fact is empty: every row is in the partition of its month.
-- Returns: the net that holds rows; the months of its rows are missing or far from the business
--     date.
-- Reads only. $1 is how many are shown.
with

offenders as (

    select partitions.partition_name as offender
    from warehouse.monthly_partitions() as partitions
    where
        partitions.month_start is null
        and partitions.has_rows

)

select
    offenders.offender,
    count(*) over () as violations
from offenders
order by offenders.offender collate "C"
limit $1;
