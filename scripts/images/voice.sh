#!/bin/sh
# A mock voice generator: a checksum instead of audio, and a length of 60 ms for each byte of input.
input=$(cat)
audio=$(printf %s "$input" | sha256sum | cut -d' ' -f1)
milliseconds=$((${#input} * 60))
printf '{"module":"voice","version":"%s","milliseconds":%s,"audio":"%s"}\n' \
  "$(cat /module/version)" "$milliseconds" "$audio"
