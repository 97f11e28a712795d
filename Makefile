# The words people type. Meson and ninja do the work; see meson.build.
BUILD ?= build
JOBS  ?= $(shell nproc)

.PHONY: all release test sqllogictest asan tsan fuzz bench format lint layers docs install clean

all: release

# The optimised program: build/weir.
release: $(BUILD)/build.ninja
	@ninja -C $(BUILD) -j $(JOBS) weir

$(BUILD)/build.ninja:
	@script/bootstrap
	@meson setup $(BUILD) --buildtype=release -Ddebug=true -Dtests=false >/dev/null

# All tests, on a debug build with whole-structure checks.
test:
	@script/test

# The same tests under AddressSanitizer and UndefinedBehaviorSanitizer; under ThreadSanitizer.
asan:
	@script/test --sanitizer address,undefined
tsan:
	@script/test --sanitizer thread

# All of SQLite's sqllogictest corpus that Spark's SQL accepts (hours; the tests run a sample).
sqllogictest: release
	@python3 test/sql/sqllogictest.py $(BUILD)/weir $(BUILD)/sqllogictest --all --jobs $(JOBS)

# Builds the fuzz targets and runs each for FUZZ_SECONDS.
FUZZ_SECONDS ?= 60
fuzz:
	@script/fuzz $(FUZZ_SECONDS)

bench: release
	@script/bench

format:
	@git ls-files '*.c' '*.h' | xargs clang-format -i

lint:
	@meson setup build-lint >/dev/null 2>&1 || true
	@git ls-files 'src/*.c' | xargs -P $(JOBS) -n 4 clang-tidy -p build-lint --quiet \
	  --checks='-*,bugprone-*,clang-analyzer-*,performance-*,misc-*,-bugprone-easily-swappable-parameters,-misc-no-recursion'

layers:
	@python3 tools/layers.py

# docs/functions.md is printed from the function catalog.
docs: release
	@$(BUILD)/weir doctor --print-functions > docs/functions.md

install: release
	@meson install -C $(BUILD) --no-rebuild

clean:
	@rm -rf $(BUILD) build-test build-test-* build-clang build-fuzz build-lint
