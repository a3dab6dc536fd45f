#!/bin/sh
# Builds every call-overhead host into ../build; a host whose headers are not installed is named and left out.
# Peers need libluajit-5.1-dev, liblua5.4-dev, erlang-dev and Python's headers.
cd "$(dirname "$0")" || exit 1
B=../build
mkdir -p $B
make_host() { # name, command...
    name=$1; shift
    if ! "$@" 2>$B/$name.log; then rm -f $B/$name; echo "left out: $name ($(head -n 1 $B/$name.log))" >&2; fi
}
PYINC=$(${PYTHON:-python3} -c 'import sysconfig; print(sysconfig.get_path("include"))')
PYLIB=$(${PYTHON:-python3} -c 'import sysconfig; print(sysconfig.get_config_var("LIBDIR"))')
PYVER=$(${PYTHON:-python3} -c 'import sysconfig; print(sysconfig.get_config_var("LDVERSION"))')
set -e
gcc -O2 -shared -fPIC lib.c -o $B/libverdict.so
gcc -O2 host_raw.c -o $B/host_raw -ldl
gcc -O2 -Wall -Wextra -I../../include host_tenon.c -o $B/host_tenon -ldl
gcc -O2 -Wall -Wextra -Wno-cast-function-type -I../../include host_back.c -o $B/host_back -ldl
set +e
make_host host_luajit gcc -O2 -I/usr/include/luajit-2.1 host_luajit.c -o $B/host_luajit -lluajit-5.1
make_host host_lua54 gcc -O2 -I/usr/include/lua5.4 host_lua54.c -o $B/host_lua54 -llua5.4
make_host host_python gcc -O2 -I"$PYINC" host_python.c -o $B/host_python -L"$PYLIB" -Wl,-rpath,"$PYLIB" "-lpython$PYVER"
make_host pyext.so gcc -O2 -shared -fPIC -I"$PYINC" pyext.c -o $B/pyext.so
make_host peer_nif.so gcc -O2 -shared -fPIC -I/usr/lib/erlang/usr/include peer_nif.c -o $B/peer_nif.so
make_host peer_nif.beam erlc -o $B peer_nif.erl
lib=${TENON_LIBRARY:-../../build/release/lib/libtenon.so}
! command -v mix >/dev/null || (
    lib_dir=$(cd "$(dirname "$lib")" && pwd) && cd ../../bindings/elixir && TENON_LIB_DIR=$lib_dir MIX_ENV=prod mix compile >/dev/null
) || echo "left out: the Elixir binding" >&2
exit 0
