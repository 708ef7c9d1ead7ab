#!/usr/bin/env bash
# Installs Debian packages that are missing; does nothing when all are there. Needs root, or sudo without a password.
set -euo pipefail

missing=()
for package in "$@"; do
    dpkg-query -W -f='${Status}' "$package" 2>/dev/null | grep -q "ok installed" || missing+=("$package")
done
[ ${#missing[@]} -eq 0 ] && exit 0

become=()
if [ "$(id -u)" -ne 0 ]; then
    become=(sudo -n)
    if ! command -v sudo >/dev/null || ! sudo -n true 2>/dev/null; then
        echo "error: missing: ${missing[*]}. Run as root: apt-get install ${missing[*]}" >&2
        exit 1
    fi
fi
if ! command -v apt-get >/dev/null; then
    echo "error: missing: ${missing[*]}. This is not Debian or Ubuntu: install them by hand." >&2
    exit 1
fi
echo "== Debian packages: ${missing[*]}"
export DEBIAN_FRONTEND=noninteractive
"${become[@]}" apt-get update -qq
# A machine need not start services for us: the tests start their own.
"${become[@]}" env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "${missing[@]}" >/dev/null
