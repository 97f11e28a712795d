#include "sink/topic_writer.h"

#include <stdlib.h>

#include "log/partitioner.h"
#include "os/os.h"

struct TopicWriter {
    Topic *topic;
    Partition **partitions;
    int32_t partition_count;
    uint64_t record_count; /* Ever appended: whose turn it is to take a record without key. */
    uint64_t committed_count;
};

void topic_writer_close(TopicWriter *writer)
{
    if (!writer)
        return;
    for (int32_t i = 0; i < writer->partition_count; i++)
        partition_close(writer->partitions[i]);
    free(writer->partitions);
    free(writer);
}

static bool wrap(TopicWriter *writer, Error *err)
{
    return error_wrap(err, "topic '%.*s'", STR_ARG(topic_name(writer->topic)));
}

/* Whose turn it is must not depend on how records were cut into epochs and runs: it goes on from
 * how many there are. */
static uint64_t count_committed(const Topic *topic)
{
    uint64_t count = 0;

    for (int32_t i = 0; i < topic_partition_count(topic); i++)
        count += (uint64_t)topic_end(topic, i);
    return count;
}

bool topic_writer_open(Topic *topic, const LogConfig *config, TopicWriter **out, Error *err)
{
    TopicWriter *writer = mem_zalloc(sizeof *writer);

    writer->topic = topic;
    writer->partition_count = topic_partition_count(topic);
    writer->partitions = mem_zalloc((size_t)writer->partition_count * sizeof *writer->partitions);
    writer->record_count = writer->committed_count = count_committed(topic);
    for (int32_t i = 0; i < writer->partition_count; i++) {
        if (!partition_open(topic_partition_dir(topic, i), config, topic_end(topic, i),
                            &writer->partitions[i], err)) {
            wrap(writer, err);
            topic_writer_close(writer);
            return false;
        }
    }
    *out = writer;
    return true;
}

bool topic_writer_append(TopicWriter *writer, const LogRecord *record, Error *err)
{
    int place;

    if (record->key_null)
        place = partition_of_nth(writer->record_count, writer->partition_count);
    else
        place = partition_of_key(record->key, writer->partition_count);
    writer->record_count++;
    return partition_append(writer->partitions[place], record, err) || wrap(writer, err);
}

static bool has_grown(const TopicWriter *writer, int32_t i)
{
    return partition_end_offset(writer->partitions[i]) != topic_end(writer->topic, i);
}

bool topic_writer_sync(TopicWriter *writer, Error *err)
{
    for (int32_t i = 0; i < writer->partition_count; i++) {
        if (has_grown(writer, i) && !partition_sync(writer->partitions[i], err))
            return wrap(writer, err);
    }
    return true;
}

bool topic_writer_commit(TopicWriter *writer, StoreTxn *txn, Error *err)
{
    for (int32_t i = 0; i < writer->partition_count; i++) {
        if (has_grown(writer, i) &&
            !store_topic_end_set(txn, topic_name(writer->topic), i,
                                 partition_end_offset(writer->partitions[i]), err))
            return wrap(writer, err);
    }
    return true;
}

void topic_writer_committed(TopicWriter *writer)
{
    for (int32_t i = 0; i < writer->partition_count; i++)
        topic_publish(writer->topic, i, partition_end_offset(writer->partitions[i]));
    writer->committed_count = writer->record_count;
}

bool topic_writer_recover(TopicWriter *writer, Error *err)
{
    for (int32_t i = 0; i < writer->partition_count; i++) {
        if (!partition_truncate_to(writer->partitions[i], topic_end(writer->topic, i), err))
            return wrap(writer, err);
    }
    writer->record_count = writer->committed_count;
    return true;
}

bool topic_writer_apply_retention(TopicWriter *writer, Error *err)
{
    int64_t now_ms = os_realtime_us() / 1000;

    for (int32_t i = 0; i < writer->partition_count; i++) {
        if (!partition_apply_retention(writer->partitions[i], now_ms, topic_end(writer->topic, i),
                                       err))
            return wrap(writer, err);
    }
    return true;
}
