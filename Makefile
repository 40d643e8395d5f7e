# Trainyard. `make demo` shows it, `make test` checks it, `make help` lists the rest.
# Everything lands in build/ and .venv/; nothing needs activating.

SHELL  := /bin/bash
PYTHON ?= python3#              the interpreter that .venv is made from, 3.11 or newer
JOBS   ?= $(shell nproc)#       compilers at a time
TORCH  ?= 0#                    1: also install PyTorch (CPU build) and run its tests
ONLY   ?=#                      make test ONLY=word: only tests whose name has this word
VENV   := .venv/bin/python

.PHONY: help demo test build torch asan tsan wheel bench lint format conformance validate reference clean
.DEFAULT_GOAL := help
.NOTPARALLEL:

# Clones in different folders share what ccache has.
export CCACHE_BASEDIR   := $(CURDIR)
export CCACHE_NOHASHDIR := 1
export CCACHE_SLOPPINESS := pch_defines,time_macros

help:  ## this list
	@sed -n 's/^\([a-z]*\):.*## /make \1\t/p' Makefile | expand -t 18

demo: build  ## an attention kernel on a simulated Trainium2, compared with NumPy
	@$(VENV) examples/demo.py

test: build asan $(if $(filter 1,$(TORCH)),torch)  ## every test: C++, C++ under ASan and UBSan, Python
	@$(VENV) scripts/run_tests.py $(if $(ONLY),--only $(ONLY))

# --- set-up: each step leaves a stamp, so that it runs again only when its input changes ---------

build/.packages: packages.txt scripts/install-packages
	@scripts/install-packages
	@mkdir -p build && touch $@

.venv/.installed: requirements.txt constraints.txt | build/.packages
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' \
	  || { echo "Python 3.11 or newer is needed: make PYTHON=/path/to/python3.11"; exit 1; }
	@echo "Installing Python packages into .venv:" $$(sed -n 's/^\([a-z].*\)==.*/\1/p' requirements.txt)
	@test -x $(VENV) || $(PYTHON) -m venv .venv
	@$(VENV) -m pip install -qq --disable-pip-version-check -r requirements.txt
	@$(VENV) -c 'import site; open(site.getsitepackages()[0] + "/trainyard.pth", "w").write("$(CURDIR)/python\n")'
	@touch $@

torch: .venv/.torch  ## PyTorch (CPU build) for the optional front end
.venv/.torch: requirements-torch.txt .venv/.installed
	@echo "Installing PyTorch, CPU build (900 MB)"
	@$(VENV) -m pip install -qq --disable-pip-version-check -r $< 2>build/torch.log && touch $@ \
	  || echo "No CPU build of PyTorch can be had here: its tests will be skipped."

# --- the C++: configured once, then Ninja knows what is stale ------------------------------------

build/%/build.ninja: .venv/.installed
	@echo "Configuring build/$*"
	@mkdir -p build/$* && cmake --preset $* -DPython_EXECUTABLE=$(CURDIR)/$(VENV) >build/$*/configure.log 2>&1 \
	  || { cat build/$*/configure.log; rm -f $@; exit 1; }

build: build/release/build.ninja  ## the library, its command and its Python module, in build/release
	@scripts/compile release $(JOBS)

asan: build/asan/build.ninja
	@scripts/compile asan $(JOBS)

tsan: build/tsan/build.ninja  ## the C++ tests under ThreadSanitizer
	@scripts/compile tsan $(JOBS)
	@ctest --preset tsan -j $(JOBS)

wheel: .venv/.installed  ## dist/trainyard-*.whl, with everything inside
	@$(VENV) -m build --wheel --outdir dist .

bench: build  ## the benchmarks: ratios against BLAS, NumPy and plain loops
	@cmake build/release -DTRAINYARD_BENCH=ON >/dev/null
	@scripts/compile release $(JOBS)
	@env -u OPENBLAS_CORETYPE -u OPENBLAS_L2_SIZE build/release/bin/trainyard_bench
	@$(VENV) bench/base_functions.py
	@$(VENV) bench/trace_call.py
	@env -u OPENBLAS_CORETYPE $(VENV) bench/kernels.py

validate: build  ## published measurements against predictions: make validate TRUTH=FILE.csv [PROGRAMS=path]
	@bin/trainyard validate --truth "$(TRUTH)" --report docs/validation.md \
	  $(if $(PROGRAMS),--programs "$(PROGRAMS)")

conformance: build  ## a public suite: make conformance SUITE=nki-library FROM=path [SELECT=words] [WITH=python]
	@bin/trainyard conformance $(SUITE) --from "$(FROM)" --report docs/conformance.md \
	  $(if $(SELECT),--only "$(SELECT)") $(if $(WITH),--python "$(WITH)")

reference: build  ## docs/instructions.md and the stub of nki.isa, from the instructions
	@$(VENV) scripts/make_reference.py

# --- style ---------------------------------------------------------------------------------------

SOURCES = $$(git ls-files '*.cc' '*.h')

lint: .venv/.installed  ## formatting, ruff, and the repository's own rules
	@.venv/bin/clang-format --dry-run --Werror $(SOURCES)
	@.venv/bin/ruff check . && .venv/bin/ruff format --check .
	@$(VENV) -m pytest -q tests/repo

format: .venv/.installed  ## reformat every source file
	@.venv/bin/clang-format -i $(SOURCES)
	@.venv/bin/ruff check --fix-only -q . && .venv/bin/ruff format .

clean:  ## remove what was built (.venv stays)
	@rm -rf build dist
