# docker build -t motorcade-sidecar .
# docker build -t motorcade-demo --target demo .
# docker build -t motorcade-syncctl --target syncctl .
# docker build -t motorcade-standalone --target standalone .

FROM debian:bookworm-slim AS build
RUN apt-get update \
 && apt-get install --yes --no-install-recommends \
      g++ cmake ninja-build pkg-config libcaf-dev libsimdjson-dev \
      libpqxx-dev libpq-dev libzstd-dev libspdlog-dev nlohmann-json3-dev \
      libcurl4-openssl-dev libsqlite3-dev libcli11-dev libssl-dev \
      libcpp-httplib-dev prometheus-cpp-dev libyaml-cpp-dev
WORKDIR /src
COPY . .
# How many compilers run at once; each takes up to 1 GB.
ARG JOBS=2
RUN cmake --preset release -DMOTORCADE_TESTS=OFF \
 && cmake --build build --parallel "$JOBS" --target sidecar demo-connector syncctl \
 && cmake -E make_directory /out \
 && strip -o /out/sidecar build/bin/sidecar \
 && strip -o /out/syncctl build/bin/syncctl \
 && strip -o /out/demo-connector build/bin/demo-connector

FROM debian:bookworm-slim AS base
RUN apt-get update \
 && apt-get install --yes --no-install-recommends \
      ca-certificates libcaf-core0.17 libsimdjson14 libpqxx-6.4 libpq5 \
      libzstd1 libspdlog1.10 libfmt9 libcurl4 libsqlite3-0 libssl3 libcpp-httplib0.11 libprometheus-cpp-core1.0 \
 && rm -rf /var/lib/apt/lists/* /var/cache/apt /var/log/apt /var/log/dpkg.log \
 && install -d -o 65532 -g 65532 /data
# A number, so that Kubernetes can see that it is not root.
USER 65532:65532

# A connector that plays a recording, to try the sidecar with.
FROM base AS demo
COPY --from=build /out/demo-connector /usr/local/bin/demo-connector
ENV AIRBYTE_ENTRYPOINT=/usr/local/bin/demo-connector
ENTRYPOINT ["/usr/local/bin/demo-connector"]

FROM base AS syncctl
ARG VERSION=0.1.0
ARG REVISION=unknown
USER root
RUN apt-get update \
 && apt-get install --yes --no-install-recommends libyaml-cpp0.7 \
 && rm -rf /var/lib/apt/lists/* /var/cache/apt /var/log/apt /var/log/dpkg.log
USER 65532:65532
COPY --from=build /out/syncctl /usr/local/bin/syncctl
LABEL org.opencontainers.image.title="motorcade syncctl" \
      org.opencontainers.image.licenses="MIT" \
      org.opencontainers.image.description="Runs Airbyte source connectors in Kubernetes" \
      org.opencontainers.image.version="$VERSION" \
      org.opencontainers.image.revision="$REVISION" \
      org.opencontainers.image.base.name="docker.io/library/debian:bookworm-slim"
ENTRYPOINT ["/usr/local/bin/syncctl"]

# syncctl without Kubernetes: connectors are programs of /connectors, and run in
# this container, each beside a sidecar. What they need must be in it: build one
# of your own on top of this, e.g. with python3.
FROM syncctl AS standalone
USER root
RUN install -d -o 65532 -g 65532 /connectors /connectors/airbyte
USER 65532:65532
COPY --from=build /out/sidecar /usr/local/bin/sidecar
# It plays a recording, to try all of it with.
COPY --from=build /out/demo-connector /connectors/airbyte/source-demo
ENV HOME=/data \
    SYNCCTL_RUNTIME=process \
    SYNCCTL_DATA_DIR=/data \
    SYNCCTL_CONNECTORS_DIR=/connectors
LABEL org.opencontainers.image.title="motorcade standalone" \
      org.opencontainers.image.description="Runs Airbyte source connectors as processes of one container"

FROM base AS sidecar
ARG VERSION=0.1.0
ARG REVISION=unknown
COPY --from=build /out/sidecar /usr/local/bin/sidecar
LABEL org.opencontainers.image.title="motorcade sidecar" \
      org.opencontainers.image.licenses="MIT" \
      org.opencontainers.image.description="Delivers what an Airbyte source connector prints" \
      org.opencontainers.image.version="$VERSION" \
      org.opencontainers.image.revision="$REVISION" \
      org.opencontainers.image.base.name="docker.io/library/debian:bookworm-slim"
ENTRYPOINT ["/usr/local/bin/sidecar"]
