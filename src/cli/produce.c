/*
 * produce.c: see produce.h. Keys out of a field are read by the engine's own JSON decoder, so that
 * they are the text that a flow with that key would write.
 */
#include "cli/produce.h"

#include <cjson/cJSON.h>
#include <inttypes.h>
#include <stdio.h>

#include "base/assert.h"
#include "cli/load.h"
#include "client/kafka_client.h"
#include "column/format_value.h"
#include "format/format.h"
#include "log/record_builder.h"
#include "os/os.h"
#include "pipeline/producer.h"

enum { LINES_AT_A_TIME = 1024 };

struct LineProducer {
    LineProducerConfig config;
    Settings settings;
    TopicConfig make;
    bool was_missing; /* The topic, when it began. */
    Producer *producer;
    int64_t line_number; /* Of the last line taken. */
    Decoder *decoder;    /* LINE_KEY_FIELD: of the one column. */
    Field key_field;
    Schema key_schema;
    Str lines[LINES_AT_A_TIME];
    int64_t line_numbers[LINES_AT_A_TIME];
    uint32_t line_count;
    Arena settings_arena;
    Arena arena; /* Of some lines. */
};

static void open_decoder(LineProducer *lines)
{
    FormatOptions options = {.mode = FORMAT_PERMISSIVE, .zone = zone_utc()};
    Error err = {0};

    lines->key_field =
        (Field){.name = lines->config.key_text, .type = &type_string, .nullable = true};
    lines->key_schema = (Schema){1, &lines->key_field};
    if (!format_find(STR("json"))
             ->decoder_create(&lines->key_schema, &options, &lines->decoder, &err))
        UNREACHABLE();
}

LineProducer *line_producer_create(const LineProducerConfig *config)
{
    LineProducer *lines = mem_zalloc(sizeof *lines);
    ProducerConfig producer = {.data_dir = load_data_dir(config->options),
                               .settings = &lines->settings,
                               .topic = config->topic,
                               .make = &lines->make};

    lines->config = *config;
    lines->make = topic_config_default;
    lines->make.partition_count = config->partition_count;
    arena_init(&lines->settings_arena);
    arena_init(&lines->arena);
    if (!load_settings(config->options, &lines->settings_arena, &lines->settings)) {
        line_producer_free(lines);
        return NULL;
    }
    lines->was_missing = !topic_exists(producer.data_dir, config->topic);
    lines->producer = producer_create(&producer);
    if (config->key == LINE_KEY_FIELD)
        open_decoder(lines);
    return lines;
}

void line_producer_free(LineProducer *lines)
{
    if (!lines)
        return;
    if (lines->decoder)
        lines->decoder->methods->free(lines->decoder);
    producer_free(lines->producer);
    arena_done(&lines->settings_arena);
    arena_done(&lines->arena);
    free(lines);
}

/* ── one line, by the manner of its key ────────────────────────────────────────────────────────*/

static bool read_separated(const LineProducer *lines, Str line, LogRecord *out, Error *err)
{
    ptrdiff_t at = str_find(line, lines->config.key_text);

    if (at < 0)
        return error_set(err, ERROR_USER, "there is no key: '%.*s' is not in it",
                         STR_ARG(lines->config.key_text));
    out->key = str_slice(line, 0, (uint32_t)at);
    out->key_null = false;
    out->value = str_slice(line, (uint32_t)at + lines->config.key_text.bytes, line.bytes);
    return true;
}

static int hex_digit(char c)
{
    return c >= '0' && c <= '9' ? c - '0' : c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

static bool read_hex(Arena *arena, const char *text, Str *out)
{
    size_t bytes = strlen(text) / 2;
    char *data = arena_alloc(arena, bytes + 1);

    if (strlen(text) % 2)
        return false;
    for (size_t i = 0; i < bytes; i++) {
        int high = hex_digit(text[2 * i]);
        int low = hex_digit(text[2 * i + 1]);

        if (high < 0 || low < 0)
            return false;
        data[i] = (char)(high * 16 + low);
    }
    *out = (Str){data, (uint32_t)bytes};
    return true;
}

/* "name" or "name_hex" of the object; an absent one is null. */
static bool read_bytes(Arena *arena, const cJSON *object, const char *name, Str *out, bool *is_null,
                       Error *err)
{
    const cJSON *text = cJSON_GetObjectItemCaseSensitive(object, name);
    const cJSON *hex =
        cJSON_GetObjectItemCaseSensitive(object, arena_printf(arena, "%s_hex", name));

    *is_null = !hex && (!text || cJSON_IsNull(text));
    if (*is_null)
        return true;
    if (hex)
        return (cJSON_IsString(hex) && read_hex(arena, hex->valuestring, out)) ||
               error_set(err, ERROR_USER, "\"%s_hex\" is not pairs of hexadecimal digits", name);
    if (!cJSON_IsString(text))
        return error_set(err, ERROR_USER, "\"%s\" is neither a string nor null", name);
    *out = str_copy(arena, str_of(text->valuestring));
    return true;
}

static bool read_timestamp(const cJSON *object, LogRecord *out, Error *err)
{
    const cJSON *given = cJSON_GetObjectItemCaseSensitive(object, "timestamp");
    int64_t us;

    if (!given || cJSON_IsNull(given))
        return true;
    if (!cJSON_IsString(given) || !text_to_timestamp(str_of(given->valuestring), zone_utc(), &us) ||
        us < 0)
        return error_set(err, ERROR_USER, "\"timestamp\" is no time like \"2026-01-31T12:00:00Z\"");
    out->timestamp_ms = us / 1000;
    return true;
}

static bool read_headers(Arena *arena, const cJSON *object, LogRecord *out, Error *err)
{
    const cJSON *headers = cJSON_GetObjectItemCaseSensitive(object, "headers");
    const cJSON *header;
    StrBuf all;
    bool ok = true;

    if (!headers)
        return true;
    strbuf_init(&all);
    cJSON_ArrayForEach(header, headers)
    {
        Str key = STR_EMPTY;
        Str value = STR_EMPTY;
        bool key_null;
        bool value_null;

        ok = ok && read_bytes(arena, header, "key", &key, &key_null, err) &&
             read_bytes(arena, header, "value", &value, &value_null, err);
        if (ok) {
            record_header_add(&all, key, value, value_null);
            out->header_count++;
        }
    }
    out->headers = str_copy(arena, strbuf_str(&all));
    strbuf_done(&all);
    return ok;
}

static bool read_json(Arena *arena, Str line, LogRecord *out, Error *err)
{
    cJSON *object = cJSON_ParseWithLength(line.data, line.bytes);
    bool ok;

    if (!cJSON_IsObject(object))
        ok = error_set(err, ERROR_USER, "it is not one JSON object");
    else
        ok = read_bytes(arena, object, "key", &out->key, &out->key_null, err) &&
             read_bytes(arena, object, "value", &out->value, &out->value_null, err) &&
             read_timestamp(object, out, err) && read_headers(arena, object, out, err);
    cJSON_Delete(object);
    return ok;
}

/* ── lines ─────────────────────────────────────────────────────────────────────────────────────*/

/* The keys of the lines gathered: one row a line, NULL where there is no such field. */
static const Vector *decode_keys(LineProducer *lines)
{
    BadRecords bad = {0};
    Batch *batch;

    lines->decoder->methods->decode(lines->decoder, &lines->arena, lines->lines, lines->line_count,
                                    &batch, NULL, &bad);
    return vector_flatten(&lines->arena, batch->columns[0]);
}

static bool add_gathered(LineProducer *lines, Error *err)
{
    int64_t now_ms = os_realtime_us() / 1000;
    const Vector *keys = lines->config.key == LINE_KEY_FIELD ? decode_keys(lines) : NULL;
    bool ok = true;

    for (uint32_t i = 0; ok && i < lines->line_count; i++) {
        LogRecord record = {.value = lines->lines[i], .key_null = true, .timestamp_ms = now_ms};

        if (keys && vector_is_valid(keys, i)) {
            record.key = vector_strs(keys)[i];
            record.key_null = false;
        }
        if (lines->config.key == LINE_KEY_SEPARATOR)
            ok = read_separated(lines, lines->lines[i], &record, err);
        else if (lines->config.key == LINE_KEY_JSON)
            ok = read_json(&lines->arena, lines->lines[i], &record, err);
        if (!ok || !record_check_size(&record, err))
            ok = error_wrap(err, "line %" PRId64, lines->line_numbers[i]);
        ok = ok && producer_add(lines->producer, &record, err);
    }
    lines->line_count = 0;
    arena_reset(&lines->arena);
    return ok;
}

bool line_producer_add(LineProducer *lines, Str text, Error *err)
{
    Str line;

    while (text.bytes && str_split(&text, '\n', &line)) {
        if (line.bytes && line.data[line.bytes - 1] == '\r')
            line.bytes--;
        lines->line_number++;
        if (str_trim(line).bytes == 0)
            continue;
        lines->line_numbers[lines->line_count] = lines->line_number;
        lines->lines[lines->line_count++] = line;
        if (lines->line_count == LINES_AT_A_TIME && !add_gathered(lines, err))
            return false;
    }
    return lines->line_count == 0 || add_gathered(lines, err);
}

bool line_producer_flush(LineProducer *lines, Error *err)
{
    return producer_flush(lines->producer, err);
}

void line_producer_rest(LineProducer *lines)
{
    producer_rest(lines->producer);
}

int line_producer_tell(const LineProducer *lines, const Error *err)
{
    int64_t count = producer_acknowledged(lines->producer);
    int status = err ? tell_error(lines->config.options, err) : EXIT_DONE;

    if (count && (kafka_is_configured(&lines->settings, NULL)
                      ? producer_made_topic(lines->producer)
                      : lines->was_missing))
        (void)fprintf(stderr, "made topic '%.*s' with %" PRId32 " partition%s\n",
                      STR_ARG(lines->config.topic), lines->make.partition_count,
                      lines->make.partition_count == 1 ? "" : "s");
    (void)fprintf(stderr, "%" PRId64 " record%s written to topic '%.*s'%s\n", count,
                  count == 1 ? "" : "s", STR_ARG(lines->config.topic), err ? " before that" : "");
    return status;
}
