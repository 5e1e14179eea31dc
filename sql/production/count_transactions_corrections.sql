-- Grain: one row per column and rule by which cleaning corrected transactions of a batch.
-- Reads: staging.transactions, ops.rejections, production.transactions. Writes: ops.corrections.
-- Returns: what was written.
-- What a code was made of is read off the row that was published from it, which costs a tenth of
-- making it again; that is done for rows of another version alone.
-- Rerunnable: the same rows give the same counts.
with

accepted as (

    select staged.*
    from staging.transactions as staged
    where
        staged.batch_id = $1
        and not exists (
            select 1
            from ops.rejections as rejections
            where
                rejections.batch_id = $1
                and rejections.dataset = 'transactions'
                and rejections.row_id = staged.row_id
                and rejections.verdict <> 'warned'
        )

),

counted as (

    select
        count(*) filter (
            where production.is_untrimmed(accepted.status)
        ) as status_trimmed,
        count(*) filter (
            where production.is_denormalised(accepted.status)
        ) as status_normalised,
        count(*) filter (
            where production.is_untrimmed(accepted.payment_method)
        ) as payment_method_trimmed,
        count(*) filter (
            where production.is_denormalised(accepted.payment_method)
        ) as payment_method_normalised,
        count(*) filter (
            where production.is_untrimmed(accepted.shipping_address)
        ) as shipping_address_trimmed,
        count(*) filter (
            where production.is_denormalised(accepted.shipping_address)
        ) as shipping_address_normalised,
        count(*) filter (
            where production.is_untrimmed(accepted.shipping_city)
        ) as shipping_city_trimmed,
        count(*) filter (
            where production.is_denormalised(accepted.shipping_city)
        ) as shipping_city_normalised,
        count(*) filter (
            where production.is_untrimmed(accepted.shipping_state)
        ) as shipping_state_trimmed,
        count(*) filter (
            where production.is_denormalised(accepted.shipping_state)
        ) as shipping_state_normalised,
        count(*) filter (
            where production.is_untrimmed(accepted.shipping_postal_code)
        ) as shipping_postal_code_trimmed,
        count(*) filter (
            where production.is_denormalised(accepted.shipping_postal_code)
        ) as shipping_postal_code_normalised,
        count(*) filter (
            where production.is_untrimmed(accepted.billing_city)
        ) as billing_city_trimmed,
        count(*) filter (
            where production.is_denormalised(accepted.billing_city)
        ) as billing_city_normalised,
        count(*) filter (
            where production.is_untrimmed(accepted.billing_state)
        ) as billing_state_trimmed,
        count(*) filter (
            where production.is_denormalised(accepted.billing_state)
        ) as billing_state_normalised,
        count(*) filter (
            where production.is_untrimmed(accepted.billing_postal_code)
        ) as billing_postal_code_trimmed,
        count(*) filter (
            where production.is_denormalised(accepted.billing_postal_code)
        ) as billing_postal_code_normalised,
        count(*) filter (
            where
            accepted.currency is not null
            and accepted.currency is distinct from case
                when known.transaction_id is not null
                    then known.currency
                else production.currency_code(accepted.currency)
            end
        ) as currency_coded,
        count(*) filter (
            where
            accepted.shipping_country is not null
            and accepted.shipping_country is distinct from case
                when known.transaction_id is not null
                    then known.shipping_country
                else production.country_code(accepted.shipping_country)
            end
        ) as shipping_country_coded,
        count(*) filter (
            where
            accepted.billing_country is not null
            and accepted.billing_country is distinct from case
                when known.transaction_id is not null
                    then known.billing_country
                else production.country_code(accepted.billing_country)
            end
        ) as billing_country_coded
    from accepted
    left join production.transactions as known
        on
            accepted.source = known.source
            and accepted.transaction_id = known.transaction_id
            and accepted.updated_at is not distinct from known.updated_at

),

written as (

    insert into ops.corrections (
        batch_id,
        dataset,
        column_name,
        rule,
        rows_corrected
    )
    select
        cast($1 as bigint) as batch_id,
        'transactions' as dataset,
        tallies.column_name,
        tallies.rule,
        tallies.rows_corrected
    from counted
    cross join
        lateral (
            values
            ('status', 'trimmed', counted.status_trimmed),
            ('status', 'unicode_normalised', counted.status_normalised),
            ('payment_method', 'trimmed', counted.payment_method_trimmed),
            ('payment_method', 'unicode_normalised', counted.payment_method_normalised),
            ('shipping_address', 'trimmed', counted.shipping_address_trimmed),
            ('shipping_address', 'unicode_normalised', counted.shipping_address_normalised),
            ('shipping_city', 'trimmed', counted.shipping_city_trimmed),
            ('shipping_city', 'unicode_normalised', counted.shipping_city_normalised),
            ('shipping_state', 'trimmed', counted.shipping_state_trimmed),
            ('shipping_state', 'unicode_normalised', counted.shipping_state_normalised),
            ('shipping_postal_code', 'trimmed', counted.shipping_postal_code_trimmed),
            ('shipping_postal_code', 'unicode_normalised', counted.shipping_postal_code_normalised),
            ('billing_city', 'trimmed', counted.billing_city_trimmed),
            ('billing_city', 'unicode_normalised', counted.billing_city_normalised),
            ('billing_state', 'trimmed', counted.billing_state_trimmed),
            ('billing_state', 'unicode_normalised', counted.billing_state_normalised),
            ('billing_postal_code', 'trimmed', counted.billing_postal_code_trimmed),
            ('billing_postal_code', 'unicode_normalised', counted.billing_postal_code_normalised),
            ('currency', 'currency_code', counted.currency_coded),
            ('shipping_country', 'country_code', counted.shipping_country_coded),
            ('billing_country', 'country_code', counted.billing_country_coded)
        ) as tallies (column_name, rule, rows_corrected)
    where tallies.rows_corrected > 0
    on conflict (batch_id, dataset, column_name, rule) do update
        set
            rows_corrected = excluded.rows_corrected
    returning
        column_name,
        rule,
        rows_corrected

)

select
    written.column_name,
    written.rule,
    written.rows_corrected
from written
order by
    written.column_name,
    written.rule;
