# Apache Cassandra 5: one node (cassandra/lib.sh). It asks for a name and a password (cassandra,
# cassandra) and offers TLS beside plain connections on the same port ($dir/tls/server.crt), so that
# tests need no further server for either.
. script/service/cassandra/lib.sh

cassandra_up() {
  cassandra_jars >/dev/null || return 1
  cassandra_python >"$dir/python" || return 1
  service_packages openssl || return 1
  port="$(service_port server 19042)"
  storage="$(service_port storage 17000)"
  if ! service_runs; then
    cassandra_tls || return 1
    cassandra_configure 127.0.0.1 "$port" "$storage" PasswordAuthenticator true ""
    cassandra_node "${CASSANDRA_HEAP_MB:-640}" || return 1
  fi
  service_wait 240 cassandra_ready 127.0.0.1 "$port" || return 1
  echo "127.0.0.1:$port" >"$dir/address"
  echo "$cassandra_version" >"$dir/version"
  echo cassandra >"$dir/password"
  cat >"$dir/conf" <<CONF
cassandra.contact.points = 127.0.0.1:$port
cassandra.local.datacenter = datacenter1
cassandra.username = cassandra
cassandra.password.file = $dir/password
CONF
}

cassandra_down() { service_stop TERM 30; }
