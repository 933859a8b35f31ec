# Build: our wheel, and a virtual environment of packages whose hashes stand in the lock files.
FROM python:3.11-slim AS build
WORKDIR /src
COPY requirements-build.lock requirements.lock ./
RUN pip install --no-cache-dir --require-hashes --requirement requirements-build.lock \
 && python -m venv /venv \
 && /venv/bin/pip install --no-cache-dir --require-hashes --requirement requirements.lock
COPY pyproject.toml README.md LICENSE ./
COPY aggregator/ aggregator/
RUN pip wheel --no-cache-dir --no-deps --no-build-isolation --wheel-dir /wheels . \
 && /venv/bin/pip install --no-cache-dir --no-deps --no-index /wheels/*.whl

# Run: nothing but Python, that environment and the default list of feeds, which a mount may replace.
FROM python:3.11-slim
RUN useradd --system --uid 10001 --no-create-home aggregator \
 && install --directory --owner=aggregator /data
COPY --from=build /venv /venv
COPY feeds.yaml /etc/aggregator/feeds.yaml
ENV PATH=/venv/bin:$PATH \
    PYTHONUNBUFFERED=1 \
    AGGREGATOR_CONFIG=/etc/aggregator/feeds.yaml \
    AGGREGATOR_DATABASE=/data/aggregator.db
USER aggregator
WORKDIR /data
VOLUME /data
EXPOSE 8000
HEALTHCHECK --interval=30s --timeout=5s --start-period=20s \
    CMD ["python", "-c", "from http.client import HTTPConnection as C; c = C('127.0.0.1', 8000, timeout=4); c.request('GET', '/healthz'); raise SystemExit(c.getresponse().status != 200)"]
CMD ["aggregator", "serve", "--host", "0.0.0.0"]
