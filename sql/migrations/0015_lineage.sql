-- Each published schema tells which batch of each shop it shows. What the views read changes in
-- the transaction that publishes, so that one query sees rows and batch of one moment.
create view production.published_batches as
select distinct on (batches.source)
    batches.source,
    batches.batch_id,
    batches.run_id,
    batches.business_date,
    batches.published_at
from ops.batches
where batches.state = 'published'
order by batches.source asc, batches.batch_id desc;

comment on view production.published_batches is
'The last batch of each shop that production shows; of one moment with the rows of one query';
comment on column production.published_batches.source is 'Source of the batch';
comment on column production.published_batches.batch_id is 'Batch (ops.batches)';
comment on column production.published_batches.run_id is 'The run that staged the batch';
comment on column production.published_batches.business_date is 'The day that the batch is about';
comment on column production.published_batches.published_at is
'Start of the run that published the batch';

create view warehouse.published_batches as
select
    watermarks.source,
    watermarks.batch_id,
    batches.run_id,
    batches.business_date,
    watermarks.moved_at as consumed_at
from ops.watermarks
left join ops.batches
    on watermarks.batch_id = batches.batch_id
where
    watermarks.consumer = 'warehouse'
    -- 0: all batches are to be consumed once more, by the first load after an upgrade.
    and watermarks.batch_id > 0;

comment on view warehouse.published_batches is
'The last batch of each shop that the star shows; of one moment with the rows of one query';
comment on column warehouse.published_batches.source is 'Source of the batch';
comment on column warehouse.published_batches.batch_id is 'Batch (ops.batches)';
comment on column warehouse.published_batches.run_id is 'The run that staged the batch';
comment on column warehouse.published_batches.business_date is 'The day that the batch is about';
comment on column warehouse.published_batches.consumed_at is
'Start of the run that loaded the batch into the star';

create view analytics.published_batches as
select
    watermarks.source,
    watermarks.batch_id,
    batches.run_id,
    batches.business_date,
    watermarks.moved_at as consumed_at
from ops.watermarks
left join ops.batches
    on watermarks.batch_id = batches.batch_id
where watermarks.consumer = 'analytics';

comment on view analytics.published_batches is
'The last batch of each shop that views and exports show; of one moment with the rows of a query';
comment on column analytics.published_batches.source is 'Source of the batch';
comment on column analytics.published_batches.batch_id is 'Batch (ops.batches)';
comment on column analytics.published_batches.run_id is 'The run that staged the batch';
comment on column analytics.published_batches.business_date is 'The day that the batch is about';
comment on column analytics.published_batches.consumed_at is
'Start of the run whose load the views and exports show';
