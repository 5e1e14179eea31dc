-- Grain: one row per dataset of $2 and source.
-- Reads: staging.transactions, production.transactions, warehouse.fact_sales.
-- Returns: the newest order that is not in the future of $1. A dataset that was not asked for is
-- not read.
select
    'staging.transactions' as dataset,
    staged.source,
    max(staged.transaction_at) as latest_at
from staging.transactions as staged
where
    'staging.transactions' = any($2::text[])
    and staged.transaction_at <= $1
group by staged.source

union all

select
    'production.transactions' as dataset,
    published.source,
    max(published.transaction_at) as latest_at
from production.transactions as published
where
    'production.transactions' = any($2::text[])
    and published.transaction_at <= $1
group by published.source

union all

select
    'warehouse.fact_sales' as dataset,
    facts.source,
    max(facts.transaction_at) as latest_at
from warehouse.fact_sales as facts
where
    'warehouse.fact_sales' = any($2::text[])
    and facts.transaction_at <= $1
group by facts.source
order by dataset, source;
