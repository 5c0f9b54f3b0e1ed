# The judge image's base where debian:bookworm-slim can be had; elsewhere debootstrap makes the same.
FROM debian:bookworm-slim
COPY packages.txt trim.sh /tmp/
RUN apt-get update \
 && grep -v '^#' /tmp/packages.txt | xargs env DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends \
 && sh /tmp/trim.sh \
 && rm /tmp/packages.txt /tmp/trim.sh
