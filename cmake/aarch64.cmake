# Cross builds for AArch64 Linux on a Debian host of another kind: Debian's cross compiler and foreign packages
# (`./dev setup --target aarch64` installs both); tests run under qemu-user.
set(CMAKE_SYSTEM_NAME Linux)
set(CMAKE_SYSTEM_PROCESSOR aarch64)
set(CMAKE_C_COMPILER aarch64-linux-gnu-gcc)
set(CMAKE_CXX_COMPILER aarch64-linux-gnu-g++)
set(CMAKE_LIBRARY_ARCHITECTURE aarch64-linux-gnu)
set(CMAKE_FIND_ROOT_PATH /usr/aarch64-linux-gnu /)
set(CMAKE_FIND_ROOT_PATH_MODE_PROGRAM NEVER)
# Without -L: the foreign libc6 package lies where the emulator looks anyway, and with the cross compiler's own
# loader in front of it threads hang.
set(CMAKE_CROSSCOMPILING_EMULATOR qemu-aarch64)
