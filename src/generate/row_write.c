#include "generate/row_write.h"

#include "base/assert.h"

void row_writer_init(RowWriter *writer, const Stream *stream, GenerateFormat format)
{
    char *p = writer->key_text;

    *writer = (RowWriter){.stream = stream, .format = format};
    ASSERT(stream->column_count <= STREAM_COLUMNS_MAX);
    for (int i = 0; i < stream->column_count; i++) {
        char *start = p;
        size_t bytes = strlen(stream->columns[i].name);

        ASSERT(p + bytes + 3 <= writer->key_text + sizeof writer->key_text);
        p = put_char(p, '"');
        p = put_bytes(p, stream->columns[i].name, bytes);
        p = PUT_LITERAL(p, "\":");
        writer->keys[i] = (Str){start, (uint32_t)(p - start)};
    }
    strbuf_init(&writer->quoted);
}

void row_writer_done(RowWriter *writer)
{
    strbuf_done(&writer->quoted);
}

/* ── one value ─────────────────────────────────────────────────────────────────────────────────*/

static char *put_time_utc(RowWriter *writer, char *p, int64_t time_us)
{
    return put_char(put_time_ms(p, time_us, 'T', &writer->day), 'Z');
}

static char *put_json_value(RowWriter *writer, char *p, const StreamField *field)
{
    switch (field->kind) {
    case FIELD_NULL:
    case FIELD_ABSENT:
        return PUT_LITERAL(p, "null");
    case FIELD_INTEGER:
        return put_int64(p, field->number);
    case FIELD_DECIMAL2:
        return put_decimal2(p, field->number);
    case FIELD_DATE:
        return put_char(put_date(put_char(p, '"'), field->number), '"');
    case FIELD_TIME:
        return put_char(put_time_utc(writer, put_char(p, '"'), field->number), '"');
    case FIELD_TEXT:
        return put_char(put_str(put_char(p, '"'), field->text), '"');
    case FIELD_JSON:
        return put_str(p, field->text);
    }
    UNREACHABLE();
}

static char *put_quoted_cell(char *p, Str text)
{
    p = put_char(p, '"');
    for (uint32_t i = 0; i < text.bytes; i++) {
        if (text.data[i] == '"')
            p = put_char(p, '"');
        p = put_char(p, text.data[i]);
    }
    return put_char(p, '"');
}

static char *put_csv_value(RowWriter *writer, char *p, const StreamField *field)
{
    switch (field->kind) {
    case FIELD_NULL:
    case FIELD_ABSENT:
        return p;
    case FIELD_INTEGER:
        return put_int64(p, field->number);
    case FIELD_DECIMAL2:
        return put_decimal2(p, field->number);
    case FIELD_DATE:
        return put_date(p, field->number);
    case FIELD_TIME:
        return put_time_utc(writer, p, field->number);
    case FIELD_TEXT:
        return put_str(p, field->text);
    case FIELD_JSON:
        return put_quoted_cell(p, field->text);
    }
    UNREACHABLE();
}

/* ── one row ───────────────────────────────────────────────────────────────────────────────────*/

static char *put_json_row(RowWriter *writer, char *p, const StreamRow *row)
{
    bool is_first = true;

    p = put_char(p, '{');
    for (int i = 0; i < writer->stream->column_count; i++) {
        if (row->fields[i].kind == FIELD_ABSENT)
            continue;
        if (!is_first)
            p = put_char(p, ',');
        is_first = false;
        p = put_str(p, writer->keys[i]);
        p = put_json_value(writer, p, &row->fields[i]);
    }
    return put_char(p, '}');
}

static char *put_csv_row(RowWriter *writer, char *p, const StreamRow *row)
{
    for (int i = 0; i < writer->stream->column_count; i++) {
        if (i > 0)
            p = put_char(p, ',');
        p = put_csv_value(writer, p, &row->fields[i]);
    }
    return p;
}

static char *put_row(RowWriter *writer, char *p, const StreamRow *row)
{
    return writer->format == GENERATE_CSV ? put_csv_row(writer, p, row)
                                          : put_json_row(writer, p, row);
}

/* ── records that cannot be decoded ────────────────────────────────────────────────────────────*/

/* Cut within the row, so that something is left and something is missing; a CSV row is cut before
 * its last comma, or it would only have a shorter last cell. */
static size_t cut_bytes(const RowWriter *writer, const char *text, size_t bytes, uint64_t draw)
{
    size_t longest = bytes - 1;

    if (writer->format == GENERATE_CSV) {
        while (longest > 1 && text[longest] != ',')
            longest--;
    }
    return 1 + (size_t)(draw % longest);
}

static char *put_wrong_type(RowWriter *writer, char *p, const StreamRow *row)
{
    StreamRow wrong;

    memcpy(wrong.fields, row->fields, sizeof wrong.fields);
    wrong.fields[0] = (StreamField){.kind = FIELD_TEXT, .text = STR("not a number")};
    return put_row(writer, p, &wrong);
}

static char *put_malformed(RowWriter *writer, char *p, const StreamRow *row, const Fault *fault)
{
    char *start = p;

    switch ((MalformedKind)fault->sub_kind) {
    case MALFORMED_CUT:
        p = put_row(writer, p, row);
        return start + cut_bytes(writer, start, (size_t)(p - start), fault->draw);
    case MALFORMED_GARBAGE:
        return put_hex64(PUT_LITERAL(p, "<!-- not a record: "), fault->draw);
    case MALFORMED_WRONG_TYPE:
        return put_wrong_type(writer, p, row);
    case MALFORMED_NOT_A_ROW:
        if (writer->format == GENERATE_CSV)
            return PUT_LITERAL(put_row(writer, p, row), ",one,two");
        return put_uint64(p, fault->draw >> 32);
    case MALFORMED_KIND_COUNT:
        break;
    }
    UNREACHABLE();
}

static bool malformed_is_json(const Fault *fault)
{
    return fault->sub_kind == MALFORMED_WRONG_TYPE || fault->sub_kind == MALFORMED_NOT_A_ROW;
}

/* ── records in a row ──────────────────────────────────────────────────────────────────────────*/

void row_write_first(RowWriter *writer, StrBuf *out)
{
    if (writer->format == GENERATE_JSON)
        strbuf_add_c(out, "[");
    if (writer->format != GENERATE_CSV)
        return;
    for (int i = 0; i < writer->stream->column_count; i++) {
        if (i > 0)
            strbuf_add_char(out, ',');
        strbuf_add_c(out, writer->stream->columns[i].name);
    }
    strbuf_add_char(out, '\n');
}

void row_write_last(RowWriter *writer, StrBuf *out)
{
    if (writer->format == GENERATE_JSON)
        strbuf_add_c(out, "\n]\n");
}

void row_write(RowWriter *writer, const StreamRow *row, const Fault *fault, bool is_first,
               StrBuf *out)
{
    char *start;
    char *p;

    if (UNLIKELY(out->capacity - out->bytes <= GENERATE_RECORD_BYTES_MAX || !out->data))
        strbuf_reserve(out, GENERATE_RECORD_BYTES_MAX);
    start = p = out->data + out->bytes;
    if (writer->format == GENERATE_JSON)
        p = is_first ? put_char(p, '\n') : PUT_LITERAL(p, ",\n");
    if (UNLIKELY(fault && fault->kind == FAULT_MALFORMED)) {
        char *record = p;

        p = put_malformed(writer, p, row, fault);
        if (writer->format == GENERATE_JSON && !malformed_is_json(fault)) {
            strbuf_clear(&writer->quoted);
            strbuf_add_json_string(&writer->quoted, (Str){record, (uint32_t)(p - record)});
            p = put_str(record, strbuf_str(&writer->quoted));
        }
    } else {
        p = put_row(writer, p, row);
    }
    if (writer->format != GENERATE_JSON)
        p = put_char(p, '\n');
    DEBUG_ASSERT(p - start <= GENERATE_RECORD_BYTES_MAX);
    out->bytes += (size_t)(p - start);
    *p = '\0';
}
