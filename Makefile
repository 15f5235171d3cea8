TOOL := go tool -modfile=tools/go.mod
# Every module of the repository.
MODULES := . tools tools/compare examples

.DEFAULT_GOAL := help
.PHONY: help demo example generate test check ci conformance fuzz bench bench-check import-cost compare spec-drift

help: ## Show what there is to run
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-13s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

demo: ## Create and refresh a token step by step, against a fake of Telnyx in memory
	@go run ./cmd/roomtokens demo

example: ## Run examples/joinservice against the fake: join a room, refresh, stop (needs bash and curl)
	@examples/joinservice/try.sh

generate: ## Write the generated code anew from openapi.yaml
	go generate ./...

# It says every 8 s that it goes on: a package prints its line when it is done.
test: ## Run every test with the race detector, and the contract's mutants of the spec and the crowds without
	@(while sleep 8; do echo "  (still testing)"; done) & trap "kill $$!" EXIT; \
	go test -run "Mutant|Crowd|ColdStart|Storm|Slow" ./test/contract ./test/faults || exit 1; \
	for module in tools examples .; do \
		echo "testing module $$module"; go test -C $$module -race ./... || exit 1; \
	done

check: ## Check format, vet, linter, go.mod, the spec's provenance and that the generated code is in step
	@unformatted="$$($(TOOL) gofumpt -l .)"; if [ -n "$$unformatted" ]; then echo "run gofumpt on: $$unformatted" >&2; exit 1; fi
	@for module in $(MODULES); do (cd $$module && go mod tidy -diff && go vet ./...) || exit 1; done
	$(TOOL) golangci-lint run --build-tags=conformance ./...
	cd tools && go tool golangci-lint run ./...
	cd tools/compare && go tool -modfile=../go.mod golangci-lint run ./...
	cd examples && go tool -modfile=../tools/go.mod golangci-lint run ./...
	go test -run TestContract/provenance ./test/contract
	@state() { git status --porcelain; git diff; }; before="$$(state)"; go generate ./... || exit 1; \
	if [ "$$(state)" != "$$before" ]; then \
		echo "the generated code was out of step; go generate ./... has changed:" >&2; git status --porcelain >&2; exit 1; \
	fi

ci: test check ## What continuous integration runs at the least

conformance: ## Hold the client against an independent mock, and the fake against Telnyx's own Node SDK (needs Node.js)
	@command -v node >/dev/null && command -v npm >/dev/null || \
		{ echo "make conformance needs Node.js and npm, which are not installed" >&2; exit 1; }
	cd test/conformance && npm ci --ignore-scripts
	go test -race -count=1 -tags=conformance ./test/conformance/...

fuzz: ## Run each fuzz test for FUZZTIME (30s)
	@for package in $$(go list ./...); do \
		for fuzz in $$(go test -list '^Fuzz' $$package | grep '^Fuzz'); do \
			go test -run '^$$' -fuzz "^$$fuzz\$$" -fuzztime $(FUZZTIME) $$package || exit 1; \
		done; \
	done
FUZZTIME := 30s

# The runs are interleaved, so that whatever else the machine does falls on all alike.
bench: ## Compare with the handwritten client, side by side: BENCH=Create COUNT=10 TIME=0.5s
	@mkdir -p .bin && go test -c -o .bin/bench.test . && : >.bin/bench.txt
	@for run in $$(seq $(COUNT)); do \
		.bin/bench.test -test.run '^$$' -test.skip Burst -test.bench '$(BENCH)' -test.benchtime $(TIME) >>.bin/bench.txt || exit 1; \
	done
	@$(TOOL) benchstat -table .name -row /proto,/callers -col '/client@($(CLIENTS))' .bin/bench.txt
	@if grep -q BenchmarkLoopback .bin/bench.txt; then \
		go run -C tools ./benchplot <.bin/bench.txt >docs/performance.svg.new && mv docs/performance.svg.new docs/performance.svg; \
	fi
BENCH := .
COUNT := 10
TIME := 0.5s
CLIENTS := handwritten handwritten-default handwritten-tuned atomic roomtokens

bench-check: ## Run each benchmark once, and check what is not noisy: allocations and the modules linked
	go test -count=1 -run 'Allocat|HoldsLittle' .
	go test -run '^$$' -skip Burst -bench . -benchtime 1x . ./roomtokenstest
	@$(MAKE) --no-print-directory import-cost

import-cost: ## Print what importing the package costs in binary size, build time, packages and modules, and check it
	@go build -C tools/compare -o ../../.bin/compare . && cd tools/compare && exec ../../.bin/compare -cost

# Some minutes: it builds three programs from nothing, and waits for whoever obeys a Retry-After of an hour.
compare: ## Compare with the generated client, with net/http and with Telnyx's own SDK: cost, speed, behaviour (needs Node.js)
	@command -v node >/dev/null && command -v npm >/dev/null || \
		{ echo "make compare needs Node.js and npm, which are not installed" >&2; exit 1; }
	@test -d test/conformance/node_modules/telnyx || (cd test/conformance && npm ci --ignore-scripts >&2)
	@go build -C tools/compare -o ../../.bin/compare . && cd tools/compare && exec ../../.bin/compare

# Built and then run, so that make reports the program's own status.
spec-drift: ## Compare openapi.yaml with upstream's document: UPSTREAM=<file or https URL>
	@go build -C tools -o ../.bin/specdrift ./specdrift || exit 3
	@case "$(UPSTREAM)" in \
	https://*) \
		document="$$(mktemp)" && trap 'rm -f "$$document"' EXIT && \
		curl --fail --silent --show-error --location --proto '=https' --retry 3 --max-time 120 \
			--output "$$document" "$(UPSTREAM)" || exit 3; \
		.bin/specdrift "$$document" ;; \
	*) .bin/specdrift "$(UPSTREAM)" ;; \
	esac
