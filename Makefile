# What a person could type, with set-up done on the way. `make demo` and `make test` work on a fresh machine.
PYTHON ?= python3
BIN := .venv/bin
PIP := $(BIN)/python -m pip --disable-pip-version-check --quiet
FILES := pyproject.toml adapters/pyproject.toml plugins/glowtify-klaviyo/pyproject.toml constraints.txt

.PHONY: demo test test-all lint format bench scale chaos soak record docs pictures screenshots clean

demo: .venv/stamp-demo
	$(BIN)/glowtify demo

test: .venv/stamp-test
	$(BIN)/python -m pytest $(ARGS)

test-all: ## every supported Python that this machine has
	@for version in 3.11 3.12 3.13 3.14; do \
	  command -v python$$version >/dev/null && python$$version -c '' 2>/dev/null || continue; \
	  echo "== Python $$version"; python$$version -m venv .venv/all-$$version && \
	  .venv/all-$$version/bin/python -m pip --disable-pip-version-check --quiet install -r requirements/test.txt && \
	  .venv/all-$$version/bin/python -m pytest $(ARGS) || exit 1; done

lint: .venv/stamp-dev
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/deptry .
	cd adapters && ../$(BIN)/deptry .
	cd plugins/glowtify-klaviyo && ../../$(BIN)/deptry .
	$(BIN)/vulture

format: .venv/stamp-dev
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

bench: .venv/stamp-test ## ratios, measured in one run
	$(BIN)/python tests/benchmarks/run.py
	$(BIN)/python tests/benchmarks/scale.py --short

scale: .venv/stamp-test ## the figures of docs/scale.md, an hour of them; one measurement goes into ARGS, as in make scale ARGS="growth --markdown"
	$(BIN)/python tests/benchmarks/scale.py $(ARGS)

chaos: .venv/stamp-test ## the crash matrix in full; variants and options go into ARGS, as in make chaos ARGS="workers --kills 80"
	PYTHONPATH=tests/support $(BIN)/python tests/chaos/run.py $(ARGS)

soak: .venv/stamp-test ## a thousand publications in bad weather; other options go into ARGS, as in make soak ARGS="--chance 0.3"
	PYTHONPATH=tests/support $(BIN)/python tests/properties/soak.py $(ARGS)

record: .venv/stamp-test ## cassettes anew, from the sandbox; from Klaviyo with LIVE=1 (docs/how-to/record-cassettes.md)
	$(BIN)/python -m pytest tests/recordings --record-mode=rewrite $(if $(filter 1,$(LIVE)),--live) $(ARGS)

docs: .venv/stamp-docs ## its generated parts, then the site; to read it: python3 -m http.server --directory site
	$(BIN)/python docs/generate.py
	$(BIN)/zensical build --strict --clean

pictures: .venv/stamp-demo ## the terminal pictures of README
	$(BIN)/python docs/make_pictures.py

screenshots: .venv/stamp-test ## the documentation's pictures of the page; needs a chromium
	PYTHONPATH=tests/support $(BIN)/python docs/make_screenshots.py

clean:
	rm -rf .venv build dist site .cache .mypy_cache .ruff_cache .pytest_cache

.venv/bin/python:
	$(PYTHON) -m venv .venv || { rm -rf .venv; exit 1; }

.venv/stamp-%: requirements/%.txt $(FILES) | .venv/bin/python
	$(PIP) install -r requirements/$*.txt
	@touch $@
