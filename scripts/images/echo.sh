#!/bin/sh
# Reads JSON from stdin and returns it in the response.
input=$(cat)
printf '{"module":"echo","version":"%s","echo":%s}\n' "$(cat /module/version)" "${input:-null}"
