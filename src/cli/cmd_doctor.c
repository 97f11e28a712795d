/*
 * cmd_doctor.c: weir doctor: what is installed, reachable and configured.
 *
 * A report is a list of findings, each good or broken, in a sentence; below them the topics and the
 * settings in force. One finding broken makes exit status 1. Nothing is changed or made by looking.
 */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/vec.h"
#include "cli/cmd.h"
#include "cli/libraries.h"
#include "cli/listing.h"
#include "cli/load.h"
#include "column/zone.h"
#include "expr/function.h"
#include "log/partition_look.h"
#include "os/os.h"
#include "os/socket.h"
#include "pipeline/role.h"
#include "pipeline/socket.h"
#include "sink/outbox.h"
#include "store/meta.h"

/* Below it a run is about to meet a full disk. */
#define DISK_BYTES_MIN ((int64_t)64 << 20)

typedef struct Finding {
    const char *name;
    bool broken;
    const char *text;
} Finding;

typedef struct TopicSize {
    Str name;
    int32_t partition_count;
    int64_t record_count;
    int64_t bytes;
} TopicSize;

typedef struct SettingView {
    const char *key;
    const char *value;
    const char *from;
} SettingView;

typedef struct Report {
    Arena arena;
    const char *data_dir;
    Settings settings;
    VEC(Finding) findings;
    VEC(TopicSize) topics;
    VEC(SettingView) views;
    bool broken;
} Report;

/* ── findings ──────────────────────────────────────────────────────────────────────────────────*/

static void find(Report *report, const char *name, bool broken, const char *text)
{
    Finding finding = {name, broken, text};

    VEC_ADD_IN(&report->arena, &report->findings, finding);
    report->broken = report->broken || broken;
}

static void find_error(Report *report, const char *name, const Error *err)
{
    find(report, name, true, arena_strdup(&report->arena, err->text));
}

/* 1.5 GB */
static const char *bytes_text(Arena *arena, int64_t bytes)
{
    static const char *const units[] = {"bytes", "kB", "MB", "GB", "TB"};
    double value = (double)bytes;
    size_t unit = 0;

    while (value >= 1024 && unit + 1 < COUNT_OF(units)) {
        value /= 1024;
        unit++;
    }
    return unit ? arena_printf(arena, "%.1f %s", value, units[unit])
                : arena_printf(arena, "%" PRId64 " bytes", bytes);
}

static void look_at_machine(Report *report)
{
    Arena *arena = &report->arena;
    const Zone *zone;
    Error err = {0};

    find(report, "weir", false,
         arena_printf(arena, WEIR_VERSION ", built by %s", compiler_version()));
    find(report, "machine", false,
         arena_printf(arena, "%d core%s for this process, %s of memory", os_cpu_count(),
                      os_cpu_count() == 1 ? "" : "s", bytes_text(arena, os_memory_bytes())));
    if (zone_find(STR("Europe/London"), &zone, &err))
        find(report, "time zones", false, "the system's database is there");
    else
        find(report, "time zones", true,
             arena_printf(arena, "the system's database is missing, install tzdata: %s", err.text));
}

/* The folder itself, or the nearest one above it that is there. */
static const char *existing_folder(Report *report)
{
    char *path = arena_strdup(&report->arena, report->data_dir);
    char *slash;

    while (!os_exists(path)) {
        slash = strrchr(path, '/');
        if (!slash)
            return ".";
        if (slash == path)
            return "/";
        *slash = '\0';
    }
    return path;
}

static void look_at_disk(Report *report)
{
    Arena *arena = &report->arena;
    const char *folder = existing_folder(report);
    int64_t free_bytes;
    int64_t total_bytes;
    Error err = {0};

    if (!os_disk_space(folder, &free_bytes, &total_bytes, &err)) {
        find_error(report, "disk", &err);
        return;
    }
    find(report, "disk", free_bytes < DISK_BYTES_MIN,
         arena_printf(arena, "%s free of %s at '%s'", bytes_text(arena, free_bytes),
                      bytes_text(arena, total_bytes), folder));
    if (!os_may_write(folder))
        find(report, "disk", true,
             arena_printf(arena, "'%s' may not be written by this user", folder));
}

/* Who has the data directory, and whether it takes requests. */
static void look_at_lock(Report *report)
{
    Arena *arena = &report->arena;
    int held_by = os_lock_holder(arena_printf(arena, "%s/lock", report->data_dir));
    OsSocket *socket = NULL;
    Error err = {0};

    if (held_by < 0) {
        find(report, "lock", false, "free: nothing writes to the data directory");
        return;
    }
    if (!os_socket_connect(socket_path(arena, report->data_dir), &socket, &err))
        find_error(report, "socket", &err);
    find(report, "lock", false,
         arena_printf(arena, "held by process %d%s", held_by,
                      socket ? ", a run, which takes requests" : ""));
    os_socket_close(socket);
}

/* ── the data directory ────────────────────────────────────────────────────────────────────────*/

static bool look_at_topic(Report *report, Store *store, Str name, Error *err)
{
    TopicSize size = {.name = name};
    TopicConfig config;
    int64_t *ends;

    if (!topic_describe(report->data_dir, name, &config, err))
        return false;
    size.partition_count = config.partition_count;
    ends = ARENA_ARRAY(&report->arena, int64_t, config.partition_count);
    if (!store_topic_ends_get(store, name, config.partition_count, ends, err))
        return false;
    for (int32_t i = 0; i < config.partition_count; i++) {
        const char *dir = topic_partition_dir(&report->arena, report->data_dir, name, i);
        PartitionFigures figures;

        if (!partition_look(dir, &figures, err))
            return false;
        size.record_count += MAX(ends[i] - figures.start_offset, 0);
        size.bytes += figures.bytes;
    }
    VEC_ADD_IN(&report->arena, &report->topics, size);
    return true;
}

/* What waits for a real system. */
static bool look_at_outbox(Report *report, Store *store, Str name, Error *err)
{
    int64_t bytes = 0;

    if (!str_starts_with(name, STR(OUTBOX_PREFIX)))
        return true;
    if (!outbox_left(store, name, &bytes, err))
        return false;
    name = str_slice(name, (uint32_t)strlen(OUTBOX_PREFIX), name.bytes);
    if (bytes)
        find(report, "outbox", false,
             arena_printf(&report->arena, "table '%.*s': %s of rows wait to be delivered",
                          STR_ARG(name), bytes_text(&report->arena, bytes)));
    return true;
}

static void look_at_topics(Report *report, Store *store)
{
    Error err = {0};
    int64_t bytes = 0;
    size_t count;
    Str *names;

    if (!topic_list(&report->arena, report->data_dir, &names, &count, &err)) {
        find_error(report, "topics", &err);
        return;
    }
    for (size_t i = 0; i < count; i++) {
        if (!look_at_topic(report, store, names[i], &err) ||
            !look_at_outbox(report, store, names[i], &err))
            find_error(report, "topics", &err);
    }
    for (size_t i = 0; i < report->topics.count; i++)
        bytes += report->topics.items[i].bytes;
    find(report, "topics", false,
         arena_printf(&report->arena, "%zu, %s", report->topics.count,
                      bytes_text(&report->arena, bytes)));
}

static void look_at_store(Report *report)
{
    const char *path = arena_printf(&report->arena, "%s/store.db", report->data_dir);
    const StoreTable *const *tables;
    Store *store = NULL;
    StoreEpoch epoch;
    uint32_t table_count;
    Error err = {0};

    if (store_open(path, STORE_READER, &store, &err) && store_epoch_get(store, &epoch, &err) &&
        store_table_list(store, &report->arena, &tables, &table_count, &err)) {
        find(report, "store", false,
             arena_printf(&report->arena, "readable: epoch %" PRId64 ", %u table%s", epoch.number,
                          table_count, table_count == 1 ? "" : "s"));
        look_at_topics(report, store);
    } else {
        find_error(report, "store", &err);
    }
    store_close(store);
}

static void look_at_data(Report *report)
{
    look_at_disk(report);
    if (!os_is_dir(report->data_dir) ||
        !os_exists(arena_printf(&report->arena, "%s/store.db", report->data_dir))) {
        find(report, "data", os_exists(report->data_dir) && !os_is_dir(report->data_dir),
             arena_printf(&report->arena, "nothing is kept in '%s' yet", report->data_dir));
        return;
    }
    find(report, "data", false, report->data_dir);
    look_at_lock(report);
    look_at_store(report);
}

/* ── settings ──────────────────────────────────────────────────────────────────────────────────*/

static const char *layer_name(SettingLayer layer)
{
    switch (layer) {
    case SETTING_COMMAND:
        return "--set";
    case SETTING_ENVIRONMENT:
        return "environment";
    case SETTING_CONFIG:
        return "--config";
    case SETTING_FILE:
    case SETTING_LAYER_COUNT:
        break;
    }
    return "file";
}

static void view_setting(Report *report, Str key, Str value, const char *from)
{
    SettingView view = {str_to_c(&report->arena, key),
                        str_to_c(&report->arena, setting_shown(&report->arena, key, value)), from};

    VEC_ADD_IN(&report->arena, &report->views, view);
}

/* Those that weir knows, then those that are there for ${key} alone. */
static void look_at_settings(Report *report)
{
    const Settings *settings = &report->settings;

    for (size_t i = 0; setting_at(i); i++) {
        const SettingDef *def = setting_at(i);
        Str key = str_of(def->key);
        SettingLayer layer;
        Error err = {0};
        Str value;

        if (!settings_find_layer(settings, key, &value, &layer)) {
            if (def->standard)
                view_setting(report, key, str_of(def->standard), "default");
            continue;
        }
        view_setting(report, key, value, layer_name(layer));
        if (!setting_check(key, value, &err))
            find(report, "settings", true,
                 arena_printf(&report->arena, "%s: %s", layer_name(layer), err.text));
    }
    for (size_t i = 0; i < settings->count; i++) {
        const Setting *setting = &settings->items[i];

        if (!setting_def(setting->key))
            view_setting(report, setting->key, setting->value, layer_name(setting->layer));
    }
}

/* Each role is embedded, unless a connection for it is configured: then its server is asked. */
static void look_at_connections(Report *report)
{
    for (size_t i = 0; role_at(i); i++) {
        const OutsideRole *role = role_at(i);
        const char *name = provider_info(role->provider)->name;
        Error err = {0};
        Str value, version;

        if (!settings_find(&report->settings, str_of(role->setting), &value) || !value.bytes)
            find(report, name, false,
                 role->provider == PROVIDER_KAFKA ? "embedded: weir's own topic log"
                                                  : "embedded: weir's own store");
        else if (role->probe(&report->settings, &report->arena, &version, &err))
            find(report, name, false, str_to_c(&report->arena, version));
        else
            find(report, name, true, arena_strdup(&report->arena, err.text));
    }
}

/* ── printing ──────────────────────────────────────────────────────────────────────────────────*/

static void print_text(const Report *report)
{
    static const ListingColumn topic_columns[] = {
        {"topic", false}, {"partitions", true}, {"records", true}, {"bytes", true}};
    static const ListingColumn setting_columns[] = {
        {"setting", false}, {"value", false}, {"from", false}};
    const Library *libraries;
    Listing listing;
    Arena arena;

    for (size_t i = 0; i < report->findings.count; i++) {
        const Finding *finding = &report->findings.items[i];

        printf("%-7s %-11s %s\n", finding->broken ? "BROKEN" : "ok", finding->name, finding->text);
    }
    arena_init(&arena);
    libraries = libraries_list(&arena);
    printf("%-7s %-11s ", "ok", "libraries");
    for (size_t i = 0; libraries[i].name; i++)
        printf("%s%s %s", i ? ", " : "", libraries[i].name, libraries[i].version);
    (void)putchar('\n');
    arena_done(&arena);
    if (report->topics.count) {
        (void)putchar('\n');
        listing_init(&listing, topic_columns, COUNT_OF(topic_columns));
        for (size_t i = 0; i < report->topics.count; i++) {
            const TopicSize *topic = &report->topics.items[i];

            listing_add(&listing, topic->name);
            listing_add_int(&listing, topic->partition_count);
            listing_add_int(&listing, topic->record_count);
            listing_add_int(&listing, topic->bytes);
        }
        listing_print(&listing, stdout);
        listing_done(&listing);
    }
    (void)putchar('\n');
    listing_init(&listing, setting_columns, COUNT_OF(setting_columns));
    for (size_t i = 0; i < report->views.count; i++) {
        listing_add_c(&listing, report->views.items[i].key);
        listing_add_c(&listing, report->views.items[i].value);
        listing_add_c(&listing, report->views.items[i].from);
    }
    listing_print(&listing, stdout);
    listing_done(&listing);
}

/* ,"name":"text", the comma only behind something. */
static void add_text(StrBuf *out, const char *name, const char *text)
{
    if (out->bytes && out->data[out->bytes - 1] != '{')
        strbuf_add_char(out, ',');
    strbuf_printf(out, "\"%s\":", name);
    strbuf_add_json_string(out, str_of(text));
}

static void add_findings(StrBuf *out, const Report *report)
{
    strbuf_add_c(out, ",\"findings\":[");
    for (size_t i = 0; i < report->findings.count; i++) {
        const Finding *finding = &report->findings.items[i];

        strbuf_add_c(out, i ? ",{" : "{");
        add_text(out, "name", finding->name);
        strbuf_printf(out, ",\"broken\":%s", finding->broken ? "true" : "false");
        add_text(out, "text", finding->text);
        strbuf_add_char(out, '}');
    }
    strbuf_add_char(out, ']');
}

static void add_topics(StrBuf *out, const Report *report)
{
    strbuf_add_c(out, ",\"topics\":[");
    for (size_t i = 0; i < report->topics.count; i++) {
        const TopicSize *topic = &report->topics.items[i];

        strbuf_printf(out,
                      "%s{\"topic\":\"%.*s\",\"partitions\":%" PRId32 ",\"records\":%" PRId64
                      ",\"bytes\":%" PRId64 "}",
                      i ? "," : "", STR_ARG(topic->name), topic->partition_count,
                      topic->record_count, topic->bytes);
    }
    strbuf_add_char(out, ']');
}

static void add_settings(StrBuf *out, const Report *report)
{
    strbuf_add_c(out, ",\"settings\":[");
    for (size_t i = 0; i < report->views.count; i++) {
        strbuf_add_c(out, i ? ",{" : "{");
        add_text(out, "key", report->views.items[i].key);
        add_text(out, "value", report->views.items[i].value);
        add_text(out, "from", report->views.items[i].from);
        strbuf_add_char(out, '}');
    }
    strbuf_add_char(out, ']');
}

static void print_json(const Report *report)
{
    const Library *libraries;
    Arena arena;
    StrBuf out;

    arena_init(&arena);
    strbuf_init(&out);
    strbuf_add_char(&out, '{');
    add_text(&out, "version", WEIR_VERSION);
    add_text(&out, "compiler", compiler_version());
    strbuf_add_c(&out, ",\"libraries\":{");
    libraries = libraries_list(&arena);
    for (size_t i = 0; libraries[i].name; i++)
        add_text(&out, libraries[i].name, libraries[i].version);
    strbuf_printf(&out, "},\"cores\":%d,\"memory_bytes\":%" PRId64 ",\"broken\":%s", os_cpu_count(),
                  os_memory_bytes(), report->broken ? "true" : "false");
    add_findings(&out, report);
    add_topics(&out, report);
    add_settings(&out, report);
    strbuf_add_char(&out, '}');
    puts(strbuf_c(&out));
    strbuf_done(&out);
    arena_done(&arena);
}

/* ── the command ───────────────────────────────────────────────────────────────────────────────*/

static int examine(const Options *options, bool json)
{
    Report report = {.data_dir = load_data_dir(options)};
    int status = EXIT_INPUT;

    arena_init(&report.arena);
    if (load_settings(options, &report.arena, &report.settings)) {
        look_at_machine(&report);
        look_at_data(&report);
        look_at_settings(&report);
        look_at_connections(&report);
        if (json)
            print_json(&report);
        else
            print_text(&report);
        status = report.broken ? EXIT_INPUT : EXIT_DONE;
    }
    arena_done(&report.arena);
    return status;
}

static int print_document(void (*print)(StrBuf *out))
{
    StrBuf out;

    strbuf_init(&out);
    print(&out);
    (void)fwrite(strbuf_c(&out), 1, out.bytes, stdout);
    strbuf_done(&out);
    return EXIT_DONE;
}

int cmd_doctor(int argc, char **argv)
{
    const char *format = "text";
    bool functions = false;
    bool table_options = false;
    bool settings = false;
    const Option own[] = {
        {"format", "text|json", "how it is written (default text)", &format, NULL},
        {"print-functions", NULL, "every function of the SQL dialect, in Markdown", NULL,
         &functions},
        {"print-options", NULL, "every option of tables, in Markdown", NULL, &table_options},
        {"print-settings", NULL, "every setting, in Markdown", NULL, &settings},
        {0},
    };
    Options options = {
        .command = "doctor",
        .synopsis = "weir doctor [options]",
        .about =
            "Says what is installed, reachable and configured: the program and its libraries,\n"
            "the machine, the data directory and who holds it, the settings in force and where\n"
            "each is from. Passwords, secrets and tokens are not shown. Exit status 1 if\n"
            "something is broken.\n",
        .options = own,
    };
    int status = EXIT_USAGE;

    if (!options_parse(&options, argc, argv, &status))
        goto done;
    if (options.operands.count)
        status = usage_error(&options, "'%s' is one too many", options.operands.items[0]);
    else if (strcmp(format, "json") != 0 && strcmp(format, "text") != 0)
        status = usage_error(&options, "--format is text or json, not '%s'", format);
    else if (functions)
        status = print_document(functions_print_markdown);
    else if (table_options)
        status = print_document(options_print_markdown);
    else if (settings)
        status = print_document(settings_print_markdown);
    else
        status = examine(&options, strcmp(format, "json") == 0);
done:
    options_done(&options);
    return status;
}
