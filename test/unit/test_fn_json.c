/*
 * Functions on JSON texts. Schemas and options are constants, so only the first form is tried where
 * there are some.
 */
#include "expr_text.h"

static void expect_constants(const Expected *table, size_t count)
{
    for (size_t i = 0; i < count; i++)
        expect_form(FORM_LITERALS, NULL, table[i].text, table[i].type, table[i].value);
}

static void from_json_reads_its_schema(void **state)
{
    static const Expected table[] = {
        {"from_json('{\"a\":1, \"b\":\"x\"}', 'a INT, b STRING')", "struct<a:int,b:string>",
         "{1, x}"},
        {"from_json('[1, 2]', 'array<int>')", "array<int>", "[1, 2]"},
        {"from_json('[1, \"2\"]', 'array<int>')", "array<int>", "NULL"},
        {"from_json('{\"a\":1}', 'map<string,int>')", "map<string,int>", "{a -> 1}"},
        {"from_json('not json', 'a INT')", "struct<a:int>", "{null}"},
        {"from_json('', 'a INT')", "struct<a:int>", "NULL"},
        {"from_json(NULL, 'a INT')", "struct<a:int>", "NULL"},
        {"from_json('{\"a\":1}', 1)", NULL, "!INVALID_SCHEMA.NON_STRING_LITERAL"},
        {"from_json('{\"a\":1}', NULL)", NULL, "!INVALID_SCHEMA.NON_STRING_LITERAL"},
        {"from_json('{\"a\":1}', 'a INT,')", NULL, "!PARSE_SYNTAX_ERROR"},
        {"from_json('{\"a\":1}', 'int')", NULL, "!DATATYPE_MISMATCH.INVALID_JSON_SCHEMA"},
        {"from_json('{}', 'map<int,int>')", NULL, "!DATATYPE_MISMATCH.INVALID_JSON_MAP_KEY_TYPE"},
        {"from_json('{}', 'a INT', named_struct('mode', 'x'))", NULL,
         "!INVALID_OPTIONS.NON_MAP_FUNCTION"},
        {"from_json('{}', 'a INT', map('mode', 1))", NULL, "!INVALID_OPTIONS.NON_STRING_TYPE"},
        {"from_json('{}', 'a INT', map('mode', 'DROPMALFORMED'))", NULL, "!PARSE_MODE_UNSUPPORTED"},
        {"from_json('{', 'a INT', map('mode', 'FAILFAST'))", NULL,
         "!MALFORMED_RECORD_IN_PARSING.WITHOUT_SUGGESTION"},
        {"from_json('{\"a\":1', 'a INT, _corrupt_record STRING')", NULL, "{null, {\"a\":1}"},
        {"from_json('{\"a\":1', 'a INT, c STRING', map('columnNameOfCorruptRecord', 'c'))", NULL,
         "{null, {\"a\":1}"},
        {"from_json()", NULL, "!WRONG_NUM_ARGS.WITHOUT_SUGGESTION"},
    };

    (void)state;
    expect_constants(table, COUNT_OF(table));
}

static void times_have_patterns(void **state)
{
    static const Expected table[] = {
        {"from_json('{\"t\":\"26/08/2015\"}', 't TIMESTAMP', map('timestampFormat', 'dd/MM/yyyy'))",
         "struct<t:timestamp>", "{2015-08-26 00:00:00}"},
        {"from_json('{\"t\":\"26/08/2015 12\"}', 't TIMESTAMP', map('timestampFormat', 'dd/MM/yyyy "
         "HH', 'timeZone', 'Asia/Tokyo'))",
         "struct<t:timestamp>", "{2015-08-26 03:00:00}"},
        {"from_json('{\"t\":[\"26/08\",\"x\",null]}', 't ARRAY<DATE>', map('dateFormat', 'dd/MM'))",
         "struct<t:array<date>>", "{[1970-08-26, null, null]}"},
        {"from_json('{\"t\":\"x\"}', 't DATE', map('dateFormat', 'dd/MMMMM/yyyy'))", NULL,
         "!INCONSISTENT_BEHAVIOR_CROSS_VERSION.DATETIME_PATTERN_RECOGNITION"},
        {"to_json(named_struct('t', timestamp'2015-08-26 10:00:00', 'd', date'2015-08-26'), "
         "map('timestampFormat', 'dd/MM/yyyy', 'dateFormat', 'yyyy'))",
         "string", "{\"t\":\"26/08/2015\",\"d\":\"2015\"}"},
        {"to_json(array(map('a', date'2015-08-26')), map('dateFormat', 'MM'))", "string",
         "[{\"a\":\"08\"}]"},
    };

    (void)state;
    expect_constants(table, COUNT_OF(table));
}

static void values_become_json(void **state)
{
    static const Expected table[] = {
        {"to_json(named_struct('a', 1, 'b', NULL))", "string", "{\"a\":1}"},
        {"to_json(array(1, 2))", "string", "[1,2]"},
        {"to_json(map('a', 1.50))", "string", "{\"a\":1.50}"},
        {"to_json(1)", NULL, "!DATATYPE_MISMATCH.INVALID_JSON_SCHEMA"},
        {"get_json_object('{\"a\":{\"b\":[1,2]}}', '$.a.b[1]')", "string", "2"},
        {"get_json_object('{\"a\":1}', '$.b')", "string", "NULL"},
        {"get_json_object('{\"a\":1}', 'a')", "string", "NULL"},
        {"get_json_object('{\"a\":1', '$.a[')", "string", "NULL"},
        {"json_array_length('[1,2,3,[33,44]]')", "int", "4"},
        {"json_array_length('{\"a\":1}')", "int", "NULL"},
        {"json_array_length('')", "int", "NULL"},
        {"json_array_length(2)", NULL, "!DATATYPE_MISMATCH.UNEXPECTED_INPUT_TYPE"},
        {"json_object_keys('{\"b\":1,\"a\":{\"c\":2}}')", "array<string>", "[b, a]"},
        {"json_object_keys('[1]')", "array<string>", "NULL"},
        {"json_object_keys(200)", NULL, "!DATATYPE_MISMATCH.UNEXPECTED_INPUT_TYPE"},
    };

    (void)state;
    EXPECT_ALL(table);
}

static void schemas_are_inferred(void **state)
{
    static const Expected table[] = {
        {"schema_of_json('{\"c1\":0, \"c2\":[1]}')", "string",
         "STRUCT<c1: BIGINT, c2: ARRAY<BIGINT>>"},
        {"schema_of_json('{\"c1\":1}', map('primitivesAsString', 'true'))", "string",
         "STRUCT<c1: STRING>"},
        {"schema_of_json('{')", "string", "STRUCT<_corrupt_record: STRING>"},
        {"schema_of_json(null)", NULL, "!DATATYPE_MISMATCH.UNEXPECTED_NULL"},
        {"schema_of_json(1)", NULL, "!DATATYPE_MISMATCH.UNEXPECTED_INPUT_TYPE"},
        {"from_json('{\"a\":1}', schema_of_json('{\"a\":0}'))", "struct<a:bigint>", "{1}"},
    };

    (void)state;
    expect_constants(table, COUNT_OF(table));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(from_json_reads_its_schema),
        cmocka_unit_test(times_have_patterns),
        cmocka_unit_test(values_become_json),
        cmocka_unit_test(schemas_are_inferred),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
