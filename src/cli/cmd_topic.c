/*
 * cmd_topic.c: weir topic: the topics of a data directory. Produce and consume have files of their
 * own.
 */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "cli/cmd.h"
#include "cli/cmd_topic.h"
#include "cli/cmd_topic_kafka.h"
#include "cli/listing.h"
#include "client/kafka_client.h"
#include "column/format_value.h"
#include "log/partition_look.h"
#include "os/os.h"
#include "pipeline/connect.h"
#include "pipeline/data_catalog.h"
#include "pipeline/producer.h"

bool topic_operand(const Options *options, Str *out, int *exit_status)
{
    const char *name;
    Error err = {0};

    if (!load_operand(options, "the topic's NAME", &name, exit_status))
        return false;
    *out = str_of(name);
    if (topic_name_check(*out, &err))
        return true;
    *exit_status = tell_error(options, &err);
    return false;
}

void topic_add_time(StrBuf *out, int64_t ms)
{
    size_t start = out->bytes;
    int64_t s = ms / 1000;

    timestamp_to_text(out, s * 1000000);
    for (size_t i = start; i < out->bytes; i++) {
        if (out->data[i] == ' ')
            out->data[i] = 'T';
    }
    strbuf_printf(out, ".%03dZ", (int)(ms - s * 1000));
}

static bool format_is_json(const Options *options, const char *format, bool *out, int *exit_status)
{
    *out = strcmp(format, "json") == 0;
    if (*out || strcmp(format, "table") == 0)
        return true;
    *exit_status = usage_error(options, "--format is table or json, not '%s'", format);
    return false;
}

/* ── what a topic is ───────────────────────────────────────────────────────────────────────────*/

typedef struct PartitionView {
    PartitionFigures figures;
    int64_t end; /* Committed. */
} PartitionView;

typedef struct TopicView {
    Str name;
    TopicConfig config;
    PartitionView *partitions;
    PartitionView total; /* end: of records. */
    Str *tables;         /* That stand on it. */
    size_t table_count;
} TopicView;

static int64_t record_count(const PartitionView *partition)
{
    return MAX(partition->end - partition->figures.start_offset, 0);
}

static bool look_at_topic(Connections *connections, Arena *arena, Str name, TopicView *out,
                          Error *err)
{
    const char *dir = connections_dir(connections);
    Store *store = connections_store(connections);
    TopicView view = {.name = name};
    int64_t *ends;

    if (!topic_describe(dir, name, &view.config, err))
        return false;
    ends = ARENA_ARRAY(arena, int64_t, view.config.partition_count);
    view.partitions = ARENA_ARRAY(arena, PartitionView, view.config.partition_count);
    if (!store_topic_ends_get(store, name, view.config.partition_count, ends, err) ||
        !data_catalog_topic_tables(store, arena, name, &view.tables, &view.table_count, err))
        return false;
    for (int32_t i = 0; i < view.config.partition_count; i++) {
        PartitionView *partition = &view.partitions[i];

        if (!partition_look(topic_partition_dir(arena, dir, name, i), &partition->figures, err))
            return false;
        partition->end = ends[i];
        view.total.end += record_count(partition);
        view.total.figures.bytes += partition->figures.bytes;
        view.total.figures.segment_count += partition->figures.segment_count;
    }
    *out = view;
    return true;
}

/* ── list ──────────────────────────────────────────────────────────────────────────────────────*/

static void print_list_table(const TopicView *topics, size_t topic_count)
{
    static const ListingColumn columns[] = {
        {"topic", false}, {"partitions", true}, {"records", true},
        {"bytes", true},  {"segments", true},
    };
    Listing listing;

    listing_init(&listing, columns, COUNT_OF(columns));
    for (size_t i = 0; i < topic_count; i++) {
        listing_add(&listing, topics[i].name);
        listing_add_int(&listing, topics[i].config.partition_count);
        listing_add_int(&listing, topics[i].total.end);
        listing_add_int(&listing, topics[i].total.figures.bytes);
        listing_add_int(&listing, topics[i].total.figures.segment_count);
    }
    listing_print(&listing, stdout);
    listing_done(&listing);
}

static void print_list_json(const TopicView *topics, size_t topic_count)
{
    for (size_t i = 0; i < topic_count; i++)
        printf("{\"topic\":\"%.*s\",\"partitions\":%" PRId32 ",\"records\":%" PRId64
               ",\"bytes\":%" PRId64 ",\"segments\":%" PRId64 "}\n",
               STR_ARG(topics[i].name), topics[i].config.partition_count, topics[i].total.end,
               topics[i].total.figures.bytes, topics[i].total.figures.segment_count);
}

static bool list_topics(const char *dir, const Settings *settings, Arena *arena, bool json,
                        Error *err)
{
    Connections *connections = NULL;
    TopicView *topics = NULL;
    Str *names = NULL;
    size_t count = 0;
    bool ok;

    if (kafka_is_configured(settings, NULL))
        return topic_kafka_list(settings, arena, json, err);
    ok = connections_open(dir, CONNECT_READ, settings, &connections, err) &&
         topic_list(arena, dir, &names, &count, err);
    topics = ARENA_ARRAY(arena, TopicView, count + 1);
    for (size_t i = 0; ok && i < count; i++)
        ok = look_at_topic(connections, arena, names[i], &topics[i], err);
    if (ok && json)
        print_list_json(topics, count);
    else if (ok && count == 0)
        puts("there are no topics yet");
    else if (ok)
        print_list_table(topics, count);
    connections_close(connections);
    return ok;
}

static int topic_list_command(int argc, char **argv)
{
    const char *format = "table";
    const Option own[] = {
        {"format", "table|json", "how it is written (default table; json: one line a topic)",
         &format, NULL},
        {0},
    };
    Options options = {
        .command = "topic list",
        .synopsis = "weir topic list [options]",
        .about =
            "The topics of a data directory: how many partitions, committed records, bytes and\n"
            "segments each has. Works beside a run.\n",
        .options = own,
    };
    int status = EXIT_INPUT;
    Settings settings;
    Error err = {0};
    Arena arena;
    bool json;

    arena_init(&arena);
    if (!options_parse(&options, argc, argv, &status) ||
        !format_is_json(&options, format, &json, &status))
        goto done;
    if (options.operands.count) {
        status = usage_error(&options, "'%s' is one too many", options.operands.items[0]);
        goto done;
    }
    if (!load_settings(&options, &arena, &settings))
        goto done;
    status = list_topics(load_data_dir(&options), &settings, &arena, json, &err)
                 ? EXIT_DONE
                 : tell_error(&options, &err);
done:
    arena_done(&arena);
    options_done(&options);
    return status;
}

/* ── describe ──────────────────────────────────────────────────────────────────────────────────*/

static void print_limit(const char *name, int64_t limit, const char *unit)
{
    if (limit == LOG_UNLIMITED)
        printf("%-16s unlimited\n", name);
    else
        printf("%-16s %" PRId64 " %s\n", name, limit, unit);
}

static void print_settings(const TopicView *topic)
{
    StrBuf created;

    strbuf_init(&created);
    topic_add_time(&created, topic->config.created_ms);
    printf("%-16s %.*s\n%-16s %s\n%-16s %s\n", "topic", STR_ARG(topic->name), "created",
           strbuf_c(&created), "compression", log_compression_name(topic->config.log.compression));
    print_limit("retention", topic->config.log.retention_ms, "ms");
    print_limit("retention bytes", topic->config.log.retention_bytes, "bytes");
    print_limit("segment bytes", topic->config.log.segment_bytes, "bytes");
    for (size_t i = 0; i < topic->table_count; i++)
        printf("%-16s %.*s\n", i ? "" : "tables", STR_ARG(topic->tables[i]));
    (void)putchar('\n');
    strbuf_done(&created);
}

static void print_describe_table(const TopicView *topic)
{
    static const ListingColumn columns[] = {
        {"partition", false}, {"start", true}, {"end", true},
        {"records", true},    {"bytes", true}, {"segments", true},
    };
    Listing listing;

    print_settings(topic);
    listing_init(&listing, columns, COUNT_OF(columns));
    for (int32_t i = 0; i < topic->config.partition_count; i++) {
        const PartitionView *partition = &topic->partitions[i];

        listing_add_int(&listing, i);
        listing_add_int(&listing, partition->figures.start_offset);
        listing_add_int(&listing, partition->end);
        listing_add_int(&listing, record_count(partition));
        listing_add_int(&listing, partition->figures.bytes);
        listing_add_int(&listing, partition->figures.segment_count);
    }
    listing_add_c(&listing, "total");
    listing_add_c(&listing, "");
    listing_add_c(&listing, "");
    listing_add_int(&listing, topic->total.end);
    listing_add_int(&listing, topic->total.figures.bytes);
    listing_add_int(&listing, topic->total.figures.segment_count);
    listing.has_total = true;
    listing_print(&listing, stdout);
    listing_done(&listing);
}

static void print_describe_json(const TopicView *topic)
{
    StrBuf out;

    strbuf_init(&out);
    strbuf_printf(&out, "{\"topic\":\"%.*s\",\"created\":\"", STR_ARG(topic->name));
    topic_add_time(&out, topic->config.created_ms);
    strbuf_printf(&out,
                  "\",\"compression\":\"%s\",\"retention_ms\":%" PRId64
                  ",\"retention_bytes\":%" PRId64 ",\"segment_bytes\":%" PRId64 ",\"tables\":[",
                  log_compression_name(topic->config.log.compression),
                  topic->config.log.retention_ms, topic->config.log.retention_bytes,
                  topic->config.log.segment_bytes);
    for (size_t i = 0; i < topic->table_count; i++) {
        strbuf_add_c(&out, i ? "," : "");
        strbuf_add_json_string(&out, topic->tables[i]);
    }
    strbuf_add_c(&out, "],\"partitions\":[");
    for (int32_t i = 0; i < topic->config.partition_count; i++) {
        const PartitionView *partition = &topic->partitions[i];

        strbuf_printf(&out,
                      "%s{\"partition\":%" PRId32 ",\"start\":%" PRId64 ",\"end\":%" PRId64
                      ",\"records\":%" PRId64 ",\"bytes\":%" PRId64 ",\"segments\":%" PRId64 "}",
                      i ? "," : "", i, partition->figures.start_offset, partition->end,
                      record_count(partition), partition->figures.bytes,
                      partition->figures.segment_count);
    }
    strbuf_printf(&out, "],\"records\":%" PRId64 ",\"bytes\":%" PRId64 ",\"segments\":%" PRId64 "}",
                  topic->total.end, topic->total.figures.bytes, topic->total.figures.segment_count);
    puts(strbuf_c(&out));
    strbuf_done(&out);
}

static bool describe_topic(const char *dir, const Settings *settings, Arena *arena, Str name,
                           bool json, Error *err)
{
    Connections *connections = NULL;
    TopicView topic;
    bool ok;

    if (kafka_is_configured(settings, NULL))
        return topic_kafka_describe(settings, arena, name, json, err);
    ok = connections_open(dir, CONNECT_READ, settings, &connections, err) &&
         look_at_topic(connections, arena, name, &topic, err);
    if (ok && json)
        print_describe_json(&topic);
    else if (ok)
        print_describe_table(&topic);
    connections_close(connections);
    return ok;
}

static int topic_describe_command(int argc, char **argv)
{
    const char *format = "table";
    const Option own[] = {
        {"format", "table|json", "how it is written (default table)", &format, NULL},
        {0},
    };
    Options options = {
        .command = "topic describe",
        .synopsis = "weir topic describe NAME [options]",
        .about =
            "A topic's settings, the tables that stand on it, and for each partition the first\n"
            "offset that is kept, the committed end, records, bytes on disk and segments.\n"
            "Works beside a run.\n",
        .options = own,
    };
    int status = EXIT_INPUT;
    Settings settings;
    Error err = {0};
    Arena arena;
    bool json;
    Str name;

    arena_init(&arena);
    if (!options_parse(&options, argc, argv, &status) ||
        !format_is_json(&options, format, &json, &status) ||
        !topic_operand(&options, &name, &status) || !load_settings(&options, &arena, &settings))
        goto done;
    status = describe_topic(load_data_dir(&options), &settings, &arena, name, json, &err)
                 ? EXIT_DONE
                 : tell_error(&options, &err);
done:
    arena_done(&arena);
    options_done(&options);
    return status;
}

/* ── create ────────────────────────────────────────────────────────────────────────────────────*/

typedef struct TopicSettings {
    const char *partitions;
    const char *retention;
    const char *retention_bytes;
    const char *segment_bytes;
    const char *compression;
} TopicSettings;

static bool wrong_value(const Options *options, const char *name, const Error *err, int *status)
{
    *status = usage_error(options, "--%s: %s", name, err->text);
    return false;
}

static bool read_settings(const Options *options, const TopicSettings *given, TopicConfig *out,
                          int *status)
{
    int64_t number = 1;
    Error err = {0};

    *out = topic_config_default;
    if (given->partitions && !option_number(options, "partitions", given->partitions, 1,
                                            TOPIC_PARTITIONS_MAX, &number)) {
        *status = EXIT_USAGE;
        return false;
    }
    out->partition_count = (int32_t)number;
    if (given->retention) {
        if (!option_parse_duration(str_of(given->retention), &number, &err))
            return wrong_value(options, "retention", &err, status);
        out->log.retention_ms = number / 1000;
    }
    if (given->retention_bytes &&
        !option_parse_bytes(str_of(given->retention_bytes), &out->log.retention_bytes, &err))
        return wrong_value(options, "retention-bytes", &err, status);
    if (given->segment_bytes &&
        !option_parse_bytes(str_of(given->segment_bytes), &out->log.segment_bytes, &err))
        return wrong_value(options, "segment-bytes", &err, status);
    if (given->compression &&
        !log_compression_parse(str_of(given->compression), &out->log.compression)) {
        *status = usage_error(options, "--compression is none, lz4 or zstd, not '%s'",
                              given->compression);
        return false;
    }
    return true;
}

static int topic_create_command(int argc, char **argv)
{
    TopicSettings given = {0};
    const char *replication = NULL;
    int64_t replica_count = -1;
    const Option own[] = {
        {"partitions", "N", "how many partitions (default 1)", &given.partitions, NULL},
        {"replication", "N", "copies of each record, in a real Kafka (default: as its brokers say)",
         &replication, NULL},
        {"retention", "DURATION", "how long records are kept, '7 days' (default: for ever)",
         &given.retention, NULL},
        {"retention-bytes", "BYTES", "how much of a partition is kept, '10 GB' (default: all)",
         &given.retention_bytes, NULL},
        {"segment-bytes", "BYTES", "how large a file becomes (default 128 MB)",
         &given.segment_bytes, NULL},
        {"compression", "none|lz4|zstd", "how records are stored (default none)",
         &given.compression, NULL},
        {0},
    };
    Options options = {
        .command = "topic create",
        .synopsis = "weir topic create NAME [options]",
        .about =
            "Makes a topic, and the data directory if there is none. A pipeline makes its own\n"
            "topics; this is for those that others fill. Works beside a run, through it.\n",
        .options = own,
    };
    int status = EXIT_INPUT;
    TopicConfig config;
    Settings settings;
    Error err = {0};
    Arena arena;
    Str name;

    arena_init(&arena);
    if (!options_parse(&options, argc, argv, &status) || !topic_operand(&options, &name, &status) ||
        !read_settings(&options, &given, &config, &status))
        goto done;
    if (replication &&
        !option_number(&options, "replication", replication, 1, INT16_MAX, &replica_count)) {
        status = EXIT_USAGE;
        goto done;
    }
    if (!load_settings(&options, &arena, &settings))
        goto done;
    if (!(kafka_is_configured(&settings, NULL)
              ? topic_kafka_create(&settings, &arena, name, &config, (int32_t)replica_count,
                                   &err)
              : producer_create_topic(load_data_dir(&options), &settings, name, &config, &err))) {
        status = tell_error(&options, &err);
        goto done;
    }
    printf("made topic '%.*s' with %" PRId32 " partition%s\n", STR_ARG(name),
           config.partition_count, config.partition_count == 1 ? "" : "s");
    status = EXIT_DONE;
done:
    arena_done(&arena);
    options_done(&options);
    return status;
}

/* ── delete ────────────────────────────────────────────────────────────────────────────────────*/

/* Asks at a terminal; elsewhere --yes is needed. */
static bool confirm(const Options *options, Str name, int *status)
{
    char answer[8];

    if (!isatty(STDIN_FILENO)) {
        *status =
            usage_error(options, "this deletes all records of '%.*s'; say --yes", STR_ARG(name));
        return false;
    }
    (void)fprintf(stderr, "Delete topic '%.*s' with all its records? [y/N] ", STR_ARG(name));
    if (fgets(answer, sizeof answer, stdin) && (answer[0] == 'y' || answer[0] == 'Y'))
        return true;
    *status = EXIT_INPUT;
    return false;
}

static bool delete_topic(const char *dir, const Settings *settings, Arena *arena, Str name,
                         Error *err)
{
    Connections *connections = NULL;
    size_t table_count = 0;
    Str *tables;
    bool ok;

    if (kafka_is_configured(settings, NULL))
        return topic_kafka_delete(settings, arena, name, err);
    if (!topic_exists(dir, name))
        return error_set(err, ERROR_USER, "there is no topic '%.*s' in '%s'", STR_ARG(name), dir);
    ok = connections_open(dir, CONNECT_WRITE, settings, &connections, err) &&
         connections_delete_topic(connections, arena, name, &tables, &table_count, err);
    connections_close(connections);
    if (!ok)
        return false;
    printf("deleted topic '%.*s'\n", STR_ARG(name));
    for (size_t i = 0; i < table_count; i++)
        printf("table '%.*s' will be read from the start of a new topic '%.*s'\n",
               STR_ARG(tables[i]), STR_ARG(name));
    return true;
}

static int topic_delete_command(int argc, char **argv)
{
    bool yes = false;
    const Option own[] = {
        {"yes", NULL, "do not ask", NULL, &yes},
        {0},
    };
    Options options = {
        .command = "topic delete",
        .synopsis = "weir topic delete NAME [options]",
        .about =
            "Deletes a topic with all its records, and forgets how far it was read. What flows\n"
            "made of its records stays. Not while a run has the data directory.\n",
        .options = own,
    };
    int status = EXIT_INPUT;
    Settings settings;
    Error err = {0};
    Arena arena;
    Str name;

    arena_init(&arena);
    if (!options_parse(&options, argc, argv, &status) || !topic_operand(&options, &name, &status) ||
        (!yes && !confirm(&options, name, &status)) || !load_settings(&options, &arena, &settings))
        goto done;
    status = delete_topic(load_data_dir(&options), &settings, &arena, name, &err)
                 ? EXIT_DONE
                 : tell_error(&options, &err);
done:
    arena_done(&arena);
    options_done(&options);
    return status;
}

/* ── the table of them ─────────────────────────────────────────────────────────────────────────*/

typedef struct TopicCommand {
    const char *name;
    int (*run)(int argc, char **argv);
    const char *synopsis;
    const char *help;
} TopicCommand;

static const TopicCommand commands[] = {
    {"list", topic_list_command, "list", "the topics and how much is in them"},
    {"create", topic_create_command, "create NAME", "make a topic"},
    {"describe", topic_describe_command, "describe NAME", "a topic's settings and partitions"},
    {"produce", topic_produce, "produce NAME", "records from standard input into a topic"},
    {"consume", topic_consume, "consume NAME", "a topic's records to standard output"},
    {"delete", topic_delete_command, "delete NAME", "delete a topic and its records"},
};

static void print_topic_help(FILE *out)
{
    (void)fputs(
        "usage: weir topic COMMAND [NAME] [options]\n\n"
        "The topics of a data directory. All but delete work beside a run: readers see what is\n"
        "committed, and what writes goes through the run. Where kafka.bootstrap.servers is set,\n"
        "the topics of that Kafka.\n\n",
        out);
    for (size_t i = 0; i < COUNT_OF(commands); i++)
        (void)fprintf(out, "  %-16s %s\n", commands[i].synopsis, commands[i].help);
    (void)fputs("\nweir topic COMMAND --help tells more.\n", out);
}

int cmd_topic(int argc, char **argv)
{
    if (argc == 0) {
        print_topic_help(stderr);
        return EXIT_USAGE;
    }
    if (strcmp(argv[0], "--help") == 0 || strcmp(argv[0], "-h") == 0) {
        print_topic_help(stdout);
        return EXIT_DONE;
    }
    for (size_t i = 0; i < COUNT_OF(commands); i++) {
        if (strcmp(argv[0], commands[i].name) == 0)
            return commands[i].run(argc - 1, argv + 1);
    }
    (void)fprintf(
        stderr,
        "weir topic: there is no command '%s'; there are list, create, describe, produce, "
        "consume and delete\n",
        argv[0]);
    return EXIT_USAGE;
}
