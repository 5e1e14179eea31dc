-- Grain: one row per (source, transaction_id, payment_sequence).
-- Reads: staging.payments, staging.transactions, production.transactions, ops.rejections.
-- Writes: production.payments.
-- Returns: rows published, and how many of them were inserted and updated.
-- Rerunnable: a row whose content is the same is left alone.
with

accepted as (

    select staged.*
    from staging.payments as staged
    where
        staged.batch_id = $1
        and not exists (
            select 1
            from ops.rejections as rejections
            where
                rejections.batch_id = $1
                and rejections.dataset = 'payments'
                and rejections.row_id = staged.row_id
                and rejections.verdict <> 'warned'
        )
        -- What belongs to an older version of an order never replaces what belongs to a newer one.
        and not exists (
            select 1
            from production.older_orders($1) as older
            where
                older.source = staged.source
                and older.transaction_id = staged.transaction_id
        )

),

cleaned as (

    select
        accepted.source,
        accepted.transaction_id,
        accepted.payment_sequence,
        production.clean_text(accepted.payment_method) as payment_method,
        accepted.installments,
        accepted.amount,
        production.clean_text(accepted.status) as status,
        accepted.paid_at,
        accepted.row_id,
        accepted.file_id,
        accepted.source_line
    from accepted

),

latest as (

    -- Of a key that comes twice the newest holds, then the most complete, then the last line.
    select distinct on (
        cleaned.source, cleaned.transaction_id, cleaned.payment_sequence
    ) cleaned.*
    from cleaned
    order by
        cleaned.source asc,
        cleaned.transaction_id asc,
        cleaned.payment_sequence asc,
        num_nonnulls(
            cleaned.payment_method, cleaned.installments, cleaned.amount, cleaned.status,
            cleaned.paid_at
        ) desc,
        cleaned.row_id desc

),

hashed as (

    select
        latest.*,
        md5(cast(row(
            latest.transaction_id, latest.payment_sequence, latest.payment_method,
            latest.installments, trim_scale(latest.amount), latest.status,
            extract(epoch from latest.paid_at)
        ) as text)) as row_hash
    from latest

),

written as (

    insert into production.payments as kept (
        source,
        transaction_id,
        payment_sequence,
        payment_method,
        installments,
        amount,
        status,
        paid_at,
        row_hash,
        batch_id,
        first_batch_id,
        file_id,
        source_line,
        first_loaded_at,
        loaded_at
    )
    select
        hashed.source,
        hashed.transaction_id,
        hashed.payment_sequence,
        hashed.payment_method,
        hashed.installments,
        hashed.amount,
        hashed.status,
        hashed.paid_at,
        hashed.row_hash,
        cast($1 as bigint) as batch_id,
        cast($1 as bigint) as first_batch_id,
        hashed.file_id,
        hashed.source_line,
        cast($2 as timestamptz) as first_loaded_at,
        cast($2 as timestamptz) as loaded_at
    from hashed
    left join production.payments as known
        on
            hashed.source = known.source
            and hashed.transaction_id = known.transaction_id
            and hashed.payment_sequence = known.payment_sequence
    where
        (known.row_hash is distinct from hashed.row_hash or known.is_deleted)
    on conflict (source, transaction_id, payment_sequence) do update
        set
            payment_method = excluded.payment_method,
            installments = excluded.installments,
            amount = excluded.amount,
            status = excluded.status,
            paid_at = excluded.paid_at,
            row_hash = excluded.row_hash,
            batch_id = excluded.batch_id,
            file_id = excluded.file_id,
            source_line = excluded.source_line,
            loaded_at = excluded.loaded_at,
            is_inferred = excluded.is_inferred,
            is_deleted = excluded.is_deleted
    returning kept.first_batch_id = kept.batch_id as is_new

)

select
    (select count(*) from hashed) as rows_published,
    count(*) filter (where written.is_new) as rows_inserted,
    count(*) filter (where not written.is_new) as rows_updated
from written;
