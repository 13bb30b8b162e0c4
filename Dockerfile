# chargeback as an image: slim, a user of its own, nothing written but /archive and /tmp, so that a read-only root works.
#
#   docker build -t chargeback .
#   docker run --rm --read-only -v /tmp -v chargeback-archive:/archive \
#     -v "$PWD/config.toml:/etc/chargeback/config.toml:ro" -e DEPLOYS_AUTH_USER -e DEPLOYS_AUTH_PASS \
#     chargeback run --catch-up --archive /archive
#
# No init is needed: the job starts no process that it does not wait for, and ends at SIGTERM with exit 130.
FROM debian:13-slim AS build

RUN apt-get update \
 && apt-get install --yes --no-install-recommends python3 python3-pip python3-venv
# docs/scale.md: --build-arg EXTRAS=notify,object,cluster
ARG EXTRAS=notify,object
WORKDIR /source
COPY pyproject.toml requirements.lock README.md ./
COPY chargeback ./chargeback
# The locked libraries are those with which the bytes of an archive are proved. What no run needs is left out: pip, what
# rich colours source code with, the libraries' tests, and what only compilers, type checkers and translators read. What
# the demonstration imports is compiled, the rest stays source.
RUN python3 -m venv --without-pip /opt/chargeback \
 && pip --python /opt/chargeback install --no-cache-dir --no-compile --constraint requirements.lock ".[$EXTRAS]" \
 && pip --python /opt/chargeback uninstall --yes markdown-it-py mdurl pygments \
 && find /opt/chargeback -type d -name tests -prune -exec rm -rf {} + \
 && find /opt/chargeback -type f -regextype egrep -regex '.*\.(a|c|h|po|pxd|pxi|pyi|pyx)' -delete \
 && /opt/chargeback/bin/chargeback demo /tmp/demo \
 && /opt/chargeback/bin/chargeback verify /tmp/demo

FROM debian:13-slim

LABEL org.opencontainers.image.title="chargeback" \
      org.opencontainers.image.description="Monthly cost allocation for deploys.app"

RUN apt-get update \
 && apt-get install --yes --no-install-recommends python3 \
 && apt-get clean \
 && rm -rf /var/lib/apt/lists/* /var/log/* /var/cache/* /var/lib/dpkg/*-old /usr/lib/python3.*/test /usr/lib/python3.*/pydoc_data \
 && groupadd --system --gid 10001 chargeback \
 && useradd --system --uid 10001 --gid chargeback --no-create-home --shell /usr/sbin/nologin chargeback \
 && install --directory --owner=chargeback --group=chargeback --mode=0750 /archive \
 && install --directory --mode=0755 /etc/chargeback
COPY --from=build /opt/chargeback /opt/chargeback

ENV PATH=/opt/chargeback/bin:$PATH \
    CHARGEBACK_CONFIG=/etc/chargeback/config.toml \
    PYTHONDONTWRITEBYTECODE=1 \
    PYTHONUNBUFFERED=1

USER 10001:10001
WORKDIR /archive
VOLUME ["/archive"]
ENTRYPOINT ["chargeback"]
CMD ["--help"]
