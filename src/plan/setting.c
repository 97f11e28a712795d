/*
 * setting.c: settings and their layers (setting.h).
 */
#include "plan/setting.h"

#include <ctype.h>

#include "base/assert.h"
#include "base/edit_distance.h"
#include "base/vec.h"

/* So far apart no two names are: the nearest will do. */
enum { FAMILY_DISTANCE = 1000 };

/* clang-format off */
static const SettingDef setting_table[] = {
    {"commit.interval", OPTION_DURATION, "200 ms", NULL, "The longest time rows wait before they are committed."},
    {"workers", OPTION_INT, "0", NULL, "Threads that process rows; 0: one for each core."},
    {"batch.rows", OPTION_INT, "4096", NULL, "Rows processed at a time."},
    {"epoch.limit", OPTION_BYTES, "64 MB", NULL, "About what one worker may read, or give out, in an epoch: then it is committed before commit.interval has passed, and until it is, nothing more is read."},
    {"state.limit", OPTION_BYTES, "8 GB", NULL, "A flow whose state would grow beyond this stops with an error."},
    {"dead_letter.retention", OPTION_DURATION, NULL, NULL, "How long dead letters and late rows are kept; for ever when not given."},
    {"dead_letter.retention_bytes", OPTION_BYTES, "256 MB", NULL, "How much of them is kept, each table; beyond it the oldest are let go, which is counted."},
    {"kafka.bootstrap.servers", OPTION_TEXT, NULL, NULL, "Servers of a real Kafka; without it topics are in weir's own log."},
    {"cassandra.contact.points", OPTION_TEXT, NULL, NULL, "Servers of a real Cassandra, HOST or HOST:PORT, several with commas; without it its tables are in the embedded store."},
    {"cassandra.port", OPTION_INT, "9042", NULL, "The port of contact points that name none."},
    {"cassandra.local.datacenter", OPTION_TEXT, NULL, NULL, "The datacenter whose nodes are used; that of the first contact point when not given."},
    {"cassandra.keyspace", OPTION_TEXT, "weir", NULL, "The keyspace of tables that name none."},
    {"cassandra.keyspace.create", OPTION_BOOL, "true", NULL, "A keyspace that is missing is made."},
    {"cassandra.replication", OPTION_INT, "1", NULL, "Copies of each row, in a keyspace that is made."},
    {"cassandra.consistency", OPTION_ENUM, "local_quorum", "any|one|two|three|quorum|all|local_quorum|each_quorum|local_one", "How many copies must have a row before it counts as written, or be asked when reading."},
    {"cassandra.username", OPTION_TEXT, NULL, NULL, "The name of the login, if Cassandra asks for one."},
    {"cassandra.password", OPTION_TEXT, NULL, NULL, "Its password; never printed. Better from the environment (WEIR_CASSANDRA_PASSWORD) or a file."},
    {"cassandra.password.file", OPTION_TEXT, NULL, NULL, "A file whose first line is the password."},
    {"cassandra.tls", OPTION_BOOL, "false", NULL, "Speak TLS."},
    {"cassandra.tls.verify", OPTION_BOOL, "true", NULL, "Check the server's certificate, and that it is this host's."},
    {"cassandra.tls.ca", OPTION_TEXT, NULL, NULL, "File (PEM) of who may sign the server's certificate; without it, whom the system trusts."},
    {"cassandra.tls.certificate", OPTION_TEXT, NULL, NULL, "File (PEM) of weir's own certificate, if the server asks for one."},
    {"cassandra.tls.key", OPTION_TEXT, NULL, NULL, "File (PEM) of its key."},
    {"cassandra.compression", OPTION_ENUM, "none", "none|lz4", "Compression of what goes over the network."},
    {"cassandra.protocol.version", OPTION_INT, "5", NULL, "The highest version of the native protocol to speak: 5 or 4."},
    {"cassandra.requests", OPTION_INT, "512", NULL, "Requests on their way at once, each table."},
    {"cassandra.timeout", OPTION_DURATION, "12 seconds", NULL, "The longest wait for an answer; then the next node is asked."},
    {"postgres.url", OPTION_TEXT, NULL, NULL, "Address of a real PostgreSQL; without it its tables are in the embedded store."},
    {"postgres.password", OPTION_TEXT, NULL, NULL, "Its password; better from the environment (WEIR_POSTGRES_PASSWORD) than in a file."},
    {"postgres.password.file", OPTION_TEXT, NULL, NULL, "A file that holds the password."},
    {"postgres.timeout", OPTION_DURATION, "60 seconds", NULL, "Without a sign of the server for that long its connection is given up."},
    {"outage.patience", OPTION_DURATION, "60 seconds", NULL, "How long a system outside (a server, a schema registry) may be away before what waits for it gives up: a run with --once or --drain, the refresh of a view, the join with an outside table."},
    {"lookup.refresh", OPTION_DURATION, "1 second", NULL, "How old the rows of an outside table may be that a stream is joined with."},
    {"lookup.by_key", OPTION_ENUM, "auto", "auto|always|never", "Whether a stream's join asks an outside table for the keys that come, instead of reading it whole; auto: where it finds them by key and is large."},
    {"outbox.limit", OPTION_BYTES, "256 MB", NULL, "What may wait for an outside system, each table; beyond it nothing more is read."},
    {"outbox.stop_wait", OPTION_DURATION, "5 seconds", NULL, "How long a run that is stopped waits for outside systems; the rest is delivered by the next run."},
    {"outbox.forgotten", OPTION_ENUM, "fail", "fail|write|skip", "What becomes of rows of which an outside system has forgotten whether it has them: the run ends and says so, they are written, or left out."},
    {"spark.sql.session.timeZone", OPTION_ZONE, "UTC", NULL, "The session's time zone, as SET TIME ZONE."},
    {"spark.sql.ansi.enabled", OPTION_BOOL, "true", NULL, "Errors of arithmetic and casts are errors; false: they are NULL."},
    {NULL, OPTION_TEXT, NULL, NULL, NULL},
};
/* clang-format on */

const SettingDef *setting_at(size_t i)
{
    return setting_table[i].key ? &setting_table[i] : NULL;
}

const SettingDef *setting_def(Str key)
{
    for (const SettingDef *def = setting_table; def->key; def++) {
        if (str_is_nocase(key, def->key))
            return def;
    }
    return NULL;
}

static bool is_in_family(Str key, const char *const *families, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        Str family = str_of(families[i]);

        if (key.bytes > family.bytes && str_equal_nocase(str_slice(key, 0, family.bytes), family))
            return true;
    }
    return false;
}

bool setting_is_passed_on(Str key)
{
    static const char *const families[] = {"spark.", "kafka."};

    return is_in_family(key, families, COUNT_OF(families));
}

bool setting_is_of_own_family(Str key)
{
    static const char *const families[] = {"cassandra.", "postgres.", "lookup.", "outbox.",
                                           "dead_letter."};

    return is_in_family(key, families, COUNT_OF(families));
}

Str setting_suggest(Str key)
{
    Str near = STR_EMPTY;
    uint32_t best = setting_is_of_own_family(key) ? FAMILY_DISTANCE : key.bytes < 8 ? 2 : 3;

    if (setting_def(key) || setting_is_passed_on(key))
        return near;
    for (const SettingDef *def = setting_table; def->key; def++) {
        uint32_t distance = edit_distance(key, str_of(def->key), best);

        /* The begin of a name is meant for it: cassandra.user */
        if (setting_is_of_own_family(key) && str_starts_with(str_of(def->key), key))
            distance = 0;
        if (distance < best) {
            best = distance;
            near = str_of(def->key);
        }
    }
    return near;
}

bool settings_check_names(const Settings *settings, Error *err)
{
    for (size_t i = 0; i < settings->count; i++) {
        Str key = settings->items[i].key, near = setting_suggest(key);

        if (near.bytes)
            return error_set(err, ERROR_USER, "there is no setting '%.*s'; did you mean '%.*s'?",
                             STR_ARG(key), STR_ARG(near));
    }
    return true;
}

void settings_init(Settings *settings, Arena *arena, const char *const *environment)
{
    *settings = (Settings){.arena = arena, .environment = environment};
}

static Setting *settings_slot(const Settings *settings, SettingLayer layer, Str key)
{
    for (size_t i = 0; i < settings->count; i++) {
        if (settings->items[i].layer == layer && str_equal_nocase(settings->items[i].key, key))
            return &settings->items[i];
    }
    return NULL;
}

bool setting_check(Str key, Str value, Error *err)
{
    const SettingDef *def = setting_def(key);
    OptionDef option;

    if (!def)
        return true;
    option = (OptionDef){.key = def->key, .type = def->type, .values = def->values};
    if (!option_check(&option, value, err))
        return error_wrap(err, "setting '%s'", def->key);
    return true;
}

bool settings_set(Settings *settings, SettingLayer layer, Str key, Str value, Error *err)
{
    Setting *slot = settings_slot(settings, layer, key);
    Setting made;

    if (!setting_check(key, value, err))
        return false;
    if (slot) {
        slot->value = str_copy(settings->arena, value);
        return true;
    }
    made = (Setting){str_copy(settings->arena, key), str_copy(settings->arena, value), layer};
    VEC_ADD_IN(settings->arena, settings, made);
    return true;
}

void settings_unset(Settings *settings, SettingLayer layer, Str key)
{
    Setting *slot = settings_slot(settings, layer, key);

    if (slot)
        *slot = settings->items[--settings->count];
}

bool settings_read_config(Settings *settings, Str text, const char *file_name, Error *err)
{
    Str rest = text, line;
    int line_number = 0;

    while (str_split(&rest, '\n', &line)) {
        ptrdiff_t equals;

        line_number++;
        line = str_trim(line);
        if (!line.bytes || line.data[0] == '#')
            continue;
        equals = str_find_char(line, '=');
        if (equals <= 0)
            return error_set(err, ERROR_USER, "%s:%d: '%.*s' is not key=value", file_name,
                             line_number, STR_ARG(line));
        if (!settings_set(settings, SETTING_CONFIG,
                          str_trim(str_slice(line, 0, (uint32_t)equals)),
                          str_trim(str_slice(line, (uint32_t)equals + 1, line.bytes)), err))
            return error_wrap(err, "%s:%d", file_name, line_number);
    }
    return true;
}

/* Whether KEY=VALUE of the environment is `key`: WEIR_ in front, upper case, '_' for what is
 * neither letter nor digit. */
static bool environment_match(const char *entry, Str key, Str *value)
{
    static const char prefix[] = "WEIR_";
    const char *p = entry + sizeof prefix - 1;

    if (strncmp(entry, prefix, sizeof prefix - 1) != 0)
        return false;
    for (uint32_t i = 0; i < key.bytes; i++, p++) {
        unsigned char c = (unsigned char)key.data[i];

        if (*p != (isalnum(c) ? (char)toupper(c) : '_'))
            return false;
    }
    if (*p != '=')
        return false;
    *value = str_of(p + 1);
    return true;
}

static bool settings_find_environment(const Settings *settings, Str key, Str *value)
{
    for (const char *const *entry = settings->environment; entry && *entry; entry++) {
        if (environment_match(*entry, key, value))
            return true;
    }
    return false;
}

bool settings_find_layer(const Settings *settings, Str key, Str *value, SettingLayer *layer)
{
    for (int i = SETTING_COMMAND; i >= SETTING_FILE; i--) {
        const Setting *slot = settings_slot(settings, (SettingLayer)i, key);

        *layer = (SettingLayer)i;
        if (i == SETTING_ENVIRONMENT && settings_find_environment(settings, key, value))
            return true;
        if (slot) {
            *value = slot->value;
            return true;
        }
    }
    return false;
}

bool settings_find(const Settings *settings, Str key, Str *value)
{
    SettingLayer layer;

    return settings_find_layer(settings, key, value, &layer);
}

Str settings_text(const Settings *settings, const char *key)
{
    const SettingDef *def;
    Str value;

    if (settings_find(settings, str_of(key), &value))
        return value;
    def = setting_def(str_of(key));
    return def && def->standard ? str_of(def->standard) : STR_EMPTY;
}

/* Values of known keys were checked when set; one from the environment may be nonsense, and then the
 * default holds (weir doctor tells of it). */
static Str settings_checked(const Settings *settings, const char *key)
{
    const SettingDef *def = setting_def(str_of(key));
    Str value = settings_text(settings, key);
    Error err = {0};

    if (!def)
        UNREACHABLE();
    if (!setting_check(str_of(key), value, &err))
        value = def->standard ? str_of(def->standard) : STR_EMPTY;
    return value;
}

bool settings_bool(const Settings *settings, const char *key)
{
    return str_is_nocase(settings_checked(settings, key), "true");
}

int64_t settings_int(const Settings *settings, const char *key)
{
    const SettingDef *def = setting_def(str_of(key));
    Str value = settings_checked(settings, key);
    int64_t out = 0;
    Error err = {0};

    if (def && def->type == OPTION_BYTES)
        option_parse_bytes(value, &out, &err);
    else
        str_to_int64(str_trim(value), &out);
    return out;
}

int64_t settings_duration_us(const Settings *settings, const char *key)
{
    int64_t out = 0;
    Error err = {0};

    option_parse_duration(settings_checked(settings, key), &out, &err);
    return out;
}

void settings_print_markdown(StrBuf *out)
{
    strbuf_add_c(out, "| setting | default | meaning |\n|---|---|---|\n");
    for (const SettingDef *def = setting_table; def->key; def++)
        strbuf_printf(out, "| `%s` | %s%s%s | %s |\n", def->key, def->standard ? "`" : "",
                      def->standard ? def->standard : "", def->standard ? "`" : "", def->doc);
}

/* ── secrets ───────────────────────────────────────────────────────────────────────────────────*/

static ptrdiff_t find_nocase(Str text, const char *word)
{
    Str needle = str_of(word);

    for (uint32_t i = 0; i + needle.bytes <= text.bytes; i++) {
        if (str_equal_nocase(str_slice(text, i, i + needle.bytes), needle))
            return i;
    }
    return -1;
}

static bool is_secret(Str key)
{
    static const char *const words[] = {"password", "secret", "token", "jaas", "ssl.key.pem"};

    if (str_ends_with(key, STR(".file")) || str_ends_with(key, STR("_file")) ||
        str_ends_with(key, STR(".location")))
        return false; /* Where it is, not what it is. */
    for (size_t i = 0; i < COUNT_OF(words); i++) {
        if (find_nocase(key, words[i]) >= 0)
            return true;
    }
    return false;
}

static Str hide(Arena *arena, Str value, uint32_t from, uint32_t to)
{
    return str_of(arena_printf(arena, "%.*s***%.*s", (int)from, value.data,
                               (int)(value.bytes - to), value.data + to));
}

/* `scheme://user:PASSWORD@host` */
static Str hide_in_authority(Arena *arena, Str value)
{
    ptrdiff_t scheme = str_find(value, STR("://"));
    uint32_t from, end, at = 0, colon = 0;

    if (scheme < 0)
        return value;
    from = (uint32_t)scheme + 3;
    for (end = from; end < value.bytes && !strchr("/?", value.data[end]); end++) {
        if (value.data[end] == '@')
            at = end;
        else if (value.data[end] == ':' && !colon)
            colon = end;
    }
    return at && colon && colon < at ? hide(arena, value, colon + 1, at) : value;
}

/* `password=PASSWORD`, up to a space or `&`; quoted, to its end. */
static Str hide_parameter(Arena *arena, Str value)
{
    ptrdiff_t found = find_nocase(value, "password=");
    uint32_t from, to;

    if (found < 0)
        return value;
    from = to = (uint32_t)found + 9;
    if (to < value.bytes && value.data[to] == '\'')
        return hide(arena, value, from, value.bytes);
    while (to < value.bytes && value.data[to] != '&' && value.data[to] != ' ')
        to++;
    return hide(arena, value, from, to);
}

Str setting_shown(Arena *arena, Str key, Str value)
{
    if (is_secret(key))
        return STR("***");
    return hide_parameter(arena, hide_in_authority(arena, value));
}
