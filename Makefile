.PHONY: help test
help: ## lists the targets
	@grep -E '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed 's/:.*##/\t/'
test: ## runs every test
	cargo test --locked --lib --bins --tests
