# A standalone cluster of Apache Spark: the master on 127.0.0.1, workers on 127.0.0.2 and 127.0.0.3, each with
# one core and its own folder. Started by its name alone (`up --cluster` leaves it out). `kill` ends the worker that
# SPARK_WORKER names (default 2), and its executors, as a crash would; `up` starts again what does not run.

# spark_cluster_class ADDRESS CLASS ARGUMENTS...
spark_cluster_class() {
  ! service_runs || return 0
  address="$1"
  shift
  service_start env SPARK_HOME="$home" SPARK_LOCAL_IP="$address" SPARK_WORKER_DIR="$dir/work" \
    SPARK_DAEMON_MEMORY="${SPARK_HEAP_MB:-200}m" SPARK_NO_DAEMONIZE=1 PYTHONDONTWRITEBYTECODE=1 \
    "$home/bin/spark-class" "$@"
}

spark_cluster_up() {
  home="$(script/spark)" || return 1
  port="$(service_port server 27077)"
  page="$(service_port page 28080)"
  master="spark://127.0.0.1:$port"
  service_with 1 spark_cluster_class 127.0.0.1 org.apache.spark.deploy.master.Master \
    --host 127.0.0.1 --port "$port" --webui-port "$page" || return 1
  service_with 1 service_wait 120 port_answers "$port" || return 1
  for id in 2 3; do
    service_with "$id" spark_cluster_class "127.0.0.$id" org.apache.spark.deploy.worker.Worker \
      --host "127.0.0.$id" --port "$port" --webui-port "$page" --cores 1 \
      --memory "${SPARK_WORKER_MB:-700}m" "$master" || return 1
  done
  for id in 2 3; do
    service_with "$id" service_wait 120 port_answers "$port" "127.0.0.$id" || return 1
  done
  cp "$dir/1/pid" "$dir/pid"
  echo "$master" >"$dir/address"
  basename "$home"/jars/spark-core_*.jar .jar | sed 's/.*-//' >"$dir/version"
  echo "spark.master = $master" >"$dir/conf"
}

spark_cluster_down() {
  for id in 3 2 1; do
    service_with "$id" service_stop TERM 10
  done
  rm -f "$dir/pid"
}

spark_cluster_kill() {
  service_with "${SPARK_WORKER:-2}" service_kill
}
