//! Faults of single rows, each with its healthy twin.

use super::shop::SAME;

/// One fault: what is set in a row, what its healthy twin has instead, and what must be found.
pub(super) struct Case {
    pub(super) table: &'static str,
    pub(super) bad: &'static str,
    pub(super) good: &'static str,
    pub(super) verdict: &'static str,
}

const fn case(
    table: &'static str,
    bad: &'static str,
    good: &'static str,
    verdict: &'static str,
) -> Case {
    Case {
        table,
        bad,
        good,
        verdict,
    }
}

/// All of them, table by table.
pub(super) const CASES: [Case; 57] = [
    case(
        "customers",
        "customer_id = null",
        SAME,
        "quarantined: customers.customer_id.required",
    ),
    case(
        "customers",
        "customer_id = ' '",
        SAME,
        "quarantined: customers.customer_id.pattern",
    ),
    case(
        "customers",
        "email = 'ada@example'",
        "email = 'a+b@ex.co.uk'",
        "warned: customers.email.pattern",
    ),
    case(
        "customers",
        "email = null",
        SAME,
        "warned: customers.email.nullValues",
    ),
    case(
        "customers",
        "birth_date = '2027-01-01'",
        "birth_date = null",
        "warned: customers.birth_date.plausible",
    ),
    case(
        "products",
        "product_id = null",
        SAME,
        "quarantined: products.product_id.required",
    ),
    case(
        "products",
        "price = -1, cost = -2",
        "price = 0, cost = 0",
        "quarantined: products.price.minimum, products.cost.minimum",
    ),
    case(
        "products",
        "cost = -1",
        "cost = 0",
        "quarantined: products.cost.minimum",
    ),
    case(
        "products",
        "cost = 11",
        "cost = 10",
        "warned: products.cost_under_price",
    ),
    case(
        "products",
        "price = null",
        SAME,
        "warned: products.price.nullValues",
    ),
    case(
        "transactions",
        "transaction_id = null",
        SAME,
        "quarantined: transactions.transaction_id.required",
    ),
    case(
        "transactions",
        "transaction_at = null",
        SAME,
        "quarantined: transactions.transaction_at.required",
    ),
    case(
        "transactions",
        "transaction_at = '2026-01-16T00:00:01Z'",
        "transaction_at = '2026-01-16T00:00Z'",
        "quarantined: transactions.transaction_at.not_in_future",
    ),
    case(
        "transactions",
        "transaction_at = '1969-12-31T23:59:59Z', customer_id = 'unregistered'",
        "transaction_at = '1970-01-01T00:00Z', customer_id = 'unregistered'",
        "quarantined: transactions.transaction_at.minimum",
    ),
    case(
        "transactions",
        "transaction_at = '2024-12-31T23:59:59Z'",
        "transaction_at = '2025-01-01T00:00Z'",
        "warned: transactions.transaction_at.after_registration",
    ),
    case(
        "transactions",
        "customer_id = 'nobody'",
        "customer_id = 'published'",
        "warned: transactions.customer_id.reference",
    ),
    case(
        "transactions",
        "customer_id = null",
        SAME,
        "warned: transactions.customer_id.nullValues",
    ),
    case(
        "transactions",
        "customer_id = 'deleted'",
        SAME,
        "warned: transactions.customer_id.reference",
    ),
    case(
        "transactions",
        "total_amount = null",
        SAME,
        "quarantined: transactions.total_amount.required",
    ),
    case(
        "transactions",
        "total_amount = 22.02",
        "total_amount = 22.01",
        "quarantined: transactions.total_consistent",
    ),
    case(
        "transactions",
        "discount_amount = -1, total_amount = 24",
        "discount_amount = 0, total_amount = 23",
        "quarantined: transactions.discount_amount.not_negative",
    ),
    case(
        "transactions",
        "tax_amount = -2, total_amount = 18",
        "tax_amount = 0, total_amount = 20",
        "quarantined: transactions.tax_amount.not_negative",
    ),
    case(
        "transactions",
        "shipping_amount = -3, total_amount = 16",
        "shipping_amount = null, total_amount = 19",
        "quarantined: transactions.shipping_amount.not_negative",
    ),
    case(
        "transactions",
        "discount_amount = 25, total_amount = -2",
        "discount_amount = 25, total_amount = -2, status = 'Returned'",
        "quarantined: transactions.total_amount.not_negative",
    ),
    case(
        "transaction_items",
        "line_number = null",
        SAME,
        "quarantined: transaction_items.line_number.required",
    ),
    case(
        "transaction_items",
        "transaction_id = 'nowhere'",
        "transaction_id = 'published', line_number = 2",
        "quarantined: transaction_items.transaction_id.reference",
    ),
    case(
        "transaction_items",
        "product_id = null",
        SAME,
        "quarantined: transaction_items.product_id.required",
    ),
    case(
        "transaction_items",
        "product_id = 'nothing'",
        "product_id = 'published'",
        "warned: transaction_items.product_id.reference",
    ),
    case(
        "transaction_items",
        "quantity = null",
        SAME,
        "quarantined: transaction_items.quantity.required",
    ),
    case(
        "transaction_items",
        "quantity = 0, unit_price = 20, line_total = 0",
        "quantity = 1, unit_price = 20",
        "quarantined: transaction_items.quantity.not_zero",
    ),
    case(
        "transaction_items",
        "unit_price = null",
        SAME,
        "quarantined: transaction_items.unit_price.required",
    ),
    case(
        "transaction_items",
        "unit_price = -10, quantity = -2",
        SAME,
        "quarantined: transaction_items.unit_price.minimum",
    ),
    case(
        "transaction_items",
        "discount_percentage = 101, line_total = -0.2",
        "discount_percentage = 100, quantity = 1, line_total = 0",
        "quarantined: transaction_items.discount_percentage.maximum, \
         transaction_items.line_total.not_negative",
    ),
    case(
        "transaction_items",
        "discount_percentage = -10, line_total = 22",
        SAME,
        "quarantined: transaction_items.discount_percentage.minimum",
    ),
    case(
        "transaction_items",
        "line_total = 18.02",
        "line_total = 18.01",
        "quarantined: transaction_items.total_consistent",
    ),
    case(
        "transaction_items",
        "discount_amount = 1",
        "discount_amount = 2, discount_percentage = null",
        "quarantined: transaction_items.total_consistent",
    ),
    case(
        "transaction_items",
        "line_total = null",
        SAME,
        "quarantined: transaction_items.line_total.required",
    ),
    case(
        "payments",
        "payment_sequence = null",
        SAME,
        "quarantined: payments.payment_sequence.required",
    ),
    case(
        "payments",
        "transaction_id = 'nowhere'",
        "transaction_id = 'published'",
        "quarantined: payments.transaction_id.reference",
    ),
    case(
        "payments",
        "amount = null",
        SAME,
        "quarantined: payments.amount.required",
    ),
    case(
        "payments",
        "amount = -5",
        "amount = -5, status = 'refunded', transaction_id = 'published', payment_sequence = 2",
        "warned: payments.amount.not_negative",
    ),
    case(
        "shipments",
        "transaction_id = 'nowhere'",
        "transaction_id = 'published'",
        "quarantined: shipments.transaction_id.reference",
    ),
    case(
        "shipments",
        "shipment_id = null",
        "shipping_cost = null",
        "quarantined: shipments.shipment_id.required",
    ),
    case(
        "customers",
        "phone = '+49 30 2312x xxx'",
        "phone = '(030) 23125-678 ext. 12'",
        "warned: customers.phone.pattern",
    ),
    case(
        "customers",
        "phone = '+1234567890123456'",
        "phone = '+123456789012345'",
        "warned: customers.phone.pattern",
    ),
    case(
        "customers",
        "phone = '555 123'",
        "phone = '555.1234'",
        "warned: customers.phone.pattern",
    ),
    case(
        "products",
        "currency = 'DEM'",
        "currency = 'isk'",
        "warned: products.currency.known",
    ),
    case(
        "transactions",
        "currency = '$'",
        "currency = ' € '",
        "warned: transactions.currency.known",
    ),
    case(
        "transactions",
        "currency = 'EURO!'",
        "currency = null",
        "warned: transactions.currency.known",
    ),
    case(
        "payments",
        "paid_at = '2025-07-01T11:59:59Z'",
        "paid_at = null",
        "warned: payments.paid_at.after_order",
    ),
    case(
        "payments",
        "amount = 2200",
        "amount = 22.01",
        "warned: payments.total_consistent",
    ),
    case(
        "payments",
        "status = 'Failed'",
        "status = null",
        "warned: payments.total_consistent",
    ),
    case(
        "shipments",
        "shipped_at = '2025-07-01T11:59:59Z'",
        "shipped_at = null",
        "warned: shipments.shipped_at.after_payment, shipments.after_order",
    ),
    case(
        "shipments",
        "delivered_at = '2025-07-01T12:00Z', shipped_at = '2025-07-01T12:00:01Z'",
        "delivered_at = null",
        "warned: shipments.delivered_at.after_shipment",
    ),
    case(
        "shipments",
        "estimated_delivery_at = '2025-06-30T23:59:59Z'",
        "estimated_delivery_at = '2025-07-01T00:00Z'",
        "warned: shipments.after_order",
    ),
    case(
        "payments",
        "paid_at = '2025-07-02Z', payment_method = 'Cash on Delivery'",
        SAME,
        "",
    ),
    case("shipments", "carrier = null, status = null", SAME, ""),
];
