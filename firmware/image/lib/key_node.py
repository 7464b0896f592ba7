#!/usr/bin/env python3
"""key_node.py CERTIFICATE TREE NAME: puts the RSA public key of a certificate into a device tree as mkimage -K does, without
the private key, which for the next key lies in a safe. Node key-NAME in /signature, as U-Boot's rsa-verify reads it.
"""
import re
import subprocess
import sys

certificate, tree, name = sys.argv[1:]


def openssl(*words, data=None):
    return subprocess.run(["openssl", *words], input=data, capture_output=True, text=True, check=True).stdout


public = openssl("x509", "-in", certificate, "-noout", "-pubkey")
facts = openssl("rsa", "-pubin", "-noout", "-text", "-modulus", data=public)
modulus = int(re.search(r"Modulus=([0-9A-F]+)", facts)[1], 16)
exponent = int(re.search(r"Exponent: (\d+)", facts)[1])
bits = modulus.bit_length()
node = "/".join(["", "signature", "key-" + name])


def cells(number, count):
    return [f"{number >> 32 * i & 0xffffffff:x}" for i in reversed(range(count))]


def put(prop, kind, *values):
    subprocess.run(["fdtput", "-p", "-t", kind, tree, node, prop, *values], check=True)


put("required", "s", "conf")
put("algo", "s", f"sha256,rsa{bits}")
put("key-name-hint", "s", name)
put("rsa,num-bits", "x", f"{bits:x}")
put("rsa,modulus", "x", *cells(modulus, bits // 32))
put("rsa,exponent", "x", *cells(exponent, 2))
put("rsa,r-squared", "x", *cells(pow(2, 2 * bits, modulus), bits // 32))
put("rsa,n0-inverse", "x", f"{(-pow(modulus, -1, 1 << 32)) % (1 << 32):x}")
