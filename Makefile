# Everything runs from a clean checkout: `make demo`, `make test`, `make check`, `make bench`.
PY := .venv/bin/python
BOOT := $(shell for p in python3.13 python3.12 python3.11 python3; do command -v $$p >/dev/null 2>&1 && $$p -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && echo $$p && break; done)
STAMP := .venv/.installed
RUN_HOME := var
# Two processes, a test file whole in one of them: what a file's tests share (a desk, a browser) is made once.
PYTEST := $(PY) -m pytest -q
TWO := -n 2 --dist loadfile

.PHONY: demo demo-leads test test-full check bench examples lock clean debian

$(STAMP): requirements.lock pyproject.toml
	@test -n "$(BOOT)" || { echo "Vitrina needs Python 3.11 or newer; none was found."; exit 2; }
	test -x $(PY) || $(BOOT) -m venv .venv
	$(PY) -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements.lock
	$(PY) -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation -e .
	$(PY) -m compileall -q schemas catalog commands pipeline leads templates data || true
	@touch $(STAMP)

demo: $(STAMP)
	$(PY) -m pipeline.cli --home $(RUN_HOME) --config data/examples/vitrina.toml sync data/examples/productos.xlsx --no-review

demo-leads: $(STAMP)
	@$(PY) data/examples/demo_leads.py

# Browser tests need chromium, the lead store's PostgreSQL; on Debian as root they are installed here.
debian:
	@missing=""; command -v chromium >/dev/null 2>&1 || missing="chromium"; \
	ls /usr/lib/postgresql/*/bin/initdb >/dev/null 2>&1 || missing="$$missing postgresql"; \
	if [ -n "$$missing" ] && [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null 2>&1; then \
	  apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends $$missing >/dev/null; fi

test: $(STAMP) debian
	$(PYTEST) $(TWO) -m "not full and not alone"
	$(PYTEST) -m "not full and alone"

test-full: $(STAMP) debian
	$(PYTEST) $(TWO) -m "not alone"
	$(PYTEST) -m alone

check: $(STAMP) debian
	$(PY) -m ruff format --check .
	$(PY) -m ruff check .
	$(PY) -m mypy
	.venv/bin/lint-imports
	$(MAKE) test

bench: $(STAMP)
	$(PY) -m benchmarks.run

examples: $(STAMP)
	$(PY) data/examples/make_examples.py

clean:
	rm -rf .venv .mypy_cache .ruff_cache .pytest_cache .hypothesis benchmarks/data
