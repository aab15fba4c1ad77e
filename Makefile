# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The mtasts-exporter authors
#
# Developer tasks, for Debian 12. Each target installs the packages it needs.

JOBS ?= $(shell nproc)
BUILD := build
E2E_BUILD ?= asan

BUILD_PACKAGES := g++ cmake ninja-build pkg-config libboost1.81-dev libc-ares-dev \
  libcurl4-openssl-dev libssl-dev prometheus-cpp-dev libtomlplusplus-dev \
  libcli11-dev libfmt-dev nlohmann-json3-dev libsqlite3-dev libidn2-dev libpsl-dev libgmime-3.0-dev zlib1g-dev libyaml-dev libcrypt-dev \
  libjemalloc-dev ca-certificates
WORLD_PACKAGES := python3 openssl nsd unbound ldnsutils bind9 iproute2 nginx-light postfix dovecot-imapd prometheus prometheus-alertmanager \
  python3-yaml bind9-dnsutils curl
WEB_SERVER_PACKAGES := apache2-bin caddy haproxy hitch lighttpd lighttpd-mod-openssl nghttp2-server stunnel4 media-types
TEST_PACKAGES := libgtest-dev libgmock-dev clang-14 clang-tidy-14 clang-format-14 git systemd python3-pip $(WORLD_PACKAGES) \
  $(WEB_SERVER_PACKAGES)
# The chart tests install helm and the schemas with npm; a Node.js from another source works too.
TEST_PACKAGES += $(shell command -v npm >/dev/null 2>&1 || echo npm)
FUZZ_PACKAGES := clang-14 libclang-rt-14-dev libgtest-dev libgmock-dev
TSAN_PACKAGES := clang-14 libclang-rt-14-dev libgtest-dev libgmock-dev
BENCH_PACKAGES := prometheus-blackbox-exporter libgtest-dev libgmock-dev python3 python3-pip openssl nginx-light apache2-utils curl procps

.PHONY: help run install demo test e2e zoo image-test test-tsan fuzz torture soak bench bench-rules format format-check tidy build asan clean
.DEFAULT_GOAL := help

help: ## List the targets
	@sed -n 's/^\([a-z0-9-]*\):.*## /  make \1\t/p' Makefile | expand -t 20

# $(call install,PACKAGES): installs missing packages with apt, as root or with sudo.
install = @sh tests/lint/install-packages.sh $(1)

build: ## Build the agent (release)
	$(call install,$(BUILD_PACKAGES))
	@cmake --preset release -DMTASTS_TESTS=OFF -DMTASTS_REVISION=$(REVISION) >/dev/null
	@cmake --build $(BUILD)/release -j $(JOBS) --target mtasts-exporter

run: build ## Build, then run the agent on a few public domains
	@echo
	@echo "  The agent checks the domains in config/quickstart.toml. Open:"
	@echo "    http://localhost:10058/          domains, findings, fixes"
	@echo "    http://localhost:10058/metrics   for Prometheus"
	@echo "    http://localhost:10059/metrics   metrics of the agent itself"
	@echo "  To check one domain:  build/release/mtasts-exporter check example.com"
	@echo "  Press Ctrl-C to stop."
	@echo
	@exec $(BUILD)/release/mtasts-exporter serve --config config/quickstart.toml

install: ## Install the built agent, the systemd unit and, unless present, the settings (as root)
	@test -x $(BUILD)/release/mtasts-exporter || { echo "The agent has not been built yet: run make build first." >&2; exit 1; }
	@install -D -m 755 $(BUILD)/release/mtasts-exporter $(DESTDIR)/usr/local/bin/mtasts-exporter
	@install -D -m 644 config/mtasts-exporter.service $(DESTDIR)/etc/systemd/system/mtasts-exporter.service
	@test -e $(DESTDIR)/etc/mtasts-exporter/config.toml || \
	  install -D -m 644 config/example.toml $(DESTDIR)/etc/mtasts-exporter/config.toml
	@echo "Set your domains in $(DESTDIR)/etc/mtasts-exporter/config.toml, then run:"
	@echo "  systemctl daemon-reload && systemctl enable --now mtasts-exporter"

demo: build ## Run the agent against a miniature internet of real servers with healthy and broken domains
	$(call install,$(WORLD_PACKAGES))
	@sh tests/lint/as-root.sh python3 tests/world/demo.py --agent $(BUILD)/release/mtasts-exporter

test: ## Run everything that CI runs: both builds, all tests, lints
	$(call install,$(BUILD_PACKAGES) $(TEST_PACKAGES))
	@sh tests/lint/run-all-tests.sh $(JOBS)

e2e: ## Test the agent against real servers (E2E_BUILD=asan, as make test does, or release)
	$(call install,$(BUILD_PACKAGES) $(TEST_PACKAGES))
	@cmake --preset $(E2E_BUILD) -DMTASTS_TESTS=ON >/dev/null
	@cmake --build $(BUILD)/$(E2E_BUILD) -j $(JOBS) --target mtasts-exporter
	@sh tests/lint/as-root.sh /usr/bin/python3 -B tests/world/e2e.py --agent $(BUILD)/$(E2E_BUILD)/mtasts-exporter

zoo: build ## Test the agent against mail servers that cannot be installed together (downloads packages)
	$(call install,$(WORLD_PACKAGES))
	@sh tests/lint/as-root.sh /usr/bin/python3 -B tests/zoo/zoo.py --agent $(BUILD)/release/mtasts-exporter

image-test: ## Build the container image without a container engine, run it, and boot the systemd unit
	$(call install,debootstrap buildah python3)
	@sh tests/lint/as-root.sh /usr/bin/python3 -B tests/image/image_test.py $(if $(IMAGE_CACHE),--keep $(IMAGE_CACHE))

test-tsan: ## Test the multi-threaded modules with ThreadSanitizer (clang)
	$(call install,$(BUILD_PACKAGES) $(TSAN_PACKAGES))
	@cmake --preset tsan
	@cmake --build $(BUILD)/tsan -j $(JOBS) --target board_test state_test report_store_test intake_test present_test web_test service_test
	@ctest --test-dir $(BUILD)/tsan --output-on-failure -L '^(board|state|report_store|intake|present|web|service)$$'

fuzz: ## Run every fuzzer for a minute (FUZZ_SECONDS=60, FUZZ_JOBS at a time, FUZZ_ONLY="names")
	$(call install,$(BUILD_PACKAGES) $(FUZZ_PACKAGES))
	@cmake --preset fuzz
	@cmake --build $(BUILD)/fuzz -j $(JOBS) --target fuzzers
	@sh tests/fuzz/run-all.sh $(BUILD)/fuzz $${FUZZ_SECONDS:-60}

torture: ## Attack a running agent on loopback, harmlessly (TORTURE_AGENT=path, TORTURE_SCALE=4 for longer)
	$(call install,$(BUILD_PACKAGES) python3 openssl)
ifndef TORTURE_AGENT
	@$(MAKE) --no-print-directory build
endif
	@python3 -B tests/torture/torture.py --agent $(or $(TORTURE_AGENT),$(BUILD)/release/mtasts-exporter) --scale $(or $(TORTURE_SCALE),1)

soak: ## Run an agent for an hour among peers that come and go (SOAK_SECONDS=3600, SOAK_DOMAINS=2000, SOAK_AGENT=path)
	$(call install,$(BUILD_PACKAGES) python3 openssl)
ifndef SOAK_AGENT
	@$(MAKE) --no-print-directory build
endif
	@python3 -B tests/soak/soak.py --agent $(or $(SOAK_AGENT),$(BUILD)/release/mtasts-exporter) \
	  --seconds $(or $(SOAK_SECONDS),3600) --domains $(or $(SOAK_DOMAINS),2000)

bench: ## Measure the cost of a check, compared with plain OpenSSL and blackbox_exporter
	$(call install,$(BUILD_PACKAGES) $(BENCH_PACKAGES))
	@cmake --preset release -DMTASTS_TESTS=ON -DMTASTS_BENCH=ON >/dev/null
	@cmake --build $(BUILD)/release -j $(JOBS) --target mtasts-exporter mtasts_bench
	@python3 tests/bench/bench.py --build $(BUILD)/release

bench-rules: ## Measure what the alert rules cost Prometheus, compared with the rules of v0.1
	$(call install,$(BUILD_PACKAGES) prometheus)
	@cmake --preset release -DMTASTS_TESTS=ON -DMTASTS_BENCH=ON >/dev/null
	@cmake --build $(BUILD)/release -j $(JOBS) --target mtasts_exposition
	@python3 -B tests/bench/rules/rules_bench.py --program $(BUILD)/release/tests/mtasts_exposition --domains $(or $(RULES_DOMAINS),10000)

format: ## Format the C++ sources
	$(call install,clang-format-14 git)
	@git ls-files '*.cpp' '*.h' | xargs clang-format-14 -i

format-check:
	@git ls-files '*.cpp' '*.h' | xargs clang-format-14 --dry-run --Werror

tidy: ## Run clang-tidy on the agent
	$(call install,$(BUILD_PACKAGES) $(TEST_PACKAGES))
	@cmake --preset release >/dev/null
	@sh tests/lint/tidy.sh $(BUILD)/release $(JOBS)

clean: ## Remove all builds
	@rm -rf $(BUILD)
