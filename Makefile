# Everything a newcomer needs: `make demo` and `make test` set themselves up in .venv.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
SETUP := $(VENV)/.installed

.PHONY: demo test test-all lint bench models test-tools clean

$(SETUP): pyproject.toml constraints.txt
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt -e '.[dev]'
	touch $@

models: $(SETUP)  ## pose and segmentation models, sha256-checked, cached for the user
	$(BIN)/habitus fetch-models

demo: models  ## made people, one reconstructed from one view, compared with the truth
	$(BIN)/habitus demo -o demo

test-tools: $(SETUP)  ## glTF validator (npm) and Chromium (apt), for the tests that use them
	$(BIN)/python tools/set_up_tests.py

test: models test-tools  ## under 8 minutes on 2 cores; the tests use no network
	$(BIN)/python -m pytest -n 2 -m 'not slow'

test-all: models test-tools  ## the slow ones too
	$(BIN)/python -m pytest -n 2

lint: $(SETUP)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/pyright
	$(BIN)/lint-imports

bench: models  ## every headline number of the README
	for script in benchmarks/bench_*.py; do $(BIN)/python $$script || exit 1; done

clean:
	rm -rf $(VENV) demo
