#!/bin/sh
# JSON on stdin, the same JSON in the answer.
input=$(cat)
printf '{"module":"echo","version":"%s","echo":%s}\n' "$(cat /module/version)" "${input:-null}"
