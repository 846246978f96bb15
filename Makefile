# SPDX-License-Identifier: MIT
# tidemill: a StatsD-compatible metrics aggregator.
#
#   make            the release binary, build/tidemill
#   make run        install what is missing, build, run on the built-in defaults
#   make check      every test; REQUIRE_PEERS=1 makes a missing real peer a failure
#   make fuzz       each fuzz target for FUZZ_SECONDS
#   make bench      measurements against this machine; ARGS=--quick, and see
#                   test/bench/README.md
#   make number-proof  10^8 random doubles, printed and read back
#   make soak       the daemon under SOAK_DATAGRAMS datagrams
#   make lint       clang-tidy, cppcheck, shellcheck, formatting
#   make format     rewrite the sources as .clang-format says
#   make install    DESTDIR, PREFIX; also make uninstall
#   make SAN=thread any of these with a sanitizer, in its own directory
#
# Files are found by wildcards: a new one under src/ or test/ needs no edit here.

VERSION := 0.1.0
PREFIX ?= /usr/local
SYSCONFDIR ?= /etc
BUILD ?= build
FUZZ_SECONDS ?= 60
SOAK_DATAGRAMS ?= 100000000
SAN ?=

SBINDIR = $(DESTDIR)$(PREFIX)/sbin
MANDIR = $(DESTDIR)$(PREFIX)/share/man
SHAREDIR = $(DESTDIR)$(PREFIX)/share/tidemill
ETCDIR = $(DESTDIR)$(SYSCONFDIR)/tidemill
LIBDIR = $(DESTDIR)$(PREFIX)/lib

# As many jobs as processors, unless the command line says otherwise.
ifeq ($(MAKELEVEL),0)
ifeq ($(filter -j% --jobs%,$(shell tr '\0' '\n' </proc/$$PPID/cmdline 2>/dev/null)),)
MAKEFLAGS += -j$(shell nproc)
endif
endif
MAKEFLAGS += --no-builtin-rules --no-print-directory
.SUFFIXES:
.DELETE_ON_ERROR:
.SECONDARY:
.DEFAULT_GOAL := all

# V=1 shows whole commands.
Q := $(if $(V),,@)
say = $(if $(V),,@printf '  %-6s %s\n' $(1) $(2))

# ---- flags -----------------------------------------------------------------

ifeq ($(origin CC),default)
CC := gcc
endif
CLANG := $(if $(findstring clang,$(shell $(CC) --version 2>/dev/null)),yes)
X86 := $(filter x86_64 i%86,$(shell uname -m))

WARN := -Wall -Wextra -Wconversion -Wshadow -Wstrict-prototypes -Wmissing-prototypes \
	-Wold-style-definition -Wpointer-arith -Wcast-qual -Wwrite-strings -Wundef \
	-Wformat=2 -Wvla -Werror $(if $(CLANG),-Wno-unknown-warning-option)
VERSION_FLAG := -DTIDEMILL_VERSION='"$(VERSION)"'
LANG_FLAGS := -std=c17 -D_GNU_SOURCE -I. -Isrc -Iinclude -ffile-prefix-map=$(CURDIR)=. -pthread

HARDEN := -D_FORTIFY_SOURCE=2 -fPIE -fstack-protector-strong -fstack-clash-protection \
	$(if $(X86),-fcf-protection)
HARDEN_LINK := -pie -Wl,-z,relro,-z,now,-z,noexecstack

SAN_FLAGS = -O1 -g -fPIE -fno-omit-frame-pointer -fno-sanitize-recover=all -fsanitize=$(1)

LDLIBS := -Wl,--as-needed -luv -lyaml -ljansson -lpcre2-8 -lm -lpthread
CHECK_LIBS := -lcheck -lsubunit -lrt

# ---- files -----------------------------------------------------------------

SRC := $(wildcard src/*.c src/*/*.c)
LIB_SRC := $(filter-out src/main.c,$(SRC))
UNIT_SRC := $(wildcard test/unit/*/*_test.c)
RACE_SRC := $(wildcard test/unit/*/*_race.c)
SCENARIO_SRC := $(wildcard test/scenario/*_test.c)
FUZZ_SRC := $(wildcard test/fuzz/*_fuzz.c)
BENCH_SRC := $(wildcard test/bench/*.c)
# What several test programs share.
HELP_SRC := $(filter-out %_test.c %_race.c,$(wildcard test/unit/*.c test/unit/*/*.c test/scenario/*.c))
MAN := $(wildcard man/*.[1-9])
SCRIPTS := $(wildcard .ci/run contrib/install-packages test/*.sh test/*/*.sh contrib/*.sh)
C_FILES := $(wildcard src/*.[ch] src/*/*.[ch] include/*/*.h test/*/*.[ch] test/unit/*/*.[ch])

# ---- variants: one directory and one set of flags each ------------------------

comma := ,
ASAN := san-address-undefined
TSAN := san-thread
MAIN := $(if $(SAN),san-$(subst $(comma),-,$(SAN)),release)

dir_release := $(BUILD)
cc_release := $(CC)
flags_release := -O2 -g $(HARDEN)
link_release := $(HARDEN_LINK)

ifneq ($(SAN),)
dir_$(MAIN) := $(BUILD)/$(MAIN)
cc_$(MAIN) := $(CC)
flags_$(MAIN) := $(call SAN_FLAGS,$(SAN))
link_$(MAIN) := -pie -fsanitize=$(SAN)
endif

dir_$(ASAN) := $(BUILD)/$(ASAN)
cc_$(ASAN) := $(CC)
flags_$(ASAN) := $(call SAN_FLAGS,address$(comma)undefined)
link_$(ASAN) := -pie -fsanitize=address,undefined

dir_$(TSAN) := $(BUILD)/$(TSAN)
cc_$(TSAN) := $(CC)
flags_$(TSAN) := $(call SAN_FLAGS,thread)
link_$(TSAN) := -pie -fsanitize=thread

# libFuzzer is clang's.
dir_fuzz := $(BUILD)/fuzz
cc_fuzz := $(if $(CLANG),$(CC),clang)
flags_fuzz := $(call SAN_FLAGS,fuzzer-no-link$(comma)address$(comma)undefined) -Wno-unknown-warning-option
link_fuzz := -pie -fsanitize=fuzzer,address,undefined

OUT := $(dir_$(MAIN))
DIR_A := $(dir_$(ASAN))
DIR_T := $(dir_$(TSAN))

# $(1) file, $(2) text: write it where it differs, so that what depends on it
# is made again.
remember = mkdir -p $(dir $(1)) && { printf '%s\n' '$(2)' | cmp -s - $(1) || printf '%s\n' '$(2)' >$(1); }

# $(1) variant. Objects depend on the flags they were made with, archives on
# which files there are.
define variant
$(dir_$(1))/obj/.flags: FORCE
	$(Q)$$(call remember,$$@,$$(cc_$(1)) $$(VERSION) $$(LANG_FLAGS) $$(WARN) $$(flags_$(1)) $$(CPPFLAGS) $$(CFLAGS))

$(dir_$(1))/obj/.files: FORCE
	$(Q)$$(call remember,$$@,$$(SRC) $$(HELP_SRC))

$(dir_$(1))/obj/%.o: %.c $(dir_$(1))/obj/.flags
	$(Q)mkdir -p $$(@D)
	$$(call say,CC,$$<)
	$(Q)$(cc_$(1)) $(VERSION_FLAG) $(LANG_FLAGS) $(WARN) $(flags_$(1)) $(CPPFLAGS) $(CFLAGS) -MMD -MP -c -o $$@ $$<

$(dir_$(1))/libtidemill.a: $(LIB_SRC:%.c=$(dir_$(1))/obj/%.o) $(dir_$(1))/obj/.files
	$$(call say,AR,$$@)
	$(Q)rm -f $$@ && ar rcsD $$@ $$(filter %.o,$$^)

$(dir_$(1))/libtest.a: $(HELP_SRC:%.c=$(dir_$(1))/obj/%.o) $(dir_$(1))/obj/.files
	$$(call say,AR,$$@)
	$(Q)rm -f $$@ && ar rcsD $$@ $$(filter %.o,$$^)

$(dir_$(1))/tidemill: $(dir_$(1))/obj/src/main.o $(dir_$(1))/libtidemill.a
	$$(call say,LD,$$@)
	$(Q)$(cc_$(1)) $(link_$(1)) $(LDFLAGS) -o $$@ $$^ $(LDLIBS)

$(dir_$(1))/test/%: $(dir_$(1))/obj/test/%.o $(dir_$(1))/libtest.a $(dir_$(1))/libtidemill.a
	$(Q)mkdir -p $$(@D)
	$$(call say,LD,$$@)
	$(Q)$(cc_$(1)) $(link_$(1)) $(LDFLAGS) -o $$@ $$^ $(CHECK_LIBS) $(LDLIBS)
endef

VARIANTS := $(sort release $(MAIN) $(ASAN) $(TSAN) fuzz)
$(foreach v,$(VARIANTS),$(eval $(call variant,$(v))))

# A fuzz target is a library function: libFuzzer brings the main that searches,
# replay.c the one that only runs the files it is given.
REPLAY := $(FUZZ_SRC:test/fuzz/%_fuzz.c=$(DIR_A)/test/fuzz/%_replay)
$(DIR_A)/test/fuzz/%_replay: $(DIR_A)/obj/test/fuzz/%_fuzz.o $(DIR_A)/obj/test/fuzz/replay.o $(DIR_A)/libtidemill.a
	$(Q)mkdir -p $(@D)
	$(call say,LD,$@)
	$(Q)$(cc_$(ASAN)) $(link_$(ASAN)) $(LDFLAGS) -o $@ $^ $(LDLIBS)

FUZZERS := $(FUZZ_SRC:test/fuzz/%.c=$(dir_fuzz)/%)
$(dir_fuzz)/%_fuzz: $(dir_fuzz)/obj/test/fuzz/%_fuzz.o $(dir_fuzz)/libtidemill.a
	$(call say,LD,$@)
	$(Q)$(cc_fuzz) $(link_fuzz) $(LDFLAGS) -o $@ $^ $(LDLIBS)

# ---- build and run ---------------------------------------------------------

.PHONY: all lib run FORCE
FORCE:

all: $(OUT)/tidemill $(OUT)/libtidemill.a
lib: $(OUT)/libtidemill.a

run:
	@contrib/install-packages run
	+@$(MAKE) all
	@exec $(OUT)/tidemill run $(ARGS)

# The commented sample is what the binary says its defaults are.
etc/tidemill.yaml: $(OUT)/tidemill FORCE
	$(call say,GEN,$@)
	$(Q)$(OUT)/tidemill config --defaults >$@.new && mv $@.new $@

# ---- check -----------------------------------------------------------------

UNIT := $(UNIT_SRC:%.c=$(DIR_A)/%)
RACE := $(RACE_SRC:%.c=$(DIR_T)/%)
SCENARIO := $(SCENARIO_SRC:%.c=$(DIR_A)/%)

.PHONY: check check-programs check-run unit race scenario

# Everything that compiles is run, even when something else does not.
# Without the peers the tests that need them are skipped, unless REQUIRE_PEERS=1.
check:
	@contrib/install-packages run check peers || \
		{ [ "$$REQUIRE_PEERS" != 1 ] && APT=no contrib/install-packages run check; }
	+@rm -rf $(BUILD)/check && mkdir -p $(BUILD)/check
	+@$(MAKE) -k check-programs || echo build >$(BUILD)/check/build.failed
	@$(check_env) test/run.sh all

# What is only measured with is at least built.
check-programs: $(OUT)/tidemill $(UNIT) $(RACE) $(SCENARIO) $(REPLAY) $(BENCH_SRC:%.c=$(OUT)/%)

# Parts of it, while working: make unit NAME=base (NAME picks by substring).
named = $(if $(NAME),$(foreach p,$(1),$(if $(findstring $(NAME),$(p)),$(p))),$(1))
unit: $(call named,$(UNIT))
	@UNIT='$^' $(check_env) test/run.sh unit
race: $(call named,$(RACE))
	@RACE='$^' $(check_env) test/run.sh race
scenario: $(OUT)/tidemill $(call named,$(SCENARIO))
	@SCENARIO='$(filter-out $(OUT)/tidemill,$^)' $(check_env) test/run.sh scenario

check_env = LOGS='$(BUILD)/check' TIDEMILL='$(abspath $(OUT)/tidemill)' UNIT="$${UNIT-$(UNIT)}" \
	RACE="$${RACE-$(RACE)}" SCENARIO="$${SCENARIO-$(SCENARIO)}" REPLAY='$(REPLAY)' MAN='$(MAN)'

# ---- fuzz, bench, soak ---------------------------------------------------------

.PHONY: fuzz bench number-proof soak
fuzz:
	@contrib/install-packages run fuzz
	+@$(MAKE) $(FUZZERS)
	@FUZZERS='$(FUZZERS)' CORPUS='$(dir_fuzz)/corpus' FUZZ_SECONDS='$(FUZZ_SECONDS)' test/fuzz/run.sh

bench:
	@contrib/install-packages run
	+@$(MAKE) all
	@TIDEMILL='$(abspath $(OUT)/tidemill)' BUILD='$(abspath $(BUILD))' CC='$(CC)' \
		LIBTIDEMILL='$(abspath $(OUT)/libtidemill.a)' LDLIBS='$(LDLIBS)' \
		CFLAGS='$(LANG_FLAGS) $(WARN) $(flags_release)' test/bench/run.sh $(ARGS)

number-proof:
	+@$(MAKE) bench ARGS='--doubles 100000000 proof'

soak:
	@contrib/install-packages run
	+@$(MAKE) all
	@TIDEMILL='$(abspath $(OUT)/tidemill)' SOAK_DATAGRAMS='$(SOAK_DATAGRAMS)' test/soak.sh

# ---- lint and format -----------------------------------------------------------

CLANG_FORMAT ?= $(firstword $(shell command -v clang-format-14 clang-format))
CLANG_TIDY ?= $(firstword $(shell command -v clang-tidy-14 clang-tidy))

.PHONY: lint lint-tidy lint-cppcheck lint-shell format check-format
lint:
	@contrib/install-packages run lint
	+@$(MAKE) -k lint-tidy lint-cppcheck lint-shell check-format

lint-tidy: $(SRC:%=%.tidy)
%.c.tidy: FORCE
	$(call say,TIDY,$*.c)
	$(Q)$(CLANG_TIDY) --quiet $*.c -- $(VERSION_FLAG) $(LANG_FLAGS) 2>/dev/null

lint-cppcheck:
	$(call say,CPPCHK,src)
	$(Q)mkdir -p $(BUILD)/cppcheck
	$(Q)cppcheck --quiet --std=c11 --enable=warning,performance,portability --inline-suppr \
		--suppress=missingIncludeSystem --error-exitcode=1 --cppcheck-build-dir=$(BUILD)/cppcheck \
		-D_GNU_SOURCE $(VERSION_FLAG) -Isrc -Iinclude src

lint-shell:
	$(call say,SHELL,scripts)
	$(Q)shellcheck -x $(SCRIPTS)

format:
	$(Q)$(CLANG_FORMAT) -i $(C_FILES)

check-format:
	$(call say,FORMAT,sources)
	$(Q)$(CLANG_FORMAT) --dry-run -Werror $(C_FILES)

# ---- install -------------------------------------------------------------------

# What systemd reads, and where: units in a folder of their own. In them the
# paths of a Debian package become those of this installation.
SYSTEMD_FILES := tidemill.service tidemill.socket sysctl.d/50-tidemill.conf \
	sysusers.d/tidemill.conf
SYSTEMD_DIR = $(if $(findstring /,$(f)),,systemd/system/)
placed = s,/usr/sbin/tidemill,$(PREFIX)/sbin/tidemill,g; s,/etc/tidemill,$(SYSCONFDIR)/tidemill,g

.PHONY: install uninstall clean
install: $(OUT)/tidemill
	install -D -m 755 $(OUT)/tidemill $(SBINDIR)/tidemill
	$(foreach m,$(MAN),install -D -m 644 $(m) $(MANDIR)/man$(patsubst .%,%,$(suffix $(m)))/$(notdir $(m)) &&) :
	@if [ -e $(ETCDIR)/tidemill.yaml ]; then \
		echo 'kept $(ETCDIR)/tidemill.yaml'; \
	else \
		set -x; install -D -m 644 etc/tidemill.yaml $(ETCDIR)/tidemill.yaml; \
	fi
	install -D -m 644 -t $(SHAREDIR)/graphite contrib/graphite/*.conf
	install -D -m 644 -t $(SHAREDIR)/systemd contrib/systemd/tidemill.service.d/example.conf
	$(foreach f,$(SYSTEMD_FILES),sed '$(placed)' contrib/systemd/$(f) | \
		install -D -m 644 /dev/stdin $(LIBDIR)/$(SYSTEMD_DIR)$(f) &&) :

# The configuration stays: it is the operator's.
uninstall:
	rm -f $(SBINDIR)/tidemill
	$(foreach m,$(MAN),rm -f $(MANDIR)/man$(patsubst .%,%,$(suffix $(m)))/$(notdir $(m)) &&) :
	$(foreach f,$(SYSTEMD_FILES),rm -f $(LIBDIR)/$(SYSTEMD_DIR)$(f) &&) :
	rm -rf $(SHAREDIR)

clean:
	rm -rf $(BUILD)

-include $(shell find $(foreach v,$(VARIANTS),$(dir_$(v))/obj) -name '*.d' 2>/dev/null)
