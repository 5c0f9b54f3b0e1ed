.DEFAULT_GOAL := help
SHELL := /bin/bash
# a process starts in half the time from modules that were compiled before: hundreds do in the tests
unexport PYTHONDONTWRITEBYTECODE
PY := .venv/bin/python
# two processes, a file of tests in one of them: most tests wait for parts of their own, on a machine with two cores
TWO := -n 2 --dist loadfile --no-loadscope-reorder

.PHONY: help setup demo test test-long chaos bench check lock clean

help: ## show this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## /{printf "  make %-10s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

setup: ## install what podium needs on this machine (a second run takes a second)
	@python3 scripts/setup.py

demo: setup ## hold a contest on this machine in three minutes; ARGS=--once ends by itself
	@.venv/bin/podium demo $(ARGS)

test: check ## check the code and run all tests but the long ones (some 20 minutes)
	@$(PY) -m pytest $(TWO) -m "not long" $(ARGS)

test-long: check ## run all tests, also those that soak or repeat
	@$(PY) -m pytest $(TWO) $(ARGS)

chaos: setup ## kill every part of a running stack under load and prove that nothing is lost
	@$(PY) -m pytest tests/chaos $(ARGS)

bench: setup ## measure, print a table, write bench/results.json
	@$(PY) -m bench $(ARGS)

check: setup ## lint, format and types
	@$(PY) -m ruff check .
	@$(PY) -m ruff format --check .
	@$(PY) -m mypy

lock: setup ## make requirements.lock anew from pyproject.toml
	@python3 scripts/setup.py --lock

clean: ## delete the environment, the embedded parts' data and all caches (not the judge image)
	@if [ -x .venv/bin/podium ]; then for home in .podium .podium/demo; do PODIUM_HOME=$$home .venv/bin/podium down; done; fi
	@rm -rf .venv .podium .pytest_cache .mypy_cache .ruff_cache .hypothesis bench/results.json
	@find . -name __pycache__ -type d -prune -exec rm -rf {} +
