# Three brokers of Apache Kafka 4.3.1 on 127.0.0.1 to 127.0.0.3, replication 3 (kafka/lib.sh). Part of
# `script/services up --cluster`. Broker N is in the folder N; `kill` ends the one that
# KAFKA_BROKER names (default 1).
. script/service/kafka/lib.sh

kafka_cluster_up() {
  version=4.3.1
  kafka_jars "$version" >/dev/null || return 1
  service_packages kcat openssl || return 1
  port="$(service_port server 39092)"
  secure="$(service_port secure 39094)"
  controller="$(service_port controller 39093)"
  voters="1@127.0.0.1:$controller,2@127.0.0.2:$controller,3@127.0.0.3:$controller"
  for id in 1 2 3; do
    service_with "$id" kafka_kraft "$version" "$id" "127.0.0.$id" "$port" "$secure" \
      "$controller" "$voters" 3 || return 1
  done
  for id in 1 2 3; do
    service_with "$id" service_wait 180 port_answers "$port" "127.0.0.$id" || return 1
  done
  # What the driver asks for: the first broker's.
  cp "$dir/1/pid" "$dir/pid"
  all="127.0.0.1:$port,127.0.0.2:$port,127.0.0.3:$port"
  echo "$all" >"$dir/address"
  echo "$version" >"$dir/version"
  echo "kafka.bootstrap.servers = $all" >"$dir/conf"
}

kafka_cluster_down() {
  for id in 1 2 3; do
    service_with "$id" service_stop TERM 20
  done
  rm -f "$dir/pid"
}

kafka_cluster_kill() {
  service_with "${KAFKA_BROKER:-1}" service_kill
}
