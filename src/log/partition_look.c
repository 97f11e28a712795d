#include "log/partition_look.h"

#include "log/segment.h"
#include "os/os.h"

bool partition_look(const char *dir, PartitionFigures *out, Error *err)
{
    PartitionFigures figures = {0};
    int64_t *bases;
    size_t count;
    Arena arena;
    bool ok;

    arena_init(&arena);
    ok = segment_list(&arena, dir, &bases, &count, err);
    for (size_t i = 0; ok && i < count; i++) {
        const char *path = segment_path(&arena, dir, bases[i], ".log");
        int64_t bytes;
        int64_t modified_us;

        if (!os_stat(path, &bytes, &modified_us, err)) {
            ok = !os_exists(path); /* Retention was quicker: it counts no more. */
            continue;
        }
        if (figures.segment_count == 0)
            figures.start_offset = bases[i];
        figures.bytes += bytes;
        figures.segment_count++;
    }
    arena_done(&arena);
    if (ok)
        *out = figures;
    return ok;
}
