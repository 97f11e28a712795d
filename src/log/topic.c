#include "log/topic.h"

#include <inttypes.h>
#include <time.h>

#include "base/vec.h"
#include "os/os.h"

#define PROPERTIES_BYTES_MAX ((size_t)64 << 10)

const TopicConfig topic_config_default = {
    .partition_count = 1,
    .log =
        {
            .segment_bytes = (int64_t)128 << 20,
            .retention_bytes = LOG_UNLIMITED,
            .retention_ms = LOG_UNLIMITED,
            .index_interval_bytes = 4096,
            .batch_bytes = (size_t)64 << 10,
            .compression = LOG_COMPRESSION_NONE,
        },
};

/* ── names ─────────────────────────────────────────────────────────────────────────────────────*/

static bool topic_name_char(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '.' ||
           c == '_' || c == '-';
}

bool topic_name_check(Str name, Error *err)
{
    if (name.bytes == 0)
        return error_set(err, ERROR_USER, "a topic's name may not be empty");
    if (str_is(name, ".") || str_is(name, ".."))
        return error_set(err, ERROR_USER, "a topic may not be named '%.*s'", STR_ARG(name));
    if (name.bytes > TOPIC_NAME_BYTES_MAX)
        return error_set(err, ERROR_USER,
                         "a topic's name has at most %d characters, '%.*s…' has %u",
                         TOPIC_NAME_BYTES_MAX, 20, name.data, name.bytes);
    for (uint32_t i = 0; i < name.bytes; i++) {
        if (!topic_name_char(name.data[i]))
            return error_set(err, ERROR_USER,
                             "'%.*s' is no topic name: it is made of letters, digits, '.', '_' "
                             "and '-'",
                             STR_ARG(name));
    }
    return true;
}

static char *topics_dir(Arena *arena, const char *data_dir)
{
    return arena_printf(arena, "%s/topics", data_dir);
}

char *topic_partition_dir(Arena *arena, const char *data_dir, Str name, int32_t partition_i)
{
    return arena_printf(arena, "%s/topics/%.*s-%" PRId32, data_dir, STR_ARG(name), partition_i);
}

static char *properties_path(Arena *arena, const char *data_dir, Str name)
{
    return arena_printf(arena, "%s/topics/%.*s-0/topic.properties", data_dir, STR_ARG(name));
}

/* The topic and partition of a folder's name. */
static bool folder_parse(const char *folder, Str *name, int64_t *partition_i)
{
    Str text = str_of(folder);
    uint32_t dash = text.bytes;

    while (dash > 0 && folder[dash - 1] != '-')
        dash--;
    if (dash < 2)
        return false;
    *name = str_slice(text, 0, dash - 1);
    return str_to_int64(str_slice(text, dash, text.bytes), partition_i) && *partition_i >= 0;
}

bool topic_exists(const char *data_dir, Str name)
{
    Error ignored;
    Arena arena;
    bool exists;

    if (!topic_name_check(name, &ignored))
        return false;
    arena_init(&arena);
    exists = os_exists(properties_path(&arena, data_dir, name));
    arena_done(&arena);
    return exists;
}

/* ── settings ──────────────────────────────────────────────────────────────────────────────────*/

/* The numbers of the file: where they are kept and what they may be. */
typedef struct NumberSetting {
    const char *name;
    int64_t min;
    int64_t max;
} NumberSetting;

typedef enum SettingId {
    SETTING_PARTITIONS,
    SETTING_RETENTION_MS,
    SETTING_RETENTION_BYTES,
    SETTING_SEGMENT_BYTES,
    SETTING_NUMBER_COUNT,
} SettingId;

static const NumberSetting number_settings[SETTING_NUMBER_COUNT] = {
    [SETTING_PARTITIONS] = {"partitions", 1, TOPIC_PARTITIONS_MAX},
    [SETTING_RETENTION_MS] = {"retention.ms", LOG_UNLIMITED, INT64_MAX},
    [SETTING_RETENTION_BYTES] = {"retention.bytes", LOG_UNLIMITED, INT64_MAX},
    [SETTING_SEGMENT_BYTES] = {"segment.bytes", TOPIC_SEGMENT_BYTES_MIN, INT32_MAX},
};

static int64_t setting_get(const TopicConfig *config, SettingId id)
{
    switch (id) {
    case SETTING_PARTITIONS:
        return config->partition_count;
    case SETTING_RETENTION_MS:
        return config->log.retention_ms;
    case SETTING_RETENTION_BYTES:
        return config->log.retention_bytes;
    case SETTING_SEGMENT_BYTES:
        return config->log.segment_bytes;
    case SETTING_NUMBER_COUNT:
        break;
    }
    return 0;
}

static void setting_set(TopicConfig *config, SettingId id, int64_t value)
{
    switch (id) {
    case SETTING_PARTITIONS:
        config->partition_count = (int32_t)value;
        break;
    case SETTING_RETENTION_MS:
        config->log.retention_ms = value;
        break;
    case SETTING_RETENTION_BYTES:
        config->log.retention_bytes = value;
        break;
    case SETTING_SEGMENT_BYTES:
        config->log.segment_bytes = value;
        break;
    case SETTING_NUMBER_COUNT:
        break;
    }
}

static bool setting_check(SettingId id, int64_t value, Error *err)
{
    const NumberSetting *setting = &number_settings[id];

    return (value >= setting->min && value <= setting->max) ||
           error_set(err, ERROR_USER, "%s is %" PRId64 ", but must be from %" PRId64 " to %" PRId64,
                     setting->name, value, setting->min, setting->max);
}

static bool config_check(const TopicConfig *config, Error *err)
{
    for (SettingId id = 0; id < SETTING_NUMBER_COUNT; id++) {
        if (!setting_check(id, setting_get(config, id), err))
            return false;
    }
    return true;
}

static void config_write(const TopicConfig *config, Str name, StrBuf *out)
{
    time_t created = (time_t)(config->created_ms / 1000);
    struct tm utc;
    char text[32];

    (void)gmtime_r(&created, &utc);
    (void)strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%SZ", &utc);
    strbuf_printf(out,
                  "# Topic '%.*s' of weir. Retention, segment size and compression may be edited "
                  "while nothing runs;\n# -1 is without limit.\n"
                  "created = %s\n",
                  STR_ARG(name), text);
    for (SettingId id = 0; id < SETTING_NUMBER_COUNT; id++)
        strbuf_printf(out, "%s = %" PRId64 "\n", number_settings[id].name, setting_get(config, id));
    strbuf_printf(out, "compression.type = %s\n", log_compression_name(config->log.compression));
}

static bool created_read(TopicConfig *config, Str value, Error *err)
{
    char text[32] = "";
    struct tm utc = {0};
    const char *end;

    if (value.bytes < sizeof text)
        memcpy(text, value.data, value.bytes);
    end = strptime(text, "%Y-%m-%dT%H:%M:%SZ", &utc);
    if (!end || *end)
        return error_set(err, ERROR_USER, "'%.*s' is no time like 2025-05-04T17:12:03Z",
                         STR_ARG(value));
    config->created_ms = (int64_t)timegm(&utc) * 1000;
    return true;
}

static bool setting_read(TopicConfig *config, Str key, Str value, Error *err)
{
    if (str_is(key, "created"))
        return created_read(config, value, err);
    if (str_is(key, "compression.type"))
        return log_compression_parse(value, &config->log.compression) ||
               error_set(err, ERROR_USER,
                         "compression.type is '%.*s', but must be none, lz4 or zstd",
                         STR_ARG(value));
    for (SettingId id = 0; id < SETTING_NUMBER_COUNT; id++) {
        int64_t number;

        if (!str_is(key, number_settings[id].name))
            continue;
        if (!str_to_int64(value, &number))
            return error_set(err, ERROR_USER, "%s is '%.*s', not a whole number",
                             number_settings[id].name, STR_ARG(value));
        if (!setting_check(id, number, err))
            return false;
        setting_set(config, id, number);
        return true;
    }
    return error_set(err, ERROR_USER, "there is no topic setting '%.*s'", STR_ARG(key));
}

static bool config_read(Str text, TopicConfig *config, int *line_number, Error *err)
{
    Str line;

    *config = topic_config_default;
    for (*line_number = 1; str_split(&text, '\n', &line); ++*line_number) {
        ptrdiff_t equals;

        line = str_trim(line);
        if (line.bytes == 0 || line.data[0] == '#')
            continue;
        equals = str_find_char(line, '=');
        if (equals < 0)
            return error_set(err, ERROR_USER, "'%.*s' is not 'key = value'", STR_ARG(line));
        if (!setting_read(config, str_trim(str_slice(line, 0, (uint32_t)equals)),
                          str_trim(str_slice(line, (uint32_t)equals + 1, line.bytes)), err))
            return false;
    }
    return true;
}

/* ── topics ────────────────────────────────────────────────────────────────────────────────────*/

static bool config_store(const char *data_dir, Str name, const TopicConfig *config, Error *err)
{
    StrBuf text;
    Arena arena;
    bool ok;

    arena_init(&arena);
    strbuf_init(&text);
    config_write(config, name, &text);
    ok = os_write_file(properties_path(&arena, data_dir, name), strbuf_str(&text), err);
    strbuf_done(&text);
    arena_done(&arena);
    return ok;
}

/* Removes the topic's partition folders from `first` on. */
static bool folders_remove(const char *data_dir, Str name, int64_t first, Error *err)
{
    const char *const *folders;
    size_t folder_count;
    Arena arena;
    bool ok;

    arena_init(&arena);
    ok = os_list(&arena, topics_dir(&arena, data_dir), &folders, &folder_count, err);
    for (size_t i = 0; ok && i < folder_count; i++) {
        int64_t partition_i;
        Str topic;

        if (folder_parse(folders[i], &topic, &partition_i) && str_equal(topic, name) &&
            partition_i >= first)
            ok = os_remove_all(
                arena_printf(&arena, "%s/%s", topics_dir(&arena, data_dir), folders[i]), err);
    }
    arena_done(&arena);
    return ok;
}

/* Makes the folders of partitions [first, count), and them durable. */
static bool folders_make(const char *data_dir, Str name, int32_t first, int32_t count, Error *err)
{
    Arena arena;
    bool ok = true;

    arena_init(&arena);
    for (int32_t i = first; ok && i < count; i++)
        ok = os_mkdir(topic_partition_dir(&arena, data_dir, name, i), err);
    ok = ok && os_sync_dir(topics_dir(&arena, data_dir), err);
    arena_done(&arena);
    return ok;
}

static bool topics_dir_make(const char *data_dir, Error *err)
{
    Arena arena;
    char *dir;
    bool ok;

    arena_init(&arena);
    dir = topics_dir(&arena, data_dir);
    ok = os_is_dir(dir) || (os_mkdir_all(dir, err) && os_sync_dir(data_dir, err));
    arena_done(&arena);
    return ok;
}

bool topic_create(const char *data_dir, Str name, const TopicConfig *config, Error *err)
{
    TopicConfig created = *config;

    if (!topic_name_check(name, err))
        return false;
    if (topic_exists(data_dir, name))
        return error_set(err, ERROR_USER, "topic '%.*s' exists already", STR_ARG(name));
    created.created_ms = os_realtime_us() / 1000;
    if (!config_check(&created, err) || !topics_dir_make(data_dir, err) ||
        !folders_remove(data_dir, name, 0, err) ||
        !folders_make(data_dir, name, 0, created.partition_count, err) ||
        !config_store(data_dir, name, &created, err))
        return error_wrap(err, "create topic '%.*s'", STR_ARG(name));
    return true;
}

static bool topic_must_exist(const char *data_dir, Str name, Error *err)
{
    return topic_name_check(name, err) &&
           (topic_exists(data_dir, name) ||
            error_set(err, ERROR_USER, "there is no topic '%.*s'", STR_ARG(name)));
}

bool topic_describe(const char *data_dir, Str name, TopicConfig *out, Error *err)
{
    TopicConfig config;
    int line_number;
    Arena arena;
    char *path;
    Str text;
    bool ok;

    if (!topic_must_exist(data_dir, name, err))
        return false;
    arena_init(&arena);
    path = properties_path(&arena, data_dir, name);
    ok = os_read_file(&arena, path, PROPERTIES_BYTES_MAX, &text, err);
    if (ok && !config_read(text, &config, &line_number, err))
        ok = error_wrap(err, "%s:%d", path, line_number);
    if (ok)
        *out = config;
    arena_done(&arena);
    return ok;
}

bool topic_list(Arena *arena, const char *data_dir, Str **names, size_t *name_count, Error *err)
{
    const char *const *folders;
    size_t folder_count;
    VEC(Str) found = {0};

    *names = NULL;
    *name_count = 0;
    if (!os_is_dir(topics_dir(arena, data_dir)))
        return true;
    if (!os_list(arena, topics_dir(arena, data_dir), &folders, &folder_count, err))
        return false;
    for (size_t i = 0; i < folder_count; i++) {
        int64_t partition_i;
        Str name;

        if (folder_parse(folders[i], &name, &partition_i) && partition_i == 0 &&
            topic_exists(data_dir, name))
            VEC_ADD_IN(arena, &found, name);
    }
    /* Folders are sorted as "a-0" "a.b-0" "a0-0" are: not quite as the names are. */
    for (size_t i = 1; i < found.count; i++) {
        for (size_t k = i; k > 0 && str_compare(found.items[k - 1], found.items[k]) > 0; k--) {
            Str later = found.items[k - 1];

            found.items[k - 1] = found.items[k];
            found.items[k] = later;
        }
    }
    *names = found.items;
    *name_count = found.count;
    return true;
}

static bool same_settings(const TopicConfig *a, const TopicConfig *b)
{
    for (SettingId id = 0; id < SETTING_NUMBER_COUNT; id++) {
        if (setting_get(a, id) != setting_get(b, id))
            return false;
    }
    return a->log.compression == b->log.compression;
}

bool topic_configure(const char *data_dir, Str name, const LogConfig *log, Error *err)
{
    TopicConfig before, config;

    if (!topic_describe(data_dir, name, &before, err))
        return false;
    config = before;
    config.log = *log;
    return same_settings(&before, &config) ||
           (config_check(&config, err) && config_store(data_dir, name, &config, err)) ||
           error_wrap(err, "configure topic '%.*s'", STR_ARG(name));
}

bool topic_grow(const char *data_dir, Str name, int32_t partition_count, Error *err)
{
    TopicConfig config;
    int32_t before;

    if (!topic_describe(data_dir, name, &config, err))
        return false;
    before = config.partition_count;
    if (partition_count < before)
        return error_set(err, ERROR_USER,
                         "topic '%.*s' has %" PRId32 " partitions, which can not become fewer",
                         STR_ARG(name), before);
    if (!setting_check(SETTING_PARTITIONS, partition_count, err))
        return error_wrap(err, "grow topic '%.*s'", STR_ARG(name));
    config.partition_count = partition_count;
    return folders_remove(data_dir, name, before, err) &&
           folders_make(data_dir, name, before, partition_count, err) &&
           config_store(data_dir, name, &config, err);
}

bool topic_delete(const char *data_dir, Str name, Error *err)
{
    Arena arena;
    bool ok;

    if (!topic_must_exist(data_dir, name, err))
        return false;
    arena_init(&arena);
    ok = os_unlink(properties_path(&arena, data_dir, name), err) &&
         os_sync_dir(topic_partition_dir(&arena, data_dir, name, 0), err) &&
         folders_remove(data_dir, name, 0, err);
    arena_done(&arena);
    return ok || error_wrap(err, "delete topic '%.*s'", STR_ARG(name));
}
