# make run   sandbox: pages on http://127.0.0.1:8000, nothing leaves the machine
# make test  everything the tests need, then the tests
PYTHON ?= python3
VENV   := .venv
PY     := $(VENV)/bin/python
# uv keeps its own TLS roots; the system's are what a school or office network expects.
UVFLAGS := --native-tls --quiet

.PHONY: setup run test long lint bench faults fuzz first-run screenshots speed lock clean
setup: $(VENV)/.runtime

$(VENV)/bin/uv: requirements/uv.lock
	$(PYTHON) -c 'import sys; sys.exit(0 if sys.version_info >= (3, 11) else "Python 3.11 or newer is needed; set PYTHON=")'
	$(PYTHON) -m venv $(VENV)
	$(PY) -m pip install --quiet --require-hashes -r requirements/uv.lock
	touch $@

# uv is fast; where a network only lets pip through, pip installs the very same hashes.
$(VENV)/.runtime: requirements/runtime.lock $(VENV)/bin/uv
	$(VENV)/bin/uv pip install $(UVFLAGS) --python $(PY) --require-hashes -r $< || $(PY) -m pip install --quiet --require-hashes -r $<
	touch $@

$(VENV)/.dev: requirements/dev.lock $(VENV)/bin/uv
	$(VENV)/bin/uv pip install $(UVFLAGS) --python $(PY) --require-hashes -r $< || $(PY) -m pip install --quiet --require-hashes -r $<
	touch $@ $(VENV)/.runtime

run: $(VENV)/.runtime
	$(PY) app.py run

test: $(VENV)/.dev
	$(PY) -m pytest -n 3 --dist worksteal

lint: $(VENV)/.dev
	$(VENV)/bin/ruff format --check .
	$(VENV)/bin/ruff check .
	$(VENV)/bin/mypy
	$(VENV)/bin/lint-imports

# What `make test` has no time for: real processes that die under load, weather, every order of events, and
# all examples of the property tests.
long: $(VENV)/.dev
	EXAMPLES=all PAGES=all $(PY) -m pytest -m "long or not long" -n 3 --dist worksteal

fuzz: $(VENV)/.dev
	$(PY) -m tests.fuzz

bench: $(VENV)/.dev
	$(PY) app.py bench

# The long fault test: worlds are broken for MINUTES on each database. SEED begins another run.
MINUTES ?= 12
SEED ?= 1
faults: $(VENV)/.dev
	FAULT_LINES=all $(PY) -m pytest tests/faults/test_faults_deliver.py
	$(PY) -m tests.faults.long --minutes $(MINUTES) --seed $(SEED) --db sqlite
	$(PY) -m tests.faults.long --minutes $(MINUTES) --seed $(SEED) --db postgresql --workers 3

# How soon every page answers with a thousand families.
speed: $(VENV)/.dev
	$(PY) -m tests.pages.speed 2>/dev/null

# How long a first run takes: pages, taps, typing, words, and seconds by a model.
first-run: $(VENV)/.dev
	$(PY) -m tests.journeys.first_run

# Pictures of every page, on a phone and on a desk, in both languages.
screenshots: $(VENV)/.dev
	$(PY) -m tests.pages var/screenshots $(NAME)

lock: $(VENV)/bin/uv
	cd requirements && for name in uv runtime dev; do \
	  ../$(VENV)/bin/uv pip compile --quiet --native-tls --universal --python-version 3.11 --generate-hashes \
	    --no-emit-index-url --no-emit-find-links --no-header --upgrade $$name.in -o $$name.lock || exit 1; done

clean:
	rm -rf $(VENV) var .pytest_cache .mypy_cache .ruff_cache .import_linter_cache
