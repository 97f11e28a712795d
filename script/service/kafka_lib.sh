# What kafka.sh and kafka3.sh share: jars from Maven, one small JVM a process, data that stays over
# a kill and a restart. Sourced; everything begins with kafka_lib_.
#
#     FOLDER/server.properties   as written here
#     FOLDER/data/               the broker's logs
#     FOLDER/pid  FOLDER/log     of the process
#
# A broker listens on PORT without, on PORT + 2 with SASL (PLAIN) over TLS: user weir, password
# weir-secret, certificates in FOLDER/tls. PORT + 1 is the controllers'.

kafka_lib_root="${services_root:-${WEIR_SERVICES_DIR:-${XDG_CACHE_HOME:-$HOME/.cache}/weir/services}}"
kafka_lib_here="$PWD/script/service"

# kafka_lib_jars VERSION: fetched once; prints the folder.
kafka_lib_jars() {
  kl_jars="$kafka_lib_root/jars/kafka-$1"
  if [ ! -f "$kl_jars/complete" ]; then
    kl_profile=""
    case "$1" in 3.*) ;; *) kl_profile="-Plog4j2" ;; esac
    mkdir -p "$kl_jars"
    mvn -B -q -f "$kafka_lib_here/kafka-pom.xml" "-Dkafka.version=$1" $kl_profile \
      dependency:copy-dependencies "-DoutputDirectory=$kl_jars" >&2 || return 1
    touch "$kl_jars/complete"
  fi
  echo "$kl_jars"
}

# kafka_lib_java VERSION HEAP_MB FOLDER CLASS ARGUMENT...: in the foreground.
kafka_lib_java() {
  kl_version=$1 kl_heap=$2 kl_folder=$3
  shift 3
  kl_jars=$(kafka_lib_jars "$kl_version") || return 1
  case "$kl_version" in
  3.*) kl_log="-Dlog4j.configuration=file:$kafka_lib_here/kafka-log4j.properties" ;;
  *) kl_log="-Dlog4j2.configurationFile=$kafka_lib_here/kafka-log4j2.properties" ;;
  esac
  exec java "-Xms${kl_heap}m" "-Xmx${kl_heap}m" -XX:+UseSerialGC -XX:TieredStopAtLevel=1 \
    -Djava.awt.headless=true "-Dkafka.logs.dir=$kl_folder" "$kl_log" -cp "$kl_jars/*" "$@"
}

kafka_lib_alive() {
  [ -f "$1/pid" ] && kill -0 "$(cat "$1/pid")" 2>/dev/null
}

# kafka_lib_spawn VERSION HEAP_MB FOLDER CLASS ARGUMENT...: in the background, its pid in FOLDER.
kafka_lib_spawn() {
  (kafka_lib_java "$@") </dev/null >>"$3/log" 2>&1 &
  echo $! >"$3/pid"
}

kafka_lib_port_open() {
  python3 -c 'import socket, sys
socket.create_connection((sys.argv[1], int(sys.argv[2])), 1).close()' "$1" "$2" 2>/dev/null
}

# kafka_lib_wait FOLDER HOST PORT: until it answers, at most two minutes (a loaded machine).
kafka_lib_wait() {
  kl_tries=0
  until kafka_lib_port_open "$2" "$3"; do
    if ! kafka_lib_alive "$1" || [ "$kl_tries" -gt 240 ]; then
      echo "services: $1 did not come up; the end of its log:" >&2
      tail -n 20 "$1/log" >&2
      return 1
    fi
    kl_tries=$((kl_tries + 1))
    sleep 0.5
  done
}

# kafka_lib_stop FOLDER: SIGTERM, after twenty seconds SIGKILL.
kafka_lib_stop() {
  kafka_lib_alive "$1" || { rm -f "$1/pid"; return 0; }
  kl_pid=$(cat "$1/pid")
  kl_tries=0
  kill "$kl_pid" 2>/dev/null || true
  while kill -0 "$kl_pid" 2>/dev/null; do
    kl_tries=$((kl_tries + 1))
    [ "$kl_tries" -lt 40 ] || kill -9 "$kl_pid" 2>/dev/null || true
    sleep 0.5
  done
  rm -f "$1/pid"
}

# kafka_lib_tls FOLDER: a certificate of its own for loopback addresses, once.
kafka_lib_tls() {
  [ ! -f "$1/tls/broker.pem" ] || return 0
  mkdir -p "$1/tls"
  openssl req -x509 -newkey rsa:2048 -nodes -days 3650 -subj "/CN=weir test broker" \
    -addext "subjectAltName=IP:127.0.0.1,IP:127.0.0.2,IP:127.0.0.3,DNS:localhost" \
    -keyout "$1/tls/key.pem" -out "$1/tls/ca.pem" 2>/dev/null || return 1
  cat "$1/tls/key.pem" "$1/tls/ca.pem" >"$1/tls/broker.pem"
}

# kafka_lib_properties FOLDER ID HOST PORT REPLICATION: what all brokers have; the caller adds who
# keeps the metadata.
kafka_lib_properties() {
  kl_min_isr=$(($5 > 1 ? 2 : 1))
  cat <<PROPERTIES
listener.security.protocol.map=PLAINTEXT:PLAINTEXT,SECURE:SASL_SSL,CONTROLLER:PLAINTEXT
advertised.listeners=PLAINTEXT://$3:$4,SECURE://$3:$(($4 + 2))
inter.broker.listener.name=PLAINTEXT
log.dirs=$1/data
num.partitions=1
num.network.threads=2
num.io.threads=3
log.segment.bytes=67108864
log.cleaner.dedupe.buffer.size=8388608
offsets.topic.num.partitions=4
offsets.topic.replication.factor=$5
transaction.state.log.num.partitions=4
transaction.state.log.replication.factor=$5
transaction.state.log.min.isr=$kl_min_isr
default.replication.factor=$5
min.insync.replicas=$kl_min_isr
group.initial.rebalance.delay.ms=0
auto.create.topics.enable=false
transaction.abort.timed.out.transaction.cleanup.interval.ms=2000
log.retention.check.interval.ms=2000
log.initial.task.delay.ms=1000
controlled.shutdown.enable=$([ "$5" -gt 1 ] && echo true || echo false)
sasl.enabled.mechanisms=PLAIN
listener.name.secure.plain.sasl.jaas.config=org.apache.kafka.common.security.plain.PlainLoginModule required user_weir="weir-secret";
listener.name.secure.ssl.keystore.type=PEM
listener.name.secure.ssl.keystore.location=$1/tls/broker.pem
listener.name.secure.ssl.client.auth=none
PROPERTIES
}
