/*
 * checkpoint.h: what operators remember, made durable epoch by epoch.
 *
 * At a barrier every operator writes the entries that changed since the last one (all of them when
 * the barrier is full) into its worker's CheckpointWriter, a buffer in memory. The committer appends
 * the buffers of all workers as frames to the state file, syncs it, and the store's commit names
 * (file, length): recovery reads the frames up to that length and no further. When the file has grown
 * past twice the live state, a full barrier starts the next file.
 *
 *     DIR/state/NNNNNNNN.state
 *     header: magic "WEIRSTAT", format version
 *     frame*: u32 bytes, u32 crc32c, i64 epoch, then the entries (drawn in checkpoint_format.h)
 *     entry:  flow name, node id, slot, key group, key, value | deleted
 *
 * An entry is (operator, slot, key) -> value: slots tell the operator's several tables apart (left
 * and right side of a join, sets of DISTINCT). Entries carry their key group, so that any number of
 * workers can take their share on restart (design.md, guarantee 3). Values are the operator's own
 * bytes, and begin with a format version of its own.
 */
#ifndef WEIR_STATE_CHECKPOINT_H
#define WEIR_STATE_CHECKPOINT_H

#include "base/error.h"
#include "base/str.h"

/* Entries of this slot belong to no key (watermarks of partitions): on restart every worker's operator
 * is given all of them. Entries of other slots go to the worker that owns their key group. */
enum { CHECKPOINT_SLOT_SHARED = 255 };

typedef struct CheckpointEntry {
    Str flow;
    uint32_t node_id;
    uint8_t slot;
    uint8_t group;   /* Key group; 0 in the shared slot. */
    bool deleted;
    Str key;
    Str value;
} CheckpointEntry;

/* Thread: the worker that owns it, until handed to the committer. */
typedef struct CheckpointWriter CheckpointWriter;
CheckpointWriter *checkpoint_writer_create(void);
void checkpoint_writer_free(CheckpointWriter *writer);
void checkpoint_writer_clear(CheckpointWriter *writer);
bool checkpoint_writer_is_empty(const CheckpointWriter *writer);
/* Copies key and value. `flow` as set by checkpoint_writer_flow. */
void checkpoint_writer_flow(CheckpointWriter *writer, Str flow);
void checkpoint_put(CheckpointWriter *writer, uint32_t node_id, uint8_t slot, uint8_t group,
                    Str key, Str value);
void checkpoint_delete(CheckpointWriter *writer, uint32_t node_id, uint8_t slot, uint8_t group,
                       Str key);

/* The files. Thread: the committer alone. */
typedef struct CheckpointFiles CheckpointFiles;
typedef struct CheckpointMark {
    int64_t file_number; /* 0: no checkpoint yet. */
    int64_t file_bytes;
} CheckpointMark;

/* Opens `folder` (DIR/state, made when missing) as of `mark` (what the store names), cutting off and
 * removing what is beyond. */
bool checkpoint_files_open(const char *folder, CheckpointMark mark, CheckpointFiles **out,
                           Error *err);
void checkpoint_files_close(CheckpointFiles *files);
/* Appends the writers' entries and syncs; nothing is written when there are none. `full` starts a new
 * file (the old one is removed by checkpoint_files_forget, once the new mark is committed); the very
 * first checkpoint is full whatever is said. *mark is what the store is to name. After a failure only
 * a full checkpoint may follow. */
bool checkpoint_files_write(CheckpointFiles *files, int64_t epoch, bool full,
                            CheckpointWriter *const *writers, uint32_t writer_count,
                            CheckpointMark *mark, Error *err);
bool checkpoint_files_forget(CheckpointFiles *files, CheckpointMark committed, Error *err);
/* Whether the next barrier should be full. */
bool checkpoint_files_want_full(const CheckpointFiles *files);
/* Calls `visit` for the newest value of every live entry, in no order. */
bool checkpoint_files_read(CheckpointFiles *files,
                           bool (*visit)(void *self, const CheckpointEntry *entry, Error *err),
                           void *self, Error *err);

#endif
