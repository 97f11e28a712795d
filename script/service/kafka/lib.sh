# What kafka.sh, kafka3.sh and kafka_cluster.sh share: jars from Maven, one small JVM a process, data
# that stay over a kill and a restart. Sourced by them; uses the helpers of script/services.
#
#     $dir/server.properties   as written here
#     $dir/data/               the broker's logs
#     $dir/tls/                a certificate of its own; ca.pem is what clients trust
#
# A broker has two listeners: one plain, one with SASL (PLAIN) over TLS: user weir, password
# weir-secret; the address of the second is in $dir/secure. A broker that keeps the metadata itself asks for
# rights: those who come without a name, and weir, have them all; guest (guest-secret) has none but what
# kafka-acls gives.

# kafka_jars VERSION: fetched once, for all clones; prints the folder.
kafka_jars() {
  jars="${XDG_CACHE_HOME:-$HOME/.cache}/weir/jars/kafka-$1"
  if [ ! -f "$jars/complete" ]; then
    service_packages openjdk-17-jre-headless maven || return 1
    profile=""
    case "$1" in 3.*) ;; *) profile="-Plog4j2" ;; esac
    mkdir -p "$jars"
    # shellcheck disable=SC2086
    mvn -B -q -f script/service/kafka/pom.xml "-Dkafka.version=$1" $profile \
      dependency:copy-dependencies "-DoutputDirectory=$jars" >&2 || return 1
    touch "$jars/complete"
  fi
  echo "$jars"
}

# kafka_java VERSION HEAP_MB RUNNER...: RUNNER (a helper, or env) runs java with what it needs.
kafka_java() {
  jars="$(kafka_jars "$1")" || return 1
  heap="$2"
  case "$1" in
  3.*) log="-Dlog4j.configuration=file:$root/script/service/kafka/log4j.properties" ;;
  *) log="-Dlog4j2.configurationFile=$root/script/service/kafka/log4j2.properties" ;;
  esac
  shift 2
  runner="$1"
  shift
  "$runner" java -Xms32m "-Xmx${heap}m" -XX:+UseSerialGC -XX:TieredStopAtLevel=1 \
    -Djava.awt.headless=true "-Dkafka.logs.dir=$dir" "$log" -cp "$jars/*" "$@"
}

# A certificate of its own for loopback addresses, once.
kafka_tls() {
  [ ! -s "$dir/tls/broker.pem" ] || return 0
  mkdir -p "$dir/tls"
  openssl req -x509 -newkey rsa:2048 -nodes -days 3650 -subj "/CN=weir test broker" \
    -addext "subjectAltName=IP:127.0.0.1,IP:127.0.0.2,IP:127.0.0.3,DNS:localhost" \
    -keyout "$dir/tls/key.pem" -out "$dir/tls/ca.pem" 2>/dev/null || return 1
  cat "$dir/tls/key.pem" "$dir/tls/ca.pem" >"$dir/tls/broker.pem"
}

# kafka_properties HOST PORT SECURE_PORT REPLICATION: what all brokers have; the caller adds who
# keeps the metadata.
kafka_properties() {
  in_sync=$(($4 > 1 ? 2 : 1))
  cat <<PROPERTIES
advertised.listeners=PLAINTEXT://$1:$2,SECURE://$1:$3
inter.broker.listener.name=PLAINTEXT
log.dirs=$dir/data
num.partitions=1
num.network.threads=2
num.io.threads=3
log.segment.bytes=67108864
log.cleaner.dedupe.buffer.size=8388608
offsets.topic.num.partitions=4
offsets.topic.replication.factor=$4
transaction.state.log.num.partitions=4
transaction.state.log.replication.factor=$4
transaction.state.log.min.isr=$in_sync
default.replication.factor=$4
min.insync.replicas=$in_sync
group.initial.rebalance.delay.ms=0
auto.create.topics.enable=false
transaction.abort.timed.out.transaction.cleanup.interval.ms=2000
log.retention.check.interval.ms=2000
log.initial.task.delay.ms=1000
controlled.shutdown.enable=$([ "$4" -gt 1 ] && echo true || echo false)
sasl.enabled.mechanisms=PLAIN
listener.name.secure.plain.sasl.jaas.config=org.apache.kafka.common.security.plain.PlainLoginModule required user_weir="weir-secret" user_guest="guest-secret";
listener.name.secure.ssl.keystore.type=PEM
listener.name.secure.ssl.keystore.location=$dir/tls/broker.pem
listener.name.secure.ssl.client.auth=none
PROPERTIES
}

# kafka_kraft VERSION ID HOST PORT SECURE_PORT CONTROLLER_PORT VOTERS REPLICATION: starts a broker that
# keeps the metadata itself.
kafka_kraft() {
  ! service_runs || return 0
  kafka_tls || return 1
  {
    kafka_properties "$3" "$4" "$5" "$8"
    cat <<PROPERTIES
listener.security.protocol.map=PLAINTEXT:PLAINTEXT,SECURE:SASL_SSL,CONTROLLER:PLAINTEXT
process.roles=broker,controller
node.id=$2
controller.quorum.voters=$7
controller.listener.names=CONTROLLER
authorizer.class.name=org.apache.kafka.metadata.authorizer.StandardAuthorizer
super.users=User:ANONYMOUS;User:weir
listeners=PLAINTEXT://$3:$4,CONTROLLER://$3:$6,SECURE://$3:$5
share.coordinator.state.topic.replication.factor=1
share.coordinator.state.topic.min.isr=1
PROPERTIES
  } >"$dir/server.properties"
  if [ ! -s "$dir/data/meta.properties" ]; then
    kafka_java "$1" 128 env kafka.tools.StorageTool format -t d2VpcnRlc3RjbHVzdGVyMQ \
      -c "$dir/server.properties" >>"$dir/log" 2>&1 || return 1
  fi
  kafka_java "$1" 320 service_start kafka.Kafka "$dir/server.properties"
}
