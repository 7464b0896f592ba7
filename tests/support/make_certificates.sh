#!/bin/sh
# make_certificates.sh FOLDER: makes the certificates and keys that the TLS tests use, with OpenSSL 3. Everything is
# valid from 2020 to 2099 unless its name says otherwise.
set -eu
mkdir -p "$1"
cd "$1"
from=20200101000000Z; to=20991231235959Z
work=$(mktemp -d); trap 'rm -rf "$work"' EXIT
touch "$work/index"; echo 1000 > "$work/serial"
cat > "$work/ca.cnf" <<CNF
[ca]
default_ca=d
[d]
database=$work/index
serial=$work/serial
new_certs_dir=$work
policy=p
default_md=sha256
unique_subject=no
[p]
commonName=optional
CNF

ec_key() { openssl genpkey -quiet -algorithm EC -pkeyopt ec_paramgen_curve:P-256 -out "$1"; }
rsa_key() { openssl genpkey -quiet -algorithm RSA -pkeyopt rsa_keygen_bits:2048 -out "$1"; }

# sign NAME KEY CN "extensions" [FROM TO] [ISSUER]
sign() {
  printf '%b\n' "$4" > "$work/ext"
  openssl req -new -key "$2" -subj "${3:+/CN=$3}" -out "$work/csr" 2>/dev/null
  openssl ca -batch -notext -config "$work/ca.cnf" -in "$work/csr" -out "$1" -cert "${7:-ca}.crt" -keyfile "${7:-ca}.key" \
    -startdate "${5:-$from}" -enddate "${6:-$to}" -extfile "$work/ext" 2>/dev/null
}

ec_key ca.key
printf 'basicConstraints=critical,CA:true\nkeyUsage=critical,keyCertSign,cRLSign\nsubjectKeyIdentifier=hash\n' > "$work/ext"
openssl req -new -key ca.key -subj "/CN=Sluice test CA" -out "$work/csr"
openssl ca -batch -notext -selfsign -config "$work/ca.cnf" -in "$work/csr" -keyfile ca.key -out ca.crt -startdate $from \
  -enddate $to -extfile "$work/ext" 2>/dev/null

leaf='basicConstraints=CA:false\nkeyUsage=digitalSignature\nextendedKeyUsage=serverAuth'
mx="$leaf\nsubjectAltName=DNS:mx.example.org,DNS:*.Mail.example.org,IP:127.0.0.1"
ec_key mx-ec.key;    sign mx-ec.crt mx-ec.key mx.example.org "$mx"
rsa_key mx-rsa.key;  sign mx-rsa.crt mx-rsa.key mx.example.org "$mx"
ec_key shop-ec.key;  sign shop-ec.crt shop-ec.key shop "$leaf\nsubjectAltName=DNS:shop.example.net"
sign expired.crt mx-ec.key mx.example.org "$mx" 20200101000000Z 20210101000000Z
sign future.crt mx-ec.key mx.example.org "$mx" 20980101000000Z 20990101000000Z
sign no-signature.crt mx-ec.key mx.example.org "basicConstraints=CA:false\nkeyUsage=keyAgreement"
sign client-only.crt mx-ec.key mx.example.org "basicConstraints=CA:false\nextendedKeyUsage=clientAuth"
sign cn-only.crt mx-ec.key cn.example.org "basicConstraints=CA:false"
openssl pkey -in mx-ec.key -aes128 -passout pass:test -out encrypted.key

# a chain: leaf, two intermediates, root
ca_ext='basicConstraints=critical,CA:true\nkeyUsage=critical,keyCertSign'
ec_key inner1.key; sign inner1.crt inner1.key "Sluice test intermediate 1" "$ca_ext"
ec_key inner2.key; sign inner2.crt inner2.key "Sluice test intermediate 2" "$ca_ext" $from $to inner1
ec_key chain.key;  sign "$work/chain" chain.key chain "$leaf\nsubjectAltName=DNS:chain.example.org" $from $to inner2
cat "$work/chain" inner2.crt inner1.crt ca.crt > chain.crt
rm inner1.* inner2.*
# a leaf with more names than one record of ours can carry
names=$(seq -f DNS:host-with-a-rather-long-name-%03g.example.org 1 140 | paste -sd, -)
sign too-long.crt mx-ec.key mx.example.org "$leaf\nsubjectAltName=$names"
