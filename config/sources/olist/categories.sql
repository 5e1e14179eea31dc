-- Grain: one row per category that a product or the translation names.
-- Reads: landing.olist__products, landing.olist__category_names.
with

names as (

    select products.product_category_name
    from landing.olist__products as products
    where products.product_category_name is not null
    union
    select category_names.product_category_name
    from landing.olist__category_names as category_names

)

select
    names.product_category_name as category_id,
    -- 13 products are in categories without a translation.
    coalesce(
        category_names.product_category_name_english,
        names.product_category_name
    ) as category_name
from names
left join landing.olist__category_names as category_names
    on category_names.product_category_name = names.product_category_name;
