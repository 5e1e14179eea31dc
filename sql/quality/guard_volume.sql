-- Grain: one row per day of the shop: its orders in production, then in this batch.
-- Reads: staging.transactions, staging.retailers, ops.rejections, ops.batches, ops.raw_files,
--     production.transactions. Writes: nothing.
-- Rerunnable: reads only. $1 batch, $2 source, $3 days of history.
-- Returns: no row where production has no order. Days without any order are there. New is a day
-- after production's newest that this batch tells of and that is over: never the running day.
with

shop as (

    select coalesce(max(retailer.time_zone), 'UTC') as time_zone
    from staging.retailers as retailer
    where retailer.batch_id = $1

),

published as materialized (

    select
        known.sale_date,
        known.first_batch_id,
        count(*) as order_count
    from production.transactions as known
    where
        known.source = $2
        and not known.is_deleted
    group by
        known.sale_date,
        known.first_batch_id

),

history as (

    select
        min(published.sale_date) as first_date,
        max(published.sale_date) as newest_date
    from published

),

arrived as materialized (

    select
        (staged.transaction_at at time zone shop.time_zone)::date as sale_date,
        count(*) as order_count
    from staging.transactions as staged
    cross join shop
    left join ops.rejections as rejection
        on
            rejection.batch_id = $1
            and rejection.dataset = 'transactions'
            and staged.row_id = rejection.row_id
    where
        staged.batch_id = $1
        and coalesce(rejection.verdict, 'warned') <> 'superseded'
    group by (staged.transaction_at at time zone shop.time_zone)::date

),

told as (

    -- The newest day that a folder of an earlier batch was named by; and whether the folders of the
    -- source hold the day of their name, or only what came before it.
    select
        max(file.business_date) as told_date,
        coalesce(
            bool_or(
                exists (
                    select 1
                    from published
                    where
                        published.sale_date = file.business_date
                        and published.first_batch_id = file.batch_id
                )
            ),
            false
        ) as has_own_day
    from ops.raw_files as file
    where
        file.source = $2
        and file.state = 'loaded'
        and file.batch_id <> $1

),

spans as (

    select
        greatest(history.first_date, history.newest_date - $3::integer + 1) as first_date,
        history.newest_date,
        -- What an earlier batch was accepted without is not asked for again.
        greatest(
            history.newest_date,
            case when told.has_own_day then told.told_date else told.told_date - 1 end
        ) as known_date,
        coalesce(
            (
                select max(file.business_date) - case when told.has_own_day then 0 else 1 end
                from ops.raw_files as file
                where file.batch_id = $1
            ),
            -- Without a folder nothing says that a day without orders was delivered.
            least(
                batch.business_date - 1,
                (
                    select max(arrived.sale_date)
                    from arrived
                )
            )
        ) as closed_date
    from history
    cross join told
    inner join ops.batches as batch
        on batch.batch_id = $1
    where history.newest_date is not null

),

days as (

    select
        spans.newest_date,
        spans.known_date,
        generate_series(
            spans.first_date::timestamp,
            greatest(spans.newest_date, spans.closed_date)::timestamp,
            interval '1 day'
        )::date as sale_date
    from spans

),

sold as (

    select
        published.sale_date,
        sum(published.order_count) as order_count
    from published
    group by published.sale_date

)

select
    days.sale_date,
    days.sale_date > days.known_date as is_new,
    case
        when days.sale_date > days.newest_date then coalesce(arrived.order_count, 0)
        else coalesce(sold.order_count, 0)
    end::bigint as order_count
from days
left join sold
    on days.sale_date = sold.sale_date
left join arrived
    on days.sale_date = arrived.sale_date
order by days.sale_date
