# Weir: two commands do everything on a fresh Debian 12 machine.
#   make run    build, then chat with the shipped model in a copy of the sample workspace
#   make test   build and run every test
#   make bench-boundary   measure the boundary; fails when a time or a rate misses its bar
.PHONY: help run test build deps clean format bench-boundary
.DEFAULT_GOAL := help

BUILD := build/release

help:
	@sed -n '2,4s/^# *//p' Makefile

deps:
	@scripts/install_deps.sh

build: deps
	@cmake --preset release >/dev/null
	@cmake --build $(BUILD) --target weir

run: build
	@scripts/run_sample.sh $(BUILD)/bin/weir

test: deps
	@cmake --preset release >/dev/null
	@cmake --build $(BUILD)
	@ctest --test-dir $(BUILD) --output-on-failure -j 2

bench-boundary: deps
	@cmake --preset release >/dev/null
	@cmake --build $(BUILD)
	@failed=0; for bench in $(BUILD)/bin/bench_boundary_*; do "$$bench" || failed=1; done; exit $$failed

format:
	@git ls-files '*.h' '*.cc' | xargs clang-format-19 -i

clean:
	@rm -rf build
