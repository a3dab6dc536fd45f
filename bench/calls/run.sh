#!/bin/sh
# Prints "<label> <ns> <check>" lines; run several times and take medians (peerbench.py --calls does).
cd "$(dirname "$0")" || exit 1
B=../build
R=../kernels/rules
set -e
$B/host_raw $B/libverdict.so
$B/host_tenon "${TENON_LIBRARY:-../../build/release/lib/libtenon.so}" $R/verdict.tn
$B/host_back "${TENON_LIBRARY:-../../build/release/lib/libtenon.so}"
[ ! -x $B/host_luajit ] || $B/host_luajit $R/verdict.luajit.lua $B/libverdict.so
[ ! -x $B/host_lua54 ] || $B/host_lua54 $R/verdict.lua
[ ! -x $B/host_python ] || $B/host_python $R
[ ! -f $B/pyext.so ] || ${PYTHON:-python3} python_host.py
[ ! -f $B/peer_nif.so ] || [ ! -f $B/peer_nif.beam ] ||
    erl -noshell -pa $B -eval 'peer_nif:main("../build/peer_nif"), halt().'
ebin=../../bindings/elixir/_build/prod/lib/tenon/ebin
[ ! -f $B/peer_nif.so ] || [ ! -d $ebin ] || elixir -pa $ebin -pa $B elixir_host.exs
