# One command each: `make run` on a bare machine with python3 and make, `make test` for everything that is checked.
.DEFAULT_GOAL := help
.NOTPARALLEL:
.PHONY: help setup run test check messages bench lock clean

PYTHON ?= python3
PORT ?= 8000
HOST ?= 127.0.0.1
ARGS ?=
VENV := .venv/bin
export PORT HOST

help: ## this list
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "  make %-8s %s\n", $$1, $$2 }' Makefile
	@echo
	@echo "  PORT=8123 make run                        another port than 8000"
	@echo "  PORTAL_DATABASE_URL=postgresql+psycopg://…  make run   PostgreSQL instead of the SQLite file"
	@echo "  PORTAL_NO_APT=1 make …                    only say which system packages are missing, install none"
	@echo "  make test ARGS='-k quote'                 hand options to pytest"

setup: ## prepare .venv: locked packages, the portal command, compiled translations
	@$(PYTHON) -m tools.bootstrap

run: ## start the portal with its demo world at http://127.0.0.1:8000
	@$(PYTHON) -m tools.bootstrap
	@$(PYTHON) -m tools.system run
	@$(VENV)/python -m tools.run

test: ## static checks, then all tests on SQLite, on PostgreSQL and in the browser
	@$(PYTHON) -m tools.bootstrap --test
	@$(VENV)/python -m tools.test $(ARGS)

check: ## the static checks only
	@$(PYTHON) -m tools.bootstrap --test
	@$(VENV)/python -m tools.check

messages: ## collect the texts of code and templates for translation
	@$(PYTHON) -m tools.bootstrap --test
	@$(VENV)/python -m tools.messages

bench: ## the long measurements
	@$(PYTHON) -m tools.bootstrap --bench
	@$(PYTHON) -m tools.system test
	@CONFIGURATOR_EXAMPLES=200 $(VENV)/python -m pytest -n 2 tests/unit/configurator/test_against_enumeration.py tests/unit/configurator/test_properties_*.py
	@CONFIGURATOR_SESSIONS=100 CONFIGURATOR_VALUES=10 $(VENV)/python -m pytest -n 2 tests/unit/configurator/test_surveillance_sessions.py
	@PORTAL_TEST_CLOCKS=3000 $(VENV)/python -m pytest tests/unit/calendars/test_clock.py
	@PORTAL_APPROVAL_EXAMPLES=5000 PORTAL_APPROVAL_ROUNDS=100 $(VENV)/python -m pytest tests/unit/approvals tests/functional/approvals/test_parallel.py
	@PORTAL_APPROVAL_CLOCKS=100 $(VENV)/python -m pytest tests/functional/approvals/test_retiming.py -k random
	@PORTAL_IMPORT_ROWS=5000 $(VENV)/python -m pytest tests/functional/parties/test_importing.py -k long_list -s
	@PORTAL_HISTORIES=10000 PORTAL_DATABASE_HISTORIES=300 PORTAL_PARALLEL=500 PORTAL_PROBES=1000 $(VENV)/python -m pytest -s \
		tests/unit/deals/registrations/test_histories.py tests/functional/deals/registrations/test_histories.py \
		tests/functional/deals/registrations/test_parallel.py tests/functional/deals/registrations/test_probing.py
	@PORTAL_HISTORIES=10000 PORTAL_SIMULATED_HISTORIES=80 PORTAL_SIMULATED_ROWS=100000 $(VENV)/python -m pytest -s \
		tests/unit/deals/registrations/test_replaying.py tests/functional/deals/registrations/test_simulating.py
	@PORTAL_TEST_SLA=20000 $(VENV)/python -m pytest tests/unit/support/tickets/test_sla.py
	@PORTAL_NUMBERS_STEPS=300 PORTAL_NUMBERS_SEED=1 $(VENV)/python -m pytest tests/functional/support/numbers/test_counting.py -k days_and_lists
	@$(VENV)/python -m benchmarks $(ARGS)

lock: ## pin every package with its hashes from pyproject.toml
	@$(PYTHON) -m tools.bootstrap --bare
	@$(VENV)/python -m tools.lock $(ARGS)

clean: ## remove .venv, caches and compiled files; data in instance/ stays
	@$(PYTHON) -m tools.clean
