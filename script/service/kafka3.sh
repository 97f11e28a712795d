# Apache Kafka 3.9.2 with ZooKeeper: one broker, and a ZooKeeper in the folder `zookeeper` of it
# (kafka/lib.sh).
. script/service/kafka/lib.sh

# Runs "$@" with ZooKeeper's folder for the service's.
kafka3_zookeeper() {
  own="$dir"
  dir="$own/zookeeper"
  mkdir -p "$dir"
  status=0
  "$@" || status=$?
  dir="$own"
  return "$status"
}

kafka3_zookeeper_up() {
  port="$(service_port server 22181)"
  if ! service_runs; then
    cat >"$dir/zookeeper.properties" <<PROPERTIES
dataDir=$dir/data
clientPort=$port
clientPortAddress=127.0.0.1
maxClientCnxns=0
admin.enableServer=false
PROPERTIES
    kafka_java 3.9.2 64 service_start org.apache.zookeeper.server.quorum.QuorumPeerMain \
      "$dir/zookeeper.properties"
  fi
  service_wait 60 port_answers "$port"
}

kafka3_up() {
  version=3.9.2
  kafka_jars "$version" >/dev/null || return 1
  service_packages kcat openssl || return 1
  kafka3_zookeeper kafka3_zookeeper_up || return 1
  port="$(service_port server 29092)"
  secure="$(service_port secure 29094)"
  kafka_tls || return 1
  {
    kafka_properties 127.0.0.1 "$port" "$secure" 1
    cat <<PROPERTIES
listener.security.protocol.map=PLAINTEXT:PLAINTEXT,SECURE:SASL_SSL
broker.id=1
zookeeper.connect=127.0.0.1:$(cat "$dir/zookeeper/port.server")
zookeeper.session.timeout.ms=6000
listeners=PLAINTEXT://127.0.0.1:$port,SECURE://127.0.0.1:$secure
PROPERTIES
  } >"$dir/server.properties"
  # A broker that was killed stays registered until its session ends; before that a new one is refused.
  tries=3
  until service_runs && service_wait 120 port_answers "$port"; do
    [ "$tries" -gt 0 ] || return 1
    [ "$tries" = 3 ] || sleep 4
    tries=$((tries - 1))
    kafka_java "$version" 320 service_start kafka.Kafka "$dir/server.properties"
  done
  echo "127.0.0.1:$port" >"$dir/address"
  echo "127.0.0.1:$secure" >"$dir/secure"
  echo "$version" >"$dir/version"
  echo "kafka.bootstrap.servers = 127.0.0.1:$port" >"$dir/conf"
}

kafka3_down() {
  service_stop TERM 20
  kafka3_zookeeper service_stop TERM 10
}
