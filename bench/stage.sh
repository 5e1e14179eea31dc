#!/usr/bin/env bash
# How fast files become tables, beside `psql \copy` of the same files into tables of the same
# columns, types and persistence. All is measured in one run, in turns, on one embedded server;
# every figure is the median of five. That both loaded the same rows is checked.
#
# Usage: bench/stage.sh [TRANSACTIONS]    (default 1000000, which is 3,000,000 items)
#        BENCH_CASES="items gz" measures only these of the cases below
#        bench/stage.sh --large [BYTES]   (default 5000000000) one file that is larger than memory
set -eu -o pipefail

cd "$(dirname "$0")/.."
. bench/server.sh

rounds=5
peak_mb_max=300
large_bytes_max=
case ${1:-} in
--large) large_bytes_max=${2:-5000000000} transactions=1000000 ;;
*) transactions=${1:-1000000} ;;
esac

# Cases: name, what stands for its columns, its file below $work/files.
cases="items:items:items.csv
transactions:transactions:transactions.csv
quoted:items:quoted.csv
multiline:reviews:reviews.csv
gz:items:items.csv.gz"
if [ -n "${BENCH_CASES:-}" ]; then
    cases=$(grep --extended-regexp "^(${BENCH_CASES// /|}):" <<<"$cases") || {
        echo "BENCH_CASES names none of the cases" >&2
        exit 2
    }
fi

# Prints the columns that a case's files have, each with its type in source.toml and in SQL.
columns() {
    case $1 in
    items)
        printf '%s\n' item_id:text transaction_id:text product_id:text quantity:decimal \
            unit_price:decimal discount_percentage:decimal line_total:decimal \
            line_number:integer supplier_id:text
        ;;
    transactions)
        printf '%s\n' transaction_id:text customer_id:text transaction_date:date \
            transaction_time:text payment_method:text shipping_address:text \
            total_amount:decimal status:text store_id:text sales_rep_id:text currency:text \
            discount_amount:decimal tax_amount:decimal shipping_amount:decimal \
            shipping_city:text shipping_state:text shipping_postal_code:text \
            shipping_country:text billing_city:text billing_state:text \
            billing_postal_code:text billing_country:text updated_at:timestamp
        ;;
    reviews)
        printf '%s\n' review_id:integer title:text review:text written_at:timestamp score:integer
        ;;
    esac
}

sql_columns() {
    columns "$1" | sed -e 's/:/ /' -e 's/ decimal$/ numeric/' -e 's/ integer$/ bigint/' \
        -e 's/ timestamp$/ timestamptz/' | paste -sd, -
}

# A source for each set of columns, in a copy of the project's configuration.
write_sources() {
    local columns folder
    cp -r config "$work/config"
    export BULLION__PATHS__CONFIG_DIR=$work/config
    for columns in items transactions reviews; do
        folder=$work/config/sources/bench_$columns
        mkdir "$folder"
        {
            printf '[retailer]\nname = "Bench"\ntime_zone = "UTC"\ncurrency = "USD"\n\n'
            printf '[tables.rows]\nfiles = ["*.csv"]\n\n[tables.rows.columns]\n'
            columns "$columns" | sed 's/:\(.*\)/ = "\1"/'
        } >"$folder/source.toml"
    done
}

# psql's tables, the loader's with and without lineage: ordinary, logged, without key or index.
create_tables() {
    local name columns file
    sql --command "create schema bench"
    while IFS=: read -r name columns file; do
        sql <<SQL
create table bench.${name}_copied ($(sql_columns "$columns"));
create table bench.${name}_loaded (like bench.${name}_copied);
create table bench.${name}_lineage (
    like bench.${name}_copied, file_id bigint, source_line bigint, record_number bigint
);
SQL
    done <<<"$cases"
}

make_files() {
    local raw=$work/data/raw/synthetic
    mkdir "$work/files"
    mv "$raw/transaction_items.csv" "$work/files/items.csv"
    mv "$raw/transactions.csv" "$work/files/transactions.csv"
    gzip --keep "$work/files/items.csv"
    sql --command "create temporary table items ($(sql_columns items))" \
        --command "\\copy items from '$work/files/items.csv' (format csv, header)" \
        --command "\\copy items to '$work/files/quoted.csv' (format csv, header, force_quote *)"
    sql --command "\\copy (
            select
                number as review_id,
                'Order ' || number || ', as \"described\"' as title,
                'It came in time.' || chr(10) || 'The box, though, was \"open\".'
                || chr(10) || chr(10) || 'Would buy again: ' || md5(number::text) as review,
                timestamp '2025-01-01 00:00:00' + number * interval '7 seconds' as written_at,
                number % 5 + 1 as score
            from generate_series(1, $transactions) as number
        ) to '$work/files/reviews.csv' (format csv, header)"
}

# Appends the wall time of a command, in milliseconds, to the list of its measure. Its tables are
# emptied before, and what the server has to write is written.
measure() {
    local name=$1 table=$2 start
    shift 2
    sql --command "truncate $table" --command checkpoint
    start=$(now_ms)
    if ! "$@" >"$work/output.txt" 2>&1; then
        cat "$work/output.txt" >&2
        return 1
    fi
    echo $(($(now_ms) - start)) >>"$work/$name.ms"
}

median_ms() {
    sort -n "$work/$1.ms" | sed -n "$(((rounds + 1) / 2))p"
}

# Prints nothing where a case was left out.
ratio() {
    [ -f "$work/$2.ms" ] && [ -f "$work/$3.ms" ] || return 0
    echo "ratio $1 $(divide "$(median_ms "$2")" "$(median_ms "$3")")"
}

copy_file() { # CASE FILE
    if [ "${2%.gz}" != "$2" ]; then
        gunzip --stdout "$work/files/$2" |
            sql --command "\\copy bench.$1_copied from stdin (format csv, header)"
    else
        sql --command "\\copy bench.$1_copied from '$work/files/$2' (format csv, header)"
    fi
}

load_file() { # CASE COLUMNS FILE TABLE [FLAG]
    "$load" --source "bench_$2" --table rows --file "$work/files/$3" --into "bench.$4" ${5:-} \
        --log-level warn --report "$work/$4.json"
}

# The whole program: looks at the folder, hashes, keeps its books.
stage_file() { # COLUMNS FOLDER
    "$programs/stage" --source "bench_$1" --data "$2" --log-level warn --report "$work/stage.json"
}

# Rows do not come again while their file is known.
forget_files() {
    sql --command "drop table if exists landing.bench_items__rows cascade" \
        --command "truncate ops.batches cascade"
}

peak_mb() {
    awk -F'[:,]' '/"peak_memory_bytes"/ { printf "%.0f", $2 / 1048576 }' "$work/$1.json"
}

# Both tables must hold the same rows.
compare() { # CASE
    local copied loaded
    copied=$(checksum "bench.$1_copied")
    loaded=$(checksum "bench.$1_loaded")
    if [ "$copied" != "$loaded" ]; then
        echo "case $1: psql \\copy and the loader did not load the same rows: $copied, $loaded" >&2
        return 1
    fi
}

checksum() {
    sql_value "select count(*) || ' rows, sum ' || coalesce(sum(hashtextextended(it::text, 0)), 0) from $1 as it"
}

measure_case() { # CASE COLUMNS FILE
    measure "$1_copied" "bench.$1_copied" copy_file "$1" "$3"
    measure "$1_loaded" "bench.$1_loaded" load_file "$1" "$2" "$3" "$1_loaded"
    compare "$1"
    sql --command "truncate bench.$1_copied, bench.$1_loaded"
}

measure_items_further() {
    measure items_lineage bench.items_lineage load_file items items items.csv items_lineage --lineage
    sql --command "truncate bench.items_lineage"
    forget_files
    measure stage bench.items_lineage stage_file items "$work/items_only"
    forget_files
}

print_row() { # MEASURE FILE ROWS PEAK
    local ms bytes
    ms=$(median_ms "$1")
    bytes=$(stat --format %s "$work/files/$2")
    printf '%-24s %9s %12s %9s %9s\n' "$1" "$(divide "$ms" 1000)" \
        "$(divide "$3" "$(divide "$ms" 1000)" | cut -d. -f1)" \
        "$(divide "$bytes" $((ms * 1000)))" "$4"
}

print_table() {
    local name columns file
    printf '%-24s %9s %12s %9s %9s\n' "median of $rounds" seconds rows/s MB/s peak_MB
    while IFS=: read -r name columns file; do
        print_row "${name}_copied" "$file" "$(cat "$work/$name.rows")" -
        print_row "${name}_loaded" "$file" "$(cat "$work/$name.rows")" "$(peak_mb "${name}_loaded")"
        [ "$name" = items ] || continue
        print_row items_lineage "$file" "$(cat "$work/items.rows")" "$(peak_mb items_lineage)"
        print_row stage "$file" "$(cat "$work/items.rows")" "$(peak_mb stage)"
    done <<<"$cases"
}

count_rows() {
    local name columns file
    while IFS=: read -r name columns file; do
        copy_file "$name" "$file"
        sql_value "select count(*) from bench.${name}_copied" >"$work/$name.rows"
        sql --command "truncate bench.${name}_copied"
    done <<<"$cases"
}

compare_with_copy() {
    local name columns file
    create_tables
    make_files
    mkdir "$work/items_only"
    ln "$work/files/items.csv" "$work/items_only/items.csv"
    count_rows
    for _ in $(seq "$rounds"); do
        while IFS=: read -r name columns file; do
            measure_case "$name" "$columns" "$file"
            [ "$name" != items ] || measure_items_further
        done <<<"$cases"
    done
    print_table
    ratio load_over_psql_copy items_loaded items_copied
    ratio lineage_over_bare items_lineage items_loaded
    ratio load_with_lineage_over_psql_copy items_lineage items_copied
    ratio stage_program_over_psql_copy stage items_copied
    ratio load_transactions_over_psql_copy transactions_loaded transactions_copied
    ratio load_quoted_over_psql_copy quoted_loaded quoted_copied
    ratio load_multiline_over_psql_copy multiline_loaded multiline_copied
    ratio load_gz_over_gunzip_psql_copy gz_loaded gz_copied
}

# The body of the items once and again, under one header.
make_large_file() {
    local items=$work/data/raw/synthetic/transaction_items.csv body=$work/body.csv bytes
    mkdir "$work/files"
    head -n 1 "$items" >"$work/files/items.csv"
    tail -n +2 "$items" >"$body"
    rm -r "$work/data/raw"
    bytes=$(stat --format %s "$body")
    for _ in $(seq $(((large_bytes_max + bytes - 1) / bytes))); do
        cat "$body" >>"$work/files/items.csv"
    done
    rm "$body"
}

load_large_file() {
    local bytes free_bytes start ms rows peak
    free_bytes=$(df --output=avail --block-size=1 "$work" | tail -n 1)
    # The file, its rows, and the server's log of them.
    if [ "$free_bytes" -lt $((4 * large_bytes_max)) ]; then
        echo "$((4 * large_bytes_max)) bytes are needed in $work; name another folder in BENCH_DIR" >&2
        return 1
    fi
    make_large_file
    bytes=$(stat --format %s "$work/files/items.csv")
    start=$(now_ms)
    stage_file items "$work/files"
    ms=$(($(now_ms) - start))
    rows=$(sql_value "select rows_loaded from ops.raw_files order by file_id desc limit 1")
    peak=$(peak_mb stage)
    echo "stage: $bytes bytes, $rows rows in $(divide "$ms" 1000) s," \
        "$(divide "$rows" "$(divide "$ms" 1000)") rows/s, $(divide "$bytes" $((ms * 1000))) MB/s"
    echo "peak_memory_mb $peak"
    if [ "$peak" -ge "$peak_mb_max" ]; then
        echo "that is more memory than the $peak_mb_max MB that it may take" >&2
        return 1
    fi
}

set_up
write_sources
generate "$transactions"
connect
if [ -n "$large_bytes_max" ]; then
    load_large_file
else
    load=$(cargo build --locked --release --quiet --package stage --bench load \
        --message-format json | sed -n '/"kind":\["bench"\]/s/.*"executable":"\([^"]*\)".*/\1/p')
    compare_with_copy
fi
