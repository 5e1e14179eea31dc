#!/usr/bin/env bash
# What `production` and `warehouse` cost on this machine: a full load beside plain `insert … select`
# statements that fill the same tables with the same indexes and keys, run by psql (bench/plain); then
# the batch of one more day, about a hundredth of the orders, beside that full load.
# All in one run, on one embedded server, so that the ratios mean something.
#
# Usage: bench/warehouse.sh [TRANSACTIONS]    (default 1015000: a million and the days after)
set -eu -o pipefail

cd "$(dirname "$0")/.."
transactions=${1:-1015000}
. bench/server.sh

# Runs a program and prints its milliseconds; what it says goes to a file.
timed() {
    local start
    start=$(now_ms)
    if ! "$programs/$1" --log-level warn --output json >"$work/$1.json" 2>"$work/$1.txt"; then
        cat "$work/$1.txt" >&2
        return 1
    fi
    echo $(($(now_ms) - start))
}

# Makes the days that lie beside the stream part of it, and brings them before the gate.
deliver() {
    local day
    for day in "$@"; do
        mv "$work/later/business_date=$day" "$work/data/raw/synthetic_days/"
    done
    "$programs/stage" --source synthetic_days --log-level warn
    "$programs/quality" --log-level warn
    sql --command checkpoint
}

print_slowest_steps() {
    python3 - "$work/production.json" "$work/warehouse.json" <<'PYTHON'
import json, sys
steps = [step for path in sys.argv[1:] for step in json.load(open(path))["steps"]]
for step in sorted(steps, key=lambda it: -it["duration_s"])[:10]:
    print(f"{step['duration_s']:9.2f} s  {step['name']}")
PYTHON
}

# What a plain statement fills must be what the programs fill: by natural keys, audit columns left out.
tables="
    production.customers production.customers_changes production.products production.transactions
    production.transaction_items production.payments production.shipments
    production.inventory_movements production.inventory_snapshots production.web_events
    warehouse.dim_customers warehouse.dim_products warehouse.fact_sales
    warehouse.fact_inventory_transactions warehouse.fact_inventory warehouse.fact_fulfilment
    warehouse.fact_web_events warehouse.fact_web_sessions warehouse.agg_daily_sales
    warehouse.agg_product_performance warehouse.agg_customer_metrics
    warehouse.agg_hourly_metrics warehouse.agg_category_performance warehouse.agg_daily_funnel"

compare_tables() {
    local table
    for table in $tables; do
        if [ "$(sql_value "select ops.content_hash('$table')")" \
            != "$(PGDATABASE=plain sql_value "select ops.content_hash('$table')")" ]; then
            echo "$table differs from what the plain statements wrote"
        fi
    done
}

# Rows that were written to each partition of the sales, as the server counts them.
partition_writes() {
    sql_value "
        select string_agg(
            relname || ' ' || n_tup_ins + n_tup_upd + n_tup_del, ', ' order by relname
        )
        from pg_stat_all_tables
        where schemaname = 'warehouse' and relname ~ '^fact_sales_[0-9]'
        and n_tup_ins + n_tup_upd + n_tup_del > 0"
}

set_up
"$programs/generate" --scale "$transactions" --days 4 --out "$work/later" --log-level warn
mkdir -p "$work/data/raw/synthetic_days"
connect
deliver 2025-12-28
sql --dbname postgres --command "create database plain template bullion" --command checkpoint
echo "orders in the full load: $(sql_value 'select count(*) from staging.transactions')," \
    "rows of all entities: $(sql_value "select sum(rows_staged) from ops.ledger where layer = 'staging'")"

production_ms=$(timed production)
warehouse_ms=$(timed warehouse)
full_ms=$((production_ms + warehouse_ms))
echo "full load: production $(divide "$production_ms" 1000) s," \
    "warehouse $(divide "$warehouse_ms" 1000) s"
print_slowest_steps
sql --command checkpoint

batch_id=$(sql_value "select max(batch_id) from ops.batches")
settings="-c jit=off -c work_mem=192MB -c timezone=UTC"
start=$(now_ms)
for layer in production warehouse; do
    PGDATABASE=plain PGOPTIONS="$PGOPTIONS $settings" sql --single-transaction --output /dev/null \
        --set batch_id="$batch_id" --set started_at="2026-01-01 00:00:00+00" \
        --file "bench/plain/$layer.sql"
    PGDATABASE=plain sql --command analyze
    echo "plain statements up to $layer: $(divide $(($(now_ms) - start)) 1000) s"
done
plain_ms=$(($(now_ms) - start))
compare_tables
sql --dbname postgres --command "drop database plain" --command checkpoint

deliver 2025-12-29
echo
echo "orders in the batch: $(sql_value 'select count(*) from staging.transactions')," \
    "rows of all entities: $(sql_value "
        select sum(rows_staged) from ops.ledger
        where layer = 'staging' and batch_id = (select max(batch_id) from ops.batches)")"
sql --command vacuum --command "select pg_stat_reset()" >/dev/null
production_ms=$(timed production)
warehouse_ms=$(timed warehouse)
batch_ms=$((production_ms + warehouse_ms))
echo "the batch: production $(divide "$production_ms" 1000) s," \
    "warehouse $(divide "$warehouse_ms" 1000) s"
print_slowest_steps
sleep 1
echo "rows written to partitions of fact_sales: $(partition_writes)"

echo "ratio full_load_over_plain_statements $(divide "$full_ms" "$plain_ms")"
echo "ratio batch_over_full_load $(awk -v part="$batch_ms" -v whole="$full_ms" 'BEGIN { printf "%.3f", part / whole }')"
