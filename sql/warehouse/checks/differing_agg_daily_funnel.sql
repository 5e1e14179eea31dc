-- Contract: agg_daily_funnel is what the facts say, row by row and value by value.
-- Returns: rows that differ, that are missing, and that no fact stands behind.
-- Reads only. $1 is how many are shown.
with

expected as (

    select
        facts.retailer_key,
        facts.date_key,
        count(*) as sessions,
        count(facts.first_view_at) as sessions_with_view,
        count(facts.first_cart_at) as sessions_with_cart,
        count(facts.first_checkout_at) as sessions_with_checkout,
        count(facts.first_purchase_at) as sessions_with_purchase
    from warehouse.fact_web_sessions as facts
    group by
        facts.retailer_key,
        facts.date_key

),

offenders as (

    select
        concat_ws(
            ' ',
            coalesce(expected.retailer_key, known.retailer_key),
            coalesce(expected.date_key, known.date_key)
        ) as offender
    from expected
    full join warehouse.agg_daily_funnel as known
        on
            expected.retailer_key = known.retailer_key
            and expected.date_key = known.date_key
    where
        expected.retailer_key is null
        or known.retailer_key is null
        or (
            expected.sessions,
            expected.sessions_with_view,
            expected.sessions_with_cart,
            expected.sessions_with_checkout,
            expected.sessions_with_purchase
        )
        is distinct from (
            known.sessions,
            known.sessions_with_view,
            known.sessions_with_cart,
            known.sessions_with_checkout,
            known.sessions_with_purchase
        )

)

select
    offenders.offender,
    count(*) over () as violations
from offenders
order by offenders.offender collate "C"
limit $1;
