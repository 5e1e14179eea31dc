#!/usr/bin/env bash
# How fast `generate` makes a shop on this machine, beside a plain Python script with Faker that
# writes the same columns. All is measured in one run. Every figure is the median of three, and the
# number of rows is counted in the files. A large shop waits for the disk, which the few rows of the
# script never do: so the ratio of both is taken twice, as it is, and in memory with a medium shop. That one, two and eight threads write the
# same bytes is checked, and so is what was promised: it ends with 1 where speed, memory or ratio is
# not as good.
#
# Usage: bench/generate.sh         (SCALE=large: 10,000,000 transactions, about 12 GB in BENCH_DIR)
#        SCALE=medium bench/generate.sh
set -eu -o pipefail

cd "$(dirname "$0")/.."
. bench/server.sh

scale=${SCALE:-large}
runs=3
faker_orders=20000
faker=${CARGO_TARGET_DIR:-$PWD/target}/faker

set_up_alone() {
    cargo build --locked --release --package generate --quiet
    work=$(mktemp -d "${BENCH_DIR:-${TMPDIR:-/tmp}}/bullion-bench.XXXXXX")
    export BULLION__PATHS__DATA_DIR=$work/data BULLION__PATHS__LOG_DIR=$work/logs
    # No server is started here, so none is stopped.
    memory=$(mktemp -d "/dev/shm/bullion-bench.XXXXXX" 2>/dev/null || echo "$work")
    shop=$work/shop
    trap 'rm -rf "$work" "$memory"' EXIT
    trap 'exit 130' INT
    trap 'exit 143' TERM
    echo "machine: $(nproc) CPUs, $(awk '/MemTotal/ { printf "%.0f", $2 / 1048576 }' /proc/meminfo) GiB of memory"
}

# Sum of the rows that the shop in a folder says that it has.
rows_said() {
    sed -n '/"record_counts"/,/}/p' "$1/generation_metadata.json" \
        | awk -F: '/[0-9]/ { sum += $2 } END { printf "%d", sum }'
}

# Rows in the files: all lines but the headers. No value holds a line break.
rows_there() {
    local files
    files=("$1"/*.csv)
    echo $(($(cat "${files[@]}" "$1"/*.ndjson | wc -l) - ${#files[@]}))
}

# Makes a shop in $shop, with these flags; leaves milliseconds, rows and MB in the
# variables of these names.
measure() {
    local start
    rm -rf "$shop"
    start=$(now_ms)
    "$programs/generate" --scale "$scale" --out "$shop" --output json --log-level warn "$@" \
        >"$work/report.json"
    ms=$(($(now_ms) - start))
    rows=$(rows_said "$shop")
    peak_memory_mb=$(sed -n 's/^  "peak_memory_bytes": \([0-9]*\),\{0,1\}$/\1/p' "$work/report.json" \
        | awk '{ printf "%d", $1 / 1048576 }')
    rate=$(awk -v rows="$rows" -v ms="$ms" 'BEGIN { printf "%d", rows * 1000 / ms }')
    echo "generate --scale $scale${*:+ $*}: $rows rows in $(divide "$ms" 1000) s, $rate rows per second," \
        "peak memory $peak_memory_mb MB"
}

check_rows() {
    local there
    there=$(rows_there "$work/shop")
    [ "$there" = "$rows" ] || {
        echo "the files have $there rows, but $rows were said" >&2
        return 1
    }
    echo "counted in the files: $there rows, $(du -sm "$work/shop" | cut -f1) MB"
}

# One checksum over names and bytes of all files but the one with a clock in it.
checksum() {
    "$programs/generate" --scale small --out "$work/threads-$1" --threads "$1" --log-level warn
    (cd "$work/threads-$1" && sha256sum ./*.csv ./*.ndjson | sha256sum | cut -d' ' -f1)
    rm -rf "$work/threads-$1"
}

check_threads() {
    local one threads
    one=$(checksum 1)
    for threads in 2 8; do
        [ "$(checksum "$threads")" = "$one" ] || {
            echo "one and $threads threads wrote different bytes" >&2
            return 1
        }
    done
    echo "1, 2 and 8 threads write the same bytes at small scale: sha256 ${one:0:16}…"
}

# Prints the middle one of three numbers, one a line.
median() {
    sort -n | sed -n 2p
}

measure_faker() {
    local start
    [ -x "$faker/bin/python" ] || python3 -m venv "$faker"
    "$faker/bin/pip" install --quiet --disable-pip-version-check --requirement bench/requirements.txt
    start=$(now_ms)
    rows=$("$faker/bin/python" bench/generate_faker.py "$faker_orders" "$work/faker")
    ms=$(($(now_ms) - start))
    rate=$(awk -v rows="$rows" -v ms="$ms" 'BEGIN { printf "%d", rows * 1000 / ms }')
    echo "Python with Faker, $faker_orders orders: $rows rows in $(divide "$ms" 1000) s, $rate rows per second"
}

# Says what is wrong where the first number, a decimal one, is not at least the second.
check_at_least() {
    awk -v found="$1" -v asked="$2" 'BEGIN { exit !(found >= asked) }' || {
        echo "$3: $1, but at least $2 was promised" >&2
        return 1
    }
}

set_up_alone
check_threads

rates=()
peaks=()
for _ in $(seq "$runs"); do
    measure
    rates+=("$rate")
    peaks+=("$peak_memory_mb")
done
check_rows
median_rate=$(printf '%s\n' "${rates[@]}" | median)

measure --threads 1
rm -rf "$shop"
one_rate=$rate

asked_scale=$scale
[ "$scale" != large ] || scale=medium
shop=$memory/shop
rates=()
for _ in $(seq "$runs"); do
    measure
    rates+=("$rate")
done
rm -rf "$shop"
scale=$asked_scale
memory_rate=$(printf '%s\n' "${rates[@]}" | median)

faker_rates=()
for _ in $(seq "$runs"); do
    measure_faker
    faker_rates+=("$rate")
done
faker_rate=$(printf '%s\n' "${faker_rates[@]}" | median)

peak_memory_mb=$(printf '%s\n' "${peaks[@]}" | sort -n | tail -1)
ratio=$(divide "$memory_rate" "$faker_rate")

echo
echo "rows_per_second $median_rate"
echo "peak_memory_mb $peak_memory_mb"
echo "ratio all_threads_over_one $(divide "$median_rate" "$one_rate")"
echo "ratio generate_on_disk_over_faker $(divide "$median_rate" "$faker_rate")"
echo "ratio generate_over_faker $ratio"

code=0
# A smaller shop is over before its threads are busy.
if [ "$scale" = large ]; then
    check_at_least "$median_rate" 1000000 "rows per second are too few" || code=1
fi
[ "$peak_memory_mb" -le 200 ] || {
    echo "the peak of memory is too high: $peak_memory_mb MB, but at most 200 MB was promised" >&2
    code=1
}
check_at_least "$ratio" 30 "the ratio to Python with Faker is too low" || code=1
exit "$code"
