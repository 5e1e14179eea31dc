-- Grain: one row per category that a product or the translation names.
-- Reads: landing.olist__products, landing.olist__product_category_translation.
with

names as (

    select products.product_category_name
    from landing.olist__products as products
    where products.product_category_name is not null
    union
    select product_category_translation.product_category_name
    from landing.olist__product_category_translation as product_category_translation

)

select
    names.product_category_name as category_id,
    -- 13 products are in categories without a translation.
    coalesce(
        product_category_translation.product_category_name_english,
        names.product_category_name
    ) as category_name
from names
left join landing.olist__product_category_translation as product_category_translation
    on product_category_translation.product_category_name = names.product_category_name;
