-- Contract: agg_customer_metrics is what the facts say, row by row and value by value.
-- Returns: rows that differ, that are missing, and that no fact stands behind.
-- Reads only. $1 is how many are shown.
with

expected as (

    select
        facts.retailer_key,
        facts.currency,
        customers.customer_id,
        count(distinct facts.transaction_id) as total_transactions,
        coalesce(
            sum(case when facts.is_returned then 0 else facts.line_total end), 0
        ) as total_spent,
        round(
            coalesce(sum(case when facts.is_returned then 0 else facts.line_total end), 0)
            / count(distinct facts.transaction_id),
            2
        ) as avg_order_value,
        min(facts.sale_date) as first_purchase_date,
        max(facts.sale_date) as last_purchase_date
    from warehouse.fact_sales as facts
    inner join warehouse.dim_customers as customers
        on facts.customer_key = customers.customer_key
    where facts.is_counted
    group by
        facts.retailer_key,
        facts.currency,
        customers.customer_id

),

offenders as (

    select
        concat_ws(
            ' ',
            coalesce(expected.retailer_key, known.retailer_key),
            coalesce(expected.currency, known.currency),
            coalesce(expected.customer_id, known.customer_id)
        ) as offender
    from expected
    full join warehouse.agg_customer_metrics as known
        on
            expected.retailer_key = known.retailer_key
            and expected.currency = known.currency
            and expected.customer_id = known.customer_id
    where
        expected.retailer_key is null
        or known.retailer_key is null
        or (
            expected.total_transactions,
            expected.total_spent,
            expected.avg_order_value,
            expected.first_purchase_date,
            expected.last_purchase_date
        )
        is distinct from (
            known.total_transactions,
            known.total_spent,
            known.avg_order_value,
            known.first_purchase_date,
            known.last_purchase_date
        )

)

select
    offenders.offender,
    count(*) over () as violations
from offenders
order by offenders.offender collate "C"
limit $1;
