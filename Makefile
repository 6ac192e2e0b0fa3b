.DEFAULT_GOAL := help
.PHONY: help run test check openapi bench

help: ## lists the targets
	@grep -E '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed 's/:.*## /\t/' | expand -t 10

# Optimised: the demo takes in 95,692 vehicles on the first start, and what is tried should be what is run.
run: ## builds and starts the service with its demo, on this machine alone
	@scripts/ensure-postgresql --to-serve
	cargo build --locked --release
	./target/release/border-gate serve --demo

# Nearly every test has a database of its own, some 300 files that are made and soon gone again; on a disk
# much of the time went into finding room for them. A file system in memory is used where it is large enough.
SCRATCH := $(shell df -Pk /dev/shm 2>/dev/null | awk 'NR == 2 && $$1 == "tmpfs" && $$4 > 2000000 { print "/dev/shm" }')

# A test waits much of its time, for a server to start or a clock to run out: two for each processor keep them busy.
THREADS := $(shell expr 2 \* $$(getconf _NPROCESSORS_ONLN 2>/dev/null || echo 2))

test: ## runs every test
	@scripts/ensure-postgresql
	$(if $(SCRATCH),TMPDIR=$(SCRATCH) )RUST_TEST_THREADS=$${RUST_TEST_THREADS:-$(THREADS)} cargo test --locked --lib --bins --tests

check: ## what CI runs: formatting, lints, what must not come in, the contract, every test
	@.ci/run

openapi: ## writes the contract to openapi/border-gate.json
	cargo run --locked --quiet -- openapi openapi/border-gate.json

bench: ## measures the service beside pgbench on a private cluster
	@scripts/ensure-postgresql
	benches/run
