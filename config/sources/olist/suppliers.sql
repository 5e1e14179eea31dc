-- Grain: one row per seller; the marketplace does not tell their names.
-- Reads: landing.olist__sellers.
select
    sellers.seller_id as supplier_id,
    sellers.seller_city as city,
    sellers.seller_state as state,
    'BR' as country,
    sellers.file_id,
    sellers.source_line
from landing.olist__sellers as sellers;
