#include "cli/cmd_topic_kafka.h"

#include <inttypes.h>
#include <stdio.h>

#include "cli/listing.h"
#include "client/kafka_client.h"

typedef struct TopicView {
    Str name;
    KafkaTopic topic;
    int64_t *starts; /* By partition. */
    int64_t *ends;
    int64_t record_count; /* Offsets: those of transactions' markers are counted too. */
} TopicView;

static bool open_client(const Settings *settings, Arena *arena, KafkaClient **out, Error *err)
{
    static const KafkaProperty own[] = {{"isolation.level", "read_committed"}, {NULL, NULL}};
    KafkaConfig config;

    return kafka_config_make(arena, settings, NULL, &config, err) &&
           kafka_client_open(&config, RD_KAFKA_CONSUMER, own, NULL, NULL, out, err);
}

static bool no_topic(Str name, Error *err)
{
    return error_set(err, ERROR_USER, "there is no topic '%.*s' in Kafka", STR_ARG(name));
}

static bool look_at_topic(KafkaClient *client, Arena *arena, Str name, TopicView *out, Error *err)
{
    TopicView view = {.name = name};
    size_t count;

    if (!kafka_topic_look(client, name, &view.topic, err))
        return false;
    if (!view.topic.exists)
        return no_topic(name, err);
    count = (size_t)view.topic.partition_count;
    view.starts = ARENA_ARRAY(arena, int64_t, count + 1);
    view.ends = ARENA_ARRAY(arena, int64_t, count + 1);
    if (!kafka_topic_offsets(client, name, view.topic.partition_count, KAFKA_TIME_START, KAFKA_PATIENCE_MS,
                             view.starts, err) ||
        !kafka_topic_offsets(client, name, view.topic.partition_count, KAFKA_TIME_END, KAFKA_PATIENCE_MS, view.ends,
                             err))
        return false;
    for (size_t p = 0; p < count; p++)
        view.record_count += view.ends[p] - view.starts[p];
    *out = view;
    return true;
}

/* ── list ──────────────────────────────────────────────────────────────────────────────────────*/

static void print_list(const TopicView *topics, size_t count)
{
    static const ListingColumn columns[] = {
        {"topic", false}, {"partitions", true}, {"replicas", true}, {"records", true}};
    Listing listing;

    listing_init(&listing, columns, COUNT_OF(columns));
    for (size_t i = 0; i < count; i++) {
        listing_add(&listing, topics[i].name);
        listing_add_int(&listing, topics[i].topic.partition_count);
        listing_add_int(&listing, topics[i].topic.replica_count);
        listing_add_int(&listing, topics[i].record_count);
    }
    listing_print(&listing, stdout);
    listing_done(&listing);
}

bool topic_kafka_list(const Settings *settings, Arena *arena, bool json, Error *err)
{
    KafkaClient *client = NULL;
    TopicView *topics = NULL;
    size_t count = 0;
    Str *names;
    bool ok;

    ok = open_client(settings, arena, &client, err) &&
         kafka_topic_list(client, arena, &names, &count, err);
    topics = ARENA_ARRAY(arena, TopicView, count + 1);
    for (size_t i = 0; ok && i < count; i++)
        ok = look_at_topic(client, arena, names[i], &topics[i], err);
    kafka_client_close(client);
    for (size_t i = 0; ok && json && i < count; i++)
        printf("{\"topic\":\"%.*s\",\"partitions\":%" PRId32 ",\"replicas\":%" PRId32
               ",\"records\":%" PRId64 "}\n",
               STR_ARG(topics[i].name), topics[i].topic.partition_count,
               topics[i].topic.replica_count, topics[i].record_count);
    if (ok && !json && count)
        print_list(topics, count);
    else if (ok && !json)
        puts("there are no topics yet");
    return ok;
}

/* ── describe ──────────────────────────────────────────────────────────────────────────────────*/

static void print_describe(const TopicView *topic, const KafkaProperty *settings,
                           size_t setting_count)
{
    static const ListingColumn columns[] = {
        {"partition", false}, {"start", true}, {"end", true}, {"records", true}};
    Listing listing;

    printf("%-16s %.*s\n%-16s %" PRId32 "\n", "topic", STR_ARG(topic->name), "replicas",
           topic->topic.replica_count);
    for (size_t i = 0; i < setting_count; i++)
        printf("%-16s %s\n", settings[i].name, settings[i].value);
    (void)putchar('\n');
    listing_init(&listing, columns, COUNT_OF(columns));
    for (int32_t p = 0; p < topic->topic.partition_count; p++) {
        listing_add_int(&listing, p);
        listing_add_int(&listing, topic->starts[p]);
        listing_add_int(&listing, topic->ends[p]);
        listing_add_int(&listing, topic->ends[p] - topic->starts[p]);
    }
    listing_add_c(&listing, "total");
    listing_add_c(&listing, "");
    listing_add_c(&listing, "");
    listing_add_int(&listing, topic->record_count);
    listing.has_total = true;
    listing_print(&listing, stdout);
    listing_done(&listing);
}

static void print_describe_json(const TopicView *topic, const KafkaProperty *settings,
                                size_t setting_count)
{
    StrBuf out;

    strbuf_init(&out);
    strbuf_printf(&out, "{\"topic\":\"%.*s\",\"replicas\":%" PRId32 ",\"settings\":{",
                  STR_ARG(topic->name), topic->topic.replica_count);
    for (size_t i = 0; i < setting_count; i++) {
        strbuf_add_c(&out, i ? "," : "");
        strbuf_add_json_string(&out, str_of(settings[i].name));
        strbuf_add_char(&out, ':');
        strbuf_add_json_string(&out, str_of(settings[i].value));
    }
    strbuf_add_c(&out, "},\"partitions\":[");
    for (int32_t p = 0; p < topic->topic.partition_count; p++)
        strbuf_printf(&out,
                      "%s{\"partition\":%" PRId32 ",\"start\":%" PRId64 ",\"end\":%" PRId64
                      ",\"records\":%" PRId64 "}",
                      p ? "," : "", p, topic->starts[p], topic->ends[p],
                      topic->ends[p] - topic->starts[p]);
    strbuf_printf(&out, "],\"records\":%" PRId64 "}", topic->record_count);
    puts(strbuf_c(&out));
    strbuf_done(&out);
}

bool topic_kafka_describe(const Settings *settings, Arena *arena, Str name, bool json, Error *err)
{
    KafkaClient *client = NULL;
    KafkaProperty *own = NULL;
    size_t count = 0;
    TopicView topic;
    bool ok;

    ok = open_client(settings, arena, &client, err) &&
         look_at_topic(client, arena, name, &topic, err) &&
         kafka_topic_settings(client, arena, name, &own, &count, err);
    kafka_client_close(client);
    if (ok && json)
        print_describe_json(&topic, own, count);
    else if (ok)
        print_describe(&topic, own, count);
    return ok;
}

/* ── create, delete ────────────────────────────────────────────────────────────────────────────*/

static void add_setting(Arena *arena, KafkaConfig *out, const char *name, int64_t value,
                        int64_t standard)
{
    KafkaProperty property = {name, arena_printf(arena, "%" PRId64, value)};

    if (value != standard)
        VEC_ADD_IN(arena, out, property);
}

static void topic_settings(Arena *arena, const TopicConfig *config, KafkaConfig *out)
{
    const LogConfig *standard = &topic_config_default.log;
    KafkaProperty end = {NULL, NULL};
    KafkaProperty compression = {"compression.type", log_compression_name(config->log.compression)};

    add_setting(arena, out, "retention.ms", config->log.retention_ms, standard->retention_ms);
    add_setting(arena, out, "retention.bytes", config->log.retention_bytes,
                standard->retention_bytes);
    add_setting(arena, out, "segment.bytes", config->log.segment_bytes, standard->segment_bytes);
    if (config->log.compression != standard->compression)
        VEC_ADD_IN(arena, out, compression);
    VEC_ADD_IN(arena, out, end);
}

bool topic_kafka_create(const Settings *settings, Arena *arena, Str name, const TopicConfig *config,
                        int32_t replica_count, Error *err)
{
    KafkaNewTopic how = {.partition_count = config->partition_count,
                         .replica_count = replica_count};
    KafkaClient *client = NULL;
    KafkaConfig own = {0};
    KafkaTopic topic;
    bool ok;

    topic_settings(arena, config, &own);
    how.settings = own.items;
    ok = topic_name_check(name, err) && open_client(settings, arena, &client, err) &&
         kafka_topic_look(client, name, &topic, err);
    if (ok && topic.exists)
        ok = error_set(err, ERROR_USER, "there is a topic '%.*s' in Kafka already", STR_ARG(name));
    ok = ok && kafka_topic_create(client, name, &how, err);
    kafka_client_close(client);
    return ok;
}

bool topic_kafka_delete(const Settings *settings, Arena *arena, Str name, Error *err)
{
    KafkaClient *client = NULL;
    bool ok = open_client(settings, arena, &client, err) && kafka_topic_delete(client, name, err);

    kafka_client_close(client);
    if (ok)
        printf("deleted topic '%.*s'\n", STR_ARG(name));
    return ok;
}
