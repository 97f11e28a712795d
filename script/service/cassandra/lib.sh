# What cassandra.sh and cassandra_cluster.sh share: jars from Maven, one small JVM a node, data that
# stay over a kill and a restart. Sourced by them; uses the helpers of script/services.
#
#     $dir/conf.d/   cassandra.yaml and what else a node reads, written anew at every start
#     $dir/data/     …, commitlog/, hints/, saved_caches/
#     $dir/tls/      a certificate of its own; server.crt is what clients trust
#
# What makes a start slow (waiting for gossip, tokens, the first account) is switched off.

cassandra_version=5.0.9

# Fetched once, for all clones; prints the folder.
cassandra_jars() {
  jars="${XDG_CACHE_HOME:-$HOME/.cache}/weir/jars/cassandra-$cassandra_version"
  if [ ! -f "$jars/complete" ]; then
    service_packages openjdk-17-jre-headless maven || return 1
    mkdir -p "$jars"
    mvn -B -q -f script/service/cassandra/pom.xml "-Dcassandra.version=$cassandra_version" \
      dependency:copy-dependencies "-DoutputDirectory=$jars" >&2 || return 1
    touch "$jars/complete"
  fi
  echo "$jars"
}

# The Python driver, by which tests read and measure; prints the interpreter that has it.
cassandra_python() {
  venv="${XDG_CACHE_HOME:-$HOME/.cache}/weir/venv-cassandra"
  if [ ! -f "$venv/complete" ]; then
    service_packages python3-venv || return 1
    python3 -m venv "$venv" || return 1
    "$venv/bin/pip" install -q --disable-pip-version-check cassandra-driver==3.30.1 >&2 || return 1
    touch "$venv/complete"
  fi
  echo "$venv/bin/python"
}

# A certificate of its own for loopback, once.
cassandra_tls() {
  [ ! -s "$dir/tls/server.p12" ] || return 0
  mkdir -p "$dir/tls"
  openssl req -x509 -newkey rsa:2048 -nodes -days 3650 -subj "/CN=weir test node" \
    -addext "subjectAltName=IP:127.0.0.1,DNS:localhost" \
    -keyout "$dir/tls/server.key" -out "$dir/tls/server.crt" 2>/dev/null || return 1
  openssl pkcs12 -export -in "$dir/tls/server.crt" -inkey "$dir/tls/server.key" -name server \
    -passout pass:weir-tests -out "$dir/tls/server.p12"
}

# The cluster's name, one for each folder of services: a node asks for its seed at a port where another
# clone's may listen, and joins no cluster of another name. A node that was there keeps the name that its
# data have.
cassandra_name() {
  if [ -s "$dir/conf.d/cassandra.yaml" ]; then
    sed -n 's/^cluster_name: //p' "$dir/conf.d/cassandra.yaml"
    return
  fi
  [ -s "$services/cassandra.name" ] ||
    echo "weir-$(od -An -N4 -tx4 /dev/urandom | tr -d ' ')" >"$services/cassandra.name"
  cat "$services/cassandra.name"
}

# cassandra_configure HOST PORT STORAGE_PORT AUTHENTICATOR TLS TOKENS
cassandra_configure() {
  cluster_name="$(cassandra_name)"
  mkdir -p "$dir/conf.d"
  cp script/service/cassandra/logback.xml "$dir/conf.d/"
  printf 'dc=datacenter1\nrack=rack1\n' >"$dir/conf.d/cassandra-rackdc.properties"
  cat >"$dir/conf.d/cassandra.yaml" <<YAML
cluster_name: $cluster_name
num_tokens: 4
${6:+initial_token: "$6"}
auto_bootstrap: false
hinted_handoff_enabled: true
authenticator: $4
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
# Answered once it is synced. With "periodic" a killed node forgets what it answered in the last tenth of a
# second: its log is replayed up to the last mark, and marks are that far apart.
commitlog_sync: group
commitlog_sync_group_window: 5ms
commitlog_segment_size: 16MiB
commitlog_total_space: 128MiB
seed_provider:
  - class_name: org.apache.cassandra.locator.SimpleSeedProvider
    parameters: [{seeds: "127.0.0.1:$3"}]
concurrent_reads: 16
concurrent_writes: 16
memtable_heap_space: 96MiB
memtable_offheap_space: 96MiB
memtable_allocation_type: offheap_buffers
file_cache_size: 32MiB
storage_port: $3
listen_address: $1
start_native_transport: true
native_transport_port: $2
rpc_address: $1
client_encryption_options:
  enabled: $5
  optional: $5
  keystore: $dir/tls/server.p12
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
sstable:
  selected_format: bti
storage_compatibility_mode: NONE
write_request_timeout: 5s
read_request_timeout: 10s
YAML
}

cassandra_java_options() {
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

# cassandra_node HEAP_MB [RING_DELAY_MS]: starts a node that has been configured; one that must find
# others looks for them for twice the delay. A log of its own for each start, so that cassandra_ready
# reads this one's.
cassandra_node() {
  jars="$(cassandra_jars)" || return 1
  : >"$dir/log"
  # shellcheck disable=SC2046
  service_start java "-Xms$1m" "-Xmx$1m" -Xss256k -XX:+UseSerialGC -XX:+PerfDisableSharedMem \
    -XX:+ExitOnOutOfMemoryError -Djava.net.preferIPv4Stack=true -Djdk.attach.allowAttachSelf=true \
    -Dio.netty.tryReflectionSetAccessible=true $(cassandra_java_options) \
    -javaagent:"$(echo "$jars"/jamm-*.jar)" -Dlogback.configurationFile=logback.xml \
    -Dcassandra.logdir="$dir" -Dcassandra.storagedir="$dir" -Dcassandra-foreground=yes \
    -Dcassandra.skip_wait_for_gossip_to_settle=0 "-Dcassandra.ring_delay_ms=${2:-1}" \
    -Dcassandra.superuser_setup_delay_ms=0 -cp "$dir/conf.d:$jars/*" \
    org.apache.cassandra.service.CassandraDaemon
}

# The port answers a little before everything is there.
cassandra_ready() { grep -q "Startup complete" "$dir/log" && port_answers "$2" "$1"; }
