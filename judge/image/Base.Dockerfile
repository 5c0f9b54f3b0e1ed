# A judge image's base where debian:bookworm-slim can be had; elsewhere debootstrap makes the same.
FROM debian:bookworm-slim
COPY packages.txt trim.sh jars.tar* /tmp/
RUN apt-get update \
 && xargs -a /tmp/packages.txt env DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends \
 && sh /tmp/trim.sh \
 && mkdir -p /usr/share/jars \
 && if [ -f /tmp/jars.tar ]; then tar -C /usr/share/jars -xf /tmp/jars.tar; fi \
 && rm -f /tmp/packages.txt /tmp/trim.sh /tmp/jars.tar
