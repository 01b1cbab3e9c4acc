#!/usr/bin/env bash
# Fills in the times of the demo's events: render.sh NOW < template. NOW is in seconds since 1970; @iso-300@ becomes the
# instant 300 seconds before it, @log-300@ the same as syslog writes it, in UTC.
set -euo pipefail
now=${1:?usage: render.sh NOW < template}
while IFS= read -r line; do
  while [[ $line =~ @(iso|log)-([0-9]+)@ ]]; do
    at=$((now - BASH_REMATCH[2]))
    if [[ ${BASH_REMATCH[1]} == iso ]]; then
      text=$(date -u -d "@$at" +%Y-%m-%dT%H:%M:%S.000Z)
    else
      text=$(LC_ALL=C date -u -d "@$at" '+%b %e %H:%M:%S')
    fi
    line=${line//"${BASH_REMATCH[0]}"/$text}
  done
  printf '%s\n' "$line"
done
