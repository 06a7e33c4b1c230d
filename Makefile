# Everything starts from a fresh clone: each target sets up what it needs.
PYTHON ?= python3
VENV   := .venv
BIN    := $(VENV)/bin
PIP    := $(BIN)/python -m pip --disable-pip-version-check

.PHONY: help serve test test-agents check format lock bench bench-evals bench-evidence bench-peers soak train support faults picture hooks clean
.DEFAULT_GOAL := help

help: ## show this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## /{printf "  make %-14s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

serve: $(VENV)/run.stamp ## start the service on 127.0.0.1:4000 with the shipped model
	@exec $(BIN)/ajar serve

test: $(VENV)/dev.stamp ## every check and every test
	@$(BIN)/python tools/check.py
	@$(BIN)/python tools/tests.py
	@$(BIN)/python tools/wheel.py

test-agents: $(VENV)/dev.stamp build/agents/npm.stamp ## Claude Code and Codex through Ajar; installs them with npm (0.8 GB)
	@AJAR_AGENTS=build/agents $(BIN)/python -m pytest -rP tests/agents/test_agents.py

check: $(VENV)/dev.stamp ## format, lint, types and import rules only
	@$(BIN)/python tools/check.py

format: $(VENV)/dev.stamp ## format the code and mend what the linter can mend
	@$(BIN)/ruff check --fix-only --quiet .
	@$(BIN)/ruff format .

bench: $(VENV)/dev.stamp ## CPU, latency and memory beside nginx and the installed peers
	@$(BIN)/python bench/run.py

bench-evals: $(VENV)/dev.stamp ## CPU and memory of the eval harness beside promptfoo and inspect_ai, if installed
	@$(BIN)/python bench/evals/overhead.py

bench-peers: $(VENV)/dev.stamp ## install the peers that `make bench` and `make bench-evals` compare with
	@$(BIN)/python bench/peers.py

bench-evidence: $(VENV)/dev.stamp ## how often verdicts and rollouts are right on simulated data; writes docs/statistics.md and docs/live-statistics.md
	@failed=0; \
	$(BIN)/python bench/evidence/simulate.py --write-docs || failed=1; \
	$(BIN)/python bench/evidence/live/simulate_live.py --write-docs || failed=1; \
	exit $$failed

soak: $(VENV)/dev.stamp ## random faults, kills and a full disk at 500 streams; 10 minutes (MINUTES=…, SEED=…)
	@$(BIN)/python tests/soak/run.py $(if $(MINUTES),--minutes $(MINUTES)) $(if $(SEED),--seed $(SEED))

train: $(VENV)-train/train.stamp ## train both shipped checkpoints anew, from the same seed (under an hour on 2 cores)
	@PYTHON=$(CURDIR)/$(VENV)-train/bin/python models/triage/train.sh build/triage

support: $(VENV)/dev.stamp ## write docs/support.md anew: what of each format reaches which other
	@$(BIN)/python tools/support.py

faults: $(VENV)/dev.stamp ## write docs/faults.md anew: what becomes of each fault of an upstream
	@$(BIN)/python tools/faults.py

picture: $(VENV)/dev.stamp ## write docs/swap.svg anew: two swaps of the shipped model, as they went
	@$(BIN)/python tools/picture/main.py

lock: $(VENV)/dev.stamp ## resolve the dependencies of pyproject.toml anew
	@$(BIN)/python tools/lock.py

hooks: $(VENV)/dev.stamp ## run the quick checks before each commit in this clone
	@git config core.hooksPath tools/hooks

clean: ## remove what the targets made
	rm -rf $(VENV) $(VENV)-train build dist .pytest_cache .ruff_cache .hypothesis

$(VENV)/venv.stamp:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "ajar needs Python 3.11 or newer: make PYTHON=python3.11 …"; exit 1; }
	@$(PYTHON) -m venv --clear $(VENV) && $(PIP) --version >/dev/null || { rm -rf $(VENV); echo "this Python cannot make virtual environments: apt install python3-venv"; exit 1; }
	@touch $@

$(VENV)/run.stamp: requirements/run.txt pyproject.toml $(VENV)/venv.stamp
	@echo "installing the locked dependencies into $(VENV) …"
	@$(PIP) install --quiet --require-hashes --requirement requirements/run.txt
	@$(PIP) install --quiet --no-build-isolation --no-deps --editable .
	@touch $@

$(VENV)-train/train.stamp: models/triage/requirements.txt
	@$(PYTHON) -m venv --clear $(VENV)-train
	@$(VENV)-train/bin/python -m pip --disable-pip-version-check install --quiet --requirement models/triage/requirements.txt
	@touch $@

$(VENV)/dev.stamp: requirements/dev.txt pyproject.toml $(VENV)/run.stamp
	@$(PIP) install --quiet --require-hashes --requirement requirements/dev.txt
	@touch $@

build/agents/npm.stamp: tests/agents/package.json
	@mkdir -p build/agents && cp tests/agents/package.json build/agents/
	@npm install --prefix build/agents --loglevel error --no-audit --no-fund --no-package-lock --ignore-scripts
	@touch $@
