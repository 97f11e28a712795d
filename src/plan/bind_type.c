/*
 * bind_type.c: names of types -> types.
 */
#include "plan/bind.h"

#include "base/assert.h"

typedef struct TypeWord {
    const char *name;
    const Type *type;
} TypeWord;

static const TypeWord type_words[] = {
    {"boolean", &type_boolean},
    {"tinyint", &type_tinyint},
    {"byte", &type_tinyint},
    {"smallint", &type_smallint},
    {"short", &type_smallint},
    {"int", &type_int},
    {"integer", &type_int},
    {"bigint", &type_bigint},
    {"long", &type_bigint},
    {"float", &type_float},
    {"real", &type_float},
    {"double", &type_double},
    {"string", &type_string},
    {"binary", &type_binary},
    {"date", &type_date},
    {"timestamp", &type_timestamp},
    {"timestamp_ltz", &type_timestamp},
    {"timestamp_ntz", &type_timestamp_ntz},
    {"void", &type_void},
};

static const Type *decimal_named(Binder *b, const AstTypeName *ast)
{
    int32_t precision = ast->param_count > 0 ? ast->params[0] : 10;
    int32_t scale = ast->param_count > 1 ? ast->params[1] : 0;

    if (precision > DECIMAL_PRECISION_MAX || precision < 1)
        return bind_error(b, ast->span, "DECIMAL_PRECISION_EXCEEDS_MAX_PRECISION", "22003",
                          "Decimal precision %d exceeds max precision %d.", precision,
                          DECIMAL_PRECISION_MAX);
    if (scale > precision || scale < 0)
        return bind_error(b, ast->span, "_LEGACY_ERROR_TEMP_1228", NULL,
                          "Decimal scale (%d) cannot be greater than precision (%d).", scale,
                          precision);
    return type_decimal(b->arena, precision, scale);
}

static const Type *simple_named(Binder *b, const AstTypeName *ast)
{
    if (str_is_nocase(ast->name, "decimal") || str_is_nocase(ast->name, "dec") ||
        str_is_nocase(ast->name, "numeric"))
        return decimal_named(b, ast);
    /* CHAR(n) and VARCHAR(n) are strings; their length is the tables' affair, and those weir writes
     * to have none. */
    if ((str_is_nocase(ast->name, "varchar") || str_is_nocase(ast->name, "char") ||
         str_is_nocase(ast->name, "character")) &&
        ast->param_count == 1)
        return &type_string;
    if (ast->param_count == 0) {
        for (size_t i = 0; i < COUNT_OF(type_words); i++) {
            if (str_is_nocase(ast->name, type_words[i].name))
                return type_words[i].type;
        }
    }
    bind_error(b, ast->span, "UNSUPPORTED_DATATYPE", "0A000", "Unsupported data type \"%.*s\".",
               STR_ARG(ast->name));
    if (str_is_nocase(ast->name, "text"))
        diagnostic_remedy(b->diagnostics, "write STRING");
    else if (str_is_nocase(ast->name, "datetime"))
        diagnostic_remedy(b->diagnostics, "write TIMESTAMP");
    return NULL;
}

static IntervalUnit interval_field(AstIntervalUnit unit)
{
    switch (unit) {
    case AST_UNIT_YEAR:
        return UNIT_YEAR;
    case AST_UNIT_MONTH:
        return UNIT_MONTH;
    case AST_UNIT_DAY:
        return UNIT_DAY;
    case AST_UNIT_HOUR:
        return UNIT_HOUR;
    case AST_UNIT_MINUTE:
        return UNIT_MINUTE;
    case AST_UNIT_SECOND:
    case AST_UNIT_NONE:
    case AST_UNIT_WEEK:
    case AST_UNIT_MILLISECOND:
    case AST_UNIT_MICROSECOND:
    case AST_UNIT_NANOSECOND:
        return UNIT_SECOND;
    }
    UNREACHABLE();
}

static const Type *interval_named(Binder *b, const AstTypeName *ast)
{
    IntervalUnit from, to;

    if (ast->unit_from == AST_UNIT_NONE)
        return &type_interval;
    from = interval_field(ast->unit_from);
    to = interval_field(ast->unit_to);
    if (from > to || (from <= UNIT_MONTH) != (to <= UNIT_MONTH))
        return bind_error(b, ast->span, "PARSE_SYNTAX_ERROR", "42601",
                          "An interval type cannot go from %s to %s.",
                          interval_unit_name(ast->unit_from), interval_unit_name(ast->unit_to));
    return type_interval_range(b->arena, from <= UNIT_MONTH ? TYPE_INTERVAL_YM : TYPE_INTERVAL_DT,
                               from, to);
}

static const Type *struct_named(Binder *b, const AstTypeName *ast)
{
    Field *fields = ARENA_ARRAY(b->arena, Field, ast->field_count + 1);

    for (size_t i = 0; i < ast->field_count; i++) {
        const Type *type = bind_type(b, ast->fields[i].type);

        if (!type)
            return NULL;
        fields[i] = (Field){ast->fields[i].name.text, type, !ast->fields[i].not_null};
    }
    return type_struct(b->arena, fields, (uint32_t)ast->field_count);
}

const Type *bind_type(Binder *b, const AstTypeName *ast)
{
    const Type *key, *element;

    switch (ast->kind) {
    case AST_TYPE_NAME_SIMPLE:
        return simple_named(b, ast);
    case AST_TYPE_NAME_ARRAY:
        element = bind_type(b, ast->element);
        return element ? type_array(b->arena, element, true) : NULL;
    case AST_TYPE_NAME_MAP:
        key = bind_type(b, ast->key);
        element = bind_type(b, ast->element);
        return key && element ? type_map(b->arena, key, element, true) : NULL;
    case AST_TYPE_NAME_STRUCT:
        return struct_named(b, ast);
    case AST_TYPE_NAME_INTERVAL:
        return interval_named(b, ast);
    }
    UNREACHABLE();
}

const char *type_text_sql(Binder *b, const Type *type)
{
    StrBuf text;
    const char *copy;

    strbuf_init(&text);
    strbuf_add_char(&text, '"');
    type_name_sql(&text, type);
    strbuf_add_char(&text, '"');
    copy = arena_strdup(b->arena, strbuf_c(&text));
    strbuf_done(&text);
    return copy;
}
