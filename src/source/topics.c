#include "source/topics.h"

#include <inttypes.h>
#include <stdatomic.h>
#include <stdlib.h>

#include "base/assert.h"
#include "base/vec.h"
#include "os/os.h"

struct Topic {
    Topics *topics;
    Str name;
    int32_t partition_count;
    _Atomic int64_t *ends;
};

struct Topics {
    char *data_dir;
    OsMutex *mutex; /* Guards what follows; ends may be read without it. */
    OsCond *published;
    uint64_t version; /* Of the ends. */
    VEC(Topic *) all;
    Arena arena;
};

Topics *topics_create(const char *data_dir)
{
    Topics *topics = mem_zalloc(sizeof *topics);

    topics->data_dir = mem_strdup(data_dir);
    topics->mutex = os_mutex_create();
    topics->published = os_cond_create();
    arena_init(&topics->arena);
    return topics;
}

void topics_free(Topics *topics)
{
    if (!topics)
        return;
    for (size_t i = 0; i < topics->all.count; i++)
        free(topics->all.items[i]->ends);
    VEC_DONE(&topics->all);
    arena_done(&topics->arena);
    os_cond_free(topics->published);
    os_mutex_free(topics->mutex);
    free(topics->data_dir);
    free(topics);
}

/* ── opening ───────────────────────────────────────────────────────────────────────────────────*/

/* The one of that name, added if it was not open. */
static Topic *add_topic(Topics *topics, Str name, int32_t partition_count)
{
    Topic *topic = NULL;

    os_mutex_lock(topics->mutex);
    for (size_t i = 0; i < topics->all.count && !topic; i++) {
        if (str_equal(topics->all.items[i]->name, name))
            topic = topics->all.items[i];
    }
    if (!topic) {
        topic = ARENA_NEW(&topics->arena, Topic);
        topic->topics = topics;
        topic->name = str_copy(&topics->arena, name);
        topic->partition_count = partition_count;
        topic->ends = mem_zalloc((size_t)partition_count * sizeof *topic->ends);
        VEC_ADD(&topics->all, topic);
    }
    os_mutex_unlock(topics->mutex);
    return topic;
}

static bool load_ends(Topic *topic, Store *store, Error *err)
{
    int64_t *ends = mem_zalloc((size_t)topic->partition_count * sizeof *ends);
    bool ok = store_topic_ends_get(store, topic->name, topic->partition_count, ends, err);

    if (ok)
        topic_ends_publish(topic, ends);
    free(ends);
    return ok;
}

static bool describe_or_create(Topics *topics, Str name, const TopicConfig *config,
                               TopicConfig *out, Error *err)
{
    TopicConfig made;

    if (!topic_name_check(name, err))
        return false;
    if (config && !topic_exists(topics->data_dir, name)) {
        made = *config;
        made.partition_count = MAX(made.partition_count, 1);
        if (!topic_create(topics->data_dir, name, &made, err))
            return false;
    }
    if (!topic_describe(topics->data_dir, name, out, err))
        return false;
    if (config && config->partition_count > 0 && config->partition_count != out->partition_count)
        return error_set(err, ERROR_USER,
                         "topic '%.*s' has %d partitions, not %d; leave 'partitions' out, or give "
                         "the topic another name",
                         STR_ARG(name), out->partition_count, config->partition_count);
    return !config || topic_configure(topics->data_dir, name, &config->log, err);
}

bool topics_open(Topics *topics, Store *store, Str name, const TopicConfig *config, Topic **out,
                 Error *err)
{
    TopicConfig found;
    Topic *topic;

    if (!describe_or_create(topics, name, config, &found, err))
        return false;
    topic = add_topic(topics, name, found.partition_count);
    if (!load_ends(topic, store, err))
        return false;
    *out = topic;
    return true;
}

bool topics_load(Topics *topics, Store *store, Error *err)
{
    bool ok = store_snapshot_begin(store, err);

    if (!ok)
        return false;
    for (size_t i = 0; ok; i++) {
        Topic *topic = NULL;

        os_mutex_lock(topics->mutex);
        if (i < topics->all.count)
            topic = topics->all.items[i];
        os_mutex_unlock(topics->mutex);
        if (!topic)
            break;
        ok = load_ends(topic, store, err);
    }
    store_snapshot_end(store);
    return ok;
}

/* ── a topic ───────────────────────────────────────────────────────────────────────────────────*/

const char *topic_data_dir(const Topic *topic)
{
    return topic->topics->data_dir;
}

Str topic_name(const Topic *topic)
{
    return topic->name;
}

int32_t topic_partition_count(const Topic *topic)
{
    return topic->partition_count;
}

int64_t topic_end(const Topic *topic, int32_t partition)
{
    ASSERT(partition >= 0 && partition < topic->partition_count);
    return atomic_load_explicit(&topic->ends[partition], memory_order_acquire);
}

void topic_ends(const Topic *topic, int64_t *ends)
{
    for (int32_t i = 0; i < topic->partition_count; i++)
        ends[i] = topic_end(topic, i);
}

bool topic_ends_commit(const Topic *topic, const int64_t *ends, StoreTxn *txn, Error *err)
{
    for (int32_t i = 0; i < topic->partition_count; i++) {
        if (ends[i] != topic_end(topic, i) &&
            !store_topic_end_set(txn, topic->name, i, ends[i], err))
            return error_wrap(err, "topic '%.*s'", STR_ARG(topic->name));
    }
    return true;
}

void topic_ends_publish(Topic *topic, const int64_t *ends)
{
    Topics *topics = topic->topics;
    bool moved = false;

    os_mutex_lock(topics->mutex);
    for (int32_t i = 0; i < topic->partition_count; i++) {
        if (ends[i] <= topic_end(topic, i))
            continue;
        atomic_store_explicit(&topic->ends[i], ends[i], memory_order_release);
        moved = true;
    }
    if (moved) {
        topics->version++;
        os_cond_broadcast(topics->published);
    }
    os_mutex_unlock(topics->mutex);
}

uint64_t topics_seen(Topics *topics)
{
    uint64_t version;

    os_mutex_lock(topics->mutex);
    version = topics->version;
    os_mutex_unlock(topics->mutex);
    return version;
}

uint64_t topics_wait(Topics *topics, uint64_t seen, int64_t timeout_us)
{
    int64_t deadline_us = os_monotonic_us() + timeout_us;
    uint64_t version;

    os_mutex_lock(topics->mutex);
    while (topics->version == seen) {
        int64_t left_us = deadline_us - os_monotonic_us();

        if (left_us <= 0 || !os_cond_wait_for(topics->published, topics->mutex, left_us))
            break;
    }
    version = topics->version;
    os_mutex_unlock(topics->mutex);
    return version;
}
