#!/usr/bin/env bash
# The demo: starts the service on free ports, feeds it the story (story.txt) through its webhook, its ingest endpoint and
# a followed file, prints each alert with its latency, and fails unless exactly the alerts of the story fired.
# Usage: demo/run.sh PROGRAM. The rendered events stay in build/demo for the commands at the end.
set -euo pipefail
program=$(realpath "${1:?usage: demo/run.sh PROGRAM}")
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
cd "$root"

pace=${DEMO_PACE:-0.6}  # seconds between steps, for reading
work=$(mktemp -d "${TMPDIR:-/tmp}/vedette-demo.XXXXXX")
events=build/demo
service=

bold= dim= red= green= plain=
if [ -t 1 ] && [ -z "${NO_COLOR:-}" ]; then
  bold=$'\e[1m' dim=$'\e[2m' red=$'\e[31m' green=$'\e[32m' plain=$'\e[0m'
fi

cleanup() {
  [ -z "$service" ] || kill "$service" 2>/dev/null || true
  [ -z "$service" ] || wait "$service" 2>/dev/null || true
  rm -rf "$work"
}
trap cleanup EXIT
trap 'exit 130' INT
fail() {
  printf '%sdemo: %s%s\n' "$red" "$1" "$plain" >&2
  [ ! -s "$work/log" ] || { echo "the service said:" >&2; tail -n 20 "$work/log" >&2; }
  exit 1
}

prepare() {
  touch "$work/auth.log" "$work/alerts"
  cat >"$work/vedette.yml" <<YAML
store: {path: "$work/store"}
rules: {paths: ["$root/rules/packs/founding"]}
identities: {domains: [acme.example]}
sources:
  - {name: okta, type: okta_hook, listen: "127.0.0.1:0", path: /okta, auth: {secrets: [{env: DEMO_HOOK_SECRET}]}}
  - {name: ingest, type: http, listen: "127.0.0.1:0", path: /ingest, source: auto}
  - {name: ssh, type: file, path: "$work/auth.log", source: sshd, follow: true, timezone: UTC}
sinks:
  - {name: out, type: stdout}
log: {format: json, level: debug}
YAML
  DEMO_HOOK_SECRET=$(od -An -N16 -tx1 /dev/urandom | tr -d ' \n')
  export DEMO_HOOK_SECRET
  : >"$work/log"
}

start_service() {
  local begun
  begun=$(($(wc -l <"$work/log") + 1))  # what an earlier one said is not ours
  "$program" run -c "$work/vedette.yml" >>"$work/alerts" 2>>"$work/log" &
  service=$!
  local waited=0
  until hook=$(tail -n "+$begun" "$work/log" | sed -n 's/^listening \(.*\/okta\)$/\1/p') &&
    ingest=$(tail -n "+$begun" "$work/log" | sed -n 's/^listening \(.*\/ingest\)$/\1/p') && [ -n "$hook" ] && [ -n "$ingest" ]; do
    kill -0 "$service" 2>/dev/null || fail "the service did not start"
    [ $((waited += 1)) -lt 100 ] || fail "the service opened no port within 10 s"
    sleep 0.1
  done
}

# In the middle of everything: no clean-up, no goodbye.
kill_service() {
  kill -KILL "$service"
  wait "$service" 2>/dev/null || true
  start_service
}

feed() {  # kind, file
  local status
  case $1 in
    hook)
      status=$(curl -sS -o /dev/null -w '%{http_code}' -H 'Content-Type: application/json' -H "Authorization: $DEMO_HOOK_SECRET" \
        --data-binary "@$2" "$hook") || fail "posting $2 failed"
      ;;
    http)
      status=$(curl -sS -o /dev/null -w '%{http_code}' -H 'Content-Type: application/x-ndjson' --data-binary "@$2" "$ingest") ||
        fail "posting $2 failed"
      ;;
    file)
      cat "$2" >>"$work/auth.log"
      status=200
      ;;
    *) fail "story.txt: unknown way to feed: $1" ;;
  esac
  case $status in 2*) ;; *) fail "the service answered $status to $2" ;; esac
}

# "rule person count" of every alert so far.
fired() { sed -nE 's/.*"rule":"([^"]*)".*"group":\{"identity\.user":"([^"]*)"\},"count":([0-9]+).*/\1 \2 \3/p' "$work/alerts"; }

show_alert() {  # rule person count
  local line id latency
  line=$(grep -F "\"rule\":\"$1\"" "$work/alerts" | grep -F "\"identity.user\":\"$2\"" | tail -n 1)
  id=$(sed -E 's/.*"alert_id":"([^"]*)".*/\1/' <<<"$line")
  local level reason waited=0
  level=$(sed -E 's/.*"level":"([^"]*)".*/\1/' <<<"$line")
  reason=$(sed -E 's/.*"reason":"(([^"\\]|\\.)*)".*/\1/' <<<"$line")
  until latency=$(grep -F "\"msg\":\"$id " "$work/log" | sed -nE 's/.*latency_ms=([0-9.]+).*/\1/p' | tail -n 1) && [ -n "$latency" ]; do
    [ $((waited += 1)) -lt 40 ] || break
    sleep 0.05
  done
  printf '     %s%sALERT%s %s%s%s (%s), %s ms after its last event was received\n' "$bold" "$red" "$plain" "$bold" "$1" "$plain" "$level" "${latency:-?}"
  printf '           %s\n' "$reason"
}

await_alert() {  # "rule person count"
  local waited=0
  until fired | grep -qxF "$1"; do
    [ $((waited += 1)) -lt 100 ] || fail "expected but missing: $1"
    sleep 0.05
  done
}

tell_story() {
  local now kind file text expected
  now=$(date +%s)
  rm -rf "$events"
  mkdir -p "$events"
  while IFS='|' read -r kind file text expected; do
    case $kind in '#'* | '') continue ;; esac
    printf '%s%-5s%s %s\n' "$dim" "$kind" "$plain" "$text"
    if [ "$kind" = kill ]; then
      kill_service
      continue
    fi
    demo/render.sh "$now" <"demo/events/$file" >"$events/$file"
    feed "$kind" "$events/$file"
    if [ -n "$expected" ]; then
      echo "$expected" >>"$work/expected"
      await_alert "$expected"
      # shellcheck disable=SC2086
      show_alert $expected
    fi
    sleep "$pace"
  done <demo/story.txt
}

verdict() {
  sleep 0.5
  kill -TERM "$service"
  wait "$service" || fail "the service ended with an error"
  service=
  sort "$work/expected" >"$work/want"
  fired | sort >"$work/got"
  [ "$(wc -l <"$work/alerts")" = "$(wc -l <"$work/got")" ] || fail "an alert that does not belong to the story: $(cat "$work/alerts")"
  diff "$work/want" "$work/got" >"$work/diff" || fail "alerts differ from the story's (< expected, > fired): $(cat "$work/diff")"
  printf '\n%s%d alerts, all expected; the near misses stayed quiet.%s\n' "$green" "$(wc -l <"$work/got")" "$plain"
}

prepare
start_service
printf '\nThe service is live; events reach it by webhook, by HTTP and through a followed file.\n\n'
tell_story
verdict
shown=${program#"$root"/}
cat <<TEXT

Three commands to try:
  $shown replay --rules rules/packs --domain acme.example $events
  $shown explain rules/packs/founding/login_failures_across_systems.yml $events/05-bob-fails-over-ssh.log
  $shown init watch
TEXT
