# Sourced by build and bundle. A key folder has, for RAUC: current.cert.pem next.cert.pem and one signing key, signer.key.pem
# (of current) or what --signer names; for U-Boot: fit-current.crt fit-next.crt, fit-current.key. Private keys are never in
# the repository: those of test images are made at the first build, in build/image-keys.
# shellcheck shell=sh

make_test_keys() { # FOLDER
  [ ! -e "$1/kind" ] || return 0
  mkdir -p "$1"
  chmod 700 "$1"
  for which in current next; do
    openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 7300 -subj "/O=Sluice TEST/CN=Sluice test update key ($which)" \
      -addext keyUsage=critical,digitalSignature,keyCertSign -addext extendedKeyUsage=emailProtection,codeSigning \
      -keyout "$1/$which.key.pem" -out "$1/$which.cert.pem"
    openssl req -x509 -newkey rsa:2048 -nodes -days 7300 -subj "/O=Sluice TEST/CN=Sluice test boot key ($which)" \
      -keyout "$1/fit-$which.key" -out "$1/fit-$which.crt"
  done
  echo test > "$1/kind"
}
use_keys() { # FOLDER or nothing: sets $keys and $keys_kind (test, release)
  if [ -z "$1" ]; then
    keys=$root/build/image-keys
    [ -e "$keys/kind" ] || step "making test keys in build/image-keys" make_test_keys "$keys"
  else
    keys=$(cd "$1" 2>/dev/null && pwd) || die "no folder $1"
  fi
  for f in kind current.cert.pem next.cert.pem fit-current.crt fit-next.crt; do [ -e "$keys/$f" ] || die "$keys has no $f (see firmware/docs/image.md, keys)"; done
  keys_kind=$(cat "$keys/kind")
  case $keys_kind in test|release) ;; *) die "$keys/kind must say test or release" ;; esac
  [ "$keys_kind" = test ] || refuse_test_keys
}
refuse_test_keys() { # a release image never trusts a test key, whatever the folder says of itself
  for c in "$keys"/*.pem "$keys"/*.crt; do
    ! openssl x509 -noout -subject -in "$c" 2>/dev/null | grep -q 'Sluice TEST' || die "$c is a test certificate: not in a release image"
  done
}
