# Everything a person does with a checkout. Needs Python 3.11 or newer and make; the rest comes from requirements.lock.
.SHELLFLAGS := -eu -c
.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
MAKEFLAGS += --no-builtin-rules
# What is compiled of two thousand imported modules is kept, whatever a container's environment says: thrown away, what
# a service imports takes 6.0 seconds of a processor at each start instead of 2.7, and tests start many processes.
unexport PYTHONDONTWRITEBYTECODE

PYTHON ?=
VENV := .venv
BIN := $(VENV)/bin
READY := $(VENV)/.ready

.PHONY: help demo serve test bench lock clean

help: ## Show what can be asked for
	@grep -hE '^[a-z]+:.*## ' Makefile | sed -E 's/^([a-z]+):.*## (.*)/  make \1\t\2/' | expand -t 18

demo: $(READY) ## Run the main job end to end (INSTANCE=file plays a public competition instance)
	@$(BIN)/wardflow demo $(if $(INSTANCE),--instance "$(INSTANCE)")

serve: $(READY) ## Start the service with a new demo hospital (PORT=8080)
	@$(BIN)/wardflow serve --demo $(if $(PORT),--port "$(PORT)")

test: $(READY) ## Check style and types, then run every test; the import contracts are tests too
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	@$(BIN)/python -m cli.kernels & compiling=$$!; echo $(BIN)/mypy; $(BIN)/mypy; wait $$compiling
	$(BIN)/pytest -n auto --maxprocesses 4 --dist loadfile --no-loadscope-reorder $(ARGS)

bench: $(READY) ## Measure kernels beside their baselines
	$(BIN)/pytest benchmarks --benchmark-only $(ARGS)

lock: $(READY) ## Resolve requirements.lock anew, for every platform and Python 3.11+
	$(BIN)/uv pip compile --universal --python-version 3.11 --generate-hashes --no-emit-index-url \
		--extra dev pyproject.toml --upgrade --quiet --custom-compile-command "make lock" -o requirements.lock

clean: ## Remove the environment, caches and builds; data folders stay
	rm -rf $(VENV) build dist .pytest_cache .mypy_cache .ruff_cache .hypothesis .import_linter_cache .benchmarks
	find solver models api simulations benchmarks cli tests -name __pycache__ -type d -prune -exec rm -rf {} +

# Made again whenever the lock or the project's metadata is newer. pip checks every hash; the project itself is
# linked to the checkout, so that an edit needs no new installation. What is imported is compiled then; compiling all of
# it at once took half of the time.
$(READY): requirements.lock pyproject.toml
	@python="$(PYTHON)"; \
	for candidate in python3 python3.14 python3.13 python3.12 python3.11 python; do \
		[ -n "$$python" ] && break; \
		if "$$candidate" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then \
			python="$$candidate"; \
		fi; \
	done; \
	if [ -z "$$python" ]; then \
		echo "No Python 3.11 or newer was found. Install one, or name it: make $(MAKECMDGOALS) PYTHON=/path/to/python3" >&2; \
		exit 1; \
	fi; \
	echo "Making $(VENV) with $$($$python --version); the first time takes some minutes."; \
	if ! "$$python" -m venv $(VENV); then \
		echo "This Python cannot make virtual environments. On Debian and Ubuntu install python3-venv." >&2; \
		exit 1; \
	fi
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-compile --require-hashes -r requirements.lock
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --editable .
	@touch $(READY)
