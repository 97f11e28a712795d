#!/bin/sh
# weir generate from outside: exit statuses, sentences, bytes, signals.
set -u
weir="$1"
work=$(mktemp -d)
service=
trap '[ -z "$service" ] || kill "$service" 2>/dev/null; rm -rf "$work"' EXIT

die() {
  echo "cli/generate: $*" >&2
  exit 1
}

# expect STATUS WORD ARGUMENT...: this status, and WORD in what is said on standard error, in one line.
expect() {
  status="$1" word="$2"
  shift 2
  "$weir" generate "$@" >"$work/out" 2>"$work/err"
  got=$?
  [ "$got" -eq "$status" ] || die "generate $*: status $got, not $status: $(cat "$work/err")"
  grep -q -- "$word" "$work/err" || die "generate $*: no '$word' in: $(cat "$work/err")"
  [ "$(wc -l <"$work/err")" -eq 1 ] || die "generate $*: more than one sentence"
}

expect 2 'which stream'
expect 2 "no stream 'ordes'" ordes
expect 2 'one stream at a time' orders customers
expect 2 'did you mean --count' orders --cuont 5
expect 2 'no option --zzzzzzzz' orders --zzzzzzzz
expect 2 'needs a value' orders --count
expect 2 'takes no value' orders --answers=yes
expect 2 'whole number' orders --count 1e3
expect 2 'not between 0 and 1' orders --late 1.5
expect 2 "nexmark knows no 'late'" nexmark --late 0.1
expect 2 "orders knows no 'first_event_id'" orders --first-event-id 1
expect 2 'need --listen' orders --token x
expect 2 'leave .orders. out' orders --listen 127.0.0.1:0
expect 2 'for a request' --listen 127.0.0.1:0 --count 5
expect 2 'HOST:PORT' --listen 8090
expect 2 'give a --token' --listen 0.0.0.0:0
expect 2 'total' --listen 127.0.0.1:0 --total 0

"$weir" generate --help >"$work/help" || die 'no help'
for word in orders customers page_views nexmark --count --late --out-of-order-group --listen; do
  grep -q -- "$word" "$work/help" || die "the help does not tell of $word"
done

lines=$("$weir" generate orders --count 5 | wc -l)
[ "$lines" -eq 5 ] || die "--count 5 gave $lines records"
"$weir" generate orders --count 1000000 --seed=3 | head -n 1 >"$work/first"
"$weir" generate orders --count 1 --seed 3 | cmp - "$work/first" || die 'the first record differs'
"$weir" generate orders --answers --count 100 --malformed 1 | grep -q '"malformed":{"total":100,' ||
  die 'wrong answers'
if [ -e /dev/full ]; then
  "$weir" generate orders >/dev/full 2>"$work/err"
  [ $? -eq 3 ] || die 'a full disk is not told by status 3'
  grep -q 'No space left' "$work/err" || die "a full disk is told by: $(cat "$work/err")"
fi

"$weir" generate --listen 127.0.0.1:0 >"$work/listening" &
service=$!
for _ in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20; do
  grep -q listening "$work/listening" && break
  sleep 0.1
done
port=$(sed -n 's|^listening on http://127.0.0.1:\([0-9]*\)$|\1|p' "$work/listening")
[ -n "$port" ] || die "no address told: $(cat "$work/listening")"
expect 3 'is in use' --listen "127.0.0.1:$port"
kill -TERM "$service"
wait "$service"
got=$?
service=
[ "$got" -eq 0 ] || die "SIGTERM ended the service with status $got"
