# Everything a person does with a checkout. `make run` and `make test` install what is missing.
.DEFAULT_GOAL := help
.PHONY: help run test check lint bench screenshots lab man conformance clean

# Arguments for `run`, `test`, `bench`: make run ARGS="--demo"
ARGS ?=
# A Python to build .venv with, instead of the first suitable one.
export PYTHON ?=
# Compile what is imported once, not at the start of every test process and program.
export PYTHONDONTWRITEBYTECODE =

BIN := .venv/bin
# Tests without guests run side by side, one more than cores as each waits a third of its time;
# guests share the host, so theirs run one by one.
SIDE_BY_SIDE = -n $$(($$(nproc) + 1)) --maxprocesses 6 --dist worksteal

help: ## list these targets
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "  make %-12s %s\n", $$1, $$2 }' Makefile

run: ## run virtty; make run ARGS="--demo" shows it without any hypervisor
	@bash .ci/environment run
	@$(BIN)/virtty $(ARGS)

test: ## run every test, with a real libvirtd and real guests
	@bash .ci/environment test
ifeq ($(strip $(ARGS)),)
	@$(BIN)/python -m pytest $(SIDE_BY_SIDE) -m "not guests"
	@$(BIN)/python -m pytest --timeout 900 -m guests
else
	@$(BIN)/python -m pytest $(ARGS)
endif

check: lint ## the quick answer: lint, and the tests that start neither guests nor programs
	@$(BIN)/python -m pytest $(SIDE_BY_SIDE) -m "not guests and not program" $(ARGS)

lint: ## style, types and the floors
	@bash .ci/environment test
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/mypy --strict --cache-dir .mypy_cache/strict tui/model tui/hypervisor
	@$(BIN)/mypy tui tests
	@$(BIN)/lint-imports

bench: ## measure, each figure beside its reference
	@bash .ci/environment test
	@$(BIN)/python -m tests.benchmarks $(ARGS)

screenshots: ## take the pictures that the README shows
	@bash .ci/environment test
	@$(BIN)/python -m tests.screenshots $(ARGS)

lab: ## a playground: a libvirtd with guests in every state, until Ctrl+C
	@bash .ci/environment test
	@$(BIN)/python -m tests.lab

man: ## write the manual page and the guide's list of actions afresh
	@bash .ci/environment test
	@$(BIN)/python docs/make_manpage.py > docs/virtty.1
	@$(BIN)/python docs/make_action_list.py docs/guide.md

conformance: ## write the page of the console's terminal against the standards afresh
	@bash .ci/environment test
	@$(BIN)/python -m tests.conformance

clean: ## remove what make has made in this folder
	rm -rf .venv build dist *.egg-info .pytest_cache .mypy_cache .ruff_cache .import_linter_cache .hypothesis
	find . -name __pycache__ -prune -exec rm -rf {} +
