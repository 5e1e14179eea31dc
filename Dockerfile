# syntax=docker/dockerfile:1
# All programs in one image; SQL is embedded in them, config/ lies beside them.

FROM rust:1.95-bookworm AS build
WORKDIR /src
COPY . .
# The commit that the reports name; .git itself is not part of the build.
ARG BULLION_GIT_SHA
RUN --mount=type=cache,target=/usr/local/cargo/registry \
    --mount=type=cache,target=/src/target \
    cargo build --locked --release --bins \
    && mkdir /programs \
    && find target/release -maxdepth 1 -type f -executable -exec cp {} /programs/ \; \
    && strip /programs/*

FROM debian:bookworm-slim
# The authorities that TLS to a server outside is verified with.
RUN apt-get update \
    && apt-get install --yes --no-install-recommends ca-certificates \
    && rm -rf /var/lib/apt/lists/* \
    && useradd --uid 10001 --no-create-home --shell /usr/sbin/nologin bullion \
    && install -d -o bullion -g bullion /app /app/data /app/logs
COPY --from=build /programs/ /app/bin/
COPY config/ /app/config/
ENV PATH=/app/bin:$PATH
WORKDIR /app
USER bullion
VOLUME ["/app/data", "/app/logs"]
STOPSIGNAL SIGTERM
CMD ["orchestrator", "schedule"]
