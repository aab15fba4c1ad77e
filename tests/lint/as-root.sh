#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The mtasts-exporter authors
#
# Runs a command as root; Postfix, one of the real test servers, requires it.
if [ "$(id -u)" = 0 ]; then
  exec "$@"
elif command -v sudo >/dev/null 2>&1; then
  exec sudo "$@"
fi
echo "Postfix must be started by root: run this as root, or install sudo." >&2
exit 69
