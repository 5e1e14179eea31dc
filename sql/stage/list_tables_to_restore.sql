-- Returns: the tables of a source with rows that a batch replaced and never published.
select distinct replaced_rows.table_name
from ops.replaced_rows
inner join ops.batches on replaced_rows.batch_id = batches.batch_id
where
    replaced_rows.source = $1
    and batches.state <> 'published'
order by replaced_rows.table_name;
