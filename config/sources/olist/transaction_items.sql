-- Grain: one row per line of an order.
-- Reads: landing.olist__order_items.
select
    order_items.order_id as transaction_id,
    order_items.order_item_id as line_number,
    order_items.order_id || '-' || order_items.order_item_id as item_id,
    order_items.product_id,
    order_items.seller_id as supplier_id,
    1::numeric as quantity,
    order_items.price as unit_price,
    0::numeric as discount_percentage,
    0::numeric as discount_amount,
    order_items.price as line_total,
    order_items.file_id,
    order_items.source_line
from landing.olist__order_items as order_items;
