# Two commands matter: `make demo` and `make test`. Both set up what they need, once; after that they need no network.
PYTHON := $(shell python3.11 -c "" 2>/dev/null && echo python3.11 || echo python3)

.PHONY: demo test test-long lint bench lock danger-weights runtime dev chromium
.NOTPARALLEL:

demo: runtime
	.venv/bin/congdoan demo

test: dev chromium lint
	.venv/bin/python -m pytest -n 2 --dist worksteal -m "not long"

test-long: dev chromium
	.venv/bin/python -m pytest -n 2 --dist worksteal -m long
	SEASON_PEOPLE=1200 .venv/bin/python -m pytest -n 2 --dist worksteal --timeout 1800 tests/test_season_of_levels.py

lint: dev
	.venv/bin/ruff check
	.venv/bin/ruff format --check
	.venv/bin/mypy
	.venv/bin/lint-imports

bench: dev
	.venv/bin/python -m pytest tests/bench -o python_files="bench_*.py" -p no:randomly -s

lock:
	PYTHON=$(PYTHON) tools/lock.sh

danger-weights: dev
	.venv/bin/python -m pip install --quiet --editable ".[train]"
	.venv/bin/python tools/train_danger.py

runtime:
	@$(PYTHON) tools/install.py runtime

dev:
	@$(PYTHON) tools/install.py dev

chromium:
	@$(PYTHON) tools/install.py chromium
