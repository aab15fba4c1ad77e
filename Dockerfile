# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The mtasts-exporter authors
#
# Builds from source in the first stage. The second is an empty root with the agent, its shared libraries and CA
# certificates alone (cmake/image-root.sh), because layers cannot shrink a base image: its shell, perl
# and apt would remain. `make image-test` builds and runs this file without a Docker engine.
#
#     docker build -t mtasts-exporter .
#     docker run --read-only -p 10058:10058 -v mtasts-state:/var/lib/mtasts-exporter \
#       -e MTASTS_DOMAINS=example.com,example.net mtasts-exporter

# Any Debian 12 image. To pin it, which its packages are not: --build-arg BASE=debian:bookworm-slim@sha256:<digest>.
ARG BASE=debian:bookworm-slim
# The version of CMakeLists.txt; the build fails where they differ.
ARG VERSION=0.2.0

FROM ${BASE} AS build
WORKDIR /src
# Upgrades the base's packages too: the image's libraries come from this stage.
RUN apt-get update && DEBIAN_FRONTEND=noninteractive apt-get upgrade -y
# Only the files that list the build packages, so that this layer stays cached when sources change.
COPY Makefile ./
COPY tests/lint/install-packages.sh tests/lint/
RUN sh tests/lint/install-packages.sh make \
  && printf 'include Makefile\npackages:\n\t$(call install,$(BUILD_PACKAGES))\n' | make -f - packages
COPY . .
ARG VERSION
# The commit that is built, for mtasts_exporter_build_info: --build-arg REVISION="$(git rev-parse --short=12 HEAD)".
ARG REVISION=""
# With the same base, packages and sources, builds with the same time are equal octet for octet:
# --build-arg SOURCE_DATE_EPOCH="$(git log -1 --format=%ct)" --output type=docker,rewrite-timestamp=true (BuildKit), or
# --timestamp (buildah).
ARG SOURCE_DATE_EPOCH
RUN make build REVISION="${REVISION}" && sh cmake/image-root.sh build/release "${VERSION}" /image/root \
  && install -d -m 0750 /image/state/mtasts-exporter

FROM scratch
ARG BASE
ARG VERSION
ARG REVISION=
LABEL org.opencontainers.image.title="mtasts-exporter" \
      org.opencontainers.image.description="Re-checks mail domains' MTA-STS as a sending server would, for Prometheus" \
      org.opencontainers.image.url="https://github.com/mtasts-exporter/mtasts-exporter" \
      org.opencontainers.image.source="https://github.com/mtasts-exporter/mtasts-exporter" \
      org.opencontainers.image.documentation="https://github.com/mtasts-exporter/mtasts-exporter/blob/main/README.md" \
      org.opencontainers.image.vendor="The mtasts-exporter authors" \
      org.opencontainers.image.licenses="Apache-2.0" \
      org.opencontainers.image.base.name="${BASE}" \
      org.opencontainers.image.version="${VERSION}" \
      org.opencontainers.image.revision="${REVISION}"
COPY --from=build /image/root/ /
# The state. No VOLUME: an anonymous volume, and the history in it, would be lost with the container. A named volume
# takes over this owner.
COPY --from=build --chown=65532:65532 /image/state/ /var/lib/
USER 65532:65532
EXPOSE 10058 10059
ENTRYPOINT ["/usr/bin/mtasts-exporter"]
CMD ["serve", "--config", "/etc/mtasts-exporter/config.toml"]
