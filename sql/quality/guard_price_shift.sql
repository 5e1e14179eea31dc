-- Grain: one row: products whose price is known in production, and how many moved in bulk.
-- Reads: staging.products, production.products, ops.rejections. Writes: nothing.
-- Rerunnable: reads only. $1 batch, $2 source, $3 factor.
select
    count(*) as rows_compared,
    count(*) filter (
        where
        staged.price > known.price * $3::double precision::numeric
        or staged.price * $3::double precision::numeric < known.price
    ) as rows_shifted
from staging.products as staged
inner join production.products as known
    on
        known.source = $2
        and staged.product_id = known.product_id
left join ops.rejections as rejection
    on
        rejection.batch_id = $1
        and rejection.dataset = 'products'
        and staged.row_id = rejection.row_id
        and rejection.verdict <> 'warned'
where
    staged.batch_id = $1
    and rejection.row_id is null
    and staged.price > 0
    and known.price > 0
    and not known.is_deleted
