/*
 * meta.h: what an epoch names besides rows: (kind, name, part) -> number or text.
 *
 * Written in the epoch's transaction, so that after a crash the checkpoint, the positions of the
 * sources, the ends of the topics and the rows of the tables are all of one epoch. Readers in other
 * processes (weir topic consume) look topics' ends up here: with store_has_changed before, that
 * costs microseconds.
 *
 *     kind         name         part             value
 *     epoch                     number           the last committed epoch
 *     epoch                     state_file       its checkpoint: number of the file
 *     epoch                     state_bytes                      and how far it goes
 *     position     source/flow  partition name   number or text: read up to here, exclusive
 *     topic_end    topic        partition        number: the first offset not committed
 *     watermark    source/flow  partition name   microseconds
 *     idle         source/flow  partition name   1: closed windows without waiting for this one
 *     counter      flow         rows_in, …       number
 *     table        table        version          number (store_table_version)
 *     setting      any          any              what must not change between runs: topics' tables,
 *                                                flows' plans (pipeline/kept_plan.h)
 *
 * Thread: as the Store.
 */
#ifndef WEIR_STORE_META_H
#define WEIR_STORE_META_H

#include "store/store.h"

typedef enum StoreMetaKind {
    META_EPOCH,
    META_POSITION,
    META_TOPIC_END,
    META_WATERMARK,
    META_IDLE,
    META_COUNTER,
    META_TABLE,
    META_SETTING,
    META_KIND_COUNT
} StoreMetaKind;

typedef struct StoreMeta {
    Str name;
    Str part;
    bool is_text;
    int64_t number; /* 0 if is_text. */
    Str text;       /* Of a number: its digits. */
} StoreMeta;

bool store_meta_set(StoreTxn *txn, StoreMetaKind kind, Str name, Str part, int64_t value,
                    Error *err);
bool store_meta_set_text(StoreTxn *txn, StoreMetaKind kind, Str name, Str part, Str value,
                         Error *err);
/* Adds to a number, from 0 if there is none. */
bool store_meta_add(StoreTxn *txn, StoreMetaKind kind, Str name, Str part, int64_t delta,
                    Error *err);
/* `part` with data == NULL: all parts of the name. */
bool store_meta_delete(StoreTxn *txn, StoreMetaKind kind, Str name, Str part, Error *err);

/* *found false (may be NULL): *out is untouched. A text where a number is asked for is an error. */
bool store_meta_get(Store *store, StoreMetaKind kind, Str name, Str part, int64_t *out, bool *found,
                    Error *err);
bool store_meta_get_text(Store *store, Arena *arena, StoreMetaKind kind, Str name, Str part,
                         Str *out, bool *found, Error *err);
/* All of a kind, or (name.data != NULL) of one name; by name, then part. In `arena`. */
bool store_meta_list(Store *store, Arena *arena, StoreMetaKind kind, Str name, StoreMeta **out,
                     uint32_t *count, Error *err);

/* ── the same by what they mean ────────────────────────────────────────────────────────────────*/

typedef struct StoreEpoch {
    int64_t number;     /* 0: none committed yet. */
    int64_t state_file; /* CheckpointMark's file_number and file_bytes; 0: no checkpoint. */
    int64_t state_bytes;
} StoreEpoch;

bool store_epoch_set(StoreTxn *txn, StoreEpoch epoch, Error *err);
bool store_epoch_get(Store *store, StoreEpoch *out, Error *err);

/* Committed ends: the first offset a reader may not see. An absent one is 0. */
bool store_topic_end_set(StoreTxn *txn, Str topic, int32_t partition, int64_t end, Error *err);
bool store_topic_end_get(Store *store, Str topic, int32_t partition, int64_t *out, Error *err);
/* Of partitions 0 .. partition_count - 1, at one commit. */
bool store_topic_ends_get(Store *store, Str topic, int32_t partition_count, int64_t *ends,
                          Error *err);

#endif
