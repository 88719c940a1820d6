#!/bin/sh
# Make a NATS user's key: prints the seed, which its owner keeps, and the public key, which the server
# is told. Needs openssl.
set -eu

key=$(mktemp)
trap 'rm -f "$key"' EXIT
openssl genpkey -algorithm ed25519 -outform DER -out "$key"

# The last 32 bytes of either form are the key itself.
bytes() {
    tail -c 32 | od -An -v -tu1
}

# Bytes, and their CRC-16, in base 32.
spell() {
    crc=0
    for byte in "$@"; do
        crc=$((crc ^ byte << 8))
        for _ in 1 2 3 4 5 6 7 8; do
            crc=$(((crc << 1 ^ (crc >> 15) * 0x1021) & 0xffff))
        done
    done
    bits=0 held=0
    for byte in "$@" $((crc & 255)) $((crc >> 8)) 0; do
        bits=$(((bits << 8 | byte) & 0xffff)) held=$((held + 8))
        while [ $held -ge 5 ]; do
            held=$((held - 5))
            printf '%s\n' $(((bits >> held) & 31))
        done
    done | head -n $((($# * 8 + 16 + 4) / 5)) |
        awk '{ printf "%s", substr("ABCDEFGHIJKLMNOPQRSTUVWXYZ234567", $1 + 1, 1) }'
}

# shellcheck disable=SC2046 # a list of numbers
echo "$(spell 149 0 $(bytes <"$key")) $(
    spell 160 $(openssl pkey -inform DER -in "$key" -pubout -outform DER | bytes)
)"
