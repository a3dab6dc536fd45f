/* A plugin of qemu-user that counts executed instructions by the file their code comes from; code that comes
 * from none is what a program generated.
 *
 *   qemu-aarch64 -plugin count_plugin.so,of=FILE[,hot=on] PROGRAM...
 *
 * From the first instruction of code that comes from FILE on (`of=`: from none). At exit, one line on stderr per file:
 * `count NUMBER NAME`, the name empty for generated code. With `hot=on` also every instruction of FILE in order of its
 * address, with how often it ran.
 *
 * Debian ships the emulator without qemu-plugin.h. What of version 1 of that interface is needed here is declared
 * below; the emulator refuses a plugin that asks for a version it does not have.
 */
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

typedef uint64_t qemu_plugin_id_t;
struct qemu_plugin_tb;
struct qemu_plugin_insn;
enum qemu_plugin_op { QEMU_PLUGIN_INLINE_ADD_U64 };
void qemu_plugin_register_vcpu_tb_trans_cb(qemu_plugin_id_t id, void (*cb)(qemu_plugin_id_t, struct qemu_plugin_tb *));
void qemu_plugin_register_atexit_cb(qemu_plugin_id_t id, void (*cb)(qemu_plugin_id_t, void *), void *data);
void qemu_plugin_register_vcpu_insn_exec_inline(struct qemu_plugin_insn *insn, enum qemu_plugin_op op, void *number,
                                                uint64_t amount);
size_t qemu_plugin_tb_n_insns(const struct qemu_plugin_tb *tb);
struct qemu_plugin_insn *qemu_plugin_tb_get_insn(const struct qemu_plugin_tb *tb, size_t index);
uint64_t qemu_plugin_insn_vaddr(const struct qemu_plugin_insn *insn);
void *qemu_plugin_insn_haddr(const struct qemu_plugin_insn *insn);
char *qemu_plugin_insn_disas(const struct qemu_plugin_insn *insn);

__attribute__((visibility("default"))) int qemu_plugin_version = 1;

typedef struct {
    char name[256];
    uint64_t executed;
} Origin;
typedef struct {
    uintptr_t begin, end;
    Origin *origin;
} Range;
typedef struct {
    uint64_t address, executed;
    char *text;
} Line;

enum { MAX_ORIGINS = 256, MAX_RANGES = 1024 };
static Origin origins[MAX_ORIGINS];
static Range ranges[MAX_RANGES]; /* of files; memory that belongs to none may become something else */
static size_t origin_count, range_count, line_count, line_room;
static Line **lines;
static const char *of = "";
static bool hot, started;

static Origin *origin_named(const char *name) {
    for (size_t i = 0; i < origin_count; i++)
        if (strcmp(origins[i].name, name) == 0) return &origins[i];
    if (origin_count == MAX_ORIGINS) {
        fprintf(stderr, "count_plugin: code of more than %d files\n", MAX_ORIGINS);
        exit(2);
    }
    Origin *made = &origins[origin_count++];
    snprintf(made->name, sizeof made->name, "%s", name);
    return made;
}

/* Who the memory at this address of the emulator belongs to. */
static Origin *origin_of(uintptr_t address) {
    for (size_t i = 0; i < range_count; i++)
        if (ranges[i].begin <= address && address < ranges[i].end) return ranges[i].origin;
    FILE *maps = fopen("/proc/self/maps", "r");
    char line[1024], name[256];
    while (maps && fgets(line, sizeof line, maps)) {
        unsigned long begin, end;
        name[0] = 0;
        if (sscanf(line, "%lx-%lx %*s %*s %*s %*s %255[^\n]", &begin, &end, name) < 2) continue;
        if (address < begin || address >= end) continue;
        fclose(maps);
        const char *slash = strrchr(name, '/');
        Origin *origin = origin_named(slash ? slash + 1 : "");
        if (slash && range_count < MAX_RANGES) ranges[range_count++] = (Range){begin, end, origin};
        return origin;
    }
    fprintf(stderr, "count_plugin: code at an address that is not mapped\n");
    exit(2);
}

static Line *line_at(const struct qemu_plugin_insn *insn) {
    const uint64_t address = qemu_plugin_insn_vaddr(insn);
    char *text = qemu_plugin_insn_disas(insn);
    for (size_t i = line_count; i-- > 0;)
        if (lines[i]->address == address && strcmp(lines[i]->text, text) == 0) {
            free(text);
            return lines[i];
        }
    if (line_count == line_room) {
        line_room = line_room ? 2 * line_room : 1024;
        lines = realloc(lines, line_room * sizeof *lines);
    }
    Line *line = malloc(sizeof *line);
    if (!lines || !line) abort();
    *line = (Line){address, 0, text};
    return lines[line_count++] = line;
}

static void translated(qemu_plugin_id_t id, struct qemu_plugin_tb *tb) {
    (void)id;
    const size_t count = qemu_plugin_tb_n_insns(tb);
    uintptr_t page = 0;
    Origin *origin = NULL;
    for (size_t i = 0; i < count; i++) {
        struct qemu_plugin_insn *insn = qemu_plugin_tb_get_insn(tb, i);
        const uintptr_t address = (uintptr_t)qemu_plugin_insn_haddr(insn);
        if (!origin || address >> 12 != page) origin = origin_of(address);
        page = address >> 12;
        uint64_t *number = &origin->executed;
        if (strcmp(origin->name, of) == 0) {
            if (!started)
                for (size_t k = 0; k < origin_count; k++) origins[k].executed = 0;
            started = true;
            if (hot) number = &line_at(insn)->executed;
        }
        qemu_plugin_register_vcpu_insn_exec_inline(insn, QEMU_PLUGIN_INLINE_ADD_U64, number, 1);
    }
}

static int by_address(const void *a, const void *b) {
    const Line *first = *(Line *const *)a, *second = *(Line *const *)b;
    return first->address < second->address ? -1 : first->address > second->address;
}

static void at_exit(qemu_plugin_id_t id, void *data) {
    (void)id, (void)data;
    qsort(lines, line_count, sizeof *lines, by_address);
    for (size_t i = 0; i < line_count; i++) {
        origin_named(of)->executed += lines[i]->executed;
        fprintf(stderr, "%12llu %llx %s\n", (unsigned long long)lines[i]->executed,
                (unsigned long long)lines[i]->address, lines[i]->text);
    }
    for (size_t i = 0; i < origin_count; i++)
        fprintf(stderr, "count %llu %s\n", (unsigned long long)origins[i].executed, origins[i].name);
}

__attribute__((visibility("default"))) int qemu_plugin_install(qemu_plugin_id_t id, const void *info, int argc,
                                                               char **argv) {
    (void)info;
    for (int i = 0; i < argc; i++)
        if (strncmp(argv[i], "of=", 3) == 0) of = argv[i] + 3;
        else if (strcmp(argv[i], "hot=on") == 0) hot = true;
    qemu_plugin_register_vcpu_tb_trans_cb(id, translated);
    qemu_plugin_register_atexit_cb(id, at_exit, NULL);
    return 0;
}
