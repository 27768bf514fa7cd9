# Loopcast. `make run` shows what it does, `make test` proves it; each makes its own environment first.
# Another interpreter: make run PYTHON=python3.12

PYTHON ?= python3
ENV := .venv
STAMP := $(ENV)/.stamp
BIN := $(ENV)/bin
SCENARIOS := energy_transition high_recovery_energy_transition rare_earth_processing_outage_2027 covid_like_shock
# Members of each; the scenarios ask for 100: make run MEMBERS=100 makes all, and keeps those there are.
MEMBERS ?= 8
export PIP_DISABLE_PIP_VERSION_CHECK := 1

.PHONY: run test lint golden bench docs clean help
.DEFAULT_GOAL := help

# An environment that was moved, or whose interpreter is gone, is stale too.
ifneq ($(wildcard $(STAMP)),)
ifneq ($(shell $(BIN)/python -c "print(open('$(STAMP)').read().strip())" 2>/dev/null),$(CURDIR))
$(shell rm -f $(STAMP))
endif
endif

help:
	@echo "make run     four shipped scenarios with a few members each, then outputs/index.html"
	@echo "make test    every test"
	@echo "make lint    style, types, import rules, spelling"
	@echo "make golden  write the golden tables anew"
	@echo "make bench   time the engine, and its peers beside it"
	@echo "make docs    write the generated pages and the scenario schema"
	@echo "make clean   remove the environment, caches and outputs"

$(STAMP): pyproject.toml requirements.lock .ci/environment
	@sh .ci/environment "$(PYTHON)" "$(ENV)"

run: $(STAMP)
	@$(BIN)/loopcast run $(SCENARIOS) --members $(MEMBERS) --out outputs

test: $(STAMP)
	@sh .ci/browser
	@$(BIN)/python -m pytest -q -n 2 --dist loadgroup $(TESTS)

lint: $(STAMP)
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/mypy
	@out=$$($(BIN)/lint-imports --no-logo --no-cache 2>&1) || { echo "$$out"; exit 1; }
	@$(BIN)/codespell
	@echo "lint: nothing to say"

golden: $(STAMP)
	@$(BIN)/python -m pytest -q tests/golden --rewrite-golden

bench: $(STAMP)
	@$(BIN)/python tests/bench

docs: $(STAMP)
	@$(BIN)/python docs/generate.py

clean:
	@rm -rf $(ENV) .venv-bench build dist .pytest_cache .mypy_cache .ruff_cache .hypothesis .import_linter_cache
	@find . -name __pycache__ -type d -prune -exec rm -rf {} +
	@find outputs -mindepth 1 -maxdepth 1 ! -name README.md -exec rm -rf {} +
