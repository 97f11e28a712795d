#include "pipeline/port.h"

#include <stdlib.h>

#include "base/vec.h"
#include "os/os.h"

enum {
    LOOK_EVERY_US = 500000, /* How often a source is asked for new partitions, ... */
    UNOPENED_US = 4000000, /* ... and how much later, after one that could not be opened. */
    TROUBLE_US = 1000000,   /* A wait that is worth telling of. */
};

static bool push_partition_event(Port *port, int32_t partition, PartitionEvent event, Error *err)
{
    for (uint32_t c = 0; c < port->consumer_count; c++) {
        Op *to = port->consumers[c].to;

        if (to->methods->on_partition) {
            if (!to->methods->on_partition(to, port->consumers[c].input_i, partition, event, err))
                return false;
        } else if (!op_push_partition(to, partition, event, err)) {
            return false;
        }
    }
    return true;
}

static bool add_partition(Port *port, int32_t number, Error *err)
{
    PortPartition partition = {
        .partition = number,
        .dead_letters_from = INT64_MIN,
        .quiet_since_us = os_monotonic_us(),
        .position = -1,
    };

    if ((uint32_t)number < port->start_count) {
        partition.position = port->starts[number].position;
        partition.dead_letters_from = port->starts[number].dead_letters_from;
    }
    if (!port->source->methods->reader_open(port->source, number, partition.position,
                                            &partition.reader, err))
        return error_wrap(err, "read '%.*s'", STR_ARG(port->spec->table->name));
    if (port->source->methods->listen)
        port->source->methods->listen(partition.reader, port->wake, port->wake_self);
    if (port->partition_count == port->partition_capacity) {
        size_t capacity = port->partition_capacity;

        port->partitions = vec_grow(port->partitions, &capacity, sizeof *port->partitions);
        port->partition_capacity = (uint32_t)capacity;
    }
    port->partitions[port->partition_count++] = partition;
    return push_partition_event(port, number, PARTITION_ADDED, err);
}

/* Opens what is this worker's of the partitions that are new. */
static bool look_for_partitions(Port *port, Error *err)
{
    int32_t count;

    port->looked_us = os_monotonic_us();
    if (!port->source->methods->partition_count(port->source, &count, err))
        return error_wrap(err, "read '%.*s'", STR_ARG(port->spec->table->name));
    for (; port->known_partitions < count; port->known_partitions++) {
        if ((uint32_t)port->known_partitions % port->worker_count == port->worker_i &&
            !add_partition(port, port->known_partitions, err))
            return false;
    }
    return true;
}

bool port_open(Port *port, Error *err)
{
    if (!table_decoder_create(port->spec->table, &port->spec->schema, FORMAT_STRICT,
                              port->sql->zone, &port->decoder, err))
        return error_wrap(err, "table '%.*s'", STR_ARG(port->spec->table->name));
    if (!look_for_partitions(port, err))
        return false;
    if (port->partition_count == 0) {
        /* This worker holds back no watermark of this source: batch.h. */
        return push_partition_event(port, -1, PARTITION_GONE, err);
    }
    return true;
}

void port_close(Port *port)
{
    for (uint32_t i = 0; i < port->partition_count; i++)
        port->source->methods->reader_close(port->partitions[i].reader);
    free(port->partitions);
    port->partitions = NULL;
    port->partition_count = 0;
    table_decoder_free(port->decoder);
    port->decoder = NULL;
}

static bool tell_dead_letter(Port *port, const PortPartition *partition, const char *reason,
                             const char *message, Str raw, int64_t position, Error *err)
{
    port->bad_count++;
    if (position < partition->dead_letters_from)
        return true;
    return port->sink.dead_letter(port->sink.self, port->spec, reason, message, raw,
                                  partition->partition, position, err);
}

/* Leaves out the rows that break a constraint. */
static bool check_constraints(Port *port, const PortPartition *partition, const Batch **batch,
                              Error *err)
{
    for (uint32_t k = 0; k < port->spec->constraint_count; k++) {
        const Constraint *constraint = &port->spec->constraints[k];
        const Batch *in = *batch;
        const char *message = NULL;
        uint32_t *kept = NULL;
        uint32_t kept_count = 0;
        Vector *condition = NULL;

        if (in->row_count == 0)
            return true;
        if (constraint->not_null_column >= 0) {
            const Vector *v = in->columns[constraint->not_null_column];

            if (!v->valid || vector_null_count(v) == 0)
                continue;
        } else {
            program_eval(constraint->program, port->sql, port->arena, in, &condition);
        }
        kept = ARENA_ARRAY(port->arena, uint32_t, in->row_count);
        for (uint32_t i = 0; i < in->row_count; i++) {
            bool broken;

            if (!condition)
                broken = !vector_is_valid(in->columns[constraint->not_null_column], i);
            else if (vector_has_error(condition, i))
                broken = true;
            else if (vector_is_valid(condition, i))
                broken = !vector_bools(condition)[vector_row(condition, i)];
            else
                broken = constraint->is_expectation; /* NULL passes a CHECK. */
            if (!broken || constraint->on_violation == VIOLATION_KEEP) {
                kept[kept_count++] = i;
                continue;
            }
            if (constraint->on_violation == VIOLATION_DROP)
                continue;
            if (constraint->not_null_column >= 0)
                message = arena_printf(
                    port->arena, "column '%.*s' is NULL, and declared NOT NULL",
                    STR_ARG(port->spec->schema.columns[constraint->not_null_column].name));
            else
                message = arena_printf(port->arena, "the row breaks %.*s: %.*s",
                                       STR_ARG(constraint->name), STR_ARG(constraint->text));
            if (constraint->on_violation == VIOLATION_FAIL)
                return error_set(err, ERROR_USER, "table '%.*s', partition %d, position %lld: %s",
                                 STR_ARG(port->spec->table->name), partition->partition,
                                 (long long)in->origin->positions[i], message);
            if (!tell_dead_letter(port, partition, str_to_c(port->arena, constraint->name), message,
                                  in->origin->raw[i], in->origin->positions[i], err))
                return false;
        }
        if (kept_count < in->row_count)
            *batch = batch_select(port->arena, in, kept, kept_count);
    }
    return true;
}

static bool push_to_consumers(Port *port, const Batch *batch, Error *err)
{
    if (batch->row_count == 0)
        return true;
    for (uint32_t c = 0; c < port->consumer_count; c++) {
        const PortConsumer *consumer = &port->consumers[c];
        Batch *own = batch_new(port->arena, consumer->scan->column_count, batch->row_count);

        for (uint32_t i = 0; i < consumer->scan->column_count; i++)
            own->columns[i] = batch->columns[consumer->columns[i]];
        own->origin = batch->origin;
        if (consumer->rows_in)
            *consumer->rows_in += batch->row_count;
        consumer->to->rows_in += batch->row_count;
        if (!consumer->to->methods->on_batch(consumer->to, consumer->input_i, own, err))
            return false;
    }
    return true;
}

static bool take_records(Port *port, PortPartition *partition, const SourceRecords *records,
                         Error *err)
{
    uint32_t *rows = ARENA_ARRAY(port->arena, uint32_t, records->count);
    RowOrigin *origin = ARENA_NEW(port->arena, RowOrigin);
    int64_t *positions;
    Str *raw;
    BadRecords bad = {0};
    Batch *decoded;
    const Batch *batch;

    table_decoder_decode(port->decoder, port->arena, records, partition->partition, &decoded, rows,
                         &bad);
    port->empty_count += records->count - decoded->row_count - bad.count;
    for (uint32_t i = 0; i < bad.count; i++) {
        const BadRecord *record = &bad.items[i];

        if (!tell_dead_letter(port, partition, record->reason, record->message,
                              records->values[record->record_i],
                              records->positions[record->record_i], err))
            return false;
    }
    origin->source_i = port->source_i;
    origin->partition = partition->partition;
    if (decoded->row_count == records->count) {
        origin->positions = records->positions;
        origin->raw = records->values;
    } else {
        positions = ARENA_ARRAY(port->arena, int64_t, decoded->row_count);
        raw = ARENA_ARRAY(port->arena, Str, decoded->row_count);
        for (uint32_t i = 0; i < decoded->row_count; i++) {
            positions[i] = records->positions[rows[i]];
            raw[i] = records->values[rows[i]];
        }
        origin->positions = positions;
        origin->raw = raw;
    }
    decoded->origin = origin;
    batch = decoded;
    return check_constraints(port, partition, &batch, err) && push_to_consumers(port, batch, err);
}

/* A partition without new rows: idle after a while; under --once when nothing more can come. */
static bool settle_quiet(Port *port, PortPartition *partition, bool *progressed, Error *err)
{
    if (partition->idle)
        return true;
    if (port->settled ? !atomic_load(port->settled)
                      : os_monotonic_us() - partition->quiet_since_us < port->idle_timeout_us)
        return true;
    partition->idle = true;
    *progressed = true;
    return push_partition_event(port, partition->partition, PARTITION_IDLE, err);
}

static void tell_trouble(Port *port, const char *text)
{
    if (!text && !port->trouble_told)
        return;
    port->trouble_told = text != NULL;
    port->trouble(port->sink.self, port->source_i, text);
}

/* The records need something that is not at hand. They, and what is behind them, wait: the partition is
 * neither at its end nor quiet meanwhile. */
static bool hold(Port *port, PortPartition *partition, const SourceRecords *records,
                 const Error *why, Error *err)
{
    int64_t now_us = os_monotonic_us();

    partition->held = *records;
    partition->at_end = false;
    partition->quiet_since_us = now_us;
    if (!port->waiting_since_us)
        port->waiting_since_us = now_us;
    if (now_us - port->waiting_since_us > port->patience_us) {
        *err = *why;
        return error_wrap(err, "read '%.*s'", STR_ARG(port->spec->table->name));
    }
    if (now_us - port->waiting_since_us > TROUBLE_US)
        tell_trouble(port, why->text);
    return true;
}

/* What is next of a partition; count 0: nothing for now. */
static bool next_records(Port *port, PortPartition *partition, uint32_t row_max,
                         SourceRecords *records, bool *progressed, Error *err)
{
    Error why = {0};

    if (partition->held.count) {
        *records = partition->held;
    } else if (!port->source->methods->poll(partition->reader, row_max, records, err)) {
        return error_wrap(err, "read '%.*s'", STR_ARG(port->spec->table->name));
    } else {
        partition->at_end = records->at_end || records->finished;
        partition->finished = records->finished;
        partition->end_position = records->end_position;
    }
    if (records->count && partition->idle) {
        partition->idle = false;
        *progressed = true;
        if (!push_partition_event(port, partition->partition, PARTITION_ACTIVE, err))
            return false;
    }
    if (records->count && !table_decoder_ready(port->decoder, records, &why)) {
        bool ok = hold(port, partition, records, &why, err);

        partition->finished = false;
        records->count = 0;
        return ok;
    }
    if (records->count && port->waiting_since_us) {
        port->waiting_since_us = 0;
        tell_trouble(port, NULL);
    }
    if (partition->held.count) {
        partition->held.count = 0;
        partition->at_end = records->at_end || records->finished;
        partition->finished = records->finished;
    }
    return true;
}

/* A new partition that cannot be opened for now is no reason to stop reading the others. */
static bool keep_looking(Port *port, Error *err)
{
    int64_t now_us = os_monotonic_us();
    Error why = {0};

    if (now_us - port->looked_us <= LOOK_EVERY_US)
        return true;
    if (look_for_partitions(port, &why)) {
        if (port->unopened_since_us && !port->waiting_since_us)
            tell_trouble(port, NULL);
        port->unopened_since_us = 0;
        return true;
    }
    if (!port->unopened_since_us)
        port->unopened_since_us = now_us;
    if (why.kind != ERROR_RETRY || now_us - port->unopened_since_us > port->patience_us) {
        *err = why;
        return false;
    }
    port->looked_us = os_monotonic_us() + UNOPENED_US;
    tell_trouble(port, why.text);
    return true;
}

bool port_poll(Port *port, uint32_t row_max, bool *progressed, Error *err)
{
    SourceRecords records;
    PortPartition *partition;

    if (!keep_looking(port, err))
        return false;
    for (uint32_t n = 0; n < port->partition_count; n++) {
        partition = &port->partitions[port->turn];
        port->turn = (port->turn + 1) % port->partition_count;
        if (partition->finished) {
            if (!settle_quiet(port, partition, progressed, err))
                return false;
            continue;
        }
        if (!next_records(port, partition, row_max, &records, progressed, err))
            return false;
        if (partition->held.count)
            continue;
        if (records.count == 0) {
            partition->position = records.next_position;
            if (partition->at_end && !settle_quiet(port, partition, progressed, err))
                return false;
            continue;
        }
        partition->quiet_since_us = os_monotonic_us();
        port->last_rows_us = os_realtime_us();
        port->record_count += records.count;
        for (uint32_t i = 0; i < records.count; i++)
            port->byte_count += records.values[i].bytes;
        if (!take_records(port, partition, &records, err))
            return false;
        partition->position = records.next_position;
        *progressed = true;
        return true;
    }
    return true;
}

bool port_is_at_end(const Port *port)
{
    if (port->unopened_since_us)
        return false;
    for (uint32_t i = 0; i < port->partition_count; i++) {
        if (!port->partitions[i].at_end)
            return false;
    }
    return true;
}

bool port_is_finished(const Port *port)
{
    for (uint32_t i = 0; i < port->partition_count; i++) {
        if (!port->partitions[i].finished)
            return false;
    }
    return true;
}

int64_t port_lag(const Port *port)
{
    int64_t lag = 0;

    for (uint32_t i = 0; i < port->partition_count; i++) {
        const PortPartition *partition = &port->partitions[i];

        if (partition->end_position > partition->position)
            lag += partition->end_position - partition->position;
    }
    return lag;
}
