# The program on debian:12-slim, for one service per container:
#   docker build -t vedette:0.1.0 .
#   docker run --read-only -v vedette:/var/lib/vedette -v "$PWD"/vedette.yml:/etc/vedette/vedette.yml:ro vedette:0.1.0
FROM debian:12-slim AS build
WORKDIR /src
COPY . .
RUN ./dev build && strip -o /vedette build/release/bin/vedette

FROM debian:12-slim
RUN apt-get update \
 && apt-get install -y --no-install-recommends ca-certificates tzdata libcctz2 libfmt9 libmaxminddb0 librdkafka1 libre2-9 \
      librocksdb7.8 libsimdjson14 libssl3 libyaml-cpp0.7 libzstd1 zlib1g \
 && rm -rf /var/lib/apt/lists/* \
 && useradd --system --uid 10001 --user-group --no-create-home --home-dir /var/lib/vedette vedette \
 && install -d -o vedette -g vedette -m 0750 /var/lib/vedette
COPY --from=build /vedette /usr/bin/vedette
COPY --from=build /src/rules/packs /usr/share/vedette/rules/packs
COPY --from=build /src/deploy/healthcheck /usr/libexec/vedette-healthcheck
RUN ["vedette", "version"]
LABEL org.opencontainers.image.title="vedette" org.opencontainers.image.version="0.1.0" \
      org.opencontainers.image.licenses="Apache-2.0"
USER 10001:10001
VOLUME /var/lib/vedette
EXPOSE 9600
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=10s --timeout=5s --start-period=60s --retries=3 CMD ["/usr/libexec/vedette-healthcheck"]
ENTRYPOINT ["vedette"]
CMD ["run", "-c", "/etc/vedette/vedette.yml"]
