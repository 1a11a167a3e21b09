# Everything runs in .venv, which is created by the first target that needs it.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
# Without compiled modules each process of a test, and there are hundreds, compiles the program.
unexport PYTHONDONTWRITEBYTECODE
USABLE := $(VENV)/.usable
READY := $(VENV)/.ready

# The packages of package.json; npm writes this file at the end of an installation.
NODE_PACKAGES := node_modules/.package-lock.json

.PHONY: demo test setup browser cluster janus janus-server check rules titles diagrams examples names schema traceability bench soak lock clean

demo: $(USABLE)
	@$(BIN)/fsm play examples/scenarios/a-working-day.yaml --draw out/a-working-day.svg
	@$(BIN)/fsm play examples/scenarios/a-working-day.yaml --draw out/a-working-day.png >/dev/null
	@echo "the same as PNG: out/a-working-day.png"

test: $(READY)
	$(BIN)/pytest --numprocesses auto --dist worksteal

# The environment for development, without running anything.
setup: $(READY)

# The tests in a browser need Debian's Chromium and an npm package; without them they are skipped.
browser: $(NODE_PACKAGES)
	@command -v chromium >/dev/null || { test "$$(id -u)" = 0 && apt-get -qq update && \
		DEBIAN_FRONTEND=noninteractive apt-get -qq install --no-install-recommends chromium; } || \
		{ echo "Chromium is missing: apt-get install chromium, as root"; exit 1; }

# The tests with a real Janus need Debian's packages; without them they are skipped. Debian starts a
# Janus of its own, which listens everywhere and is not needed.
janus-server:
	@command -v janus >/dev/null && command -v janus-pp-rec >/dev/null || \
		{ test "$$(id -u)" = 0 && apt-get -qq update && \
		DEBIAN_FRONTEND=noninteractive apt-get -qq install --no-install-recommends \
			janus janus-tools && \
		{ systemctl disable --now janus >/dev/null 2>&1 || true; }; } || \
		{ echo "Janus is missing: apt-get install janus janus-tools, as root"; exit 1; }

# A meeting in a real Janus: who joins, what is recorded, and why.
janus: $(READY) janus-server
	@$(BIN)/python examples/janus/run_janus.py

# Three Restate nodes, two services and a load of meetings on this machine; Ctrl-C ends it.
cluster: $(USABLE) $(NODE_PACKAGES)
	@$(BIN)/python examples/cluster/run_cluster.py

# Every gate of continuous integration, the last one against the installed wheel.
check: $(READY) $(NODE_PACKAGES)
	$(BIN)/python tools/check.py

# What a change of the rules needs, in under a minute; it says what to do next.
rules: $(READY)
	@$(BIN)/python tools/rules.py

# The ids and titles of the rules, from the documents that have their text.
titles: $(READY)
	$(BIN)/python tools/titles.py

diagrams: $(READY)
	$(BIN)/fsm draw -o diagrams

# The screenshots of the simulator; they need Chromium.
screenshots: $(READY)
	$(BIN)/python tools/screenshots.py

# The example scenarios of the simulator's page, and their Chinese titles.
examples: $(READY)
	$(BIN)/python tools/example_titles.py
	$(BIN)/python tools/examples.py

# The names of the vocabularies in this release.
names: $(READY)
	$(BIN)/python tools/names.py

schema: $(READY)
	$(BIN)/python tools/schema.py

traceability: $(READY)
	$(BIN)/python tools/traceability.py $(LOST)

# Every figure of the documents. With AGAINST=CHECKOUT (set up with `make setup`) also those that
# compare with another version.
bench: $(READY) $(NODE_PACKAGES)
	$(BIN)/python benchmarks/dispatch.py
	$(BIN)/python benchmarks/durable.py
	$(BIN)/python benchmarks/calls.py
	$(BIN)/python benchmarks/hanging.py .
	$(BIN)/python benchmarks/startup.py $(if $(AGAINST),--against $(AGAINST))
	$(BIN)/python benchmarks/service.py $(if $(AGAINST),--against $(AGAINST))
	$(BIN)/python benchmarks/streams.py $(if $(AGAINST),--against $(AGAINST))
	$(BIN)/python benchmarks/simulator.py
	$(BIN)/python benchmarks/janus.py
	$(BIN)/python benchmarks/cluster.py
ifdef AGAINST
	$(BIN)/python benchmarks/commit.py $(AGAINST) .
	$(BIN)/python benchmarks/verify.py $(AGAINST) .
endif

# The runtime in thousands of simulations, power cuts and kills, and a cluster in kills; takes long.
soak: $(READY) $(NODE_PACKAGES)
	$(BIN)/python tools/soak.py
	$(BIN)/python tools/soak.py --cluster

# Bring requirements-dev.txt up to date with what pyproject.toml allows.
lock:
	$(PYTHON) -m venv --clear $(VENV)
	$(BIN)/pip install --quiet --editable '.[all,dev]'
	$(BIN)/pip freeze --exclude-editable > requirements-dev.txt

# The development tools, in addition to what the program itself needs.
$(READY): $(USABLE)
	@echo "setting up the development tools, once"
	@$(BIN)/pip install --quiet --disable-pip-version-check --requirement requirements-dev.txt
	@touch $(READY)

$(USABLE): pyproject.toml requirements-dev.txt
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
		{ echo "Python 3.11 or later is needed: make PYTHON=python3.12"; exit 1; }
	@$(PYTHON) -c 'import ensurepip, venv' || \
		{ echo "Python's venv is missing: apt-get install python3-venv"; exit 1; }
	@echo "setting up $(VENV), once"
	@$(PYTHON) -m venv $(VENV)
	@$(BIN)/pip install --quiet --disable-pip-version-check --constraint requirements-dev.txt \
		--editable '.[all]'
	@touch $(USABLE)

$(NODE_PACKAGES): package.json package-lock.json .npmrc
	@command -v npm >/dev/null || { echo "npm is missing: install Node.js 20.19 or later"; exit 1; }
	@npm ci --silent
	@touch $@

clean:
	rm -rf $(VENV) node_modules out dist build .coverage .pytest_cache .mypy_cache .ruff_cache .hypothesis
