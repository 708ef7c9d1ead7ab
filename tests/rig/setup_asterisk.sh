#!/bin/sh
# Puts a real Asterisk 22 into $CALLCENTER_CACHE/asterisk (default .cache/asterisk), for the tests marked `rig`.
#
# The packages are Debian sid's, with every library they need down to the C library, taken from the mirror that
# this machine's apt already uses, and only unpacked: no maintainer script runs, nothing is installed on the machine,
# nothing is mounted and root is not needed. tests/rig/install.py starts the binary through the unpacked loader.
# (debootstrap would do as well, but needs root and takes more than twice as long for the same files.)
#
# CALLCENTER_DEBIAN_MIRROR and CALLCENTER_DEBIAN_KEYRING name another mirror and keyring.
set -eu

here=$(cd "$(dirname "$0")" && pwd)
cache=${CALLCENTER_CACHE:-$here/../../.cache}
packages="asterisk asterisk-core-sounds-en asterisk-core-sounds-en-wav"
recipe=1 # raise it when what this script unpacks changes

say() { echo "asterisk: $*"; }
fail() { echo "asterisk: $*" >&2; exit 1; }

mkdir -p "$cache"
cache=$(cd "$cache" && pwd)
target=$cache/asterisk
if [ "$(cat "$target/.recipe" 2>/dev/null)" = "$recipe" ]; then
    say "already there: $target"
    exit 0
fi

command -v apt-get >/dev/null || fail "apt-get is missing: this set-up needs Debian or a relative of it"
command -v dpkg-deb >/dev/null || fail "dpkg-deb is missing: this set-up needs Debian or a relative of it"

debian_mirror() { # the first archive of Debian's own among this machine's apt sources, security updates aside
    apt-get indextargets --format '$(REPO_URI)' 'Created-By: Packages' 2>/dev/null |
        grep '/debian/*$' | head -n 1
}
mirror=${CALLCENTER_DEBIAN_MIRROR:-$(debian_mirror)}
[ -n "$mirror" ] || fail "no Debian mirror among this machine's apt sources: set CALLCENTER_DEBIAN_MIRROR to one"
keyring=${CALLCENTER_DEBIAN_KEYRING:-/usr/share/keyrings/debian-archive-keyring.gpg}
[ -r "$keyring" ] || fail "$keyring is missing: install debian-archive-keyring or set CALLCENTER_DEBIAN_KEYRING"

work=$(mktemp -d "$cache/asterisk.XXXXXX")
trap 'rm -rf "$work"' EXIT
trap 'exit 1' INT TERM
mkdir -p "$work/etc/apt.conf.d" "$work/etc/preferences.d" "$work/state/lists/partial" "$work/debs/archives/partial" "$work/root"
: >"$work/state/status"
echo "deb [signed-by=$keyring] $mirror sid main" >"$work/etc/sources.list"
cat >"$work/apt.conf" <<CONF
Dir::Etc "$work/etc";
Dir::Etc::sourcelist "sources.list";
Dir::Etc::sourceparts "-";
Dir::State "$work/state";
Dir::State::status "$work/state/status";
Dir::Cache "$work/debs";
APT::Install-Recommends "0";
APT::Sandbox::User "";
APT::Architecture "$(dpkg --print-architecture)";
Debug::NoLocking "1";
Acquire::Languages "none";
Acquire::Retries "3";
APT::Update::Error-Mode "any";
Acquire::Check-Valid-Until "false";
CONF
# Mirrors are snapshots at times, and sid's index is then past its date; its signature is checked all the same.
export APT_CONFIG="$work/apt.conf"

say "reading the index of Debian sid from $mirror"
apt-get -q=2 update || fail "the index of Debian sid cannot be read from $mirror (the lines above say why)"
say "fetching $packages and the libraries they need"
# shellcheck disable=SC2086 # a list of words
apt-get -y -q=2 --download-only install $packages >"$work/apt.log" 2>&1 || {
    tail -n 5 "$work/apt.log" >&2
    fail "the packages cannot be fetched from $mirror"
}

say "unpacking $(find "$work/debs/archives" -name '*.deb' | wc -l) packages"
for deb in "$work"/debs/archives/*.deb; do
    dpkg-deb -x "$deb" "$work/root" || fail "$(basename "$deb") cannot be unpacked"
done
ln -sfn en_US_f_Allison "$work/root/usr/share/asterisk/sounds/en"
# Where the packages expect links of the merged-/usr layout.
for name in bin lib lib64 sbin; do
    if [ -d "$work/root/usr/$name" ] && [ ! -e "$work/root/$name" ]; then ln -s "usr/$name" "$work/root/$name"; fi
done
find "$work/root/usr/lib" -path '*/asterisk/modules/chan_pjsip.so' | grep -q . ||
    fail "the packages of $mirror hold no chan_pjsip.so"

echo "$recipe" >"$work/root/.recipe"
rm -rf "$target"
mv "$work/root" "$target"
say "ready: $target"
