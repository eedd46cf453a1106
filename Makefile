# Everything runs in ./.venv. Needed on the machine: Python >= 3.11.5 with pip and venv, and make.
VENV ?= .venv
PYTHON ?= python3
BIN := $(VENV)/bin
# The versions that the tests ran with (see `lock`); `make CONSTRAINTS= …` takes the newest instead.
CONSTRAINTS ?= constraints.txt
# --no-compile: what is used is compiled when it is first imported, and kept; most of what is installed never is.
PIP := $(BIN)/python -m pip install --quiet --disable-pip-version-check --no-compile $(if $(CONSTRAINTS),--constraint $(CONSTRAINTS))
# What pip is told to install as torch, needed for training and its tests. A plain `torch` on Linux brings several gigabytes of
# CUDA. To have the CPU build, name the index that PyTorch's install page gives for it:
#   make train-env TORCH="torch --index-url URL"
TORCH ?= torch==2.13.0
NEEDS := pyproject.toml setup.cfg $(wildcard $(CONSTRAINTS))
# More than two cores have: tests wait for servers, browsers and processes that they start.
JOBS ?= 3
ARGS ?=
# Else every process would compile all that it imports.
unexport PYTHONDONTWRITEBYTECODE

.PHONY: demo bench test test-all check env train-env lock clean

demo: $(VENV)/.installed-train
	@$(BIN)/clinical-r1 demo $(ARGS)

test: $(VENV)/.installed-dev $(VENV)/.installed-train
	$(BIN)/python -m pytest --numprocesses $(JOBS) --dist worksteal $(ARGS)

test-all: $(VENV)/.installed-dev $(VENV)/.installed-train
	CLINICAL_R1_EXHAUSTIVE=1 $(BIN)/python -m pytest --numprocesses $(JOBS) --dist worksteal $(ARGS)

bench: $(VENV)/.installed-dev $(VENV)/.installed-train
	$(BIN)/python benchmarks/run_all.py $(ARGS)

check: $(VENV)/.installed-dev
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

env: $(VENV)/.installed

train-env: $(VENV)/.installed-train

# Versions stay as they are where they can; `make lock UPGRADE=--upgrade` takes the newest. Needs uv.
lock:
	uv pip compile pyproject.toml --extra dev --extra train --python-version 3.11 --python-platform linux --generate-hashes \
		--no-annotate --no-emit-index-url --custom-compile-command "make lock" --quiet $(UPGRADE) --output-file requirements.lock
	sed -i '1i # Python 3.11 on Linux, extras dev and train: pip install --no-deps --require-hashes -r requirements.lock' requirements.lock
	{ sed -n '/^[^#]/q;p' constraints.txt; sed -n 's/^\([^ #]*==[^ ]*\).*/\1/p' requirements.lock; } > constraints.partial
	mv constraints.partial constraints.txt

clean:
	rm -rf $(VENV) demo demo-quick .pytest_cache .mypy_cache .ruff_cache

$(BIN)/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11, 5) and "Python 3.11.5 or newer is needed: make PYTHON=python3.12 ...")'
	@echo "making a virtual environment in $(VENV)"
	@$(PYTHON) -m venv $(VENV)

$(VENV)/.installed: $(NEEDS) | $(BIN)/python
	@echo "installing clinical-r1 into $(VENV) (a minute or two)"
	@$(PIP) --editable .
	@touch $@

$(VENV)/.installed-dev: $(NEEDS) | $(BIN)/python
	@echo "installing clinical-r1 into $(VENV), with what tests and checks need (a minute or two)"
	@$(PIP) --editable ".[dev]"
	@touch $@

$(VENV)/.installed-train: $(NEEDS) | $(BIN)/python
	@echo "installing clinical-r1 into $(VENV), with what training needs (a minute or two)"
	@$(BIN)/python -c 'import torch' 2>/dev/null || $(PIP) $(TORCH)
	@$(PIP) --editable ".[train]"
	@touch $@
