/* test_type.c: types by name, by structure, and as read from text. */
#include "unit.h"

#include "column/type.h"

static const Type *parsed(Arena *arena, const char *text)
{
    const Type *type = NULL;

    assert_ok(type_parse(arena, str_of(text), &type, &err));
    return type;
}

static void names_are_read_back_as_the_same_type(void **state)
{
    static const char *const names[] = {
        "void", "boolean", "tinyint", "smallint", "int", "bigint", "float", "double", "string",
        "binary", "date", "timestamp", "timestamp_ntz", "interval", "decimal(1,0)",
        "decimal(38,38)", "interval year", "interval year to month", "interval month",
        "interval day", "interval day to second", "interval hour to minute", "interval second",
        "array<int>", "map<string,array<decimal(10,2)>>", "struct<>",
        "struct<a:int,b:struct<c:array<map<int,string>>>>",
    };
    Arena arena;

    arena_init(&arena);
    for (size_t i = 0; i < COUNT_OF(names); i++) {
        const Type *type = parsed(&arena, names[i]);

        assert_string_equal(type_name_in(&arena, type), names[i]);
        assert_true(type_equal(type, type_copy(&arena, type)));
        for (size_t j = 0; j < COUNT_OF(names); j++)
            assert_int_equal(type_equal(type, parsed(&arena, names[j])), i == j);
    }
    arena_done(&arena);
}

static void sql_spellings_are_read(void **state)
{
    static const struct {
        const char *text, *name, *sql;
    } rows[] = {
        {"INTEGER", "int", "INT"},
        {"Long", "bigint", "BIGINT"},
        {"BYTE", "tinyint", "TINYINT"},
        {"short", "smallint", "SMALLINT"},
        {"REAL", "float", "FLOAT"},
        {"NUMERIC", "decimal(10,0)", "DECIMAL(10,0)"},
        {"dec(5)", "decimal(5,0)", "DECIMAL(5,0)"},
        {" decimal ( 12 , 3 ) ", "decimal(12,3)", "DECIMAL(12,3)"},
        {"VARCHAR(20)", "string", "STRING"},
        {"char(3)", "string", "STRING"},
        {"timestamp_ltz", "timestamp", "TIMESTAMP"},
        {"INTERVAL DAY TO HOUR", "interval day to hour", "INTERVAL DAY TO HOUR"},
        {"STRUCT<a INT NOT NULL COMMENT 'it\\'s', `b c`: ARRAY < STRING > >",
         "struct<a:int,b c:array<string>>", "STRUCT<a: INT NOT NULL, `b c`: ARRAY<STRING>>"},
        {"map<int , double>", "map<int,double>", "MAP<INT, DOUBLE>"},
        {"struct<`a``b`:int,`1`:int>", "struct<a`b:int,1:int>", "STRUCT<`a``b`: INT, `1`: INT>"},
    };
    Arena arena;

    arena_init(&arena);
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        const Type *type = parsed(&arena, rows[i].text);
        StrBuf buf;

        strbuf_init(&buf);
        type_name_sql(&buf, type);
        assert_string_equal(type_name_in(&arena, type), rows[i].name);
        assert_string_equal(strbuf_c(&buf), rows[i].sql);
        strbuf_done(&buf);
    }
    arena_done(&arena);
}

static void what_is_no_type_is_refused_with_its_place(void **state)
{
    static const char *const texts[] = {
        "", "in", "int int", "decimal(39,0)", "decimal(5,6)", "decimal(0,0)", "decimal(5", "decimal(-1)",
        "array", "array<", "array<int", "array<int>>", "map<int>", "struct<a>", "struct<a:int,>",
        "struct<`a:int>", "interval second to day", "interval year to day", "varchar(x)",
        "struct<a int not>", "struct<a int comment x>", "struct<a int comment 'x>", "interval day to",
    };
    Arena arena;

    arena_init(&arena);
    for (size_t i = 0; i < COUNT_OF(texts); i++) {
        const Type *type = &type_void;
        Error err = {0};

        assert_false(type_parse(&arena, str_of(texts[i]), &type, &err));
        assert_ptr_equal(type, &type_void);
        assert_int_equal(err.kind, ERROR_USER);
        assert_non_null(strstr(err.text, "character "));
    }
    arena_done(&arena);
}

static void nesting_is_bounded(void **state)
{
    Arena arena;
    StrBuf buf;
    const Type *type;
    Error err = {0};

    arena_init(&arena);
    strbuf_init(&buf);
    for (int i = 0; i < 100000; i++)
        strbuf_add_c(&buf, "array<");
    assert_false(type_parse(&arena, strbuf_str(&buf), &type, &err));
    assert_non_null(strstr(err.text, "nesting"));
    strbuf_done(&buf);
    arena_done(&arena);
}

static void a_list_of_columns_is_a_struct(void **state)
{
    const Type *type;
    Arena arena;

    arena_init(&arena);
    assert_ok(type_parse_columns(&arena, STR("a INT, `b` decimal(3,1) NOT NULL COMMENT 'x\\'y', c: date"),
                                 &type, &err));
    assert_string_equal(type_name_in(&arena, type), "struct<a:int,b:decimal(3,1),c:date>");
    assert_true(type->fields[0].nullable);
    assert_false(type->fields[1].nullable);
    assert_int_equal(type_field_find(type, STR("B")), 1);
    assert_int_equal(type_field_find(type, STR("d")), -1);
    arena_done(&arena);
}

static void orderable_types_hold_no_map(void **state)
{
    Arena arena;

    arena_init(&arena);
    assert_true(type_is_orderable(parsed(&arena, "struct<a:array<decimal(3,1)>>")));
    assert_false(type_is_orderable(parsed(&arena, "struct<a:array<map<int,int>>>")));
    assert_false(type_is_orderable(&type_interval));
    assert_true(type_is_orderable(&type_interval_dt));
    arena_done(&arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(names_are_read_back_as_the_same_type),
        cmocka_unit_test(sql_spellings_are_read),
        cmocka_unit_test(what_is_no_type_is_refused_with_its_place),
        cmocka_unit_test(nesting_is_bounded),
        cmocka_unit_test(a_list_of_columns_is_a_struct),
        cmocka_unit_test(orderable_types_hold_no_map),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
