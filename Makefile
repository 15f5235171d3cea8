TOOL := go tool -modfile=$(CURDIR)/tools/go.mod
# Every module but tools/compare/official, whose one dependency is the whole SDK.
MODULES := . tools tools/compare examples

.DEFAULT_GOAL := help
.PHONY: help demo example generate test check ci conformance fuzz vuln bench bench-check import-cost compare \
	spec-drift api-diff snapshot release

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
	@for module in $(MODULES); do \
		(cd $$module && go mod tidy -diff && go vet ./... && \
			$(TOOL) golangci-lint run --build-tags=conformance ./...) || exit 1; \
	done
	go test -run TestContract/provenance ./test/contract
	@state() { git status --porcelain; git diff; }; before="$$(state)"; go generate ./... || exit 1; \
	if [ "$$(state)" != "$$before" ]; then \
		echo "the generated code was out of step; go generate ./... has changed:" >&2; git status --porcelain >&2; exit 1; \
	fi

# test is the last, so that its summary is.
ci: check vuln bench-check fuzz example conformance $(if $(UPSTREAM),spec-drift) test ## All of continuous integration

conformance: ## Hold the client against an independent mock, and the fake against Telnyx's own Node SDK (needs Node.js)
	@command -v node >/dev/null && command -v npm >/dev/null || \
		{ echo "make conformance needs Node.js and npm, which are not installed" >&2; exit 1; }
	cd test/conformance && npm ci --ignore-scripts
	go test -race -count=1 -tags=conformance ./test/conformance/...

fuzz: ## Run each fuzz test for FUZZTIME (10s)
	@grep -ro --include='*_test.go' '^func Fuzz[[:alnum:]_]*' . | while IFS=: read -r file fuzz; do \
		go test -C "$$(dirname "$$file")" -run '^$$' -fuzz "^$${fuzz#func }\$$" -fuzztime $(FUZZTIME) . \
			</dev/null || exit 1; \
	done
FUZZTIME := 10s

vuln: ## Look for known vulnerabilities in every module, where their database can be reached
	@for module in $(MODULES); do \
		echo "module $$module"; \
		report="$$(cd $$module && $(TOOL) govulncheck ./... 2>&1)" && { echo "$$report"; continue; }; \
		echo "$$report" >&2; \
		case "$$report" in \
		*"fetching vulnerabilities:"*) echo "make vuln: skipped, for want of the database" >&2; exit 0 ;; \
		esac; \
		exit 1; \
	done

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

# Some minutes: it builds four programs from nothing, and waits for whoever obeys a Retry-After of an hour. Compiling
# the SDK takes up to 3 GB of memory; without TELNYX_GO it comes from the module proxy.
compare: ## Compare with the generated client, with net/http and with Telnyx's own SDK: TELNYX_GO=<folder of the SDK>
	@go build -C tools/compare -o ../../.bin/compare .
	@cd tools/compare && exec ../../.bin/compare -telnyx-go "$(abspath $(TELNYX_GO))"

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

# These two would change the versions of what tools/go.mod has.
APIDIFF := go run golang.org/x/exp/cmd/apidiff@v0.0.0-20261113113407-e3970619a1a4
GORELEASER := go run github.com/goreleaser/goreleaser/v2@v2.16.0

api-diff: ## Print what has changed in the exported API since BASE=<commit>
	@module="$$(go list -m)" && base="$$(mktemp -d)" && trap 'rm -rf "$$base"' EXIT && \
	git archive --output="$$base/base.tar" "$(BASE)" && tar -xf "$$base/base.tar" -C "$$base" && \
	(cd "$$base" && $(APIDIFF) -m -w base.export "$$module") && $(APIDIFF) -m "$$base/base.export" "$$module"

snapshot: ## Build the archives of a release into dist/, without one
	$(GORELEASER) release --snapshot --clean

release: ## Publish the tag that is checked out, with its archives and NOTES=<file>
	$(GORELEASER) release --clean --release-notes "$(NOTES)"
