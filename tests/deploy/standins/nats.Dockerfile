# What nats:<version>-alpine is, as far as docker-compose.yml uses it: the server and wget.
FROM standin/debian
COPY nats-server /usr/local/bin/nats-server
RUN ln -s /usr/bin/busybox /usr/local/bin/wget
CMD ["nats-server"]
