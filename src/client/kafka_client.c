/*
 * kafka_client.c: see kafka_client.h.
 */
#include "client/kafka_client.h"

#include <stdarg.h>
#include <stdio.h>

#include "base/assert.h"
#include "base/vec.h"
#include "os/os.h"
#include "sql/diagnostic.h"

enum {
    TRY_MS = 2000, /* The first wait for offsets; the next are longer. A stop has to wait for it. */
    TRY_MAX_MS = 4000,
    GROUP_TRY_MS = 8000,
    SLICE_MS = 500, /* So often a wait looks whether it is to end. */
    REACH_MS = 10000,   /* Until somebody answers. */
    TIMEOUT_MS = KAFKA_PATIENCE_MS, /* Of a question to the cluster. */
    SECRET_BYTES_MAX = 1 << 16,
    TROUBLE_BYTES = 256,
    HINT_BYTES = 100,
};

struct KafkaClient {
    KafkaClient *next; /* Of those abandoned. */
    rd_kafka_t *handle;
    char *servers;
    const _Atomic bool *stop; /* NULL: waits end by themselves alone. */
    bool heeds_signal;
    OsMutex *mutex; /* Guards what follows. */
    rd_kafka_resp_err_t trouble_code;
    char trouble[TROUBLE_BYTES]; /* The last; empty: none yet. */
};

/* ── configuration ─────────────────────────────────────────────────────────────────────────────*/

static Str given(const Settings *settings, const TableDef *table, const char *key)
{
    Str value = {NULL, 0};
    uint32_t i = 0;
    const TableOption *option;

    while (table && (option = table_option_next(table, "kafka.", &i))) {
        if (str_is_nocase(option->key, key))
            return option->value;
    }
    (void)settings_find(settings, str_of(key), &value);
    return value;
}

bool kafka_is_configured(const Settings *settings, const TableDef *table)
{
    return given(settings, table, KAFKA_SERVERS).bytes > 0;
}

const char *kafka_config_find(const KafkaConfig *config, const char *name)
{
    for (size_t i = 0; i < config->count; i++) {
        if (strcmp(config->items[i].name, name) == 0)
            return config->items[i].value;
    }
    return NULL;
}

/* The names of librdkafka's properties, global ones and those of topics. */
static void known_properties(Arena *arena, const char ***out, size_t *out_count)
{
    rd_kafka_conf_t *conf = rd_kafka_conf_new();
    rd_kafka_topic_conf_t *topic_conf = rd_kafka_topic_conf_new();
    const char **dumps[2];
    size_t counts[2];
    size_t count = 0;
    const char **names;

    dumps[0] = rd_kafka_conf_dump(conf, &counts[0]);
    dumps[1] = rd_kafka_topic_conf_dump(topic_conf, &counts[1]);
    names = ARENA_ARRAY(arena, const char *, (counts[0] + counts[1]) / 2 + 64);
    for (int d = 0; d < 2; d++) {
        for (size_t i = 0; i + 1 < counts[d]; i += 2) {
            if (!strstr(dumps[d][i], "_cb") && strcmp(dumps[d][i], "opaque") != 0)
                names[count++] = arena_strdup(arena, dumps[d][i]);
        }
        rd_kafka_conf_dump_free(dumps[d], counts[d]);
    }
    /* Not in a dump where they have no value. */
    for (size_t i = 0; i < 10; i++) {
        static const char *const unset[] = {
            "bootstrap.servers",     "sasl.password", "sasl.username",
            "ssl.keystore.password", "ssl.key.password", "ssl.key.pem",
            "ssl.certificate.pem",   "ssl.ca.pem",       "group.id",
            "sasl.mechanism"};

        names[count++] = unset[i];
    }
    rd_kafka_conf_destroy(conf);
    rd_kafka_topic_conf_destroy(topic_conf);
    *out = names;
    *out_count = count;
}

/* Tried out on `conf`, for aliases are not among the names. */
static bool is_known(Arena *arena, rd_kafka_conf_t *conf, Str name)
{
    char text[128];

    return rd_kafka_conf_set(conf, str_to_c(arena, name), "", text, sizeof text) !=
           RD_KAFKA_CONF_UNKNOWN;
}

typedef struct Names {
    const char **items;
    size_t count;
    size_t capacity;
} Names;

static bool refuse_unknown(Str name, Str key, const Names *names, Error *err)
{
    Str all[512];
    size_t count = 0;
    Str near;

    for (size_t i = 0; i < names->count && count < COUNT_OF(all); i++)
        all[count++] = str_of(names->items[i]);
    near = spelling_nearest(name, all, count);
    return error_set(err, ERROR_USER,
                     "'%.*s': the Kafka client (librdkafka) has no property '%.*s'%s%.*s%s",
                     STR_ARG(key), STR_ARG(name), near.bytes ? "; did you mean 'kafka." : "",
                     STR_ARG(near), near.bytes ? "'?" : "");
}

/* A key `kafka.NAME` or `kafka.NAME.file` that was given. */
static bool take_key(Arena *arena, rd_kafka_conf_t *conf, Str key, Names *names, Error *err)
{
    Str name;

    if (key.bytes <= 6 || !str_is_nocase(str_slice(key, 0, 6), "kafka."))
        return true;
    name = str_lower(arena, str_slice(key, 6, key.bytes));
    if (!is_known(arena, conf, name) && str_ends_with(name, STR(".file")))
        name.bytes -= 5;
    if (!is_known(arena, conf, name))
        return refuse_unknown(name, key, names, err);
    VEC_ADD_IN(arena, names, str_to_c(arena, name));
    return true;
}

static bool take_keys(Arena *arena, rd_kafka_conf_t *conf, const Settings *settings,
                      const TableDef *table, Names *names, Error *err)
{
    const TableOption *option;
    uint32_t i = 0;

    for (size_t s = 0; s < settings->count; s++) {
        if (!take_key(arena, conf, settings->items[s].key, names, err))
            return error_wrap(err, "setting");
    }
    while (table && (option = table_option_next(table, "kafka.", &i))) {
        if (!take_key(arena, conf, option->key, names, err))
            return error_wrap(err, "table '%.*s'", STR_ARG(table->name));
    }
    return true;
}

/* The value of a property, maybe out of its file; value->data == NULL: not given. */
static bool find_value(Arena *arena, const Settings *settings, const TableDef *table,
                       const char *name, Str *value, Error *err)
{
    char *key = arena_printf(arena, "kafka.%s", name);
    char *file_key = arena_printf(arena, "%s.file", key);
    Str file = given(settings, table, file_key);

    *value = given(settings, table, key);
    if (value->data || !file.data)
        return true;
    if (!os_read_file(arena, str_to_c(arena, file), SECRET_BYTES_MAX, value, err))
        return error_wrap(err, "'%s'", file_key);
    *value = str_trim(*value);
    return true;
}

bool kafka_config_make(Arena *arena, const Settings *settings, const TableDef *table,
                       KafkaConfig *out, Error *err)
{
    rd_kafka_conf_t *conf = rd_kafka_conf_new();
    Names names = {0};
    bool ok;

    *out = (KafkaConfig){0};
    known_properties(arena, &names.items, &names.count);
    names.capacity = names.count;
    ok = take_keys(arena, conf, settings, table, &names, err);
    rd_kafka_conf_destroy(conf);
    for (size_t i = 0; ok && i < names.count; i++) {
        KafkaProperty property = {.name = names.items[i]};
        Str value;

        ok = find_value(arena, settings, table, names.items[i], &value, err);
        if (!ok || !value.data || kafka_config_find(out, names.items[i]))
            continue;
        property.value = str_to_c(arena, value);
        VEC_ADD_IN(arena, out, property);
    }
    if (!ok)
        return false;
    out->servers = kafka_config_find(out, "bootstrap.servers");
    if (!out->servers)
        return error_set(err, ERROR_USER, "'" KAFKA_SERVERS "' is not set");
    return true;
}

/* ── what librdkafka tells on the way ──────────────────────────────────────────────────────────*/

static void on_trouble(rd_kafka_t *handle, int code, const char *reason, void *opaque)
{
    KafkaClient *client = opaque;
    size_t bytes = strlen(reason);

    (void)handle;
    os_mutex_lock(client->mutex);
    /* That all are down is no news: why is known better. */
    if (code != RD_KAFKA_RESP_ERR__ALL_BROKERS_DOWN || !client->trouble[0]) {
        client->trouble_code = (rd_kafka_resp_err_t)code;
        bytes = MIN(bytes, sizeof client->trouble - 1);
        memcpy(client->trouble, reason, bytes);
        client->trouble[bytes] = '\0';
    }
    os_mutex_unlock(client->mutex);
}

/* Errors come by on_trouble; the rest is librdkafka's own affair. */
static void on_log(const rd_kafka_t *handle, int level, const char *facility, const char *text)
{
    (void)handle;
    (void)level;
    (void)facility;
    (void)text;
}

static bool may_pass(rd_kafka_resp_err_t code)
{
    switch ((int)code) {
    case RD_KAFKA_RESP_ERR__TRANSPORT:
    case RD_KAFKA_RESP_ERR__ALL_BROKERS_DOWN:
    case RD_KAFKA_RESP_ERR__TIMED_OUT:
    case RD_KAFKA_RESP_ERR__TIMED_OUT_QUEUE:
    case RD_KAFKA_RESP_ERR__MSG_TIMED_OUT:
    case RD_KAFKA_RESP_ERR__WAIT_COORD:
    case RD_KAFKA_RESP_ERR__WAIT_CACHE:
    case RD_KAFKA_RESP_ERR__RETRY:
    case RD_KAFKA_RESP_ERR__STATE:
    case RD_KAFKA_RESP_ERR__RESOLVE:
    case RD_KAFKA_RESP_ERR__DESTROY:
    case RD_KAFKA_RESP_ERR__PURGE_QUEUE:
    case RD_KAFKA_RESP_ERR__PURGE_INFLIGHT:
    case RD_KAFKA_RESP_ERR__CONFLICT:
    case RD_KAFKA_RESP_ERR__PREV_IN_PROGRESS:
    case RD_KAFKA_RESP_ERR_LEADER_NOT_AVAILABLE:
    case RD_KAFKA_RESP_ERR_NOT_LEADER_FOR_PARTITION:
    case RD_KAFKA_RESP_ERR_BROKER_NOT_AVAILABLE:
    case RD_KAFKA_RESP_ERR_REPLICA_NOT_AVAILABLE:
    case RD_KAFKA_RESP_ERR_REQUEST_TIMED_OUT:
    case RD_KAFKA_RESP_ERR_NETWORK_EXCEPTION:
    case RD_KAFKA_RESP_ERR_COORDINATOR_LOAD_IN_PROGRESS:
    case RD_KAFKA_RESP_ERR_COORDINATOR_NOT_AVAILABLE:
    case RD_KAFKA_RESP_ERR_NOT_COORDINATOR:
    case RD_KAFKA_RESP_ERR_NOT_ENOUGH_REPLICAS:
    case RD_KAFKA_RESP_ERR_NOT_ENOUGH_REPLICAS_AFTER_APPEND:
    case RD_KAFKA_RESP_ERR_KAFKA_STORAGE_ERROR:
    case RD_KAFKA_RESP_ERR_CONCURRENT_TRANSACTIONS:
    case RD_KAFKA_RESP_ERR_NOT_CONTROLLER:
    case RD_KAFKA_RESP_ERR_UNSTABLE_OFFSET_COMMIT:
    case RD_KAFKA_RESP_ERR_THROTTLING_QUOTA_EXCEEDED:
        return true;
    default:
        return false;
    }
}

/* A refused password or certificate does not get better by waiting. */
static bool is_refusal(rd_kafka_resp_err_t code)
{
    return code == RD_KAFKA_RESP_ERR__AUTHENTICATION || code == RD_KAFKA_RESP_ERR__SSL ||
           code == RD_KAFKA_RESP_ERR_SASL_AUTHENTICATION_FAILED;
}

/* What helps against an error that waiting does not cure; empty where its name says it all. */
static const char *remedy_of(rd_kafka_resp_err_t code)
{
    switch ((int)code) {
    case RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED:
        return "; this login needs the rights Describe and Read, to write also Write, on the topic (Create, "
               "where it is missing)";
    case RD_KAFKA_RESP_ERR_GROUP_AUTHORIZATION_FAILED:
        return "; this login needs the right Read on the consumer groups whose names begin with 'weir-'";
    case RD_KAFKA_RESP_ERR_TRANSACTIONAL_ID_AUTHORIZATION_FAILED:
        return "; this login needs the rights Describe and Write on the transactional ids that begin "
               "with 'weir-'";
    case RD_KAFKA_RESP_ERR_CLUSTER_AUTHORIZATION_FAILED:
        return "; this login needs the right IdempotentWrite on the cluster (Create, where a topic is "
               "missing)";
    case RD_KAFKA_RESP_ERR_INVALID_TRANSACTION_TIMEOUT:
        return "; set 'kafka.transaction.timeout.ms' to no more than the brokers' "
               "transaction.max.timeout.ms";
    case RD_KAFKA_RESP_ERR_INVALID_REPLICATION_FACTOR:
        return "; there are fewer brokers than 'replication' asks for";
    default:
        return "";
    }
}

bool kafka_client_error(const KafkaClient *client, rd_kafka_resp_err_t code, Error *err,
                        const char *what, ...)
{
    ErrorKind kind = may_pass(code) ? ERROR_RETRY : ERROR_USER;
    char trouble[TROUBLE_BYTES] = "";
    char doing[256];
    va_list args;

    va_start(args, what);
    (void)vsnprintf(doing, sizeof doing, what, args);
    va_end(args);
    os_mutex_lock(client->mutex);
    if (client->trouble[0] && kind == ERROR_RETRY) {
        memcpy(trouble, client->trouble, sizeof trouble);
        if (is_refusal(client->trouble_code))
            kind = ERROR_USER;
    }
    os_mutex_unlock(client->mutex);
    return error_set(err, kind, "Kafka at %s: %s: %s%s%s%s%s", client->servers, doing,
                     rd_kafka_err2str(code), trouble[0] ? " (" : "", trouble,
                     trouble[0] ? ")" : "", remedy_of(code));
}

/* ── the connection ────────────────────────────────────────────────────────────────────────────*/

static bool set_property(rd_kafka_conf_t *conf, const KafkaProperty *property, Error *err)
{
    char text[256] = "";

    if (rd_kafka_conf_set(conf, property->name, property->value, text, sizeof text) ==
        RD_KAFKA_CONF_OK)
        return true;
    /* librdkafka's text quotes the value, which may be a secret. */
    return error_set(err, ERROR_USER, "'kafka.%s' cannot have the value it was given",
                     property->name);
}

static bool set_all(rd_kafka_conf_t *conf, const KafkaConfig *config, const KafkaProperty *own,
                    const KafkaProperty *forced, Error *err)
{
    static const KafkaProperty house[] = {
        {"client.id", "weir"},
        {"log_level", "3"},
        {"reconnect.backoff.max.ms", "1000"},
        {"allow.auto.create.topics", "false"},
        {"socket.keepalive.enable", "true"},
        {NULL, NULL},
    };
    const KafkaProperty *const lists[] = {house, own, NULL, forced};

    for (size_t l = 0; l < COUNT_OF(lists); l++) {
        for (size_t i = 0; l == 2 && i < config->count; i++) {
            if (!set_property(conf, &config->items[i], err))
                return false;
        }
        for (const KafkaProperty *p = lists[l]; p && p->name; p++) {
            if (!set_property(conf, p, err))
                return false;
        }
    }
    return true;
}

bool kafka_client_open(const KafkaConfig *config, rd_kafka_type_t type, const KafkaProperty *own,
                       const KafkaProperty *forced, KafkaDelivered *delivered, KafkaClient **out,
                       Error *err)
{
    KafkaClient *client = mem_zalloc(sizeof *client);
    rd_kafka_conf_t *conf = rd_kafka_conf_new();
    char text[256] = "";

    client->servers = mem_strdup(config->servers);
    client->mutex = os_mutex_create();
    rd_kafka_conf_set_opaque(conf, client);
    rd_kafka_conf_set_error_cb(conf, on_trouble);
    rd_kafka_conf_set_log_cb(conf, on_log);
    if (delivered)
        rd_kafka_conf_set_dr_msg_cb(conf, delivered);
    if (!set_all(conf, config, own, forced, err)) {
        rd_kafka_conf_destroy(conf);
        kafka_client_close(client);
        return false;
    }
    client->handle = rd_kafka_new(type, conf, text, sizeof text);
    if (!client->handle) {
        rd_kafka_conf_destroy(conf);
        kafka_client_close(client);
        return error_set(err, ERROR_USER, "the Kafka client's settings do not fit together: %s",
                         text);
    }
    *out = client;
    return true;
}

void kafka_client_close(KafkaClient *client)
{
    if (!client)
        return;
    if (client->handle)
        rd_kafka_destroy_flags(client->handle, RD_KAFKA_DESTROY_F_NO_CONSUMER_CLOSE);
    os_mutex_free(client->mutex);
    free(client->servers);
    free(client);
}

void kafka_client_abandon(KafkaClient *client)
{
    static KafkaClient *_Atomic abandoned;

    client->next = atomic_exchange(&abandoned, client);
}

void kafka_client_heed(KafkaClient *client, const _Atomic bool *stop)
{
    client->stop = stop;
}

void kafka_client_heed_signal(KafkaClient *client)
{
    client->heeds_signal = true;
}

static bool is_stopped(const KafkaClient *client)
{
    return (client->stop && atomic_load(client->stop)) ||
           (client->heeds_signal && os_stop_requested());
}

rd_kafka_t *kafka_client_handle(KafkaClient *client)
{
    return client->handle;
}

void kafka_client_serve(KafkaClient *client, int timeout_ms)
{
    rd_kafka_poll(client->handle, timeout_ms);
}

/* ── topics ────────────────────────────────────────────────────────────────────────────────────*/

bool kafka_client_is_refused(KafkaClient *client)
{
    bool refused;

    os_mutex_lock(client->mutex);
    refused = client->trouble[0] && is_refusal(client->trouble_code);
    os_mutex_unlock(client->mutex);
    return refused;
}

/* No broker could be spoken to: what to look at. */
static bool not_reached(KafkaClient *client, rd_kafka_resp_err_t code, Error *err)
{
    const char *hint = "";
    char text[sizeof err->text];

    (void)kafka_client_error(client, code, err, "cannot be reached");
    if (strstr(err->text, "Name or service not known") || strstr(err->text, "refused"))
        return false;
    if (strstr(err->text, "certificate"))
        hint = "; see 'kafka.ssl.ca.location'";
    else if (strstr(err->text, "SSL") || strstr(err->text, "Disconnected"))
        hint = "; see 'kafka.security.protocol': whether the port speaks TLS, and asks for a login";
    else if (kafka_client_is_refused(client))
        hint = "; see 'kafka.sasl.username' and 'kafka.sasl.password'";
    (void)snprintf(text, sizeof text, "%s", err->text);
    return error_set(err, err->kind, "%.*s%s", (int)(sizeof text - HINT_BYTES), text, hint);
}

/* Metadata of one topic, or of all. */
static bool metadata(KafkaClient *client, const char *topic, const struct rd_kafka_metadata **out,
                     Error *err)
{
    rd_kafka_topic_t *handle = topic ? rd_kafka_topic_new(client->handle, topic, NULL) : NULL;
    int64_t until_us = os_monotonic_us() + (int64_t)REACH_MS * 1000;
    rd_kafka_resp_err_t code;

    /* In short waits, so that a refused password is told of at once. */
    do {
        code = rd_kafka_metadata(client->handle, !topic, handle, out, SLICE_MS);
        kafka_client_serve(client, 0);
        if (kafka_client_is_refused(client))
            break;
        if (code == RD_KAFKA_RESP_ERR__TRANSPORT)
            os_sleep_us(100000);
    } while (may_pass(code) && os_monotonic_us() < until_us && !is_stopped(client));
    if (handle)
        rd_kafka_topic_destroy(handle);
    return !code || not_reached(client, code, err);
}

static bool is_missing(rd_kafka_resp_err_t code)
{
    return code == RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART ||
           code == RD_KAFKA_RESP_ERR__UNKNOWN_TOPIC;
}

bool kafka_topic_look(KafkaClient *client, Str topic, KafkaTopic *out, Error *err)
{
    const struct rd_kafka_metadata *found;
    const struct rd_kafka_metadata_topic *t;
    char name[256];
    bool ok = true;

    *out = (KafkaTopic){0};
    (void)snprintf(name, sizeof name, "%.*s", STR_ARG(topic));
    if (!metadata(client, name, &found, err))
        return error_wrap(err, "topic '%s'", name);
    t = found->topic_cnt ? &found->topics[0] : NULL;
    if (t && t->err && !is_missing(t->err)) {
        ok = kafka_client_error(client, t->err, err, "topic '%s'", name);
    } else if (t && !t->err) {
        out->exists = true;
        out->partition_count = t->partition_cnt;
        out->replica_count = t->partition_cnt ? t->partitions[0].replica_cnt : 0;
    }
    rd_kafka_metadata_destroy(found);
    return ok;
}

static int compare_names(const void *a, const void *b)
{
    return str_compare(*(const Str *)a, *(const Str *)b);
}

bool kafka_topic_list(KafkaClient *client, Arena *arena, Str **names, size_t *count, Error *err)
{
    const struct rd_kafka_metadata *found;

    if (!metadata(client, NULL, &found, err))
        return false;
    *names = ARENA_ARRAY(arena, Str, (size_t)found->topic_cnt + 1);
    *count = 0;
    for (int i = 0; i < found->topic_cnt; i++) {
        if (strncmp(found->topics[i].topic, "__", 2) != 0)
            (*names)[(*count)++] = str_copy(arena, str_of(found->topics[i].topic));
    }
    rd_kafka_metadata_destroy(found);
    qsort(*names, *count, sizeof **names, compare_names);
    return true;
}

/* The answer of an admin request. NULL: there was none. */
static rd_kafka_event_t *wait_for(const KafkaClient *client, rd_kafka_queue_t *queue,
                                  int timeout_ms)
{
    int64_t until_us = os_monotonic_us() + (int64_t)timeout_ms * 1000;
    rd_kafka_event_t *event;

    do {
        event = rd_kafka_queue_poll(queue, SLICE_MS);
    } while (!event && os_monotonic_us() < until_us && !is_stopped(client));
    rd_kafka_queue_destroy(queue);
    return event;
}

static rd_kafka_AdminOptions_t *admin_options(KafkaClient *client, rd_kafka_admin_op_t op)
{
    rd_kafka_AdminOptions_t *options = rd_kafka_AdminOptions_new(client->handle, op);
    char text[64];

    (void)rd_kafka_AdminOptions_set_request_timeout(options, TIMEOUT_MS, text, sizeof text);
    (void)rd_kafka_AdminOptions_set_operation_timeout(options, TIMEOUT_MS, text, sizeof text);
    return options;
}

/* What came of the one topic that was asked for; `text` gets the broker's words. */
static rd_kafka_resp_err_t topic_outcome(rd_kafka_event_t *event, char *text, size_t text_bytes)
{
    const rd_kafka_topic_result_t **results = NULL;
    rd_kafka_resp_err_t code;
    size_t count = 0;

    if (!event)
        return RD_KAFKA_RESP_ERR__TIMED_OUT;
    code = rd_kafka_event_error(event);
    if (code == RD_KAFKA_RESP_ERR_NO_ERROR &&
        rd_kafka_event_type(event) == RD_KAFKA_EVENT_CREATETOPICS_RESULT)
        results =
            rd_kafka_CreateTopics_result_topics(rd_kafka_event_CreateTopics_result(event), &count);
    else if (code == RD_KAFKA_RESP_ERR_NO_ERROR)
        results =
            rd_kafka_DeleteTopics_result_topics(rd_kafka_event_DeleteTopics_result(event), &count);
    if (count) {
        const char *words = rd_kafka_topic_result_error_string(results[0]);

        code = rd_kafka_topic_result_error(results[0]);
        (void)snprintf(text, text_bytes, "%s", words ? words : "");
    }
    rd_kafka_event_destroy(event);
    return code;
}

/* A topic that was just made may not be known to every broker yet. */
static bool wait_until_known(KafkaClient *client, Str topic, bool there, Error *err)
{
    int64_t until_us = os_monotonic_us() + (int64_t)TIMEOUT_MS * 1000;
    KafkaTopic found;

    for (;;) {
        if (!kafka_topic_look(client, topic, &found, err) && err->kind != ERROR_RETRY)
            return false;
        if (found.exists == there && (!there || found.partition_count > 0))
            return true;
        if (os_monotonic_us() > until_us || is_stopped(client))
            return error_set(err, ERROR_RETRY, "Kafka at %s does not know of topic '%.*s' yet",
                             client->servers, STR_ARG(topic));
        os_sleep_us(50000);
    }
}

void kafka_new_topic(Arena *arena, const TableDef *table, KafkaNewTopic *out)
{
    KafkaProperty *settings = ARENA_ARRAY(arena, KafkaProperty, 4);
    size_t count = 0;

    if (table_option_given(table, "retention"))
        settings[count++] = (KafkaProperty){
            "retention.ms",
            arena_printf(arena, "%lld",
                         (long long)table_option_duration_us(table, "retention") / 1000)};
    if (table_option_given(table, "retention_bytes"))
        settings[count++] = (KafkaProperty){
            "retention.bytes",
            arena_printf(arena, "%lld", (long long)table_option_int(table, "retention_bytes"))};
    if (table_option_given(table, "segment_bytes"))
        settings[count++] = (KafkaProperty){
            "segment.bytes",
            arena_printf(arena, "%lld", (long long)table_option_int(table, "segment_bytes"))};
    settings[count] = (KafkaProperty){NULL, NULL};
    *out = (KafkaNewTopic){
        .partition_count = (int32_t)table_option_int(table, "partitions"),
        .replica_count = table_option_given(table, "replication")
                             ? (int32_t)table_option_int(table, "replication")
                             : -1,
        .settings = settings,
    };
}

bool kafka_topic_create(KafkaClient *client, Str topic, const KafkaNewTopic *how, Error *err)
{
    rd_kafka_queue_t *queue = rd_kafka_queue_new(client->handle);
    rd_kafka_AdminOptions_t *options = admin_options(client, RD_KAFKA_ADMIN_OP_CREATETOPICS);
    char text[256] = "";
    char name[256];
    rd_kafka_NewTopic_t *wanted;
    rd_kafka_resp_err_t code;

    (void)snprintf(name, sizeof name, "%.*s", STR_ARG(topic));
    wanted = rd_kafka_NewTopic_new(name, how->partition_count, how->replica_count, text,
                                   sizeof text);
    if (!wanted) {
        rd_kafka_queue_destroy(queue);
        rd_kafka_AdminOptions_destroy(options);
        return error_set(err, ERROR_USER, "topic '%s': %s", name, text);
    }
    for (const KafkaProperty *s = how->settings; s && s->name; s++)
        (void)rd_kafka_NewTopic_set_config(wanted, s->name, s->value);
    rd_kafka_CreateTopics(client->handle, &wanted, 1, options, queue);
    code = topic_outcome(wait_for(client, queue, TIMEOUT_MS + 5000), text, sizeof text);
    rd_kafka_NewTopic_destroy(wanted);
    rd_kafka_AdminOptions_destroy(options);
    if (code && code != RD_KAFKA_RESP_ERR_TOPIC_ALREADY_EXISTS)
        return kafka_client_error(client, code, err, "topic '%s' cannot be made%s%s", name,
                                  text[0] ? ": " : "", text);
    return wait_until_known(client, topic, true, err);
}

bool kafka_topic_delete(KafkaClient *client, Str topic, Error *err)
{
    rd_kafka_queue_t *queue = rd_kafka_queue_new(client->handle);
    rd_kafka_AdminOptions_t *options = admin_options(client, RD_KAFKA_ADMIN_OP_DELETETOPICS);
    rd_kafka_DeleteTopic_t *wanted;
    rd_kafka_resp_err_t code;
    char text[256] = "";
    char name[256];

    (void)snprintf(name, sizeof name, "%.*s", STR_ARG(topic));
    wanted = rd_kafka_DeleteTopic_new(name);
    rd_kafka_DeleteTopics(client->handle, &wanted, 1, options, queue);
    code = topic_outcome(wait_for(client, queue, TIMEOUT_MS + 5000), text, sizeof text);
    rd_kafka_DeleteTopic_destroy(wanted);
    rd_kafka_AdminOptions_destroy(options);
    if (is_missing(code))
        return error_set(err, ERROR_USER, "there is no topic '%s' in Kafka at %s", name,
                         client->servers);
    if (code)
        return kafka_client_error(client, code, err, "topic '%s' cannot be deleted", name);
    return wait_until_known(client, topic, false, err);
}

/* ── settings of a topic ───────────────────────────────────────────────────────────────────────*/

static rd_kafka_event_t *ask_settings(KafkaClient *client, const char *name)
{
    rd_kafka_queue_t *queue = rd_kafka_queue_new(client->handle);
    rd_kafka_AdminOptions_t *options = admin_options(client, RD_KAFKA_ADMIN_OP_DESCRIBECONFIGS);
    rd_kafka_ConfigResource_t *resource =
        rd_kafka_ConfigResource_new(RD_KAFKA_RESOURCE_TOPIC, name);
    rd_kafka_event_t *event;

    rd_kafka_DescribeConfigs(client->handle, &resource, 1, options, queue);
    event = wait_for(client, queue, TIMEOUT_MS + 5000);
    rd_kafka_ConfigResource_destroy(resource);
    rd_kafka_AdminOptions_destroy(options);
    return event;
}

/* Those that `name` names (NULL: those not of the broker's defaults). */
static bool find_settings(KafkaClient *client, Arena *arena, Str topic, const char *name,
                          KafkaConfig *out, Error *err)
{
    rd_kafka_event_t *event = ask_settings(client, str_to_c(arena, topic));
    rd_kafka_resp_err_t code = event ? rd_kafka_event_error(event) : RD_KAFKA_RESP_ERR__TIMED_OUT;
    const rd_kafka_ConfigResource_t **resources;
    const rd_kafka_ConfigEntry_t **entries = NULL;
    size_t count = 0;

    if (!code) {
        resources = rd_kafka_DescribeConfigs_result_resources(
            rd_kafka_event_DescribeConfigs_result(event), &count);
        code = count ? rd_kafka_ConfigResource_error(resources[0])
                     : RD_KAFKA_RESP_ERR__TIMED_OUT;
        if (!code)
            entries = rd_kafka_ConfigResource_configs(resources[0], &count);
    }
    for (size_t i = 0; !code && i < count; i++) {
        const char *key = rd_kafka_ConfigEntry_name(entries[i]);
        const char *value = rd_kafka_ConfigEntry_value(entries[i]);
        KafkaProperty property;

        if (!value || (name ? strcmp(key, name) != 0
                            : rd_kafka_ConfigEntry_source(entries[i]) !=
                                  RD_KAFKA_CONFIG_SOURCE_DYNAMIC_TOPIC_CONFIG))
            continue;
        property = (KafkaProperty){arena_strdup(arena, key), arena_strdup(arena, value)};
        VEC_ADD_IN(arena, out, property);
    }
    if (event)
        rd_kafka_event_destroy(event);
    if (code)
        return kafka_client_error(client, code, err, "settings of topic '%.*s'", STR_ARG(topic));
    return true;
}

bool kafka_topic_setting(KafkaClient *client, Arena *arena, Str topic, const char *name,
                         const char **out, Error *err)
{
    KafkaConfig found = {0};

    if (!find_settings(client, arena, topic, name, &found, err))
        return false;
    *out = found.count ? found.items[0].value : NULL;
    return true;
}

bool kafka_topic_settings(KafkaClient *client, Arena *arena, Str topic, KafkaProperty **out,
                          size_t *count, Error *err)
{
    KafkaConfig found = {0};

    if (!find_settings(client, arena, topic, NULL, &found, err))
        return false;
    *out = found.items;
    *count = found.count;
    return true;
}

/* ── offsets ───────────────────────────────────────────────────────────────────────────────────*/

static rd_kafka_resp_err_t ask_offsets(KafkaClient *client, const char *topic,
                                       int32_t partition_count, int64_t time_ms, int timeout_ms,
                                       int64_t *out)
{
    rd_kafka_topic_partition_list_t *asked = rd_kafka_topic_partition_list_new(partition_count);
    rd_kafka_resp_err_t code;

    /* When a broker dies the answer may be for some partitions only, without a word about the rest:
     * these keep the mark, and the time for their offset. */
    for (int32_t p = 0; p < partition_count; p++) {
        rd_kafka_topic_partition_t *one = rd_kafka_topic_partition_list_add(asked, topic, p);

        one->offset = time_ms;
        one->err = RD_KAFKA_RESP_ERR__IN_PROGRESS;
    }
    code = rd_kafka_offsets_for_times(client->handle, asked, timeout_ms);
    /* So it calls one that has no leader for now. */
    if (code == RD_KAFKA_RESP_ERR__UNKNOWN_PARTITION)
        code = RD_KAFKA_RESP_ERR_LEADER_NOT_AVAILABLE;
    for (int i = 0; !code && i < asked->cnt; i++) {
        const rd_kafka_topic_partition_t *one = &asked->elems[i];

        code = one->err == RD_KAFKA_RESP_ERR__IN_PROGRESS ? RD_KAFKA_RESP_ERR__TIMED_OUT : one->err;
        if (!code && one->offset < 0 && time_ms < 0)
            code = RD_KAFKA_RESP_ERR__TIMED_OUT;
        out[one->partition] = one->offset;
    }
    rd_kafka_topic_partition_list_destroy(asked);
    return code;
}

bool kafka_topic_offsets(KafkaClient *client, Str topic, int32_t partition_count, int64_t time_ms,
                         int patience_ms, int64_t *out, Error *err)
{
    int64_t until_us = os_monotonic_us() + (int64_t)patience_ms * 1000;
    int timeout_ms = TRY_MS;
    rd_kafka_resp_err_t code;
    bool no_later = false;
    char name[256];

    (void)snprintf(name, sizeof name, "%.*s", STR_ARG(topic));
    /* Short tries: what was asked of a broker that has just died waits for it, not for its successor. */
    do {
        code = ask_offsets(client, name, partition_count, time_ms, timeout_ms, out);
        timeout_ms = MIN(timeout_ms * 2, (int)TRY_MAX_MS);
        if (may_pass(code) && patience_ms)
            os_sleep_us(100000);
    } while (may_pass(code) && os_monotonic_us() < until_us && !is_stopped(client));
    for (int32_t p = 0; !code && p < partition_count; p++)
        no_later = no_later || out[p] < 0;
    if (code)
        return kafka_client_error(client, code, err, "offsets of topic '%s'", name);
    if (no_later) {
        int64_t *ends = mem_zalloc((size_t)partition_count * sizeof *ends);
        bool ok = kafka_topic_offsets(client, topic, partition_count, KAFKA_TIME_END, patience_ms,
                                      ends, err);

        for (int32_t p = 0; ok && p < partition_count; p++) {
            if (out[p] < 0)
                out[p] = ends[p];
        }
        free(ends);
        return ok;
    }
    return true;
}

/* ── consumer groups ───────────────────────────────────────────────────────────────────────────*/

/*
 * As an administrator asks, and not as a member of the group: rd_kafka_committed waits for a group to which it
 * has no right as for one that is away, and rd_kafka_commit, then, for ever: the client cannot be closed
 * (librdkafka 2.0).
 */
static rd_kafka_event_t *ask_group(KafkaClient *client, const char *group, const char *topic,
                                   int32_t partition)
{
    rd_kafka_queue_t *queue = rd_kafka_queue_new(client->handle);
    rd_kafka_AdminOptions_t *options =
        rd_kafka_AdminOptions_new(client->handle, RD_KAFKA_ADMIN_OP_LISTCONSUMERGROUPOFFSETS);
    rd_kafka_topic_partition_list_t *list = rd_kafka_topic_partition_list_new(1);
    rd_kafka_ListConsumerGroupOffsets_t *question;
    rd_kafka_event_t *event;
    char text[64];

    rd_kafka_topic_partition_list_add(list, topic, partition);
    question = rd_kafka_ListConsumerGroupOffsets_new(group, list);
    (void)rd_kafka_AdminOptions_set_request_timeout(options, GROUP_TRY_MS, text, sizeof text);
    rd_kafka_error_destroy(rd_kafka_AdminOptions_set_require_stable_offsets(options, 1));
    rd_kafka_ListConsumerGroupOffsets(client->handle, &question, 1, options, queue);
    event = wait_for(client, queue, GROUP_TRY_MS + SLICE_MS);
    rd_kafka_ListConsumerGroupOffsets_destroy(question);
    rd_kafka_topic_partition_list_destroy(list);
    rd_kafka_AdminOptions_destroy(options);
    return event;
}

static rd_kafka_resp_err_t group_outcome(rd_kafka_event_t *event, int64_t *out)
{
    const rd_kafka_topic_partition_list_t *found;
    const rd_kafka_group_result_t **groups;
    rd_kafka_resp_err_t code;
    size_t count;

    if (!event)
        return RD_KAFKA_RESP_ERR__TIMED_OUT;
    code = rd_kafka_event_error(event);
    if (code)
        return code;
    groups = rd_kafka_ListConsumerGroupOffsets_result_groups(
        rd_kafka_event_ListConsumerGroupOffsets_result(event), &count);
    if (count != 1)
        return RD_KAFKA_RESP_ERR__TIMED_OUT;
    if (rd_kafka_group_result_error(groups[0]))
        return rd_kafka_error_code(rd_kafka_group_result_error(groups[0]));
    found = rd_kafka_group_result_partitions(groups[0]);
    if (!found || found->cnt != 1)
        return RD_KAFKA_RESP_ERR__TIMED_OUT;
    *out = MAX(found->elems[0].offset, -1);
    return found->elems[0].err;
}

bool kafka_group_offset(KafkaClient *client, const char *group, const char *topic,
                        int32_t partition, int64_t *out, Error *err)
{
    int64_t until_us = os_monotonic_us() + (int64_t)TIMEOUT_MS * 1000;
    rd_kafka_resp_err_t code;

    for (;;) {
        rd_kafka_event_t *event = ask_group(client, group, topic, partition);

        code = group_outcome(event, out);
        if (event)
            rd_kafka_event_destroy(event);
        if (!may_pass(code) || os_monotonic_us() > until_us || is_stopped(client))
            break;
        os_sleep_us(100000);
    }
    return !code || kafka_client_error(client, code, err, "consumer group '%s'", group);
}

void kafka_group_set(KafkaClient *client, const char *group,
                     const rd_kafka_topic_partition_list_t *offsets, int wait_ms)
{
    rd_kafka_queue_t *answers = rd_kafka_queue_new(client->handle);
    rd_kafka_AlterConsumerGroupOffsets_t *change =
        rd_kafka_AlterConsumerGroupOffsets_new(group, offsets);
    rd_kafka_event_t *event;

    rd_kafka_AlterConsumerGroupOffsets(client->handle, &change, 1, NULL, answers);
    event = rd_kafka_queue_poll(answers, wait_ms);
    if (event)
        rd_kafka_event_destroy(event);
    rd_kafka_AlterConsumerGroupOffsets_destroy(change);
    rd_kafka_queue_destroy(answers);
}

bool kafka_probe(const Settings *settings, Arena *arena, Str *version, Error *err)
{
    const struct rd_kafka_metadata *found;
    KafkaClient *client;
    KafkaConfig config;
    int topics = 0;
    char *cluster;

    if (!kafka_config_make(arena, settings, NULL, &config, err) ||
        !kafka_client_open(&config, RD_KAFKA_PRODUCER, NULL, NULL, NULL, &client, err))
        return false;
    if (!metadata(client, NULL, &found, err)) {
        kafka_client_close(client);
        return false;
    }
    for (int i = 0; i < found->topic_cnt; i++)
        topics += strncmp(found->topics[i].topic, "__", 2) != 0;
    /* Of which version its brokers are, Kafka tells no client. */
    cluster = rd_kafka_clusterid(client->handle, SLICE_MS);
    *version = str_of(arena_printf(arena, "cluster '%s' at %s: %d broker%s, %d topic%s",
                                   cluster ? cluster : "?", config.servers, found->broker_cnt,
                                   found->broker_cnt == 1 ? "" : "s", topics,
                                   topics == 1 ? "" : "s"));
    if (cluster)
        rd_kafka_mem_free(client->handle, cluster);
    rd_kafka_metadata_destroy(found);
    kafka_client_close(client);
    return true;
}
