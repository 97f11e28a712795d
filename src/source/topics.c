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
    const char **dirs;
    _Atomic int64_t *ends;
};

struct Topics {
    char *folder;
    OsMutex *mutex; /* Guards all below but the ends. */
    OsCond *published;
    uint64_t version; /* Of the ends. */
    VEC(Topic *) all;
    Arena arena;
};

Topics *topics_create(const char *folder)
{
    Topics *topics = mem_zalloc(sizeof *topics);

    topics->folder = mem_strdup(folder);
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
    free(topics->folder);
    free(topics);
}

bool topic_name_check(Str name, Error *err)
{
    bool good = name.bytes > 0 && name.bytes <= TOPIC_NAME_BYTES_MAX && !str_is(name, ".") &&
                !str_is(name, "..");

    for (uint32_t i = 0; good && i < name.bytes; i++) {
        char c = name.data[i];

        good = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
               c == '.' || c == '_' || c == '-';
    }
    return good || error_set(err, ERROR_USER,
                             "'%.*s' cannot be the name of a topic: 1 to %d letters, digits, '.', "
                             "'_' and '-' can",
                             (int)MIN(name.bytes, 100u), name.data, TOPIC_NAME_BYTES_MAX);
}

static Topic *find_locked(Topics *topics, Str name)
{
    for (size_t i = 0; i < topics->all.count; i++) {
        if (str_equal(topics->all.items[i]->name, name))
            return topics->all.items[i];
    }
    return NULL;
}

Topic *topics_find(Topics *topics, Str name)
{
    Topic *topic;

    os_mutex_lock(topics->mutex);
    topic = find_locked(topics, name);
    os_mutex_unlock(topics->mutex);
    return topic;
}

static Topic *add_locked(Topics *topics, Str name, int32_t partition_count)
{
    Topic *topic = ARENA_NEW(&topics->arena, Topic);

    topic->topics = topics;
    topic->name = str_copy(&topics->arena, name);
    topic->partition_count = partition_count;
    topic->dirs = ARENA_ARRAY(&topics->arena, const char *, partition_count);
    topic->ends = mem_zalloc((size_t)partition_count * sizeof *topic->ends);
    for (int32_t i = 0; i < partition_count; i++)
        topic->dirs[i] =
            arena_printf(&topics->arena, "%s/%.*s-%" PRId32, topics->folder, STR_ARG(name), i);
    VEC_ADD(&topics->all, topic);
    return topic;
}

/* ── the store's word ──────────────────────────────────────────────────────────────────────────*/

static bool load_ends(Topic *topic, Store *store, Error *err)
{
    int64_t *ends = mem_zalloc((size_t)topic->partition_count * sizeof *ends);
    bool ok = store_topic_ends_get(store, topic->name, topic->partition_count, ends, err);

    for (int32_t i = 0; ok && i < topic->partition_count; i++)
        topic_publish(topic, i, ends[i]);
    free(ends);
    return ok;
}

static bool load_topic(Topics *topics, Store *store, const StoreMeta *known, Error *err)
{
    Topic *topic;

    if (known->number < 1 || known->number > TOPIC_PARTITIONS_MAX ||
        !topic_name_check(known->name, err))
        return error_set(err, ERROR_USER, "store '%s': weir_meta: the topic '%.*s' is damaged",
                         store_path(store), STR_ARG(known->name));
    os_mutex_lock(topics->mutex);
    topic = find_locked(topics, known->name);
    if (!topic)
        topic = add_locked(topics, known->name, (int32_t)known->number);
    os_mutex_unlock(topics->mutex);
    return load_ends(topic, store, err);
}

bool topics_load(Topics *topics, Store *store, Error *err)
{
    StoreMeta *items = NULL;
    uint32_t count = 0;
    Arena arena;
    bool ok;

    arena_init(&arena);
    ok = store_topic_list(store, &arena, &items, &count, err);
    for (uint32_t i = 0; ok && i < count; i++)
        ok = load_topic(topics, store, &items[i], err);
    arena_done(&arena);
    return ok;
}

static bool make_folders(Topics *topics, const Topic *topic, Error *err)
{
    for (int32_t i = 0; i < topic->partition_count; i++) {
        if (!os_mkdir_all(topic->dirs[i], err))
            return false;
    }
    return os_sync_dir(topics->folder, err);
}

bool topics_open(Topics *topics, StoreTxn *txn, Str name, int32_t partition_count, Topic **out,
                 Error *err)
{
    Topic *topic;
    bool made = false;

    if (!topic_name_check(name, err))
        return false;
    if (partition_count < 0 || partition_count > TOPIC_PARTITIONS_MAX)
        return error_set(err, ERROR_USER, "topic '%.*s': a topic has 1 to %d partitions, not %d",
                         STR_ARG(name), TOPIC_PARTITIONS_MAX, partition_count);
    os_mutex_lock(topics->mutex);
    topic = find_locked(topics, name);
    if (!topic) {
        topic = add_locked(topics, name, MAX(partition_count, 1));
        made = true;
    }
    os_mutex_unlock(topics->mutex);
    if (partition_count && topic->partition_count != partition_count)
        return error_set(err, ERROR_USER,
                         "topic '%.*s' has %d partitions, not %d; the number of a topic's "
                         "partitions cannot be changed: its keys would move",
                         STR_ARG(name), topic->partition_count, partition_count);
    if ((made && !store_topic_set(txn, name, topic->partition_count, err)) ||
        !make_folders(topics, topic, err))
        return error_wrap(err, "topic '%.*s'", STR_ARG(name));
    *out = topic;
    return true;
}

/* ── a topic ───────────────────────────────────────────────────────────────────────────────────*/

Str topic_name(const Topic *topic)
{
    return topic->name;
}

int32_t topic_partition_count(const Topic *topic)
{
    return topic->partition_count;
}

const char *topic_partition_dir(const Topic *topic, int32_t partition)
{
    ASSERT(partition >= 0 && partition < topic->partition_count);
    return topic->dirs[partition];
}

int64_t topic_end(const Topic *topic, int32_t partition)
{
    ASSERT(partition >= 0 && partition < topic->partition_count);
    return atomic_load_explicit(&topic->ends[partition], memory_order_acquire);
}

void topic_publish(Topic *topic, int32_t partition, int64_t end)
{
    Topics *topics = topic->topics;

    if (end <= topic_end(topic, partition))
        return;
    os_mutex_lock(topics->mutex);
    if (end > topic_end(topic, partition)) {
        atomic_store_explicit(&topic->ends[partition], end, memory_order_release);
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
