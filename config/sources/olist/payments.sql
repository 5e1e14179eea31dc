-- Grain: one row per payment of an order. Approval is known for the order, not for each payment.
-- Reads: landing.olist__order_payments, landing.olist__orders.
select
    order_payments.order_id as transaction_id,
    order_payments.payment_sequential as payment_sequence,
    order_payments.payment_type as payment_method,
    order_payments.payment_installments as installments,
    order_payments.payment_value as amount,
    orders.order_approved_at as paid_at,
    order_payments.file_id,
    order_payments.source_line
from landing.olist__order_payments as order_payments
left join landing.olist__orders as orders on orders.order_id = order_payments.order_id;
