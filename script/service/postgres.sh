# PostgreSQL from Debian's package: a cluster of our own, not the system's.
# The server refuses to run as root: then it runs as the user `postgres` that the package makes.

postgres_install() {
  # Without this the package makes and starts a cluster of its own.
  if [ "$(id -u)" = 0 ] && [ ! -e /etc/postgresql-common/createcluster.conf ]; then
    mkdir -p /etc/postgresql-common
    echo "create_main_cluster = false" >/etc/postgresql-common/createcluster.conf
  fi
  service_packages postgresql postgresql-client
}

postgres_bin() { ls -d /usr/lib/postgresql/*/bin | sort -V | tail -n 1; }

# Runs "$@" as the server's user.
postgres_as() {
  if [ "$(id -u)" = 0 ]; then runuser -u postgres -- "$@"; else "$@"; fi
}

# The server's data must lie where its user can get to.
postgres_data() {
  if [ -s "$dir/data.path" ]; then cat "$dir/data.path"; return; fi
  if postgres_as test -x "$dir"; then echo "$dir/data"; else
    echo "/var/tmp/weir-services-$(echo "$dir" | cksum | cut -d ' ' -f 1)/postgres"
  fi | tee "$dir/data.path"
}

postgres_ready() {
  PGPASSWORD="$(cat "$dir/password")" "$(postgres_bin)/psql" -X -q -t -h 127.0.0.1 \
    -p "$(cat "$dir/port.server")" -U weir -d "${1:-postgres}" -c 'SELECT 1'
}

# Whether a process of the server (they all stand in its folder) is still alive; zombies are not.
postgres_lives() {
  for process in /proc/[0-9]*; do
    if [ "$(readlink "$process/cwd" 2>/dev/null)" = "$1" ]; then return 0; fi
  done
  return 1
}

# After a crash its processes end by themselves; its pid, unless someone has reaped the zombie, is
# taken for a running server's.
postgres_forget_dead() {
  tries=100
  while postgres_lives "$1" && [ "$tries" -gt 0 ]; do
    sleep 0.1
    tries=$((tries - 1))
  done
  rm -f "$1/postmaster.pid"
}

postgres_up() {
  postgres_install || return 1
  port="$(service_port server 25432)"
  data="$(postgres_data)"
  bin="$(postgres_bin)"
  if [ ! -s "$dir/password" ]; then
    (umask 077 && od -An -N12 -tx1 /dev/urandom | tr -d ' \n' >"$dir/password")
  fi
  if [ ! -s "$data/PG_VERSION" ]; then
    mkdir -p "$data"
    chmod 700 "$data"
    (umask 077 && cp "$dir/password" "$data.password")
    [ "$(id -u)" != 0 ] || chown postgres: "$data" "$data.password"
    postgres_as "$bin/initdb" -D "$data" -U weir --pwfile="$data.password" --auth=scram-sha-256 \
      -E UTF8 --locale=C.UTF-8 >>"$dir/log" 2>&1 || return 1
    rm -f "$data.password"
  fi
  if ! service_runs; then
    postgres_forget_dead "$data"
    as=""
    [ "$(id -u)" != 0 ] || as="setpriv --reuid=postgres --regid=postgres --init-groups"
    # shellcheck disable=SC2086
    service_start $as "$bin/postgres" -D "$data" -p "$port" -c listen_addresses=127.0.0.1 \
      -c unix_socket_directories= -c shared_buffers=32MB -c max_connections=60 \
      -c max_wal_size=256MB -c log_min_messages=warning
  fi
  service_wait 60 postgres_ready || return 1
  if ! postgres_ready weir >/dev/null 2>&1; then
    PGPASSWORD="$(cat "$dir/password")" "$bin/createdb" -h 127.0.0.1 -p "$port" -U weir weir || return 1
  fi
  echo "127.0.0.1:$port" >"$dir/address"
  "$bin/postgres" --version | awk '{ print $3 }' >"$dir/version"
  cat >"$dir/conf" <<CONF
postgres.url = postgresql://weir@127.0.0.1:$port/weir
postgres.password.file = $dir/password
CONF
}

postgres_down() { service_stop INT 20; }
