# `make demo` and `make test` work on a fresh machine with Python >= 3.11 and make.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin

.PHONY: demo test lint check bench recordings clean

# The stamp is renewed whenever what is to be installed changes.
$(VENV)/installed: pyproject.toml
	$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "tidyscribe needs Python 3.11 or newer; try: make PYTHON=python3.12 demo")'
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --upgrade "pip>=25.1"
	$(BIN)/python -m pip install --quiet --editable ".[local,server,plot]" --group dev
	touch $@

## Transcribe the sample recordings with the embedded engine and show the tables.
demo: $(VENV)/installed
	$(BIN)/python data/demo.py

## Run the tests.
test: $(VENV)/installed
	$(BIN)/python -m pytest

## Check format, style and types.
lint: $(VENV)/installed
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy

## Run all that CI runs.
check: test lint

## Measure; prints ratios against named baselines.
bench: $(VENV)/installed
	$(BIN)/python -m benchmarks

## Make the sample recordings anew (needs flite, sox and ffmpeg).
recordings:
	$(PYTHON) data/make_recordings.py

clean:
	rm -rf $(VENV) demo.tidyscribe
