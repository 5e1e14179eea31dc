# What the benchmarks share: a scratch folder with an embedded server of its own, a clock and
# arithmetic. Sourced from the project's folder.
# BENCH_DIR names the folder for some GB of scratch data (default: the system's temporary folder).

programs=${CARGO_TARGET_DIR:-$PWD/target}/release
work=
sampler=

clean_up() {
    [ -z "$sampler" ] || kill "$sampler" 2>/dev/null || true
    "$programs/orchestrator" stop >/dev/null 2>&1 || true
    rm -rf "$work"
}

# Builds the programs and makes the scratch folder, which goes when the script ends.
set_up() {
    # A server of somebody's own is no place for a trial.
    unset DATABASE_URL
    cargo build --locked --release --bins --quiet
    work=$(mktemp -d "${BENCH_DIR:-${TMPDIR:-/tmp}}/bullion-bench.XXXXXX")
    chmod 755 "$work"
    export BULLION__PATHS__DATA_DIR=$work/data BULLION__PATHS__LOG_DIR=$work/logs
    trap clean_up EXIT
    trap 'exit 130' INT
    trap 'exit 143' TERM
    echo "machine: $(nproc) CPUs, $(awk '/MemTotal/ { printf "%.0f", $2 / 1048576 }' /proc/meminfo) GiB of memory"
}

# Writes the files of a shop with so many transactions.
generate() {
    local start
    start=$(now_ms)
    "$programs/generate" --scale "$1" --log-level warn
    echo "generate: $1 transactions in $(divide $(($(now_ms) - start)) 1000) s," \
        "$(du -sm "$work/data/raw" | cut -f1) MB"
}

# Prints the value of a key of server.json, which has one key a line.
server() {
    sed -n "s/^ *\"$1\": \"\{0,1\}\([^\",]*\)\"\{0,1\},\{0,1\}\$/\1/p" "$work/data/postgres/server.json"
}

# Starts the server, brings its schema up to date, and tells psql where it is.
connect() {
    "$programs/orchestrator" migrate --log-level warn >/dev/null
    PGHOST=127.0.0.1
    PGPORT=$(server port)
    PGUSER=bullion
    PGDATABASE=bullion
    PGPASSWORD=$(cat "$(server password_file)")
    PGOPTIONS="-c client_min_messages=warning"
    export PGHOST PGPORT PGUSER PGDATABASE PGPASSWORD PGOPTIONS
}

sql() {
    psql --no-psqlrc --quiet --set ON_ERROR_STOP=1 "$@"
}

# Prints a query's only value.
sql_value() {
    sql --tuples-only --no-align --command "$1"
}

now_ms() {
    date +%s%3N
}

# Prints 2.00 for `divide 4 2`.
divide() {
    awk -v dividend="$1" -v divisor="$2" 'BEGIN { printf "%.2f", dividend / (divisor > 0 ? divisor : 1) }'
}
