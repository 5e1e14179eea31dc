-- Grain: one row per product. The marketplace names neither product nor price; a price belongs to
-- a line.
-- Reads: landing.olist__products, landing.olist__product_category_translation.
select
    products.product_id,
    products.product_category_name as category_id,
    coalesce(
        product_category_translation.product_category_name_english,
        products.product_category_name
    ) as category,
    'BRL' as currency,
    products.file_id,
    products.source_line
from landing.olist__products as products
left join landing.olist__product_category_translation as product_category_translation
    on product_category_translation.product_category_name = products.product_category_name;
