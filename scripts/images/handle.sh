#!/bin/sh
# Serves one HTTP request, stdin to stdout: GET /health, POST /run.
carriage=$(printf '\r')
read -r method path rest
length=0
while read -r line; do
  line=${line%"$carriage"}
  [ -n "$line" ] || break
  case $line in
  [Cc]ontent-[Ll]ength:*) length=$(printf %s "${line#*:}" | tr -dc 0-9) ;;
  esac
done

answer() {
  printf 'HTTP/1.1 %s\r\nContent-Type: application/json\r\nContent-Length: %s\r\nConnection: close\r\n\r\n%s' \
    "$1" "$(printf %s "$2" | wc -c)" "$2"
}

case "$method ${path%%\?*}" in
"GET /health") answer "200 OK" '{"status":"ok"}' ;;
"GET /run" | "POST /run")
  input=
  [ "${length:-0}" -eq 0 ] || input=$(head -c "$length")
  if output=$(printf %s "$input" | /module/run); then
    answer "200 OK" "$output"
  else
    answer "422 Unprocessable Entity" '{"error":"the module failed"}'
  fi
  ;;
*) answer "404 Not Found" '{"error":"there is /health and /run"}' ;;
esac
