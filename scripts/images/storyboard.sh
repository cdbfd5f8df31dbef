#!/bin/sh
# A mock renderer: as many frames as the input's "frames" (1 to 64, else 3), each a checksum of input and
# index.
input=$(cat)
frames=$(printf %s "$input" | tr -d ' \n' | sed -n 's/.*"frames":\([0-9]*\).*/\1/p')
[ "${frames:-0}" -ge 1 ] && [ "$frames" -le 64 ] || frames=3
list=
index=0
while [ $index -lt $frames ]; do
  image=$(printf '%s %s' "$input" $index | sha256sum | cut -d' ' -f1)
  list="$list${list:+,}{\"index\":$index,\"image\":\"$image\"}"
  index=$((index + 1))
done
printf '{"module":"storyboard","version":"%s","frames":[%s]}\n' "$(cat /module/version)" "$list"
