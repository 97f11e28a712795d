# Apache Kafka 3.9.2 with ZooKeeper: one broker on 127.0.0.1:29092, ZooKeeper on 22181. Sourced by
# script/services (kafka_lib.sh has the layout).
. script/service/kafka_lib.sh

kafka3_version=3.9.2
kafka3_port=${WEIR_KAFKA3_PORT:-29092}
kafka3_zookeeper_port=${WEIR_ZOOKEEPER_PORT:-22181}
kafka3_folder="$kafka_lib_root/kafka3"
kafka3_zookeeper="$kafka_lib_root/zookeeper"

kafka3_up_zookeeper() {
  ! kafka_lib_alive "$kafka3_zookeeper" || return 0
  mkdir -p "$kafka3_zookeeper"
  cat >"$kafka3_zookeeper/zookeeper.properties" <<PROPERTIES
dataDir=$kafka3_zookeeper/data
clientPort=$kafka3_zookeeper_port
clientPortAddress=127.0.0.1
maxClientCnxns=0
admin.enableServer=false
PROPERTIES
  kafka_lib_spawn "$kafka3_version" 64 "$kafka3_zookeeper" \
    org.apache.zookeeper.server.quorum.QuorumPeerMain "$kafka3_zookeeper/zookeeper.properties"
}

kafka3_up() {
  kafka_lib_jars "$kafka3_version" >/dev/null || return 1
  kafka3_up_zookeeper || return 1
  kafka_lib_wait "$kafka3_zookeeper" 127.0.0.1 "$kafka3_zookeeper_port" || return 1
  ! kafka_lib_alive "$kafka3_folder" || return 0
  mkdir -p "$kafka3_folder"
  kafka_lib_tls "$kafka3_folder" || return 1
  {
    kafka_lib_properties "$kafka3_folder" 1 127.0.0.1 "$kafka3_port" 1 |
      sed 's/,CONTROLLER:PLAINTEXT//'
    cat <<PROPERTIES
broker.id=1
zookeeper.connect=127.0.0.1:$kafka3_zookeeper_port
zookeeper.session.timeout.ms=6000
listeners=PLAINTEXT://127.0.0.1:$kafka3_port,SECURE://127.0.0.1:$((kafka3_port + 2))
PROPERTIES
  } >"$kafka3_folder/server.properties"
  # A broker that was killed is registered until its session ends; starting before that is refused.
  for k3_try in 1 2 3; do
    kafka_lib_spawn "$kafka3_version" 256 "$kafka3_folder" kafka.Kafka \
      "$kafka3_folder/server.properties"
    if kafka_lib_wait "$kafka3_folder" 127.0.0.1 "$kafka3_port" 2>"$kafka3_folder/wait"; then
      return 0
    fi
    sleep 3
  done
  cat "$kafka3_folder/wait" >&2
  return 1
}

kafka3_down() {
  kafka_lib_stop "$kafka3_folder"
  kafka_lib_stop "$kafka3_zookeeper"
}

kafka3_status() {
  if kafka_lib_alive "$kafka3_folder"; then
    echo "kafka3 $kafka3_version: up, 127.0.0.1:$kafka3_port, with ZooKeeper on $kafka3_zookeeper_port, $kafka3_folder"
  else
    echo "kafka3 $kafka3_version: down, 127.0.0.1:$kafka3_port"
  fi
}
