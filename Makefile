.PHONY: check format lint types imports test lock

check: format lint types imports test

format:
	.venv/bin/ruff format --check .
lint:
	.venv/bin/ruff check .
types:
	.venv/bin/mypy
	.venv/bin/pyright
imports:
	.venv/bin/lint-imports
test:
	python3 dev.py test
lock:
	python3 dev.py lock
