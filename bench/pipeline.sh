#!/usr/bin/env bash
# How fast the chain is on this machine, beside `psql \copy` of the same files into bare tables.
# Both are measured in one run, on one embedded server, so that their ratio means something.
#
# Usage: bench/pipeline.sh [TRANSACTIONS]    (default 1000000)
set -eu -o pipefail

cd "$(dirname "$0")/.."
transactions=${1:-1000000}
. bench/server.sh

# The proportional set sizes of a process and its children add up; their resident sizes would
# count the shared buffers once for each backend.
server_pss_kib() {
    local pids
    pids="$1 $(cat "/proc/$1/task/$1/children" 2>/dev/null || true)"
    for pid in $pids; do
        # A backend may end between the list and this line.
        cat "/proc/$pid/smaps_rollup" 2>/dev/null || true
    done | awk '$1 == "Pss:" { sum += $2 } END { print sum + 0 }'
}

sample_server() {
    local peak=0 now
    echo 0 >"$work/server_peak_kib"
    while sleep 1; do
        now=$(server_pss_kib "$1")
        if [ "$now" -gt "$peak" ]; then
            peak=$now
            echo "$peak" >"$work/server_peak_kib"
        fi
    done
}

# Columns of the files with the types that `stage` gives them; no key, no index, no constraint.
create_bare_tables() {
    sql <<'SQL'
create schema bench;
create table bench.customers (
    customer_id text, first_name text, last_name text, email text, phone text,
    registration_date date, city text, state text, country text, age_group text,
    birth_date date, gender text, segment text, postal_code text, updated_at timestamptz
);
create table bench.products (
    product_id text, product_name text, category text, sub_category text, price numeric,
    cost numeric, brand text, stock_quantity numeric, supplier_id text, category_id text,
    currency text, is_active boolean, updated_at timestamptz
);
create table bench.transactions (
    transaction_id text, customer_id text, transaction_date date, transaction_time time,
    payment_method text, shipping_address text, total_amount numeric, status text, store_id text,
    sales_rep_id text, currency text, discount_amount numeric, tax_amount numeric,
    shipping_amount numeric, shipping_city text, shipping_state text, shipping_postal_code text,
    shipping_country text, billing_city text, billing_state text, billing_postal_code text,
    billing_country text, updated_at timestamptz
);
create table bench.transaction_items (
    item_id text, transaction_id text, product_id text, quantity numeric, unit_price numeric,
    discount_percentage numeric, line_total numeric, line_number bigint, supplier_id text
);
create table bench.categories (category_id text, parent_category_id text, category_name text);
create table bench.suppliers (
    supplier_id text, supplier_name text, city text, state text, country text,
    lead_time_days bigint, updated_at timestamptz
);
create table bench.stores (
    store_id text, store_name text, store_type text, manager text, city text, state text,
    country text, region text, opened_date date, updated_at timestamptz
);
create table bench.sales_representatives (
    sales_rep_id text, sales_rep_name text, email text, region text, commission_rate numeric,
    updated_at timestamptz
);
create table bench.payments (
    transaction_id text, payment_sequence bigint, payment_method text, installments bigint,
    amount numeric, status text, paid_at timestamptz
);
create table bench.shipments (
    transaction_id text, shipment_id text, carrier text, status text, shipping_cost numeric,
    shipped_at timestamptz, delivered_at timestamptz, estimated_delivery_at timestamptz
);
create table bench.inventory_movements (
    movement_id text, product_id text, store_id text, movement_type text, quantity numeric,
    unit_cost numeric, moved_at timestamptz
);
create table bench.inventory_snapshots (
    snapshot_date date, product_id text, store_id text, quantity_on_hand numeric,
    reorder_point numeric
);
create table bench.web_events (event jsonb);
SQL
}

# Copies all files; prints rows and milliseconds. Events are taken as they are, a line a row: bytes
# that no text holds stand for delimiter and quote.
copy_files() {
    local start ms file table format rows=0
    start=$(now_ms)
    for file in "$work"/data/raw/synthetic/*.{csv,ndjson}; do
        table=$(basename "${file%.*}")
        format="format csv, header"
        [ "${file##*.}" = csv ] || format="format csv, quote e'\\x01', delimiter e'\\x02'"
        sql --command "\\copy bench.$table from '$file' ($format)"
    done
    ms=$(($(now_ms) - start))
    for file in "$work"/data/raw/synthetic/*.{csv,ndjson}; do
        rows=$((rows + $(sql_value "select count(*) from bench.$(basename "${file%.*}")")))
    done
    echo "$rows $ms"
}

# Runs the chain; its own lines go to a file. Prints milliseconds.
run_chain() {
    local start
    start=$(now_ms)
    if ! "$programs/orchestrator" run --skip generate >"$work/$1.txt" 2>&1; then
        cat "$work/$1.txt" >&2
        return 1
    fi
    echo $(($(now_ms) - start))
}

# One line for each program of the latest run, from the report that the database keeps.
print_stages() {
    sql --pset footer=off <<'SQL'
select
    steps.key as program,
    to_char((steps.value ->> 'duration_seconds')::numeric, 'FM99990.0') as seconds,
    steps.value ->> 'records_processed' as rows,
    case
        when (steps.value ->> 'duration_seconds')::numeric > 0
            then round(
                (steps.value ->> 'records_processed')::numeric
                / (steps.value ->> 'duration_seconds')::numeric
            )
    end as rows_per_second,
    round((steps.value ->> 'peak_memory_bytes')::numeric / 1048576) as peak_memory_mb
from ops.runs
cross join lateral jsonb_array_elements(runs.report -> 'results') with ordinality as results
cross join lateral jsonb_each(runs.report -> 'steps_executed') as steps
where
    runs.started_at = (select max(latest.started_at) from ops.runs as latest)
    and results.value ->> 'unique_id' = 'stage.' || steps.key
order by results.ordinality
SQL
}

print_slowest_steps() {
    sql --pset footer=off <<'SQL'
select
    results.value ->> 'unique_id' as slowest_steps,
    to_char((results.value ->> 'execution_time')::numeric, 'FM99990.0') as seconds
from ops.runs
cross join lateral jsonb_array_elements(runs.report -> 'results') as results
where
    runs.started_at = (select max(latest.started_at) from ops.runs as latest)
    and results.value ->> 'unique_id' like 'stage.%.%'
order by (results.value ->> 'execution_time')::numeric desc
limit 8
SQL
}

# Milliseconds of one program in the latest run.
stage_ms() {
    sql_value "
        select round(1000 * (report #>> '{steps_executed,$1,duration_seconds}')::numeric)
        from ops.runs
        order by started_at desc
        limit 1"
}

set_up
generate "$transactions"
connect
postmaster=$(head -1 "$(server data_directory)/postmaster.pid")

create_bare_tables
sql --command checkpoint
read -r copied copy_ms <<<"$(copy_files)"
echo "psql \\copy into bare tables: $copied rows in $(divide "$copy_ms" 1000) s," \
    "$(divide "$copied" "$(divide "$copy_ms" 1000)") rows per second"
sql --command "drop schema bench cascade" --command checkpoint

sample_server "$postmaster" &
sampler=$!
first_ms=$(run_chain first)
kill "$sampler"
sampler=
stage_ms=$(stage_ms stage)
echo
echo "the whole chain: $(divide "$first_ms" 1000) s"
print_stages
print_slowest_steps
echo "peak memory of the server (proportional set size): $(($(cat "$work/server_peak_kib") / 1024)) MB"
echo "size of the database: $(sql_value "select pg_size_pretty(pg_database_size('bullion'))")"

second_ms=$(run_chain second)
echo
echo "the second run, with nothing to do: $(divide "$second_ms" 1000) s"
print_stages

echo "ratio stage_over_psql_copy $(divide "$stage_ms" "$copy_ms")"
echo "ratio chain_over_psql_copy $(divide "$first_ms" "$copy_ms")"
echo "ratio first_run_over_second $(divide "$first_ms" "$second_ms")"
