/*
 * fuzz_replay.c: runs a fuzz target over every file of a folder, as an ordinary test: what the
 * fuzzer has found once stays found, with any compiler.
 *
 *     replay_NAME FOLDER
 */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "os/os.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t bytes);

#define INPUT_BYTES_MAX ((size_t)16 << 20)

/* In memory of exactly its size, so that a sanitizer sees the first byte too many. */
static void run(Str input)
{
    uint8_t *copy = mem_alloc(input.bytes ? input.bytes : 1);

    if (input.bytes)
        memcpy(copy, input.data, input.bytes);
    (void)LLVMFuzzerTestOneInput(copy, input.bytes);
    free(copy);
}

static bool run_folder(const char *folder, size_t *count, Error *err)
{
    const char *const *names;
    Arena arena;
    bool ok;

    arena_init(&arena);
    ok = os_list(&arena, folder, &names, count, err);
    for (size_t i = 0; ok && i < *count; i++) {
        Str input;

        ok = os_read_file(&arena, arena_printf(&arena, "%s/%s", folder, names[i]), INPUT_BYTES_MAX,
                          &input, err);
        if (ok)
            run(input);
    }
    arena_done(&arena);
    return ok;
}

int main(int argc, char **argv)
{
    Error err = {0};
    size_t count = 0;

    run(STR_EMPTY);
    if (argc != 2 || (os_is_dir(argv[1]) && !run_folder(argv[1], &count, &err))) {
        (void)fprintf(stderr, "replay: %s\n", err.text);
        return 1;
    }
    printf("%zu inputs\n", count);
    return 0;
}
