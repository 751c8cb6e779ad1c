# deltac. `make demo` and `make test` do everything, installing included; `make help` lists the rest.
# Settings: CC, CFLAGS, LDFLAGS, BUILD (where everything goes), PREFIX, DESTDIR, SANITIZE=address,undefined, CBLAS=no, JOBS.

ifeq ($(origin CC),default)
CC := cc
endif
BUILD ?= build
PREFIX ?= /usr/local
SHARE = $(DESTDIR)$(PREFIX)/share
JOBS ?= $(shell nproc 2>/dev/null || echo 2)
CFLAGS ?= -O2 -g
SANITIZE ?=
CBLAS ?= yes

# Goals that must work on a machine without compiler and libraries: they compile nothing here, or call make again after `setup`.
BARE := help prove-report demo test test-long setup asan valgrind valgrind-long cover bench bench-peers clean format format-check layers install-files
MAKEFLAGS += --no-builtin-rules --no-print-directory
# Sub-makes build side by side, with the caller's -j if there is one.
SUBMAKE = $(MAKE) $(if $(findstring -j,$(MAKEFLAGS)),,-j$(JOBS))

.DEFAULT_GOAL := all
.DELETE_ON_ERROR:
.SUFFIXES:
.PHONY: all tests install deb documents FORCE $(BARE)

# ---------------------------------------------------------------- sources
COMPILER_SOURCES := $(sort $(filter-out gen/deltac.c,$(wildcard grammar/*.c gen/*.c gen/*/*.c)))
MAIN_SOURCE      := $(wildcard gen/deltac.c)
RUNTIME_SOURCES  := $(sort $(wildcard runtime/*.c runtime/*/*.c))
LANGUAGES        := $(sort $(patsubst grammar/%.y,%,$(wildcard grammar/*.y)))
UNIT_SOURCES     := $(sort $(wildcard tests/unit/test_*.c))
UNIT_HELPERS     := $(sort $(filter-out $(UNIT_SOURCES),$(wildcard tests/unit/*.c)))
PUBLIC_HEADERS   := $(wildcard runtime/delta.h runtime/delta_random.h runtime/delta_exp.h runtime/delta_vector.h)

GENERATED        := $(foreach l,$(LANGUAGES),$(BUILD)/gen/$l.tab.c $(BUILD)/gen/$l.lex.c)
GENERATED_HEADERS := $(GENERATED:.c=.h)
GENERATED_OBJECTS := $(GENERATED:.c=.o)
COMPILER_OBJECTS := $(COMPILER_SOURCES:%.c=$(BUILD)/obj/%.o)
MAIN_OBJECT      := $(MAIN_SOURCE:%.c=$(BUILD)/obj/%.o)
PROVER_OBJECT    := $(MAIN_SOURCE:gen/deltac.c=$(BUILD)/obj/gen/prover.o)
RUNTIME_OBJECTS  := $(RUNTIME_SOURCES:%.c=$(BUILD)/obj/%.o)
UNIT_OBJECTS     := $(UNIT_SOURCES:%.c=$(BUILD)/obj/%.o)
HELPER_OBJECTS   := $(UNIT_HELPERS:%.c=$(BUILD)/obj/%.o)
UNIT_PROGRAMS    := $(UNIT_SOURCES:tests/unit/%.c=$(BUILD)/tests/%)
OBJECTS          := $(GENERATED_OBJECTS) $(COMPILER_OBJECTS) $(MAIN_OBJECT) $(PROVER_OBJECT) $(RUNTIME_OBJECTS) $(UNIT_OBJECTS) $(HELPER_OBJECTS)
INCLUDES         := $(PUBLIC_HEADERS:runtime/%=$(BUILD)/include/%)

# ---------------------------------------------------------------- flags
WARNINGS := -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Werror
# flex and bison write code that no person will read; the actions in it keep -Wall.
GENERATED_WARNINGS := -Wall -Werror -Wno-unused-function -Wno-unused-variable -Wno-unused-but-set-variable -Wno-sign-compare
SANITIZE_FLAGS := $(if $(SANITIZE),-fsanitize=$(SANITIZE) -fno-sanitize-recover=all -fno-omit-frame-pointer)
BASE_FLAGS := -std=c11 -D_GNU_SOURCE -I. -I$(BUILD)/gen $(CPPFLAGS) $(CFLAGS) $(SANITIZE_FLAGS)
# -fPIC: `deltac build --shared` puts them into a shared object. clang says when it could not vectorise a loop that may be: no mistake.
RUNTIME_FLAGS := -fPIC -O3 -fopenmp-simd -DDELTA_SIMD -Wno-pass-failed
PROGRAM_FLAGS = -fopenmp-simd -DDELTA_SIMD $(LINKER_FLAGS) $(SPEED_FLAGS) $(OPENMP_FLAGS) $(MVEC_FLAGS) $(CBLAS_LIBS)
LIBS = $(OPENMP_FLAGS) $(CBLAS_LIBS) -lunistring -ljansson -lz $(FLINT_LIBS) -lpthread

# config.mk: what this machine has. OpenBLAS makes products of matrices fast (CBLAS=no: build without it), libmvec is glibc's vector mathematics: PROGRAM_FLAGS
# are what a generated program is compiled and linked with, beside libdelta.a. Measured with gcc 12 on AVX-512 (bench, row G): 106 µs without the speed flags, 73 with
# them; gcc packs single numbers into vectors and takes them out again, and prefers half of the vectors' width.  ld needs 72 ms to read OpenBLAS's 15,000 names, gold 26:
# a tenth of the time to the first update.  And which layout FLINT has. Debian 12: FLINT 2, Arb, Calcium and Antic, four libraries. FLINT 3: one library, all headers in <flint/>.
ifneq ($(filter-out $(BARE),$(or $(MAKECMDGOALS),all)),)
include $(BUILD)/config.mk
endif
$(BUILD)/config.mk: $(BUILD)/flags Makefile
	@if printf '%s\n' '#include <flint/fmpz_mpoly_q.h>' '#include <flint/arb.h>' | $(CC) $(CPPFLAGS) $(CFLAGS) -E - >/dev/null 2>&1; then \
	    printf '%s\n' 'FLINT_FLAGS := -DDELTAC_FLINT3=1' 'FLINT_LIBS := -lflint -lmpfr -lgmp -lm'; \
	else \
	    printf '%s\n' 'FLINT_FLAGS :=' 'FLINT_LIBS := -lcalcium -lantic -lflint-arb -lflint -lmpfr -lgmp -lm'; \
	fi >$@
	@try() { printf '%b\n' "$$1" | $(CC) $(CPPFLAGS) $(CFLAGS) -x c - -o $@.try $$2 >/dev/null 2>&1 && rm -f $@.try; }; \
	if [ '$(CBLAS)' != no ] && try '#include <cblas.h>\nextern void openblas_set_num_threads(int); int main(void) { openblas_set_num_threads(1); cblas_sgemm(CblasRowMajor, CblasNoTrans, CblasNoTrans, 0, 0, 0, 0, 0, 1, 0, 1, 0, 0, 1); return 0; }' -lopenblas; then \
	    printf '%s\n' 'CBLAS_FLAGS := -DDELTA_CBLAS' 'CBLAS_LIBS := -Wl,--as-needed -lopenblas' >>$@; \
	fi; \
	if try '#include <omp.h>\nint main(void) { return omp_get_max_threads() < 1; }' -fopenmp; then \
	    printf '%s\n' 'OPENMP_FLAGS := -fopenmp' >>$@; \
	fi; \
	if try 'int main(void) { return 0; }' -fuse-ld=gold; then \
	    printf '%s\n' 'LINKER_FLAGS := -fuse-ld=gold' >>$@; \
	fi; \
	if try 'int main(void) { return 0; }' '-fno-tree-slp-vectorize -fno-split-loops -march=native -mprefer-vector-width=512'; then \
	    printf '%s\n' 'SPEED_FLAGS := -fno-tree-slp-vectorize -fno-split-loops -mprefer-vector-width=512' >>$@; \
	fi; \
	if try 'extern double _ZGVbN2v_tanh(double), _ZGVbN4v_tanhf(double); int main(void) { return _ZGVbN2v_tanh(1) + _ZGVbN4v_tanhf(1) > 5; }' -lmvec; then \
	    printf '%s\n' 'MVEC_FLAGS := -DDELTA_VECTOR_MATH -Wl,--as-needed -lmvec' >>$@; \
	fi

# The settings everything was compiled with, rewritten only when they change; then all is compiled again.
$(BUILD)/flags: FORCE
	@mkdir -p $(@D)
	@printf '%s\n' '$(CC) $(BASE_FLAGS) $(WARNINGS) $(RUNTIME_FLAGS) $(LDFLAGS) $(CBLAS)' | cmp -s - $@ || printf '%s\n' '$(CC) $(BASE_FLAGS) $(WARNINGS) $(RUNTIME_FLAGS) $(LDFLAGS) $(CBLAS)' >$@
# The list of a library's members, so that a file that is taken away leaves the library too.
$(BUILD)/%.members: FORCE
	@mkdir -p $(@D)
	@printf '%s\n' '$(MEMBERS)' | cmp -s - $@ || printf '%s\n' '$(MEMBERS)' >$@
$(BUILD)/libdeltac.members: MEMBERS = $(COMPILER_OBJECTS) $(GENERATED_OBJECTS)
$(BUILD)/libdelta.members: MEMBERS = $(RUNTIME_OBJECTS)
FORCE:

# ---------------------------------------------------------------- building
# deltac finds its runtime beside itself: build/deltac uses build/libdelta.a and build/include, an installed one ../lib and ../include.
all: $(if $(MAIN_SOURCE),$(BUILD)/deltac $(BUILD)/deltac-prover) $(BUILD)/libdeltac.a $(BUILD)/libdelta.a $(BUILD)/libdelta.link $(INCLUDES)
tests: all $(UNIT_PROGRAMS) $(BUILD)/break/deltac

# deltac has the commands that need no prover, so its libraries are not linked; deltac-prover has all.
$(BUILD)/deltac: $(MAIN_OBJECT)
$(BUILD)/deltac-prover: $(PROVER_OBJECT)
$(BUILD)/deltac $(BUILD)/deltac-prover: $(BUILD)/libdeltac.a $(BUILD)/libdelta.a
	$(CC) $(CFLAGS) $(SANITIZE_FLAGS) $(LDFLAGS) -o $@ $(filter %.o,$^) $(filter %.a,$^) -Wl,--as-needed $(LIBS)
$(BUILD)/libdeltac.a: $(COMPILER_OBJECTS) $(GENERATED_OBJECTS) $(BUILD)/libdeltac.members
$(BUILD)/libdelta.a: $(RUNTIME_OBJECTS) $(BUILD)/libdelta.members
# Every program that deltac compiles is linked with the runtime: without its debugging information that takes half the time.
$(BUILD)/libdeltac.a $(BUILD)/libdelta.a:
	@rm -f $@
	$(AR) rcs $@ $(filter %.o,$^)
	$(if $(SANITIZE)$(filter-out $(BUILD)/libdelta.a,$@),,strip --strip-debug $@)
# What a generated program needs beside the library: read by gen/tool/compile.c.
$(BUILD)/libdelta.link: $(BUILD)/config.mk
	@printf '%s\n' '$(PROGRAM_FLAGS)' >$@
$(BUILD)/include/%.h: runtime/%.h
	@mkdir -p $(@D)
	cp $< $@
$(UNIT_PROGRAMS): $(BUILD)/tests/%: $(BUILD)/obj/tests/unit/%.o $(HELPER_OBJECTS) $(BUILD)/libdeltac.a $(BUILD)/libdelta.a
	@mkdir -p $(@D)
	$(CC) $(CFLAGS) $(SANITIZE_FLAGS) $(LDFLAGS) -o $@ $^ -lcmocka $(LIBS)

$(OBJECTS): $(BUILD)/flags $(BUILD)/config.mk
$(COMPILER_OBJECTS) $(MAIN_OBJECT) $(PROVER_OBJECT) $(UNIT_OBJECTS) $(HELPER_OBJECTS): | $(GENERATED_HEADERS)
$(RUNTIME_OBJECTS): OPTIMIZE = $(RUNTIME_FLAGS) $(OPENMP_FLAGS) $(CBLAS_FLAGS)
$(BUILD)/obj/%.o: %.c
	@mkdir -p $(@D)
	$(CC) $(BASE_FLAGS) $(OPTIMIZE) $(FLINT_FLAGS) $(WARNINGS) -MMD -MP -c -o $@ $<
$(PROVER_OBJECT): gen/deltac.c
	@mkdir -p $(@D)
	$(CC) $(BASE_FLAGS) -DDELTAC_PROVER $(WARNINGS) -MMD -MP -c -o $@ $<
$(GENERATED_OBJECTS): $(BUILD)/gen/%.o: $(BUILD)/gen/%.c | $(GENERATED_HEADERS)
	$(CC) $(BASE_FLAGS) -Igrammar $(FLINT_FLAGS) $(GENERATED_WARNINGS) -MMD -MP -c -o $@ $<

$(BUILD)/gen/%.tab.c $(BUILD)/gen/%.tab.h &: grammar/%.y
	@mkdir -p $(@D)
	bison -Wall -Werror --defines=$(BUILD)/gen/$*.tab.h -o $(BUILD)/gen/$*.tab.c $<
$(BUILD)/gen/%.lex.c $(BUILD)/gen/%.lex.h &: grammar/%.l
	@mkdir -p $(@D)
	flex --header-file=$(BUILD)/gen/$*.lex.h -o $(BUILD)/gen/$*.lex.c $<
.SECONDARY: $(GENERATED) $(GENERATED_HEADERS)

-include $(OBJECTS:.o=.d)

install: all
	+@$(MAKE) install-files
# Only copies what is built; by itself for the tests, which must not build.
install-files:
	install -d $(DESTDIR)$(PREFIX)/bin $(DESTDIR)$(PREFIX)/lib/pkgconfig $(DESTDIR)$(PREFIX)/lib/deltac $(DESTDIR)$(PREFIX)/include
	install -m 755 $(BUILD)/deltac $(DESTDIR)$(PREFIX)/bin/deltac
	install -m 755 $(BUILD)/deltac-prover $(DESTDIR)$(PREFIX)/lib/deltac/deltac-prover
	install -m 644 $(BUILD)/libdelta.a $(BUILD)/libdelta.link $(DESTDIR)$(PREFIX)/lib
	install -m 644 $(PUBLIC_HEADERS) $(DESTDIR)$(PREFIX)/include
	version=$$($(BUILD)/deltac --version | cut -d' ' -f2) && \
	    sed "s|@PREFIX@|$(PREFIX)|; s|@VERSION@|$$version|; s|@FLAGS@|$$(cat $(BUILD)/libdelta.link)|" packaging/deltac.pc.in >$(DESTDIR)$(PREFIX)/lib/pkgconfig/deltac.pc
	install -d $(SHARE)/man/man1 $(SHARE)/bash-completion/completions $(SHARE)/zsh/site-functions $(SHARE)/fish/vendor_completions.d
	install -m 644 docs/deltac.1 $(SHARE)/man/man1/deltac.1
	install -m 644 share/completions/deltac.bash $(SHARE)/bash-completion/completions/deltac
	install -m 644 share/completions/_deltac $(SHARE)/zsh/site-functions/_deltac
	install -m 644 share/completions/deltac.fish $(SHARE)/fish/vendor_completions.d/deltac.fish

deb: all
	rm -rf $(BUILD)/deb
	+@$(MAKE) install-files PREFIX=/usr DESTDIR=$(abspath $(BUILD))/deb >/dev/null
	packaging/deb.sh $(BUILD)/deb $(BUILD)

# What follows from the program: the functions in docs/language.md, the options in docs/commands.md, the man page, the completions.
documents: all
	docs/make.py $(BUILD)/deltac

# deltac with seeded errors, of which DELTAC_BREAK in the environment chooses one: for the tests of `deltac verify`.
BREAKABLE := $(shell grep -ls '"gen/dag/break.h"' gen/*/*.c)
$(BUILD)/break/deltac: $(BREAKABLE:%.c=$(BUILD)/break/%.o) $(PROVER_OBJECT) $(BUILD)/libdeltac.a $(BUILD)/libdelta.a $(INCLUDES)
	$(CC) $(CFLAGS) $(SANITIZE_FLAGS) $(LDFLAGS) -o $@ $(filter %.o %.a,$^) $(LIBS)
	for f in libdelta.a libdelta.link include; do if [ -e $(BUILD)/$$f ]; then ln -sfn ../$$f $(@D)/$$f; fi; done
$(BREAKABLE:%.c=$(BUILD)/break/%.o): $(BUILD)/break/%.o: %.c
	@mkdir -p $(@D)
	$(CC) $(BASE_FLAGS) -DDELTAC_BREAK $(FLINT_FLAGS) $(WARNINGS) -MMD -MP -c -o $@ $<
-include $(BREAKABLE:%.c=$(BUILD)/break/%.d)

# ---------------------------------------------------------------- the two commands, and what else people do
help:
	@printf '%s\n' \
	    'make             build/deltac, build/libdelta.a, build/include' \
	    'make demo        set up, build, check the lecture page, train y = 2x + 1' \
	    'make test        set up, build, every test of a few minutes' \
	    'make test-long   the same and what needs longer' \
	    'make install     to $$DESTDIR$$PREFIX (default /usr/local)' \
	    'make deb         a Debian package in build/' \
	    'make documents   man page, completions and tables of the docs, from the program' \
	    'make setup       install what the list `packages` names and is missing' \
	    'make asan        unit and golden tests under the address and undefined-behaviour sanitizers' \
	    'make valgrind    unit tests and every fourth golden test under valgrind; valgrind-long: all of both' \
	    'make cover       lines of each file that the tests reach' \
	    'make bench       the measurements of bench/ (BENCH=--smoke: only, does it work)' \
	    'make prove-report  verdicts and times over the corpora of claims, also as build/prove-report.json (MUTANTS=0: all mutants)' \
	    'make bench-peers PyTorch, JAX and SymPy into build/peers, FANN and dlib as packages: bench then measures them too' \
	    'make layers      does every file include only its own folder and folders above it?' \
	    'make format      clang-format the lines changed since the last commit (SINCE=REVISION: since that); format-check only looks' \
	    'make clean       remove what was built' \
	    'One test: tests/run KIND TEXT, for example tests/run golden shape'

setup:
	@.ci/setup build test

demo:
	@.ci/setup build
	+@$(SUBMAKE) -s all
	@BUILD='$(BUILD)' tests/demo.sh

test:
	@.ci/setup build test
	+@$(SUBMAKE) -s tests
	@BUILD='$(BUILD)' CC='$(CC)' tests/run

test-long:
	@.ci/setup build test
	+@$(SUBMAKE) -s tests
	@BUILD='$(BUILD)' CC='$(CC)' tests/run --long

# Programs that deltac has compiled link with the sanitized runtime, so they need the same flags: CC may hold several words.
asan:
	@.ci/setup build test
	+@$(SUBMAKE) -s BUILD=build-asan SANITIZE=address,undefined CFLAGS='-O1 -g' tests
	@BUILD=build-asan CC='$(CC) -fsanitize=address,undefined -fno-sanitize-recover=all' tests/run unit golden

valgrind valgrind-long:
	@.ci/setup build test
	+@$(SUBMAKE) -s tests
	@BUILD='$(BUILD)' CC='$(CC)' tests/run --valgrind $(if $(findstring long,$@),--whole) unit golden

cover:
	@.ci/setup build test
	+@$(SUBMAKE) -s BUILD=build-cover CFLAGS='-O0 -g --coverage' tests
	@find build-cover -name '*.gcda' -delete
	@BUILD=build-cover CC='$(CC) --coverage' tests/run || true
	@tests/cover.sh build-cover

bench:
	@.ci/setup build bench
	+@$(SUBMAKE) -s all
	@DELTAC='$(abspath $(BUILD))/deltac' CC='$(CC)' bench/run --json '$(abspath $(BUILD))/bench.json' $(BENCH)
	@DELTAC='$(abspath $(BUILD))/deltac' CC='$(CC)' bench/derivatives/run --json '$(abspath $(BUILD))/derivatives.json' $(filter --smoke,$(BENCH))

# MUTANTS: how many one-token mutants are tried, 0 for all.
MUTANTS ?= 1000
prove-report:
	@.ci/setup build test
	+@$(SUBMAKE) -s all
	@DELTAC='$(BUILD)/deltac' /usr/bin/python3 tests/prove_report.py '$(BUILD)/prove-report.json' $(MUTANTS)

# The peers of the measurements: packages, and a Python of their own in $(BUILD)/peers. What cannot be had is left out of the tables.
PEERS := $(BUILD)/peers/bin/pip install -q
bench-peers:
	-@.ci/setup peers
	@test -x $(BUILD)/peers/bin/python || python3 -m venv $(BUILD)/peers
	-@$(PEERS) --retries 0 --index-url https://download.pytorch.org/whl/cpu torch || $(PEERS) torch
	-@$(PEERS) jax
	-@$(PEERS) sympy

layers:
	@tests/run layers

# Only lines that were changed: tables that were aligned by hand keep their shape.
SINCE ?= HEAD
format:
	git clang-format --extensions c,h '$(SINCE)'
format-check:
	git clang-format --extensions c,h --diff '$(SINCE)'

clean:
	rm -rf $(BUILD) build-asan build-cover
