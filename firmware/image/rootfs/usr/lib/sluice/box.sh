# Sourced by the scripts of the box.
# shellcheck shell=sh
PATH=${SLUICE_PATH:-/usr/sbin:/usr/bin}
export PATH
# shellcheck disable=SC2034  # used by those who source this; the variables are for tests on another machine
state=${SLUICE_STATE:-/data/state}
say() { echo "sluice-box: $*" > /dev/console; echo "<5>sluice-box: $*" > /dev/kmsg; } 2>/dev/null
uptime_s() { cut -d. -f1 /proc/uptime; }
kick() { uptime_s > /run/sluice/progress; } # the boot gets on: the feeder below goes on for a minute
patiently() { # COMMAND...: may take long on a big, worn flash; the watchdog waits for at most ten minutes
  "$@" &
  patient_pid=$! patient_end=$(($(uptime_s) + 600))
  while kill -0 $patient_pid 2>/dev/null; do
    [ "$(uptime_s)" -gt $patient_end ] || kick
    usleep 100000
  done
  wait $patient_pid
}
feed_while_booting() { # holds the watchdog until the boot is done; closing it does not stop it (no "V" is written)
  exec 9> /dev/watchdog0
  while [ -e /run/sluice/booting ] && [ $(($(uptime_s) - $(cat /run/sluice/progress))) -lt 60 ]; do echo >&9; sleep 1; done
}
release() { sed -n "s/^$1=//p" "${SLUICE_RELEASE:-/etc/sluice/release}"; }
slot() { sed -n 's/.*rauc\.slot=\([AB]\).*/\1/p' /proc/cmdline; }
publish() { # FILE < content: the old one or the new one, whatever happens
  cat > "$1.new" && sync "$1.new" && mv "$1.new" "$1" && sync "$(dirname "$1")"
}
boot_rw() { # COMMAND...: with the boot partition writable
  mount -o remount,rw /boot && "$@"
  boot_rw_code=$?
  sync; mount -o remount,ro /boot
  return $boot_rw_code
}
