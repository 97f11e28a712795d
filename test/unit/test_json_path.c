/* test_json_path.c: looking into JSON texts without a schema. */
#include "unit.h"

#include "base/random.h"
#include "format/json.h"

static void paths_find_what_sparks_get_json_object_finds(void **state)
{
    static const struct {
        const char *json, *path, *out; /* NULL: nothing. */
    } rows[] = {
        {"{\"a\":\"b\"}", "$.a", "b"},
        {"{\"a\":\"b\"}", "$['a']", "b"},
        {"{\"a\":\"b\"}", "$", "{\"a\":\"b\"}"},
        {"{\"a\":1.50}", "$.a", "1.5"},
        {"{\"a\":15}", "$.a", "15"},
        {"{\"a\":true}", "$.a", "true"},
        {"{\"a\":null}", "$.a", NULL},
        {"{\"a\":\"x\\ny\"}", "$.a", "x\ny"},
        {"{\"a\": {\"b\" : [1, 2, {\"c\":3}]}}", "$.a", "{\"b\":[1,2,{\"c\":3}]}"},
        {"{\"a\":{\"b\":[1,2,{\"c\":3}]}}", "$.a.b[2].c", "3"},
        {"{\"a\":{\"b\":[1,2,{\"c\":3}]}}", "$.a.b[1]", "2"},
        {"{\"a\":{\"b\":[1,2,{\"c\":3}]}}", "$.a.b[3]", NULL},
        {"{\"a\":{\"b\":[1,2]}}", "$.a.b[*]", "[1,2]"},
        {"{\"a\":{\"b\":[1]}}", "$.a.b[*]", "1"},
        {"{\"a\":{\"b\":[]}}", "$.a.b[*]", NULL},
        {"{\"a\":[\"x\"]}", "$.a[*]", "\"x\""},
        {"[{\"a\":\"b\"},{\"a\":\"c\"}]", "$[*].a", "[\"b\",\"c\"]"},
        {"[{\"a\":\"b\"},{\"c\":1}]", "$[*].a", "\"b\""},
        {"[[1,2],[3]]", "$[*][*]", "[1,2,3]"},
        {"[[1,[2]],[3]]", "$[*][*]", "[1,2,3]"},
        {"[[1,2],[3]]", "$[*]", "[[1,2],[3]]"},
        {"[[1,2],[3]]", "$[0][*]", "[1,2]"},
        {"[[1],[3]]", "$[0][*]", "[1]"},
        {"[[{\"a\":1}],[{\"a\":2},{\"a\":3}]]", "$[*][*].a", NULL},
        {"[null]", "$[0]", "null"},
        {"{\"a\":1,\"a\":2}", "$.a", "1"},
        {"{\"a\":null,\"a\":2}", "$.a", "2"},
        {"{\"a\":1}", "$.*", NULL},
        {"{\"a\":1}", "$.b", NULL},
        {"{\"a\":1}", "$.a.b", NULL},
        {"{\"a\":1}", "$[0]", NULL},
        {"{\"a b\":1,\"c.d\":2}", "$.a b", "1"},
        {"{\"a b\":1,\"c.d\":2}", "$['c.d']", "2"},
        {"{\"a\":\"b\"} and more", "$.a", "b"},
        {"{\"a\":\"b\"", "$.a", NULL},
        {"{\"a\":\"b\",}", "$.a", NULL},
        {"", "$.a", NULL},
        {"\"x\"", "$", "x"},
        {"12", "$", "12"},
        {"not json", "$", NULL},
        {"{'a':'b'}", "$.a", "b"},
    };
    static const char *const bad[] = {"", "a", "$a", "$.", "$..a", "$[", "$[a]", "$['a]", "$[-1]", "$.a[", "$[]",
                                      "$.a..b", "$[99999999999999999999]"};
    Arena arena;
    StrBuf out;

    arena_init(&arena);
    strbuf_init(&out);
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        const JsonPath *path;
        bool found;

        assert_true(json_path_parse(&arena, str_of(rows[i].path), &path));
        strbuf_clear(&out);
        strbuf_add_c(&out, "before:");
        found = json_path_get(path, &arena, str_of(rows[i].json), &out);
        if (found != (rows[i].out != NULL) || strcmp(out.data + 7, found ? rows[i].out : "") != 0)
            fail_msg("%s of %s gives %d '%s'", rows[i].path, rows[i].json, found, strbuf_c(&out));
    }
    for (size_t i = 0; i < COUNT_OF(bad); i++) {
        const JsonPath *path = NULL;

        if (json_path_parse(&arena, str_of(bad[i]), &path))
            fail_msg("'%s' is a path", bad[i]);
        assert_null(path);
    }
    strbuf_done(&out);
    arena_done(&arena);
}

static void tuples_names_and_counts(void **state)
{
    static const Str names[] = {{"a", 1}, {"b", 1}, {"a", 1}, {"z", 1}};
    Str texts[4];
    bool found[4];
    const Str *keys;
    uint32_t count;
    Arena arena;

    arena_init(&arena);
    assert_true(json_tuple_get(&arena, STR("{\"a\":\"x\\ty\",\"b\":[1, 2.50],\"c\":{}, \"a\":null}"), names, 4, texts,
                               found));
    assert_true(found[0] && found[1] && found[2] && !found[3]);
    assert_str_is(texts[0], "x\ty");
    assert_str_is(texts[1], "[1,2.5]");
    assert_str_is(texts[2], "x\ty");
    assert_false(json_tuple_get(&arena, STR("[1]"), names, 4, texts, found));
    assert_false(found[0]);
    assert_false(json_tuple_get(&arena, STR("{\"a\":1"), names, 4, texts, found));

    assert_true(json_object_names(&arena, STR("{\"f1\":\"a\",\"f\\u0032\":{\"f3\":1}}"), &keys, &count));
    assert_int_equal(count, 2);
    assert_str_is(keys[0], "f1");
    assert_str_is(keys[1], "f2");
    assert_true(json_object_names(&arena, STR("{}"), &keys, &count));
    assert_int_equal(count, 0);
    assert_false(json_object_names(&arena, STR("[]"), &keys, &count));
    assert_false(json_object_names(&arena, STR(""), &keys, &count));

    assert_true(json_array_count(&arena, STR("[1,[2,3],{\"a\":[4]},\"]\"]"), &count));
    assert_int_equal(count, 4);
    assert_true(json_array_count(&arena, STR(" [ ] "), &count));
    assert_int_equal(count, 0);
    assert_false(json_array_count(&arena, STR("{}"), &count));
    assert_false(json_array_count(&arena, STR("[1"), &count));
    arena_done(&arena);
}

static void schemas_are_inferred_as_spark_infers_them(void **state)
{
    static const struct {
        const char *json, *type; /* NULL: not JSON. */
    } rows[] = {
        {"{\"a\":0}", "struct<a:bigint>"},
        {"{\"b\":1.5,\"a\":\"x\",\"c\":true}", "struct<a:string,b:double,c:boolean>"},
        {"{\"a\":null}", "struct<a:string>"},
        {"{\"a\":12345678901234567890}", "struct<a:decimal(20,0)>"},
        {"{\"a\":123456789012345678901234567890123456789}", "struct<a:double>"},
        {"{\"a\":1e3}", "struct<a:double>"},
        {"[1,2]", "array<bigint>"},
        {"[1,2.5]", "array<double>"},
        {"[1,\"x\"]", "array<string>"},
        {"[]", "array<string>"},
        {"[null,1]", "array<bigint>"},
        {"[{\"a\":1},{\"b\":true,\"a\":2.5}]", "array<struct<a:double,b:boolean>>"},
        {"[1,12345678901234567890]", "array<decimal(20,0)>"},
        {"[[1],[\"x\"]]", "array<array<string>>"},
        {"{\"a\":{}}", "struct<>"},
        {"{}", "struct<>"},
        {"{\"a\":{\"b\":[{\"c\":1}]}}", "struct<a:struct<b:array<struct<c:bigint>>>>"},
        {"\"x\"", "string"},
        {"1", "bigint"},
        {"true", "boolean"},
        {"", NULL},
        {"{", NULL},
        {"{\"a\":1", NULL},
        {"{\"a\":1,}", NULL},
        {"[1,]", NULL},
        {"nonsense", NULL},
    };
    Arena arena;

    arena_init(&arena);
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        const Type *type;
        Error err = {0};
        bool ok = json_schema_of(&arena, str_of(rows[i].json), &type, &err);

        if (ok != (rows[i].type != NULL) || (ok && strcmp(type_name_in(&arena, type), rows[i].type) != 0))
            fail_msg("%s gives %s", rows[i].json, ok ? type_name_in(&arena, type) : err.text);
    }
    arena_done(&arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(paths_find_what_sparks_get_json_object_finds),
        cmocka_unit_test(tuples_names_and_counts),
        cmocka_unit_test(schemas_are_inferred_as_spark_infers_them),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
