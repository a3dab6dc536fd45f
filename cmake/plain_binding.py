"""Makes the STB_GNU_UNIQUE symbols of an ELF64 object ordinary global ones, so that objcopy can make them local.

usage: plain_binding.py OBJECT
They are the static data of inline functions and templates. objcopy's --keep-global-symbols passes over them, and a host
that uses the same templates would then meet them twice.
"""
import struct
import sys

SHT_SYMTAB, STB_GLOBAL, STB_GNU_UNIQUE = 2, 1, 10


def main():
    with open(sys.argv[1], "r+b") as file:
        data = bytearray(file.read())
        if data[:6] != b"\x7fELF\x02\x01":
            sys.exit(f"{sys.argv[1]} is not a little-endian ELF64 object")
        sections, = struct.unpack_from("<Q", data, 0x28)
        size, count = struct.unpack_from("<HH", data, 0x3A)
        if count == 0:  # more than 65279 of them: the first section knows the number
            count, = struct.unpack_from("<Q", data, sections + 0x20)
        for i in range(count):
            header = sections + i * size
            kind, = struct.unpack_from("<I", data, header + 4)
            if kind != SHT_SYMTAB:
                continue
            start, length = struct.unpack_from("<QQ", data, header + 0x18)
            entry, = struct.unpack_from("<Q", data, header + 0x38)
            for info in range(start + 4, start + length, entry):
                if data[info] >> 4 == STB_GNU_UNIQUE:
                    data[info] = STB_GLOBAL << 4 | data[info] & 15
        file.seek(0)
        file.write(data)


if __name__ == "__main__":
    main()
