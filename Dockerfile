# chargeback as an image: slim, a user of its own, nothing written but /archive and /tmp, so that a read-only root works.
#
#   docker build -t chargeback .
#   docker run --rm --read-only --tmpfs /tmp -v chargeback-archive:/archive \
#     -v "$PWD/config.toml:/etc/chargeback/config.toml:ro" -e DEPLOYS_AUTH_USER -e DEPLOYS_AUTH_PASS \
#     chargeback run --catch-up --archive /archive
#
# No init is needed: the job starts no process that it does not wait for, and ends at SIGTERM with exit 130.
FROM python:3.13-slim AS build

WORKDIR /source
COPY pyproject.toml requirements.lock README.md ./
COPY chargeback ./chargeback
# The locked libraries are those with which the bytes of an archive are proved.
# No pip, and no tests of the libraries; what the demonstration imports is compiled, the rest stays source.
RUN python -m venv --without-pip /opt/chargeback \
 && python -m pip --python /opt/chargeback install --no-cache-dir --no-compile --constraint requirements.lock '.[notify,object]' \
 && find /opt/chargeback -type d -name tests -prune -exec rm -rf {} + \
 && /opt/chargeback/bin/chargeback demo /tmp/demo \
 && /opt/chargeback/bin/chargeback verify /tmp/demo

FROM python:3.13-slim

LABEL org.opencontainers.image.title="chargeback" \
      org.opencontainers.image.description="Monthly cost allocation for deploys.app"

RUN groupadd --system --gid 10001 chargeback \
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
