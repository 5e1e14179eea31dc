-- Grain: one row per means of payment, of all sources together.
-- Reads: production.transactions, warehouse.work_transactions. Writes:
-- warehouse.dim_payment_method.
-- Returns: rows read, and how many of them were inserted and updated.
-- Rerunnable: a member whose content is the same is left alone.
with

named as (

    select distinct orders.payment_method as payment_method_name
    from warehouse.work_transactions as touched
    inner join production.transactions as orders
        on
            touched.source = orders.source
            and touched.transaction_id = orders.transaction_id
    where orders.payment_method is not null

),

described as (

    select
        named.payment_method_name,
        case
            when
                lower(named.payment_method_name)
                ~ '(cash|cheque|check$|boleto|voucher|money order|bank slip|in store|offline)'
                then 'Offline'
            else 'Online'
        end as payment_type
    from named

),

hashed as (

    select
        described.*,
        md5(cast(row(
            described.payment_type
        ) as text)) as row_hash
    from described

),

written as (

    insert into warehouse.dim_payment_method (
        payment_method_name,
        payment_type,
        row_hash,
        loaded_at
    )
    select
        hashed.payment_method_name,
        hashed.payment_type,
        hashed.row_hash,
        cast($1 as timestamptz) as loaded_at
    from hashed
    left join warehouse.dim_payment_method as known
        on
            hashed.payment_method_name = known.payment_method_name
    where
        known.row_hash is distinct from hashed.row_hash
        -- A source may call a payment what we call the unknown member.
        and coalesce(known.payment_method_key > 0, true)
    order by
        hashed.payment_method_name
    on conflict (payment_method_name) do update
        set
            payment_type = excluded.payment_type,
            row_hash = excluded.row_hash,
            loaded_at = excluded.loaded_at
    returning 1 as is_written

),

counted as (

    select
        (select count(*) from hashed) as rows_read,
        (select count(*) from written) as rows_written,
        (
            select count(*)
            from hashed
            inner join warehouse.dim_payment_method as known
                on
                    hashed.payment_method_name = known.payment_method_name
        ) as rows_known

)

select
    counted.rows_read,
    counted.rows_read - counted.rows_known as rows_inserted,
    counted.rows_written - (counted.rows_read - counted.rows_known) as rows_updated
from counted;
