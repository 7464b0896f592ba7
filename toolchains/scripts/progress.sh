# Sourced by toolchains/setup, ./test and ./run: one line per step, a sign of life while it runs, the end of its log if
# it fails. The caller sets $log.
# shellcheck shell=sh
: "${log:?set by the caller}"

say() { printf '%s\n' "$*"; }
die() { printf '%s: %s\n' "${0##*/}" "$*" >&2; exit 1; }
no_hosts() { sed 's#[a-z+-]*://[^ ]*#(mirror)#g'; } # logs are pasted into reports: names of mirrors are not

sign_of_life() { # elapsed seconds, and ninja's [done/all] if the log ends with it
  n=0
  while sleep 1; do
    n=$((n + 1))
    [ $((n % 15)) -ne 0 ] || printf ' %ss%s' "$n" "$(tail -n 1 "$log" | sed -n 's/^\(\[[0-9]*\/[0-9]*\]\).*/ \1/p')"
  done
}

# try_step TEXT COMMAND...: like step, but hands the failure back.
try_step() {
  step_text=$1; shift
  step_began=$(date +%s)
  printf '  %s ...' "$step_text"
  [ -n "${step_logging:-}" ] || { step_logging=1; : > "$log"; }
  printf '\n### %s\n' "$step_text" >> "$log"
  "$@" >> "$log" 2>&1 &
  step_pid=$!
  sign_of_life &
  step_ticker=$!
  if wait "$step_pid"; then step_failed=0; else step_failed=1; fi
  kill "$step_ticker" 2>/dev/null || true
  wait "$step_ticker" 2>/dev/null || true
  if [ $step_failed -eq 0 ]; then printf ' done (%s s)\n' $(($(date +%s) - step_began)); return 0; fi
  printf ' FAILED\n'
  { grep -nE '^FAILED: |(error|Error):' "$log" | tail -n 15; echo ...; tail -n 25 "$log"; } | cut -c1-300 | no_hosts >&2
  return 1
}
step() { try_step "$@" || exit 1; }
