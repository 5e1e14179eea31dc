-- Grain: one row per staged order whose total is not that of its lines, within 0.01.
-- Reads: staging.transactions, staging.transaction_items, ops.rejections. Writes: nothing.
-- Rerunnable: reads only. $1 batch.
with

lines as (

    select
        staged.transaction_id,
        -- A second copy of a line, and all but the last of a conflict, do not count.
        sum(staged.line_total) filter (
            where coalesce(rejection.verdict, 'warned') = 'warned'
        ) as lines_total,
        -- An order with a bad line is held back for that line, whatever its total says.
        coalesce(
            bool_or(
                rejection.verdict = 'quarantined'
                and not rejection.rules <@ array['transaction_items.unique']::text[]
            ),
            false
        ) as has_bad_line
    from staging.transaction_items as staged
    left join ops.rejections as rejection
        on
            rejection.batch_id = $1
            and rejection.dataset = 'transaction_items'
            and staged.row_id = rejection.row_id
    where staged.batch_id = $1
    group by staged.transaction_id

)

select staged.row_id
from staging.transactions as staged
inner join lines
    on staged.transaction_id = lines.transaction_id
left join ops.rejections as rejection
    on
        rejection.batch_id = $1
        and rejection.dataset = 'transactions'
        and staged.row_id = rejection.row_id
where
    staged.batch_id = $1
    and not lines.has_bad_line
    -- Older versions of an order belong to older lines.
    and coalesce(rejection.verdict, 'warned') <> 'superseded'
    and not coalesce(rejection.rules, '{}') && array['transactions.transaction_id.unique']
    and abs(
        staged.total_amount
        - lines.lines_total
        - coalesce(staged.shipping_amount, 0)
        - coalesce(staged.tax_amount, 0)
        + coalesce(staged.discount_amount, 0)
    ) > 0.01
