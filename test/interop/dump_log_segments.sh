#!/bin/sh
# Kafka's own DumpLogSegments reads what weir's topic log has written: every record of every segment,
# and both indexes.
#
#   dump_log_segments.sh WRITE_SEGMENTS CACHE_DIR
#
# WRITE_SEGMENTS is the program that makes the topics (write_segments.c). Kafka's jars are fetched
# once, by Maven, into CACHE_DIR. Exit status 77 (skipped) when Java, Maven or the jars are not to be
# had; 0 and 1 are the test's.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
write_segments="$1"
cache="$2"

skip() {
  echo "skipped: $1"
  exit 77
}
fail() {
  echo "FAILED: $1" >&2
  exit 1
}

command -v java >/dev/null 2>&1 || skip "java is not installed (Debian: openjdk-17-jre-headless)"
if [ ! -f "$cache/complete" ]; then
  command -v mvn >/dev/null 2>&1 || skip "mvn is not installed (Debian: maven)"
  rm -rf "$cache"
  mkdir -p "$cache"
  mvn -q -B -f "$here/kafka-pom.xml" dependency:copy-dependencies -DoutputDirectory="$cache" \
    >"$cache/mvn.log" 2>&1 || {
    tail -n 3 "$cache/mvn.log"
    skip "Maven could not fetch Kafka's tools"
  }
  touch "$cache/complete"
fi

work=$(mktemp -d "${TMPDIR:-/tmp}/weir-interop-XXXXXX")
trap 'rm -rf "$work"' EXIT

# DumpLogSegments tells what is wrong with an index on its standard error.
dump() {
  java -Xmx256m -cp "$cache/*" org.apache.kafka.tools.DumpLogSegments "$@" 2>&1 ||
    fail "DumpLogSegments $*"
}

# All files of a topic that end in SUFFIX, in order, with commas between.
files_of() {
  find "$work/topics/$1-0" -name "*$2" | sort | paste -sd, -
}

"$write_segments" "$work"
for codec in none lz4 zstd; do
  dump --deep-iteration --print-data-log --files "$(files_of "$codec" .log)" >"$work/$codec.dump"
  sed -n 's/^| //p' "$work/$codec.dump" >"$work/$codec.found"
  cmp "$work/$codec.expected" "$work/$codec.found" ||
    fail "$codec: Kafka does not read the records that were written"
  grep -q "compresscodec: $codec" "$work/$codec.dump" || fail "$codec: no batch is compressed so"
  ! grep -q 'isvalid: false' "$work/$codec.dump" || fail "$codec: a checksum is wrong"
  [ "$(grep -c '^Log starting offset' "$work/$codec.dump")" -gt 1 ] ||
    fail "$codec: there is one segment only"

  indexes="$(files_of "$codec" index)"
  dump --verify-index-only --files "$indexes" >"$work/verify"
  ! grep -v '^Dumping ' "$work/verify" || fail "$codec: Kafka finds an index wrong"
  dump --index-sanity-check --files "$indexes" >"$work/sanity"
  ! grep -v -e '^Dumping ' -e 'passed sanity check' "$work/sanity" ||
    fail "$codec: Kafka would make an index anew"
  echo "$codec: $(wc -l <"$work/$codec.found") records, $(grep -c ^Dumping "$work/verify") indexes"
done

# The check itself can fail: a wrong index is found.
first="$work/topics/none-0/00000000000000000000"
printf '\001' | dd of="$first.index" bs=1 seek=3 conv=notrunc 2>/dev/null
dump --verify-index-only --files "$first.index" >"$work/verify"
grep -qv '^Dumping ' "$work/verify" || fail "a spoiled index is not noticed"
