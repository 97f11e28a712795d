# Apache Cassandra 5 for tests and for people, from Maven Central's jars on Java 17. Sourced by
# script/services, which gives:
#   $services_dir     where everything is put that is downloaded, written or logged
#   $services_conf    the file of `key = value` lines that `weir --config` reads; appended to
#   $services_cluster set: three nodes (127.0.0.1 to 127.0.0.3, replication 3); else one
#
# One node asks for a name and a password (cassandra, cassandra) and offers TLS beside plain connections on the
# same port, so that tests need no second server for either; the cluster does neither, since a killed
# node should not take the accounts with it. Memory is small, and what makes a start slow (waiting for
# gossip, tokens, the first account) is switched off. The data lies in $services_dir/cassandra/N.

cassandra_version=5.0.9
cassandra_port="${CASSANDRA_PORT:-19042}"
cassandra_storage_port="${CASSANDRA_STORAGE_PORT:-17000}"
cassandra_heap="${CASSANDRA_HEAP:-640M}"

cassandra_home() { echo "$services_dir/cassandra"; }

cassandra_nodes() {
  if [ -n "${services_cluster:-}" ]; then echo "1 2 3"; else echo "1"; fi
}

# The jars, once.
cassandra_install() {
  local home; home="$(cassandra_home)"
  local libs="$home/lib-$cassandra_version"
  [ -f "$libs/.complete" ] && return 0
  mkdir -p "$home/maven"
  cat >"$home/maven/pom.xml" <<POM
<project xmlns="http://maven.apache.org/POM/4.0.0"><modelVersion>4.0.0</modelVersion>
<groupId>weir.services</groupId><artifactId>cassandra</artifactId><version>1</version>
<packaging>pom</packaging><dependencies><dependency><groupId>org.apache.cassandra</groupId>
<artifactId>cassandra-all</artifactId><version>$cassandra_version</version></dependency></dependencies>
</project>
POM
  mvn -q -B -f "$home/maven/pom.xml" dependency:copy-dependencies -DoutputDirectory="$libs" \
    >"$home/maven/log" 2>&1 || { cat "$home/maven/log" >&2; return 1; }
  touch "$libs/.complete"
}

# The certificate of the server: signed by itself, for the tests' loopback alone.
cassandra_certificate() {
  local home; home="$(cassandra_home)"
  [ -f "$home/server.p12" ] && return 0
  openssl req -x509 -newkey rsa:2048 -nodes -days 3650 -subj /CN=localhost \
    -addext "subjectAltName=DNS:localhost,IP:127.0.0.1" \
    -keyout "$home/server.key" -out "$home/server.crt" 2>/dev/null
  openssl pkcs12 -export -in "$home/server.crt" -inkey "$home/server.key" -name server \
    -passout pass:weir-tests -out "$home/server.p12"
}

# cassandra_configure NODE: conf/ of one node, written anew at every start.
cassandra_configure() {
  local node="$1" home dir authenticator=PasswordAuthenticator tls=true
  home="$(cassandra_home)"
  dir="$home/$node"
  mkdir -p "$dir/conf"
  # Four tokens a node, spread and interleaved; given, so that the nodes can start side by side.
  local tokens="" i
  if [ -n "${services_cluster:-}" ]; then
    authenticator=AllowAllAuthenticator
    tls=false
    for i in 0 1 2 3; do
      tokens="$tokens${tokens:+,}$(((i * 3 + node - 1) * 1500000000000000000 - 9000000000000000000))"
    done
  fi
  cat >"$dir/conf/cassandra.yaml" <<YAML
cluster_name: weir
num_tokens: 4
${tokens:+initial_token: "$tokens"}
auto_bootstrap: false
hinted_handoff_enabled: true
authenticator: $authenticator
authorizer: AllowAllAuthorizer
role_manager: CassandraRoleManager
network_authorizer: AllowAllNetworkAuthorizer
partitioner: org.apache.cassandra.dht.Murmur3Partitioner
data_file_directories: [$dir/data]
commitlog_directory: $dir/commitlog
saved_caches_directory: $dir/saved_caches
hints_directory: $dir/hints
cdc_enabled: false
disk_failure_policy: stop
commit_failure_policy: stop
# What was acknowledged must survive SIGKILL: the log is written (not synced) before the answer, and
# the tests kill the process, not the machine.
commitlog_sync: periodic
commitlog_sync_period: 10000ms
commitlog_segment_size: 16MiB
commitlog_total_space: 128MiB
seed_provider:
  - class_name: org.apache.cassandra.locator.SimpleSeedProvider
    parameters: [{seeds: "127.0.0.1:$cassandra_storage_port"}]
concurrent_reads: 16
concurrent_writes: 16
memtable_heap_space: 96MiB
memtable_offheap_space: 96MiB
memtable_allocation_type: offheap_buffers
file_cache_size: 32MiB
storage_port: $cassandra_storage_port
listen_address: 127.0.0.$node
start_native_transport: true
native_transport_port: $cassandra_port
rpc_address: 127.0.0.$node
client_encryption_options:
  enabled: $tls
  optional: true
  keystore: $home/server.p12
  keystore_password: weir-tests
  store_type: PKCS12
  require_client_auth: false
auto_snapshot: false
snapshot_before_compaction: false
incremental_backups: false
concurrent_compactors: 1
compaction_throughput: 64MiB/s
endpoint_snitch: SimpleSnitch
dynamic_snitch: false
phi_convict_threshold: 8
sstable:
  selected_format: bti
storage_compatibility_mode: NONE
write_request_timeout: 5s
read_request_timeout: 10s
YAML
  cat >"$dir/conf/logback.xml" <<'XML'
<configuration><appender name="OUT" class="ch.qos.logback.core.ConsoleAppender"><encoder>
<pattern>%-5level %date{"HH:mm:ss,SSS"} %logger{0} %msg%n</pattern></encoder></appender>
<root level="INFO"><appender-ref ref="OUT"/></root></configuration>
XML
  printf 'dc=datacenter1\nrack=rack1\n' >"$dir/conf/cassandra-rackdc.properties"
}

cassandra_java_options() {
  local export open
  for export in java.base/jdk.internal.misc java.management.rmi/com.sun.jmx.remote.internal.rmi \
    java.rmi/sun.rmi.registry java.rmi/sun.rmi.server java.rmi/sun.rmi.transport.tcp \
    java.sql/java.sql java.base/java.lang.ref java.base/java.lang.reflect jdk.unsupported/sun.misc \
    jdk.compiler/com.sun.tools.javac.file; do
    echo "--add-exports=$export=ALL-UNNAMED"
  done
  for open in java.lang.module java.net jdk.internal.loader jdk.internal.ref jdk.internal.reflect \
    jdk.internal.math jdk.internal.module jdk.internal.util.jar sun.nio.ch java.io java.nio \
    java.util java.util.concurrent java.util.concurrent.atomic java.lang java.math \
    java.lang.reflect; do
    echo "--add-opens=java.base/$open=ALL-UNNAMED"
  done
  echo "--add-opens=jdk.management/com.sun.management.internal=ALL-UNNAMED"
}

cassandra_pid() { # NODE: its process, if it lives
  local pid
  pid="$(cat "$(cassandra_home)/$1/pid" 2>/dev/null)" && kill -0 "$pid" 2>/dev/null && echo "$pid"
}

# cassandra_start NODE: starts it and returns at once.
cassandra_start() {
  local node="$1" home dir libs heap="$cassandra_heap"
  home="$(cassandra_home)"
  dir="$home/$node"
  libs="$home/lib-$cassandra_version"
  [ -z "${services_cluster:-}" ] || heap="${CASSANDRA_HEAP:-448M}"
  cassandra_configure "$node"
  # shellcheck disable=SC2046
  setsid java -Xms"$heap" -Xmx"$heap" -Xss256k -XX:+UseSerialGC -XX:+PerfDisableSharedMem \
    -XX:+ExitOnOutOfMemoryError -Djava.net.preferIPv4Stack=true -Djdk.attach.allowAttachSelf=true \
    -Dio.netty.tryReflectionSetAccessible=true $(cassandra_java_options) \
    -javaagent:"$(echo "$libs"/jamm-*.jar)" -Dlogback.configurationFile=logback.xml \
    -Dcassandra.logdir="$dir" -Dcassandra.storagedir="$dir" -Dcassandra-foreground=yes \
    -Dcassandra.skip_wait_for_gossip_to_settle=0 -Dcassandra.ring_delay_ms=1 \
    -Dcassandra.superuser_setup_delay_ms=0 -cp "$dir/conf:$libs/*" \
    org.apache.cassandra.service.CassandraDaemon >"$dir/log" 2>&1 </dev/null &
  echo $! >"$dir/pid"
}

# cassandra_wait NODE: until it answers; false when it died or five minutes passed.
cassandra_wait() {
  local node="$1" dir tries=0
  dir="$(cassandra_home)/$node"
  while [ $tries -lt 1500 ]; do
    if ! cassandra_pid "$node" >/dev/null; then
      echo "cassandra: node $node ended; the end of $dir/log:" >&2
      tail -n 20 "$dir/log" >&2
      return 1
    fi
    grep -q "Startup complete" "$dir/log" &&
      (exec 3<>"/dev/tcp/127.0.0.$node/$cassandra_port") 2>/dev/null && return 0
    tries=$((tries + 1))
    sleep 0.2
  done
  echo "cassandra: node $node does not answer after five minutes; see $dir/log" >&2
  return 1
}

cassandra_up() {
  local node home points=""
  home="$(cassandra_home)"
  mkdir -p "$home"
  cassandra_install || return 1
  cassandra_certificate || return 1
  for node in $(cassandra_nodes); do
    cassandra_pid "$node" >/dev/null || cassandra_start "$node"
  done
  for node in $(cassandra_nodes); do
    cassandra_wait "$node" || return 1
    points="$points${points:+,}127.0.0.$node"
  done
  {
    echo "cassandra.contact.points = $points"
    echo "cassandra.port = $cassandra_port"
    echo "cassandra.keyspace = weir"
    echo "cassandra.local.datacenter = datacenter1"
    if [ -n "${services_cluster:-}" ]; then
      echo "cassandra.replication = 3"
    else
      echo "cassandra.replication = 1"
      echo "cassandra.username = cassandra"
      echo "cassandra.password = cassandra"
    fi
  } >>"$services_conf"
}

cassandra_down() {
  local node pid tries
  for node in 1 2 3; do
    pid="$(cassandra_pid "$node")" || continue
    kill "$pid"
    tries=0
    while kill -0 "$pid" 2>/dev/null && [ $tries -lt 100 ]; do
      tries=$((tries + 1))
      sleep 0.1
    done
    kill -9 "$pid" 2>/dev/null
    rm -f "$(cassandra_home)/$node/pid"
  done
  return 0
}

cassandra_status() {
  local node pid home
  home="$(cassandra_home)"
  for node in $(cassandra_nodes); do
    if pid="$(cassandra_pid "$node")"; then
      echo "cassandra $cassandra_version  127.0.0.$node:$cassandra_port  running (process $pid, log $home/$node/log)"
    else
      echo "cassandra $cassandra_version  127.0.0.$node:$cassandra_port  not running"
    fi
  done
}
