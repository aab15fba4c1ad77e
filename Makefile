# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The mtasts-exporter authors
#
# Everything a newcomer needs, on a bare Debian 12: each target installs the packages it misses.

JOBS ?= $(shell nproc)
BUILD := build

BUILD_PACKAGES := g++ cmake ninja-build pkg-config libboost1.81-dev libc-ares-dev \
  libcurl4-openssl-dev libssl-dev prometheus-cpp-dev libcivetweb-dev libtomlplusplus-dev \
  libcli11-dev libfmt-dev libspdlog-dev nlohmann-json3-dev libsqlite3-dev libidn2-dev zlib1g-dev libjemalloc-dev ca-certificates
WORLD_PACKAGES := python3 openssl nsd unbound nginx-light postfix prometheus prometheus-alertmanager \
  python3-yaml bind9-dnsutils curl
TEST_PACKAGES := libgtest-dev libgmock-dev clang-14 clang-tidy-14 clang-format-14 git systemd $(WORLD_PACKAGES)
# The chart's tests fetch helm and schemas by npm; another Node than Debian's will do, too.
TEST_PACKAGES += $(shell command -v npm >/dev/null 2>&1 || echo npm)
FUZZ_PACKAGES := clang-14 libclang-rt-14-dev libgtest-dev libgmock-dev
TSAN_PACKAGES := clang-14 libclang-rt-14-dev libgtest-dev libgmock-dev
BENCH_PACKAGES := prometheus-blackbox-exporter libgtest-dev libgmock-dev python3 openssl

.PHONY: help run install demo test image-test test-tsan fuzz bench format format-check tidy build asan clean
.DEFAULT_GOAL := help

help: ## Show what there is
	@sed -n 's/^\([a-z-]*\):.*## /  make \1\t/p' Makefile | expand -t 20

# $(call install,PACKAGES): what is missing of them, by apt, as root or through sudo.
install = @sh tests/lint/install-packages.sh $(1)

build: ## Build the agent (release)
	$(call install,$(BUILD_PACKAGES))
	@cmake --preset release -DMTASTS_TESTS=OFF >/dev/null
	@cmake --build $(BUILD)/release -j $(JOBS) --target mtasts-exporter

run: build ## Build, then run the agent on a few public domains
	@echo
	@echo "  The agent checks the domains of config/quickstart.toml. Look at:"
	@echo "    http://localhost:10058/          domains, findings, fixes"
	@echo "    http://localhost:10058/metrics   for Prometheus"
	@echo "    http://localhost:10059/metrics   the agent's own"
	@echo "  or check one domain:  build/release/mtasts-exporter check example.com"
	@echo "  Stop with Ctrl-C."
	@echo
	@exec $(BUILD)/release/mtasts-exporter serve --config config/quickstart.toml

install: ## What make build made: agent, systemd unit and, where there is none, settings (as root)
	@test -x $(BUILD)/release/mtasts-exporter || { echo "There is no agent yet: run make build first." >&2; exit 1; }
	@install -D -m 755 $(BUILD)/release/mtasts-exporter $(DESTDIR)/usr/local/bin/mtasts-exporter
	@install -D -m 644 config/mtasts-exporter.service $(DESTDIR)/etc/systemd/system/mtasts-exporter.service
	@test -e $(DESTDIR)/etc/mtasts-exporter/config.toml || \
	  install -D -m 644 config/example.toml $(DESTDIR)/etc/mtasts-exporter/config.toml
	@echo "Name your domains in $(DESTDIR)/etc/mtasts-exporter/config.toml, then:"
	@echo "  systemctl daemon-reload && systemctl enable --now mtasts-exporter"

demo: build ## A miniature internet of real servers, healthy and broken domains, and the agent
	$(call install,$(WORLD_PACKAGES))
	@sh tests/lint/as-root.sh python3 tests/world/demo.py --agent $(BUILD)/release/mtasts-exporter

test: ## Everything that CI runs: both builds, all tests, lints
	$(call install,$(BUILD_PACKAGES) $(TEST_PACKAGES))
	@sh tests/lint/run-all-tests.sh $(JOBS)

image-test: ## Build the container image without an engine, run it, and boot the systemd unit
	$(call install,debootstrap buildah python3)
	@sh tests/lint/as-root.sh /usr/bin/python3 -B tests/image/image_test.py $(if $(IMAGE_CACHE),--keep $(IMAGE_CACHE))

test-tsan: ## The threaded parts under ThreadSanitizer (clang)
	$(call install,$(BUILD_PACKAGES) $(TSAN_PACKAGES))
	@cmake --preset tsan
	@cmake --build $(BUILD)/tsan -j $(JOBS) --target board_test state_test present_test web_test
	@ctest --test-dir $(BUILD)/tsan --output-on-failure -R '^(board|state|present|web)$$'

fuzz: ## Run every fuzzer for a minute (FUZZ_SECONDS=60)
	$(call install,$(BUILD_PACKAGES) $(FUZZ_PACKAGES))
	@cmake --preset fuzz
	@cmake --build $(BUILD)/fuzz -j $(JOBS) --target fuzzers
	@sh tests/fuzz/run-all.sh $(BUILD)/fuzz $${FUZZ_SECONDS:-60}

bench: ## What a check costs, beside bare OpenSSL and blackbox_exporter
	$(call install,$(BUILD_PACKAGES) $(BENCH_PACKAGES))
	@cmake --preset release -DMTASTS_TESTS=ON -DMTASTS_BENCH=ON >/dev/null
	@cmake --build $(BUILD)/release -j $(JOBS) --target mtasts-exporter mtasts_bench
	@python3 tests/bench/bench.py --build $(BUILD)/release

format: ## Format the C++ sources
	$(call install,clang-format-14 git)
	@git ls-files '*.cpp' '*.h' | xargs clang-format-14 -i

format-check:
	@git ls-files '*.cpp' '*.h' | xargs clang-format-14 --dry-run --Werror

tidy: ## clang-tidy over the agent
	$(call install,$(BUILD_PACKAGES) $(TEST_PACKAGES))
	@cmake --preset release >/dev/null
	@sh tests/lint/tidy.sh $(BUILD)/release $(JOBS)

clean: ## Remove all builds
	@rm -rf $(BUILD)
