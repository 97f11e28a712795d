/*
 * table_format.c: how the records of a table are written (table_format.h).
 */
#include "pipeline/table_format.h"

Str table_format_name(const TableDef *table)
{
    Str name = table_option(table, "format");

    if (table->provider == PROVIDER_CSV)
        return STR("csv");
    if (table->provider == PROVIDER_JSON || !name.data || str_is(name, "ndjson"))
        return STR("json");
    return name;
}

void table_format_options(StrBuf *out, const TableDef *table)
{
    static const char *const names[] = {"sep", "header", "quote", "escape", "nullValue"};

    for (size_t i = 0; i < COUNT_OF(names); i++) {
        Str value = table_option(table, names[i]);

        if (value.data)
            strbuf_printf(out, "%s=%.*s\n", names[i], STR_ARG(value));
    }
}

bool table_decoder_create(const TableDef *table, const Schema *schema, FormatMode mode,
                          const Zone *zone, Decoder **out, Error *err)
{
    FormatOptions options = {.mode = mode, .zone = zone, .record_schema = &table->schema};
    Str name = table_format_name(table);
    const Format *format = format_find(name);
    StrBuf lines;
    bool ok;

    if (!format)
        return error_set(err, ERROR_USER, "there is no format '%.*s'", STR_ARG(name));
    strbuf_init(&lines);
    table_format_options(&lines, table);
    options.options = strbuf_str(&lines);
    ok = format->decoder_create(schema, &options, out, err);
    strbuf_done(&lines);
    return ok;
}
