EXTENSION = offerengine
EXTVERSION = $(shell sed -n "s/^default_version = '\(.*\)'/\1/p" offerengine.control)

MODULE_big = offerengine
OBJS = $(patsubst %.c,%.o,$(sort $(wildcard src/*.c src/*/*.c)))
PG_CPPFLAGS = -I$(srcdir)/src -Wextra -Wno-unused-parameter -Wno-missing-field-initializers -Wno-sign-compare

SCRIPT = sql/$(EXTENSION)--$(EXTVERSION).sql
RELEASED = $(patsubst test/old/%.sql,%,$(sort $(wildcard test/old/*.sql)))
UPGRADES = $(RELEASED:%=sql/$(EXTENSION)--%--$(EXTVERSION).sql)
DATA = $(SCRIPT) $(UPGRADES) $(wildcard cluster/*.sql)
# The module that client and openapi share stands beside them.
SCRIPTS = bin/offerengine-cluster bin/offerengine-load bin/offerengine-loyalty-worker bin/offerengine-client \
	bin/offerengine-openapi bin/OfferengineCatalog.pm
MANUAL = $(patsubst bin/%,doc/man/%.1,$(filter-out %.pm,$(SCRIPTS)))
EXTRA_CLEAN = $(SCRIPT) $(UPGRADES) src/schema_version.h $(EXTENSION)-*.zip

TOPICS = $(sort $(wildcard sql/[0-9]*/*.sql))
MIGRATIONS = $(sort $(wildcard sql/migrations/*.sql))

REGRESS = $(patsubst test/sql/%.sql,%,$(sort $(wildcard test/sql/*.sql)))
REGRESS_OPTS = --inputdir=test
ISOLATION = $(patsubst test/specs/%.spec,%,$(sort $(wildcard test/specs/*.spec)))
ISOLATION_OPTS = --inputdir=test --load-extension=pg_trgm --load-extension=offerengine \
	--launcher='test/specs/prepare $(bindir)/psql'
TAP_TESTS = 1
PROVE_TESTS = test/t/*.pl

PG_CONFIG ?= pg_config
PGXS := $(shell $(PG_CONFIG) --pgxs)

all: $(SCRIPT) $(UPGRADES)

include $(PGXS)

# Manual pages, where the server has its own.
install: install-manual
uninstall: uninstall-manual

install-manual:
	$(MKDIR_P) '$(DESTDIR)$(mandir)/man1'
	$(INSTALL_DATA) $(addprefix $(srcdir)/,$(MANUAL)) '$(DESTDIR)$(mandir)/man1/'

uninstall-manual:
	rm -f $(addprefix '$(DESTDIR)$(mandir)/man1/',$(notdir $(MANUAL)))

# One script out of the topics; migrations and what migrate() re-applies travel inside it as data (see scripts/assemble).
$(SCRIPT): $(TOPICS) $(MIGRATIONS) scripts/assemble offerengine.control
	scripts/assemble "$(EXTVERSION)" > $@.tmp && mv $@.tmp $@

# From each released version to this one, by what differs (see scripts/upgrade-script).
$(UPGRADES): sql/$(EXTENSION)--%--$(EXTVERSION).sql: test/old/%.sql test/old/%.control $(SCRIPT) scripts/upgrade-script \
		$(wildcard sql/upgrade/*.sql)
	scripts/upgrade-script $* "$(EXTVERSION)" $(SCRIPT) > $@.tmp && mv $@.tmp $@

# The schema version that the library needs is the number of the newest migration.
src/schema_version.h: $(MIGRATIONS) offerengine.control
	@printf '#define OE_VERSION "%s"\n#define OE_SCHEMA_VERSION %d\n' \
		"$(EXTVERSION)" "$$(ls sql/migrations | sort | tail -n 1 | sed 's/^0*\([0-9]*\).*/\1/')" > $@

$(OBJS): src/schema_version.h $(wildcard src/*.h src/*/*.h)

.PHONY: install-manual uninstall-manual assert bench clocks cluster dist explore hardcore image-layout lint matrix \
	release-check sanitize upgraded

# What is uploaded to PGXN: what is committed, without what an earlier build left.
dist:
	git archive --format=zip --prefix=$(EXTENSION)-$(EXTVERSION)/ --output=$(EXTENSION)-$(EXTVERSION).zip HEAD

# IMAGE: a directory that becomes the root of an extension image (packaging/Dockerfile).
image-layout: all
	$(if $(IMAGE),,$(error IMAGE names the directory to write))
	install -d '$(IMAGE)/lib' '$(IMAGE)/share/extension'
	install -m 755 $(MODULE_big)$(DLSUFFIX) '$(IMAGE)/lib/'
	install -m 644 $(EXTENSION).control $(DATA) '$(IMAGE)/share/extension/'

# Each package is made of what is committed, and tried on a copy of the server.
release-check:
	scripts/release-check

# Every question beside its baselines on a throwaway server, as a table of ratios. Settings: see bench/run.
bench:
	bench/run

# The test of a marketplace on several servers, with more shoppers and for longer.
cluster:
	scripts/cluster --test

# scripts/check on PostgreSQL 17 and 18, in chroots. Needs root and debootstrap.
matrix:
	scripts/matrix

# Every rule, asked in a database that was upgraded from the oldest release.
upgraded:
	SUITES=upgraded scripts/check

# House rules that a machine can check.
lint:
	scripts/lint

# scripts/check on a server built with assertions. Needs root, and builds PostgreSQL the first time.
assert:
	scripts/assert

# The same with the sanitizers of gcc in server and library: regression, isolation and pgTAP.
sanitize:
	scripts/sanitize

# The tests of one server, with its clock before days on which calendars turn. Needs libfaketime.
clocks:
	scripts/clocks

# The tests that draw at random, with RUNS (20) seeds each.
explore:
	scripts/explore

# What takes a night, once a week: fuzzer, sqlsmith, coverage, valgrind, discarded caches. Needs root; see doc/hardcore.md.
hardcore:
	scripts/hardcore
