#!/bin/sh
# What SWUpdate takes to install a signed pair of parts as large as ours, streamed, each part's hash checked on its way to the slot:
# peak resident memory, time, and the libraries it loads. For ADR 20, which compares it with RAUC. Changes nothing outside a temporary folder.
#
#   tests/bench/swupdate_memory.sh [MIB]    MIB: both parts together, default 19. Needs Debian's swupdate, cpio, openssl, time.
set -eu

case ${1:-} in -h|--help) sed -n '2,/^set -eu/s/^# \{0,1\}//p' "$0"; exit 0 ;; esac
for tool in swupdate cpio openssl time; do
  command -v "$tool" > /dev/null || { echo "$tool is missing: apt-get install swupdate cpio openssl time" >&2; exit 1; }
done
mib=${1:-19}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
openssl req -x509 -newkey rsa:3072 -nodes -keyout key.pem -out cert.pem -subj "/CN=bundle" -days 2 \
  -addext keyUsage=digitalSignature -addext extendedKeyUsage=emailProtection 2> /dev/null
head -c $((mib * 1048576 / 2)) /dev/urandom > kernel.img
head -c $((mib * 1048576 / 2)) /dev/urandom > rootfs.img
truncate -s 32M slot.kernel slot.rootfs
part() { # NAME
  printf '{ filename = "%s.img"; type = "raw"; device = "%s/slot.%s"; installed-directly = true; sha256 = "%s"; }' \
    "$1" "$work" "$1" "$(sha256sum "$1.img" | cut -d' ' -f1)"
}
printf 'software = { version = "1.0.0"; description = "box"; hardware-compatibility: [ "1.0" ]; images: ( %s, %s ); }\n' "$(part kernel)" "$(part rootfs)" > sw-description
openssl cms -sign -in sw-description -out sw-description.sig -signer cert.pem -inkey key.pem -outform DER -nosmimecap -binary
printf '%s\n' sw-description sw-description.sig kernel.img rootfs.img | cpio -o -H crc --quiet > box.swu
/usr/bin/time -f '%M %e' -o taken swupdate -M -m -H box:1.0 -k cert.pem -i box.swu > log 2>&1 || { cat log >&2; exit 1; }
for p in kernel rootfs; do cmp -n "$(stat -c %s $p.img)" $p.img slot.$p || { echo "$p: not installed" >&2; exit 1; }; done
program=$(command -v swupdate)
libraries=$(ldd "$program" | awk '$3 ~ /^\// {print $3}' | xargs readlink -f | sort -u)
octets=$(printf '%s\n' "$libraries" | xargs stat -c %s | awk '{s += $1} END {print s}')
read -r peak seconds < taken
echo "swupdate $(dpkg-query -W -f '${Version} ${Architecture}' swupdate): $mib MiB installed in $seconds s, peak $peak KiB;" \
  "program $(($(stat -c %s "$program") / 1024)) KiB, $(printf '%s\n' "$libraries" | wc -l) libraries of $((octets / 1024)) KiB"
