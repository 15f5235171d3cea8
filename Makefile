TOOL := go tool -modfile=tools/go.mod
# Every module of the repository.
MODULES := . tools

.DEFAULT_GOAL := help
.PHONY: help demo generate test check ci fuzz conformance spec-drift

help: ## Show what there is to run
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-12s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

demo: ## Create and refresh a token, against Telnyx if TELNYX_API_KEY and TELNYX_ROOM_ID are set
	@go run ./cmd/roomtokens demo

generate: ## Write the generated code anew from openapi.yaml
	go generate ./...

test: ## Run every test with the race detector
	go test -race ./...

check: ## Check format, vet, linter, go.mod and that the generated code is in step
	@unformatted="$$($(TOOL) gofumpt -l .)"; if [ -n "$$unformatted" ]; then echo "run gofumpt on: $$unformatted" >&2; exit 1; fi
	@for module in $(MODULES); do (cd $$module && go mod tidy -diff && go vet ./...) || exit 1; done
	$(TOOL) golangci-lint run ./...
	@state() { git status --porcelain; git diff; }; before="$$(state)"; go generate ./... || exit 1; \
	if [ "$$(state)" != "$$before" ]; then \
		echo "the generated code was out of step; go generate ./... has changed:" >&2; git status --porcelain >&2; exit 1; \
	fi

ci: test check ## What continuous integration runs

fuzz: ## Run each fuzz test for FUZZTIME (30s)
	@for package in $$(go list ./...); do \
		for fuzz in $$(go test -list '^Fuzz' $$package | grep '^Fuzz'); do \
			go test -run '^$$' -fuzz "^$$fuzz\$$" -fuzztime $(FUZZTIME) $$package || exit 1; \
		done; \
	done
FUZZTIME := 30s
