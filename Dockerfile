# docker build -t motorcade-sidecar .
# docker build -t motorcade-demo --target demo .
# docker build -t motorcade-syncctl --target syncctl .
# docker build -t motorcade-standalone --target standalone .
#
# The images hold the Debian packages that `./dev package` makes. `./dev image` puts
# those that it has made in place of the stage `packages`, and a base of its own.

ARG BASE=debian:bookworm-slim

FROM $BASE AS build
RUN apt-get update \
 && apt-get install --yes --no-install-recommends \
      g++ cmake ninja-build pkg-config libcaf-dev libsimdjson-dev \
      libpqxx-dev libpq-dev libmariadb-dev libzstd-dev zlib1g-dev \
      libspdlog-dev nlohmann-json3-dev libcurl4-openssl-dev libsqlite3-dev libcli11-dev libssl-dev \
      prometheus-cpp-dev libyaml-cpp-dev libutf8proc-dev \
      libhowardhinnant-date-dev dpkg-dev file
WORKDIR /src
COPY . .
# How many compilers run at once; each takes up to 1 GB.
ARG JOBS=2
RUN cmake --preset release -DMOTORCADE_TESTS=OFF \
 && cmake --build build --parallel "$JOBS" \
      --target sidecar demo-connector replay syncctl package-files \
 && cpack --config build/CPackConfig.cmake -G DEB

FROM scratch AS packages
COPY --from=build /src/build/packages/ /

FROM $BASE AS base
# Each image gets its packages by this; a folder that is there for one step alone
# does not become a layer.
RUN printf '%s\n' '#!/bin/sh' 'set -e' 'apt-get update' \
      'apt-get install --yes --no-install-recommends "$@"' \
      'rm -rf /var/lib/apt/lists/* /var/cache/apt /var/log/apt /var/log/dpkg.log' \
      > /usr/local/sbin/install-packages \
 && chmod +x /usr/local/sbin/install-packages \
 && install -d -o 65532 -g 65532 /data

# A connector that plays a recording, to try the sidecar with.
FROM base AS demo
RUN --mount=type=bind,from=packages,target=/packages \
    install-packages /packages/motorcade-bench_*.deb
USER 65532:65532
ENV AIRBYTE_ENTRYPOINT=/usr/lib/motorcade/demo-connector
ENTRYPOINT ["/usr/lib/motorcade/demo-connector"]

FROM base AS syncctl
ARG VERSION=0.1.0
ARG REVISION=unknown
RUN --mount=type=bind,from=packages,target=/packages \
    install-packages /packages/motorcade-syncctl_*.deb
# A number, so that Kubernetes can see that it is not root.
USER 65532:65532
LABEL org.opencontainers.image.title="motorcade syncctl" \
      org.opencontainers.image.licenses="MIT" \
      org.opencontainers.image.description="Runs Airbyte source connectors in Kubernetes" \
      org.opencontainers.image.version="$VERSION" \
      org.opencontainers.image.revision="$REVISION" \
      org.opencontainers.image.base.name="docker.io/library/debian:bookworm-slim"
ENTRYPOINT ["/usr/lib/motorcade/syncctl"]

# syncctl without Kubernetes: connectors are programs of /connectors, and run in
# this container, each beside a sidecar. What they need must be in it: build one
# of your own on top of this, e.g. with python3.
FROM syncctl AS standalone
USER root
# The demo connector plays a recording, to try all of it with.
RUN --mount=type=bind,from=packages,target=/packages \
    install-packages /packages/motorcade-sidecar_*.deb /packages/motorcade-bench_*.deb \
 && install -d -o 65532 -g 65532 /connectors /connectors/airbyte \
 && cp /usr/lib/motorcade/demo-connector /connectors/airbyte/source-demo
USER 65532:65532
ENV HOME=/data \
    SYNCCTL_RUNTIME=process \
    SYNCCTL_DATA_DIR=/data \
    SYNCCTL_CONNECTORS_DIR=/connectors
LABEL org.opencontainers.image.title="motorcade standalone" \
      org.opencontainers.image.description="Runs Airbyte source connectors as processes of one container"

FROM base AS sidecar
ARG VERSION=0.1.0
ARG REVISION=unknown
RUN --mount=type=bind,from=packages,target=/packages \
    install-packages /packages/motorcade-sidecar_*.deb
USER 65532:65532
LABEL org.opencontainers.image.title="motorcade sidecar" \
      org.opencontainers.image.licenses="MIT" \
      org.opencontainers.image.description="Delivers what an Airbyte source connector prints" \
      org.opencontainers.image.version="$VERSION" \
      org.opencontainers.image.revision="$REVISION" \
      org.opencontainers.image.base.name="docker.io/library/debian:bookworm-slim"
ENTRYPOINT ["/usr/lib/motorcade/sidecar"]
