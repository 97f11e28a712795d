# Apache Kafka 4.3.1 in KRaft mode: one broker (kafka/lib.sh).
. script/service/kafka/lib.sh

kafka_up() {
  version=4.3.1
  kafka_jars "$version" >/dev/null || return 1
  service_packages kcat openssl || return 1
  port="$(service_port server 19092)"
  secure="$(service_port secure 19094)"
  controller="$(service_port controller 19093)"
  kafka_kraft "$version" 1 127.0.0.1 "$port" "$secure" "$controller" "1@127.0.0.1:$controller" 1 ||
    return 1
  service_wait 120 port_answers "$port" || return 1
  echo "127.0.0.1:$port" >"$dir/address"
  echo "127.0.0.1:$secure" >"$dir/secure"
  echo "$version" >"$dir/version"
  echo "kafka.bootstrap.servers = 127.0.0.1:$port" >"$dir/conf"
}

kafka_down() { service_stop TERM 20; }
