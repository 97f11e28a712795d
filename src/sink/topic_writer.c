#include "sink/topic_writer.h"

#include <stdlib.h>

#include "base/assert.h"
#include "os/os.h"

struct TopicWriter {
    Topic *topic;
    LogWriter *log;
    int64_t *ends;        /* Of what was synced. */
    int64_t *committed;   /* For the call at hand. */
    int64_t keep_from;    /* Retention leaves what stands from there on. */
};

bool topic_writer_open(Topic *topic, TopicWriter **out, Error *err)
{
    TopicWriter *writer = mem_zalloc(sizeof *writer);
    size_t partition_count = (size_t)topic_partition_count(topic);

    writer->topic = topic;
    writer->keep_from = INT64_MAX;
    writer->ends = mem_zalloc(partition_count * sizeof *writer->ends);
    writer->committed = mem_zalloc(partition_count * sizeof *writer->committed);
    topic_ends(topic, writer->ends);
    if (!log_writer_open(topic_data_dir(topic), topic_name(topic), writer->ends, &writer->log,
                         err)) {
        topic_writer_close(writer);
        return false;
    }
    ASSERT((size_t)log_writer_partition_count(writer->log) == partition_count);
    *out = writer;
    return true;
}

void topic_writer_close(TopicWriter *writer)
{
    if (!writer)
        return;
    log_writer_close(writer->log);
    free(writer->ends);
    free(writer->committed);
    free(writer);
}

Topic *topic_writer_topic(const TopicWriter *writer)
{
    return writer->topic;
}

LogWriter *topic_writer_log(const TopicWriter *writer)
{
    return writer->log;
}

bool topic_writer_sync(TopicWriter *writer, Error *err)
{
    if (!log_writer_sync(writer->log, err))
        return false;
    log_writer_ends(writer->log, writer->ends);
    return true;
}

bool topic_writer_commit(TopicWriter *writer, StoreTxn *txn, Error *err)
{
    return topic_ends_commit(writer->topic, writer->ends, txn, err);
}

void topic_writer_committed(TopicWriter *writer)
{
    topic_ends_publish(writer->topic, writer->ends);
}

bool topic_writer_recover(TopicWriter *writer, Error *err)
{
    topic_ends(writer->topic, writer->ends);
    return log_writer_truncate_to(writer->log, writer->ends, err);
}

void topic_writer_keep_from(TopicWriter *writer, int64_t offset)
{
    writer->keep_from = offset;
}

bool topic_writer_housekeeping(TopicWriter *writer, Error *err)
{
    int32_t partition_count = topic_partition_count(writer->topic);

    topic_ends(writer->topic, writer->committed);
    for (int32_t i = 0; i < partition_count; i++)
        writer->committed[i] = MIN(writer->committed[i], writer->keep_from);
    return log_writer_apply_retention(writer->log, os_realtime_us() / 1000, writer->committed, err);
}
