-- Grain: one row per staged product that another one with a lower id equals in all that describes
--     it.
-- Reads: staging.products, ops.rejections, production.products. Writes: nothing.
-- Rerunnable: reads only. $1 batch, $2 source.
-- Sizes and colours of one article may share a name: cost and supplier must be the same too.
with

articles as (

    select
        staged.row_id,
        staged.product_id,
        staged.product_name,
        staged.brand,
        staged.category,
        staged.sub_category,
        staged.supplier_id,
        staged.price,
        staged.cost
    from staging.products as staged
    left join ops.rejections as rejection
        on
            rejection.batch_id = $1
            and rejection.dataset = 'products'
            and staged.row_id = rejection.row_id
            and rejection.verdict <> 'warned'
    where
        staged.batch_id = $1
        and rejection.row_id is null

    union all

    select
        null as row_id,
        known.product_id,
        known.product_name,
        known.brand,
        known.category,
        known.sub_category,
        known.supplier_id,
        known.price,
        known.cost
    from production.products as known
    where
        known.source = $2
        and not known.is_deleted
        and not known.is_inferred
        and not exists (
            select 1
            from staging.products as staged
            where
                staged.batch_id = $1
                and staged.product_id = known.product_id
        )

),

ranked as (

    select
        articles.row_id,
        row_number() over (
            partition by
                lower(trim(articles.product_name)),
                lower(trim(articles.brand)),
                lower(trim(articles.category)),
                lower(trim(articles.sub_category)),
                articles.supplier_id,
                articles.price,
                articles.cost
            order by
                char_length(articles.product_id) asc,
                articles.product_id collate "C" asc,
                articles.row_id asc
        ) as place
    from articles
    where num_nulls(articles.product_name, articles.brand, articles.price, articles.cost) = 0

)

select ranked.row_id
from ranked
where
    ranked.place > 1
    and ranked.row_id is not null
