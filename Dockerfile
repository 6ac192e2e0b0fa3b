# The service alone: the database is another container (docker-compose.yml), so no PostgreSQL is in the image.
FROM rust:1.95-slim-bookworm AS build
WORKDIR /build
RUN apt-get update \
    && apt-get install -y --no-install-recommends gcc libc6-dev \
    && rm -rf /var/lib/apt/lists/*
COPY rust-toolchain.toml Cargo.toml Cargo.lock build.rs ./
COPY src src
COPY migrations migrations
COPY reference reference
COPY locales locales
RUN cargo build --locked --release --bin border-gate

FROM debian:bookworm-slim
RUN apt-get update \
    && apt-get install -y --no-install-recommends ca-certificates \
    && rm -rf /var/lib/apt/lists/* \
    && useradd --system --uid 10001 --no-create-home --shell /usr/sbin/nologin border-gate \
    && install -d -o border-gate -g border-gate -m 0700 /var/lib/border-gate
COPY --from=build /build/target/release/border-gate /usr/local/bin/border-gate
USER border-gate
ENV LISTEN=0.0.0.0:8080 \
    DATA_DIR=/var/lib/border-gate \
    LOG_FORMAT=json
EXPOSE 8080
HEALTHCHECK --interval=10s --timeout=6s --start-period=20s --retries=3 CMD ["border-gate", "healthcheck"]
ENTRYPOINT ["border-gate"]
CMD ["serve"]
