# Apache Kafka 4.3.1 in KRaft mode: one broker on 127.0.0.1:19092; with services_cluster=1 three, on
# 127.0.0.1 to 127.0.0.3, replication 3. Sourced by script/services (kafka_lib.sh has the layout).
. script/service/kafka_lib.sh

kafka_version=4.3.1
kafka_port=${WEIR_KAFKA_PORT:-19092}
kafka_cluster_id=d2VpcnRlc3RjbHVzdGVyMQ

kafka_count() {
  [ -n "${services_cluster:-}" ] && echo 3 || echo 1
}

kafka_folder() { # ID; the one broker's and the three brokers' data are apart.
  [ "$(kafka_count)" = 1 ] && echo "$kafka_lib_root/kafka" || echo "$kafka_lib_root/kafka-$1"
}

kafka_voters() {
  kv_all=""
  for kv_id in $(seq "$(kafka_count)"); do
    kv_all="$kv_all${kv_all:+,}$kv_id@127.0.0.$kv_id:$((kafka_port + 1))"
  done
  echo "$kv_all"
}

kafka_write() { # FOLDER ID
  {
    kafka_lib_properties "$1" "$2" "127.0.0.$2" "$kafka_port" "$(kafka_count)"
    cat <<PROPERTIES
process.roles=broker,controller
node.id=$2
controller.quorum.voters=$(kafka_voters)
controller.listener.names=CONTROLLER
listeners=PLAINTEXT://127.0.0.$2:$kafka_port,CONTROLLER://127.0.0.$2:$((kafka_port + 1)),SECURE://127.0.0.$2:$((kafka_port + 2))
share.coordinator.state.topic.replication.factor=1
share.coordinator.state.topic.min.isr=1
PROPERTIES
  } >"$1/server.properties"
}

kafka_up_one() { # ID
  ku_folder=$(kafka_folder "$1")
  ! kafka_lib_alive "$ku_folder" || return 0
  mkdir -p "$ku_folder"
  kafka_lib_tls "$ku_folder" || return 1
  kafka_write "$ku_folder" "$1"
  if [ ! -f "$ku_folder/data/meta.properties" ]; then
    (kafka_lib_java "$kafka_version" 128 "$ku_folder" kafka.tools.StorageTool format \
      -t "$kafka_cluster_id" -c "$ku_folder/server.properties") >"$ku_folder/log" 2>&1 || {
      cat "$ku_folder/log" >&2
      return 1
    }
  fi
  kafka_lib_spawn "$kafka_version" 256 "$ku_folder" kafka.Kafka "$ku_folder/server.properties"
}

kafka_up() {
  kafka_lib_jars "$kafka_version" >/dev/null || return 1
  for ku_id in $(seq "$(kafka_count)"); do
    kafka_up_one "$ku_id" || return 1
  done
  for ku_id in $(seq "$(kafka_count)"); do
    kafka_lib_wait "$(kafka_folder "$ku_id")" "127.0.0.$ku_id" "$kafka_port" || return 1
  done
}

kafka_down() {
  for kd_id in $(seq "$(kafka_count)"); do
    kafka_lib_stop "$(kafka_folder "$kd_id")"
  done
}

kafka_status() {
  for ks_id in $(seq "$(kafka_count)"); do
    if kafka_lib_alive "$(kafka_folder "$ks_id")"; then
      echo "kafka $kafka_version: up, 127.0.0.$ks_id:$kafka_port, SASL and TLS on $((kafka_port + 2)), $(kafka_folder "$ks_id")"
    else
      echo "kafka $kafka_version: down, 127.0.0.$ks_id:$kafka_port"
    fi
  done
}

# What a run needs to use it, as lines of services.conf.
kafka_conf() {
  kc_all=""
  for kc_id in $(seq "$(kafka_count)"); do
    kc_all="$kc_all${kc_all:+,}127.0.0.$kc_id:$kafka_port"
  done
  echo "kafka.bootstrap.servers = $kc_all"
}
