# The commands of Bullion. `make pipeline` and `make test` are enough on a fresh machine with Rust.
#
#   make pipeline                              the synthetic shop, end to end
#   make pipeline SOURCE=olist DATA=~/olist    another source, beside it in the same database
#   make pipeline ACCEPT_GATE="why"            publish what the data gate refused
#   make demo                                  planted faults: what was caught, and what it cost
#   make test                                  all tests
#   make lint                                  format, lints, SQL lint
#   make bench                                 1,000,000 transactions beside psql \copy
#   make oracles                               two public tools, as witnesses in tests and benchmark
#   make pollock                               2,290 polluted CSV files, into docs/POLLOCK.md
#   make bench-warehouse                       publication and warehouse beside plain statements
#   make bench-quality                         2,000,000 rows, 6 checks, beside two public tools
#   make bench-stage                           loading alone, kind of file by kind of file
#   make bench-stage-large                     a file of 5 GB
#   make bench-generate SCALE=large            making a shop, beside Python with Faker
#   make fuzz SECONDS=600                      random files, values and declarations, so long each
#   make docs                                  tables of docs/DATA_MODEL.md, from the database
#   make migrate                               only bring the schema up to date
#   make stop                                  stop the embedded PostgreSQL
#   make clean                                 stop it and remove data/ and logs/ (asks first)

SHELL := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c

SOURCE ?=
DATA ?=
ACCEPT_GATE ?=
# A tilde inside quotes would stay one.
FOLDER := $(patsubst ~/%,$(HOME)/%,$(DATA))
RUN_FLAGS := $(if $(SOURCE),--source $(SOURCE)) $(if $(DATA),--data "$(FOLDER)") \
    $(if $(ACCEPT_GATE),--accept-gate "$(ACCEPT_GATE)")
PROGRAMS := target/release
# For `bench-generate`.
SCALE ?= large
# The demo's files, logs and embedded database are its own, whatever else is loaded or set.
DEMO_DATA := data/demo
DEMO := env -u DATABASE_URL BULLION__PATHS__DATA_DIR=$(DEMO_DATA) \
    BULLION__PATHS__LOG_DIR=logs/demo BULLION__GENERATE__SCALE=small \
    BULLION__GENERATE__FAULTS__RATE=0.01
# For `fuzz`.
SECONDS ?= 60
TARGETS ?= records values inspect source

.PHONY: pipeline demo test lint docs oracles pollock bench bench-warehouse bench-quality \
    bench-stage bench-stage-large bench-generate fuzz migrate stop clean build postgres

pipeline: postgres build
	@$(PROGRAMS)/orchestrator run $(RUN_FLAGS)

# Faults are there to be found, so the story is told whatever the run made of them. Nobody asks the
# demo's server afterwards: it is stopped, and starts again with the next program that needs it.
demo: build
	@env -u DATABASE_URL .ci/install-postgres
	@code=0; $(DEMO) $(PROGRAMS)/orchestrator run --source synthetic || code=$$?; \
	echo; \
	$(DEMO) $(PROGRAMS)/quality faults $(DEMO_DATA)/raw/synthetic/faults.jsonl --log-level warn \
	    || { rc=$$?; [ $$code -ne 0 ] || code=$$rc; }; \
	$(DEMO) $(PROGRAMS)/orchestrator stop --log-level warn >/dev/null; \
	exit $$code

# `cargo test` does not build the programs of other packages: they come first. The suite's server
# is stopped when it is over.
test: postgres
	cargo build --locked --bins
	@code=0; cargo test --locked --workspace || code=$$?; \
	BULLION__PATHS__DATA_DIR=target/test-data target/debug/orchestrator stop; exit $$code

lint:
	cargo fmt --all --check
	cargo clippy --locked --workspace --all-targets -- --deny warnings
	.ci/lint-sql

# Tests that ask them skip where they are not there, or fail with ORACLES=required.
oracles:
	@.ci/python-env target/oracles/datacontract tests/oracles/requirements-datacontract.txt
	@.ci/python-env target/oracles/soda tests/oracles/requirements-soda.txt

# Where the files are not at hand, DATA= names their folder or archive.
pollock: postgres
	@code=0; \
	cargo run --locked --package tests --bin pollock -- $(if $(DATA),"$(FOLDER)") || code=$$?; \
	BULLION__PATHS__DATA_DIR=target/test-data cargo run --locked --quiet --bin orchestrator stop; \
	exit $$code

bench: postgres build
	bench/pipeline.sh

bench-warehouse: postgres build
	bench/warehouse.sh

bench-quality: postgres build oracles
	bench/quality.sh

bench-stage: postgres build
	bench/stage.sh

bench-stage-large: postgres build
	bench/stage.sh --large

bench-generate:
	SCALE=$(SCALE) bench/generate.sh

# No code of ours is unsafe, so no sanitizer watches; without one more inputs are tried.
fuzz:
	@cargo +nightly fuzz --version >/dev/null || { \
	    echo "install it: rustup toolchain install nightly; cargo install --locked cargo-fuzz"; exit 1; }
	@for target in $(TARGETS); do \
	    mkdir -p fuzz/corpus/$$target; \
	    cargo +nightly fuzz run --sanitizer none $$target fuzz/corpus/$$target fuzz/seeds/$$target \
	        -- -max_total_time=$(SECONDS) -timeout=10 -rss_limit_mb=2048 || exit 1; \
	done

migrate: postgres build
	@$(PROGRAMS)/orchestrator migrate

docs: migrate
	@$(PROGRAMS)/orchestrator document

stop: build
	@$(PROGRAMS)/orchestrator stop
	@if [ -d $(DEMO_DATA) ]; then $(DEMO) $(PROGRAMS)/orchestrator stop; fi

clean: build
	@read -r -p "Remove all of data/ and logs/, the embedded database too? [y/N] " answer; \
	if [ "$$answer" = y ]; then \
	    if [ -d $(DEMO_DATA) ]; then $(DEMO) $(PROGRAMS)/orchestrator stop --delete-data; fi; \
	    $(PROGRAMS)/orchestrator stop --delete-data; \
	    find data logs -mindepth 1 ! -name .gitkeep -delete; \
	fi

build:
	@cargo build --locked --release --bins

# Nothing to install where a server is named by DATABASE_URL or its programs are here already.
postgres:
	@.ci/install-postgres
