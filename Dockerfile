# syntax=docker/dockerfile:1
# One image for both roles: `rejoinder web` (the default) and `rejoinder worker`.

FROM python:3.13-slim-bookworm AS build
ENV PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_NO_CACHE_DIR=1
WORKDIR /src
RUN python -m venv /opt/rejoinder
# Dependencies first: they change less often than the code, so their layer is kept.
COPY pyproject.toml constraints.txt README.md LICENSE ./
RUN mkdir service models moderation_rules \
    && touch service/__init__.py models/__init__.py moderation_rules/__init__.py \
    && /opt/rejoinder/bin/pip install --constraint constraints.txt '.[lang]' \
    && /opt/rejoinder/bin/pip uninstall --yes rejoinder
COPY service service
COPY models models
COPY moderation_rules moderation_rules
RUN rm -rf build && /opt/rejoinder/bin/pip install --constraint constraints.txt --no-deps .

FROM python:3.13-slim-bookworm
LABEL org.opencontainers.image.title="Rejoinder" \
      org.opencontainers.image.description="Reader comments for news sites" \
      org.opencontainers.image.licenses="MIT"
RUN useradd --system --uid 10001 --home-dir /nonexistent --shell /usr/sbin/nologin rejoinder
COPY --from=build /opt/rejoinder /opt/rejoinder
# What is in the image, for whoever asks about a hole in one of its packages.
COPY scripts/sbom.py /tmp/sbom.py
RUN /opt/rejoinder/bin/python /tmp/sbom.py --system > /opt/rejoinder/sbom.cdx.json && rm /tmp/sbom.py
ENV PATH=/opt/rejoinder/bin:$PATH PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1
USER 10001
EXPOSE 8000
STOPSIGNAL SIGTERM
# A worker listens nowhere: compose.yaml checks it in another way.
HEALTHCHECK --interval=10s --timeout=3s --start-period=20s --retries=3 \
    CMD ["python", "-c", "import urllib.request as u; u.urlopen('http://127.0.0.1:8000/healthz', timeout=2)"]
ENTRYPOINT ["rejoinder"]
CMD ["web", "--host", "0.0.0.0", "--port", "8000"]
