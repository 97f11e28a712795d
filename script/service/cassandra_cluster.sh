# Three nodes of Apache Cassandra 5 on 127.0.0.1 to 127.0.0.3, replication 3 (cassandra/lib.sh). Part of
# `script/services up --cluster`. Node N is in the folder N; `kill` ends the one that CASSANDRA_NODE
# names (default 3), `up` starts again what does not run (node N at CASSANDRA_ADDRESS_N where that is set:
# a node that has moved). Without logins: a killed node must not take
# the accounts with it.
. script/service/cassandra/lib.sh

cassandra_cluster_address() { eval "echo \${CASSANDRA_ADDRESS_$1:-127.0.0.$1}"; }

# cassandra_cluster_start N PORT STORAGE_PORT: its tokens are given, four a node, interleaved, so that
# the nodes need not agree on them first.
cassandra_cluster_start() {
  ! service_runs || return 0
  tokens=""
  for turn in 0 1 2 3; do
    tokens="$tokens${tokens:+,}$(((turn * 3 + $1 - 1) * 1500000000000000000 - 9000000000000000000))"
  done
  cassandra_configure "$(cassandra_cluster_address "$1")" "$2" "$3" AllowAllAuthenticator false "$tokens"
  cassandra_node "${CASSANDRA_HEAP_MB:-400}" "$([ "$1" = 1 ] && echo 1 || echo 30000)"
}

cassandra_cluster_up() {
  cassandra_jars >/dev/null || return 1
  cassandra_python >"$dir/python" || return 1
  port="$(service_port server 39042)"
  storage="$(service_port storage 37000)"
  # The first is the seed: the others look for it.
  for id in 1 2 3; do
    service_with "$id" cassandra_cluster_start "$id" "$port" "$storage" || return 1
    [ "$id" != 1 ] ||
      service_with 1 service_wait 240 cassandra_ready 127.0.0.1 "$port" || return 1
  done
  for id in 2 3; do
    service_with "$id" service_wait 240 cassandra_ready "$(cassandra_cluster_address "$id")" "$port" || return 1
  done
  cp "$dir/1/pid" "$dir/pid"
  all="127.0.0.1:$port,127.0.0.2:$port,127.0.0.3:$port"
  echo "$all" >"$dir/address"
  echo "$cassandra_version" >"$dir/version"
  cat >"$dir/conf" <<CONF
cassandra.contact.points = $all
cassandra.local.datacenter = datacenter1
cassandra.replication = 3
CONF
}

cassandra_cluster_down() {
  for id in 1 2 3; do
    service_with "$id" service_stop TERM 30
  done
  rm -f "$dir/pid"
}

cassandra_cluster_kill() {
  service_with "${CASSANDRA_NODE:-3}" service_kill
}
