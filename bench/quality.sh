#!/usr/bin/env bash
# How fast `quality` runs six checks over a table, beside two public tools that run the same contract
# on the same table: the whole program each, from start to exit. All is measured in one run, in
# turns, on one embedded server; every figure is the median of three. That all count the same is
# checked, and so is what was promised: it ends with 1 where `quality` takes more than a third of the
# time of the faster tool. `quality` does more: it writes down every row that fails, its key and
# content, the score and the reports.
#
# Usage: bench/quality.sh [ROWS]    (default 2000000)
set -eu -o pipefail

cd "$(dirname "$0")/.."
. bench/server.sh

rows=${1:-2000000}
rounds=3
oracles=target/oracles

# Names a tool must have found to be run; `make oracles` gets both.
require_tools() {
    local tool
    for tool in datacontract soda; do
        [ -x "$oracles/$tool/bin/$tool" ] || {
            echo "$tool is not in $oracles/$tool; make oracles gets it" >&2
            exit 2
        }
    done
}

# Each kind of fault has rows of its own: 1 in 1000, and in the column with the pattern 1 in 500.
fill() {
    echo "fill: $rows rows"
    sql <<SQL
insert into ops.batches (batch_id, run_id, source, business_date, state, staged_at)
values (1, gen_random_uuid(), 'bench', '2026-01-15', 'staged', now());
insert into staging.batch (business_date, run_id, started_at)
values ('2026-01-15', gen_random_uuid(), now());
insert into staging.retailers (source, retailer_name, time_zone, currency, batch_id)
values ('bench', 'Bench', 'UTC', 'EUR', 1);
insert into ops.ledger (batch_id, layer, dataset, rows_staged)
values (1, 'staging', 'transactions', $rows);
insert into staging.transactions (
    source, transaction_id, customer_id, transaction_at, status, payment_method, currency,
    shipping_city, shipping_country, tax_amount, shipping_amount, total_amount, updated_at,
    batch_id, row_id, source_line, loaded_at
)
select
    'bench' as source,
    case when number % 1000 <> 1 then 'T' || case when number % 1000 = 2 then number - 2 else number end
    end as transaction_id,
    case when number % 1000 <> 3 then 'C' || number % 200000 end as customer_id,
    timestamptz '2025-01-01T00:00Z' + number * interval '10 seconds' as transaction_at,
    case
        when number % 1000 = 4 then 'lost'
        else (array['pending', 'paid', 'shipped', 'completed', 'cancelled'])[number % 5 + 1]
    end as status,
    'Card' as payment_method,
    case when number % 500 = 5 then 'euro' else 'EUR' end as currency,
    'Town ' || number % 500 as shipping_city,
    'DE' as shipping_country,
    1.9 as tax_amount,
    4.9 as shipping_amount,
    case when number % 1000 = 6 then -1 else number % 50000 / 100.0 end as total_amount,
    timestamptz '2025-01-01T00:00Z' + number * interval '10 seconds' as updated_at,
    1 as batch_id,
    number as row_id,
    number + 1 as source_line,
    now() as loaded_at
from generate_series(1, $rows) as number;
SQL
    sql --command "vacuum analyze staging.transactions" --command checkpoint
}

# One contract for all three: for `quality` the only one of its folder.
write_contract() {
    cp -r config "$work/config"
    rm "$work"/config/contracts/*
    export BULLION__PATHS__CONFIG_DIR=$work/config
    contract=$work/config/contracts/transactions.odcs.yaml
    cat >"$contract" <<YAML
apiVersion: v3.1.0
kind: DataContract
id: transactions
name: transactions
version: 1.0.0
status: active
servers:
  - server: local
    type: postgres
    host: 127.0.0.1
    port: $PGPORT
    database: $PGDATABASE
    schema: staging
schema:
  - name: transactions
    physicalType: table
    properties:
      - name: transaction_id
        logicalType: string
        required: true
        unique: true
        primaryKey: true
      - name: customer_id
        logicalType: string
        quality:
          - metric: nullValues
            mustBe: 0
            severity: warning
      - name: status
        logicalType: string
        quality:
          - metric: invalidValues
            arguments:
              validValues: [pending, paid, shipped, completed, cancelled]
            mustBe: 0
            severity: warning
      - name: currency
        logicalType: string
        logicalTypeOptions:
          pattern: '^[A-Z]{3}\$'
      - name: total_amount
        logicalType: number
        logicalTypeOptions:
          minimum: 0
YAML
}

# What soda runs is what datacontract-cli exports for it. It is told not to report its use, which
# would take it seconds where it finds no network.
write_soda_files() {
    mkdir -p "$work/home/.soda"
    echo "send_anonymous_usage_stats: false" >"$work/home/.soda/config.yml"
    "$oracles/datacontract/bin/datacontract" export sodacl "$contract" --server local \
        --output "$work/checks.yml" >/dev/null
    cat >"$work/soda.yml" <<YAML
data_source bench:
  type: postgres
  host: 127.0.0.1
  port: $PGPORT
  username: $PGUSER
  password: \${PGPASSWORD}
  database: $PGDATABASE
  schema: staging
YAML
}

# Forgets a verdict, and lets the server write what it has to.
reset() {
    sql --command "truncate ops.rejections, ops.check_results, ops.quality_runs, ops.quarantine" \
        --command "update ops.batches set state = 'staged'" --command checkpoint
}

# Processor time of all connections that have ended, in milliseconds.
server_cpu_ms() {
    # A connection that has just ended is counted when the server has noticed.
    sleep 0.3
    awk -v per_second="$(getconf CLK_TCK)" '{ printf "%d", ($16 + $17) * 1000 / per_second }' \
        "/proc/$postmaster/stat"
}

# Appends the wall time of a command, and what it cost the server, in milliseconds, to the lists of
# its measure. Rows that fail end every one of them with 1.
measure() {
    local name=$1 start cpu_ms code=0
    shift
    reset
    cpu_ms=$(server_cpu_ms)
    start=$(now_ms)
    "$@" >"$work/output.txt" 2>&1 || code=$?
    echo $(($(now_ms) - start)) >>"$work/$name.ms"
    echo $(($(server_cpu_ms) - cpu_ms)) >>"$work/${name}_server.ms"
    if [ "$code" -gt 2 ]; then
        cat "$work/output.txt" >&2
        return 1
    fi
}

judge() {
    "$programs/quality" --log-level warn
}

ask_datacontract() {
    HOME=$work/home DATACONTRACT_POSTGRES_USERNAME=$PGUSER \
        DATACONTRACT_POSTGRES_PASSWORD=$PGPASSWORD \
        "$oracles/datacontract/bin/datacontract" test "$contract" --server local \
        --output "$work/datacontract.json" --output-format json
}

ask_soda() {
    HOME=$work/home "$oracles/soda/bin/soda" scan --data-source bench \
        --configuration "$work/soda.yml" --scan-results-file "$work/soda.json" "$work/checks.yml"
}

median_ms() {
    sort -n "$work/$1.ms" | sed -n "$(((rounds + 1) / 2))p"
}

# One line for each check, in the order of the contract: our name for it, and what was counted.
# A repeated key is a duplicate or, with another content, a conflict.
our_counts() {
    sql --tuples-only --no-align --field-separator ' ' <<'SQL'
select
    case assertion when 'unique' then 'unique' else column_name || '.' || assertion end as name,
    sum(unexpected_count) as unexpected_count
from ops.check_results
where assertion <> 'guard'
group by 1
order by 1
SQL
}

their_counts() { # TOOL
    "$oracles/datacontract/bin/python" bench/quality_counts.py "$1" "$work/$1.json"
}

compare() {
    local tool
    our_counts >"$work/ours.txt"
    for tool in datacontract soda; do
        their_counts "$tool" >"$work/theirs.txt"
        diff "$work/ours.txt" "$work/theirs.txt" || {
            echo "quality (<) and $tool (>) do not count the same" >&2
            return 1
        }
    done
    [ "$(wc -l <"$work/ours.txt")" -eq 6 ]
    paste -sd, "$work/ours.txt" | sed 's/,/, /g; s/^/equal counts: /'
}

print_table() {
    local name
    printf '%-14s %9s %16s\n' "median of $rounds" seconds server_cpu_s
    for name in quality datacontract soda; do
        printf '%-14s %9s %16s\n' "$name" "$(divide "$(median_ms "$name")" 1000)" \
            "$(divide "$(median_ms "${name}_server")" 1000)"
    done
}

require_tools
set_up
connect
postmaster=$(head -1 "$(server data_directory)/postmaster.pid")
write_contract
write_soda_files
fill
for _ in $(seq "$rounds"); do
    measure datacontract ask_datacontract
    measure soda ask_soda
    measure quality judge
    compare
done
print_table
faster_ms=$(printf '%s\n' "$(median_ms datacontract)" "$(median_ms soda)" | sort -n | head -1)
echo "ratio quality_over_faster_tool $(divide "$(median_ms quality)" "$faster_ms")"
if [ $((3 * $(median_ms quality))) -gt "$faster_ms" ]; then
    echo "that is more than the third that it may take" >&2
    exit 1
fi
