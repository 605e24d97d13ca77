#!/usr/bin/env bash
# Builds hvrestore for Windows and runs it under Wine, on Debian 12, as root.
#
#   .ci/windows-cross.sh setup          install and build what is missing
#   .ci/windows-cross.sh cargo ARGS...  set up, then `cargo ARGS` for Windows:
#                                       build --release, test, run -- ls x.vhdx, clippy
#   .ci/windows-cross.sh env            print the variables that `cargo` uses
#
# rustup offers this target only as a download, which a machine behind a package
# mirror cannot make. Debian's security suite carries a recent compiler (rustc-web)
# together with the source of its standard library, so that library is built here,
# once for each version of the compiler, and put where the compiler looks for it.
# From then on an ordinary `cargo --target` works. mingw-w64 links; Wine runs.
#
# Environment: HVRESTORE_WINDOWS_CACHE (the Wine prefix and the runner; default
# ~/.cache/hvrestore-windows), CARGO_TARGET_DIR (default target/ of the repository; this
# script builds in its subfolder `windows`, because two compilers share nothing).
set -euo pipefail

readonly target=x86_64-pc-windows-gnu
readonly repository=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
readonly cache=${HVRESTORE_WINDOWS_CACHE:-$HOME/.cache/hvrestore-windows}
readonly prefix=$cache/prefix
readonly standard_library=/usr/lib/rustlib/$target
readonly wine=/usr/lib/wine/wine64
readonly packages=(
  rustc-web cargo-web rust-web-src rust-web-clippy # one compiler, its source, its lints
  gcc-mingw-w64-x86-64-win32                       # linker, and C for crates that have some
  wine64
)

say() { printf 'windows: %s\n' "$*" >&2; }

# Another run of this script may be at the same step: the second waits, then finds it done.
locked() {
  mkdir -p "$cache"
  (
    flock 9
    "$@"
  ) 9>"$cache/lock"
}

install_packages() {
  local missing=() package
  for package in "${packages[@]}"; do
    dpkg-query -W -f='${db:Status-Status}' "$package" 2>/dev/null | grep -qx installed ||
      missing+=("$package")
  done
  [ ${#missing[@]} -gt 0 ] || return 0
  say "installing ${missing[*]}"
  apt-get update -qq
  if ! DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends \
    "${missing[@]}" >"$cache/apt.log" 2>&1 </dev/null; then
    tail -n 30 "$cache/apt.log" >&2
    say "packages could not be installed; the whole log is $cache/apt.log"
    return 1
  fi
}

# Two things differ from a plain -Zbuild-std, both as in the compiler's own releases:
# panic_abort is compiled with the strategy it is named after, without which a release
# profile with `panic = "abort"` is refused; and bitcode is kept, which `lto` needs.
build_standard_library() {
  local recipe stamp=$standard_library/.hvrestore-recipe build=$cache/std
  recipe="$(/usr/bin/rustc -vV | tr '\n' ' ')recipe 1"
  [ "$(cat "$stamp" 2>/dev/null)" != "$recipe" ] || return 0
  say "building the standard library for $target (about two minutes)"
  rm -rf "$build"
  mkdir -p "$build/src"
  printf '[package]\nname = "empty"\nversion = "0.0.0"\nedition = "2021"\n[workspace]\n' \
    >"$build/Cargo.toml"
  echo '#![no_std]' >"$build/src/lib.rs"
  cat >"$build/rustc" <<'WRAPPER'
#!/bin/sh
case " $* " in *" --crate-name panic_abort "*) set -- "$@" -Cpanic=abort ;; esac
exec "$@"
WRAPPER
  chmod +x "$build/rustc"
  (
    cd "$build"
    unset CARGO_TARGET_DIR CARGO_BUILD_TARGET RUSTC_WORKSPACE_WRAPPER CARGO_ENCODED_RUSTFLAGS
    export RUSTC=/usr/bin/rustc RUSTC_WRAPPER=$build/rustc RUSTC_BOOTSTRAP=1
    export RUSTFLAGS=-Cembed-bitcode=yes
    /usr/bin/cargo build -q --release --target "$target" --target-dir target \
      -Zbuild-std=std,panic_abort,panic_unwind,test
  )
  rm -rf "$standard_library"
  mkdir -p "$standard_library/lib"
  find "$build/target/$target/release/deps" -name '*.rlib' ! -name 'libempty-*' \
    -exec cp -t "$standard_library/lib" {} +
  rm -rf "$build"
  echo "$recipe" >"$stamp"
}

make_wine_prefix() {
  [ ! -f "$prefix/.hvrestore-ready" ] || return 0
  say "making the Wine prefix"
  rm -rf "$prefix"
  WINEPREFIX=$prefix WINEDEBUG=-all WINEDLLOVERRIDES='mscoree=;mshtml=;winemenubuilder.exe=' \
    "$wine" wineboot -i >/dev/null 2>&1 </dev/null
  WINEPREFIX=$prefix /usr/lib/wine/wineserver -w # the registry is written when the server ends
  add_random_source
  touch "$prefix/.hvrestore-ready"
}

# Rust's standard library imports ProcessPrng, and Wine 8 has no bcryptprimitives.dll: a
# program would end before main with exit code 53 and no word. This one asks advapi32.
add_random_source() {
  local dll=$prefix/drive_c/windows/system32/bcryptprimitives.dll
  [ ! -f "$dll" ] || return 0
  cat >"$cache/bcryptprimitives.c" <<'SOURCE'
#include <windows.h>

BOOLEAN NTAPI SystemFunction036(PVOID bytes, ULONG count);

__declspec(dllexport) BOOL WINAPI ProcessPrng(PBYTE bytes, SIZE_T count)
{
    const SIZE_T most = 1u << 28;
    while (count > 0) {
        SIZE_T now = count < most ? count : most;
        if (!SystemFunction036(bytes, (ULONG)now))
            return FALSE;
        bytes += now;
        count -= now;
    }
    return TRUE;
}
SOURCE
  x86_64-w64-mingw32-gcc -O2 -s -shared -nostartfiles -Wl,-e,0 -o "$dll" \
    "$cache/bcryptprimitives.c" -ladvapi32 -lkernel32
}

# wine64 itself and not Debian's `wine`, which talks about a missing wine32. Without a
# UTF-8 locale names outside ASCII cannot be opened.
write_runner() {
  cat >"$cache/run.new" <<RUNNER
#!/bin/sh
export LC_ALL=C.UTF-8 WINELOADER=$wine WINEPREFIX=$prefix WINEDEBUG=\${WINEDEBUG:--all}
exec $wine "\$@"
RUNNER
  chmod +x "$cache/run.new"
  mv "$cache/run.new" "$cache/run"
}

# cargo finds rustc, rustdoc and clippy in PATH, where rustup's shims may stand first.
link_tools() {
  local tool
  mkdir -p "$cache/bin"
  for tool in cargo rustc rustdoc cargo-clippy clippy-driver; do
    ln -sfn "/usr/bin/$tool" "$cache/bin/$tool"
  done
}

set_up() {
  install_packages
  build_standard_library
  make_wine_prefix
  write_runner
  link_tools
}

# Kept for five idle minutes, which saves a second at each start, and started apart, so
# that it does not hold the pipes of the first test open.
start_wine_server() {
  WINEPREFIX=$prefix /usr/lib/wine/wineserver -p300 >/dev/null 2>&1 </dev/null || true
  WINEPREFIX=$prefix WINEDEBUG=-all setsid "$wine" cmd /c exit >/dev/null 2>&1 </dev/null || true
}

variables() {
  cat <<VARIABLES
export PATH=$cache/bin:\$PATH
export RUSTC=/usr/bin/rustc RUSTDOC=/usr/bin/rustdoc CARGO=/usr/bin/cargo
export CARGO_BUILD_TARGET=$target
export CARGO_TARGET_X86_64_PC_WINDOWS_GNU_LINKER=x86_64-w64-mingw32-gcc
export CARGO_TARGET_X86_64_PC_WINDOWS_GNU_RUNNER=$cache/run
export CARGO_TARGET_DIR=${CARGO_TARGET_DIR:-$repository/target}/windows
VARIABLES
}

case ${1:-} in
  setup) locked set_up ;;
  env) variables ;;
  cargo)
    shift
    locked set_up
    start_wine_server
    eval "$(variables)"
    exec /usr/bin/cargo "$@"
    ;;
  *)
    sed -n '2,/^set -/{/^#/s/^# \{0,1\}//p}' "${BASH_SOURCE[0]}" >&2
    exit 2
    ;;
esac
