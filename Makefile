# Needs make and Python 3.11 or newer; everything else is put into .venv.
.DEFAULT_GOAL := help
.PHONY: help run test check bench audit sbom

PORT ?= 8000
DATA_DIR ?= data

help:
	@echo 'make run     start everything on this machine (PORT=8000 DATA_DIR=data); Ctrl-C stops it'
	@echo 'make test    run the whole suite'
	@echo 'make check   ruff, the import contract, mypy and the suite, as CI does'
	@echo 'make bench   measure everything against its peers, into benchmarks/results (more than an hour; BENCH="--skip scale" half of one)'
	@echo 'make audit   ask for known holes in every pinned package; to be run every night'
	@echo 'make sbom    write build/sbom.cdx.json: every package that make run installs'

run: export PORT := $(PORT)
run: export DATA_DIR := $(DATA_DIR)
run:
	@scripts/make-venv run
	@exec .venv/bin/rejoinder up --port "$$PORT" --data-dir "$$DATA_DIR" --stop-with-parent

test:
	@scripts/make-venv dev
	@exec scripts/test

check:
	@scripts/make-venv dev
	.venv/bin/ruff check .
	.venv/bin/ruff format --check .
	.venv/bin/lint-imports
	.venv/bin/mypy
	@exec scripts/test

bench:
	@scripts/make-venv dev
	@.venv/bin/python -m benchmarks $(BENCH)

audit:
	@exec scripts/audit

sbom:
	@scripts/make-venv run
	@mkdir -p build
	@.venv/bin/python scripts/sbom.py > build/sbom.cdx.json
	@echo 'build/sbom.cdx.json'
