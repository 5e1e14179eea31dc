-- Grain: one row per product. The marketplace names neither product nor price; a price belongs to
-- a line.
-- Reads: landing.olist__products, landing.olist__category_names.
select
    products.product_id,
    products.product_category_name as category_id,
    coalesce(
        category_names.product_category_name_english,
        products.product_category_name
    ) as category,
    'BRL' as currency,
    products.file_id,
    products.source_line
from landing.olist__products as products
left join landing.olist__category_names as category_names
    on category_names.product_category_name = products.product_category_name;
