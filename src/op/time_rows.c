#include "op/time_rows.h"

#include <stdlib.h>

#include "base/hash.h"
#include "op/op_base.h"
#include "op/time_key.h"
#include "state/row.h"

enum { TIME_ROWS_VERSION = 1, NUMBER_BYTES = 8 };

typedef struct KeptRow {
    char *bytes;
    uint32_t byte_count;
} KeptRow;

/* ── keeping and forgetting ────────────────────────────────────────────────────────────────────*/

/* NULL: there is a row of that key already. */
static StateEntry *keep_row(TimeRows *rows, Str key, uint64_t hash, Str row, int64_t closing_us)
{
    StateEntry *entry;
    KeptRow *kept;
    bool added;

    entry = state_table_add(&rows->rows, key, hash, &added);
    if (!added)
        return NULL;
    kept = state_entry_value(entry);
    *kept = (KeptRow){mem_alloc(MAX(row.bytes, 1u)), row.bytes};
    memcpy(kept->bytes, row.data, row.bytes);
    rows->row_bytes += row.bytes;
    timers_set(&rows->timers, closing_us, entry->number);
    return entry;
}

static void forget_row(TimeRows *rows, StateEntry *entry)
{
    KeptRow *kept = state_entry_value(entry);

    rows->row_bytes -= kept->byte_count;
    free(kept->bytes);
    state_table_remove(&rows->rows, entry);
}

static uint64_t row_hash(uint64_t partition_hash, uint64_t number)
{
    return hash_in_group(hash_mix(partition_hash, number), partition_hash);
}

/* A partition's key with the row's number behind it; valid until `buf` changes. */
static Str row_key(StrBuf *buf, Str partition, uint64_t number)
{
    char bytes[NUMBER_BYTES];

    for (int i = NUMBER_BYTES - 1; i >= 0; i--, number >>= 8)
        bytes[i] = (char)(number & 0xFF);
    strbuf_clear(buf);
    strbuf_add_str(buf, partition);
    strbuf_add(buf, bytes, NUMBER_BYTES);
    return strbuf_str(buf);
}

bool time_rows_add(TimeRows *rows, const Batch *batch, bool keep, Error *err)
{
    Op *op = rows->op;
    Arena *arena = op->context->batch_arena;
    const int64_t *closing_us = time_key_closing(arena, batch->columns[rows->time_column]);
    uint32_t row_count = batch->row_count;
    StrBuf key = {0}, row = {0};
    uint32_t *chosen;
    KeySet keys;

    if (!time_key_judge(op, batch, closing_us, rows->watermark_us, &chosen, &row_count, err))
        return false;
    if (!keep)
        return true;
    key_columns_encode(&rows->keys, arena, batch, &keys);
    for (uint32_t r = 0; r < row_count; r++) {
        uint32_t i = chosen ? chosen[r] : r;
        uint64_t number = rows->number++;

        strbuf_clear(&row);
        row_encode(&row, batch->columns, batch->column_count, i);
        keep_row(rows, row_key(&key, keys.keys[i], number), row_hash(keys.hashes[i], number),
                 strbuf_str(&row), closing_us[i]);
    }
    strbuf_done(&key);
    strbuf_done(&row);
    return op_check_state(op, op->methods->state_bytes(op), err);
}

/* ── handing over ──────────────────────────────────────────────────────────────────────────────*/

static Str entry_row(StateEntry *entry)
{
    const KeptRow *kept = state_entry_value(entry);

    return (Str){kept->bytes, kept->byte_count};
}

static int entry_compare(const void *a, const void *b)
{
    return str_compare(entry_row(*(StateEntry *const *)a), entry_row(*(StateEntry *const *)b));
}

/* In rows->arena. */
static const Batch *entries_decode(TimeRows *rows, StateEntry *const *entries, uint32_t count)
{
    Batch *batch = batch_new(&rows->arena, rows->schema->column_count, count);
    Str *bytes = ARENA_ARRAY(&rows->arena, Str, count);

    for (uint32_t i = 0; i < count; i++)
        bytes[i] = entry_row(entries[i]);
    ASSERT(
        rows_decode(&rows->arena, bytes, count, rows->types, batch->column_count, batch->columns));
    return batch;
}

static bool close_bucket(TimeRows *rows, const TimerBucket *bucket, TimeRowsTake take, Error *err)
{
    size_t count = bucket->items.count;
    StateEntry **entries = mem_alloc(count * sizeof(StateEntry *));
    bool ok = true;

    for (size_t i = 0; i < count; i++)
        entries[i] = state_table_at(&rows->rows, (uint32_t)bucket->items.items[i]);
    qsort(entries, count, sizeof(StateEntry *), entry_compare);
    for (size_t from = 0; ok && from < count; from += BATCH_ROWS_DEFAULT) {
        size_t to = MIN(from + BATCH_ROWS_DEFAULT, count);

        ok = take(rows->op, entries_decode(rows, entries + from, (uint32_t)(to - from)),
                  to == count, err);
        arena_reset(&rows->arena);
    }
    for (size_t i = 0; i < count; i++)
        forget_row(rows, entries[i]);
    free(entries);
    return ok;
}

bool time_rows_end(TimeRows *rows, TimeRowsTake take, Error *err)
{
    bool ok = true;

    for (TimerBucket *bucket; ok && (bucket = timers_take(&rows->timers, WATERMARK_END));) {
        ok = close_bucket(rows, bucket, take, err);
        timer_bucket_free(bucket);
    }
    return ok;
}

bool time_rows_advance(TimeRows *rows, int64_t watermark_us, TimeRowsTake take, Error *err)
{
    bool ok = true;

    if (watermark_us == WATERMARK_IDLE || watermark_us <= rows->watermark_us)
        return true;
    rows->watermark_us = watermark_us;
    rows->watermark_changed = true;
    for (TimerBucket *bucket; ok && (bucket = timers_take(&rows->timers, watermark_us));) {
        ok = close_bucket(rows, bucket, take, err);
        timer_bucket_free(bucket);
    }
    return ok;
}

/* ── thinning out ──────────────────────────────────────────────────────────────────────────────*/

void time_rows_thin(TimeRows *rows, void (*see)(Op *op, const Batch *rows),
                    void (*choose)(Op *op, uint64_t *keep))
{
    uint32_t count = 0, total = rows->rows.live_count;
    StateEntry **entries = mem_alloc(MAX(total, 1u) * sizeof(StateEntry *));
    int64_t *closing_us = mem_alloc(MAX(total, 1u) * sizeof *closing_us);
    uint64_t *keep = mem_zalloc((bits_words(total) + 1) * sizeof *keep);
    StateEntry *entry;

    STATE_TABLE_EACH(&rows->rows, number, entry)
    entries[count++] = entry;
    qsort(entries, count, sizeof(StateEntry *), entry_compare);
    for (uint32_t from = 0; from < count; from += BATCH_ROWS_DEFAULT) {
        uint32_t to = MIN(from + BATCH_ROWS_DEFAULT, count);
        const Batch *batch = entries_decode(rows, entries + from, to - from);

        memcpy(closing_us + from, time_key_closing(&rows->arena, batch->columns[rows->time_column]),
               (to - from) * sizeof *closing_us);
        see(rows->op, batch);
        arena_reset(&rows->arena);
    }
    choose(rows->op, keep);
    /* A timer cannot be taken back, and numbers of entries are used again. */
    timers_done(&rows->timers);
    timers_init(&rows->timers);
    for (uint32_t i = 0; i < count; i++) {
        if (bits_get(keep, i))
            timers_set(&rows->timers, closing_us[i], entries[i]->number);
        else
            forget_row(rows, entries[i]);
    }
    free(entries);
    free(closing_us);
    free(keep);
}

/* ── checkpoints ───────────────────────────────────────────────────────────────────────────────*/

static void encode_row(void *self UNUSED, StateEntry *entry, StrBuf *out)
{
    strbuf_add_char(out, TIME_ROWS_VERSION);
    strbuf_add_str(out, entry_row(entry));
}

void time_rows_save(TimeRows *rows, const Barrier *barrier)
{
    if (!barrier->writer)
        return;
    state_table_save(&rows->rows, barrier->writer, rows->op->node->id, TIME_ROWS_SLOT,
                     barrier->full, encode_row, rows);
    if (rows->watermark_us != WATERMARK_NONE && (rows->watermark_changed || barrier->full))
        op_save_watermark(rows->op, barrier->writer, rows->watermark_us);
    rows->watermark_changed = false;
}

static bool restore_row(TimeRows *rows, const CheckpointEntry *saved)
{
    Str row = str_slice(saved->value, 1, saved->value.bytes);
    Vector **columns = ARENA_ARRAY(&rows->arena, Vector *, rows->schema->column_count);
    uint64_t hash, number = 0;
    StateEntry *entry;
    Str partition;

    if (saved->key.bytes < NUMBER_BYTES)
        return false;
    partition = str_slice(saved->key, 0, saved->key.bytes - NUMBER_BYTES);
    for (uint32_t i = partition.bytes; i < saved->key.bytes; i++)
        number = number << 8 | (unsigned char)saved->key.data[i];
    if (!key_columns_hash(&rows->keys, partition, saved->group, &hash) ||
        !rows_decode(&rows->arena, &row, 1, rows->types, rows->schema->column_count, columns))
        return false;
    entry = keep_row(rows, saved->key, row_hash(hash, number), row,
                     time_key_closing(&rows->arena, columns[rows->time_column])[0]);
    if (!entry)
        return false;
    state_table_restored(&rows->rows, entry);
    rows->number = MAX(rows->number, number + 1);
    return true;
}

bool time_rows_restore(TimeRows *rows, const CheckpointEntry *entry)
{
    bool ok;

    if (op_restore_watermark(entry, &rows->watermark_us))
        return true;
    ok = entry->slot == TIME_ROWS_SLOT && entry->value.bytes > 0 &&
         entry->value.data[0] == TIME_ROWS_VERSION && restore_row(rows, entry);
    arena_reset(&rows->arena);
    return ok;
}

/* ── life ──────────────────────────────────────────────────────────────────────────────────────*/

static int32_t place_of(uint32_t column, const uint32_t *columns, uint32_t column_count)
{
    for (uint32_t i = 0; i < column_count; i++) {
        if (columns[i] == column)
            return (int32_t)i;
    }
    return -1;
}

void time_rows_init(TimeRows *rows, Op *op, uint32_t time_column, const uint32_t *columns,
                    uint32_t column_count)
{
    const Node *input = op->node->inputs[0];

    *rows = (TimeRows){
        .op = op,
        .schema = &input->schema,
        .time_column = time_column,
        .watermark_us = WATERMARK_NONE,
    };
    arena_init(&rows->plan);
    arena_init(&rows->arena);
    rows->types = ARENA_ARRAY(&rows->plan, const Type *, rows->schema->column_count);
    for (uint32_t c = 0; c < rows->schema->column_count; c++)
        rows->types[c] = rows->schema->columns[c].type;
    key_columns_init(&rows->keys, &rows->plan, columns, column_count,
                     place_of(time_column, columns, column_count), input);
    state_table_init(&rows->rows, sizeof(KeptRow), true);
    timers_init(&rows->timers);
}

void time_rows_done(TimeRows *rows)
{
    StateEntry *entry;

    STATE_TABLE_EACH(&rows->rows, number, entry)
    free(((KeptRow *)state_entry_value(entry))->bytes);
    state_table_done(&rows->rows);
    timers_done(&rows->timers);
    arena_done(&rows->plan);
    arena_done(&rows->arena);
}

size_t time_rows_bytes(const TimeRows *rows)
{
    return state_table_bytes(&rows->rows) + timers_bytes(&rows->timers) + rows->row_bytes;
}
