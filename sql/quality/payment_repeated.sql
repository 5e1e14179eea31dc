-- Grain: one row per staged payment that an earlier one of its order equals: the same means,
--     moment, amount and state under another number.
-- Reads: staging.payments, ops.rejections. Writes: nothing.
-- Rerunnable: reads only. $1 batch.
-- Payments of an order come together, so that production need not be asked.
with

ranked as (

    select
        staged.row_id,
        row_number() over (
            partition by
                staged.transaction_id,
                staged.paid_at,
                staged.amount,
                lower(trim(staged.payment_method)),
                lower(trim(staged.status))
            order by
                staged.payment_sequence asc,
                staged.row_id asc
        ) as place
    from staging.payments as staged
    left join ops.rejections as rejection
        on
            rejection.batch_id = $1
            and rejection.dataset = 'payments'
            and staged.row_id = rejection.row_id
            and rejection.verdict <> 'warned'
    where
        staged.batch_id = $1
        and rejection.row_id is null
        and num_nulls(staged.transaction_id, staged.paid_at, staged.payment_method) = 0

)

select ranked.row_id
from ranked
where ranked.place > 1
