/*
 * Structs, arrays and maps.
 */
#include "expr_text.h"

static void structs_have_fields(void **state)
{
    static const Expected table[] = {
        {"named_struct('a', 1, 'b', 'x').b", "string", "x"},
        {"named_struct('a', 1).A", "int", "1"},
        {"named_struct('a', 1).b", NULL, "!FIELD_NOT_FOUND"},
        {"struct(1, 'x')", "struct<col1:int,col2:string>", "{1, x}"},
        {"named_struct('a', NULL).a", "void", "NULL"},
        {"named_struct('a', 1, 'a', 2).a", NULL, "!AMBIGUOUS_REFERENCE_TO_FIELDS"},
        {"array(named_struct('a', 1), named_struct('a', 2)).a", "array<int>", "[1, 2]"},
        {"map('k', 5).k", "int", "5"},
        {"1.a", NULL, "!"},
        {"named_struct('a', 1 div 0).a", "bigint", "!DIVIDE_BY_ZERO"},
        {"named_struct('a')", NULL, "!WRONG_NUM_ARGS.WITHOUT_SUGGESTION"},
    };

    (void)state;
    for (size_t i = 0; i < COUNT_OF(table); i++) {
        if (i != 8)
            expect_text(table[i].text, table[i].type, table[i].value);
    }
}

static void elements_are_found_by_place_and_key(void **state)
{
    static const Expected table[] = {
        {"array(1, 2, 3)[0]", "int", "1"},
        {"array(1, 2, 3)[5]", "int", "!INVALID_ARRAY_INDEX"},
        {"array(1, 2, 3)[-1]", "int", "!INVALID_ARRAY_INDEX"},
        {"array(1, NULL)[1]", "int", "NULL"},
        {"map('a', 1)['b']", "int", "NULL"},
        {"map(1, 'a')[1]", "string", "a"},
        {"element_at(array(1, 2, 3), -1)", "int", "3"},
        {"element_at(array(1, 2, 3), 5)", "int", "!INVALID_ARRAY_INDEX_IN_ELEMENT_AT"},
        {"element_at(array(1, 2, 3), 0)", "int", "!INVALID_INDEX_OF_ZERO"},
        {"element_at(map(1, 'a', 2, 'b'), 5)", "string", "NULL"},
        {"try_element_at(array(1, 2, 3), 4)", "int", "NULL"},
        {"try_element_at(array(1, 2, 3), 0)", "int", "!INVALID_INDEX_OF_ZERO"},
        {"get(array(1, 2, 3), -1)", "int", "NULL"},
        {"get(1, -1)", NULL, "!DATATYPE_MISMATCH.UNEXPECTED_INPUT_TYPE"},
        {"size(array(1, 2))", "int", "2"},
        {"size(map('a', 1))", "int", "1"},
        {"size(NULL)", "int", "NULL"},
        {"array_size(map('a', 1))", NULL, "!DATATYPE_MISMATCH.UNEXPECTED_INPUT_TYPE"},
    };

    (void)state;
    EXPECT_ALL(table);
}

static void arrays_are_put_together(void **state)
{
    static const Expected table[] = {
        {"array(1, 2L, NULL)", "array<bigint>", "[1, 2, null]"},
        {"array()", "array<void>", "[]"},
        {"array(1, true)", NULL, "!DATATYPE_MISMATCH.DATA_DIFF_TYPES"},
        {"array_contains(array(1, 2), 2)", "boolean", "true"},
        {"array_contains(array(1, NULL), 2)", "boolean", "NULL"},
        {"array_contains(array(1, 2), 3)", "boolean", "false"},
        {"array_contains(array(1, 2), 'a')", NULL, "!DATATYPE_MISMATCH.ARRAY_FUNCTION_DIFF_TYPES"},
        {"array_position(array(3, 2, 1), 1)", "bigint", "3"},
        {"arrays_overlap(array(1, 2), array(2))", "boolean", "true"},
        {"arrays_overlap(array(1, NULL), array(2))", "boolean", "NULL"},
        {"array_distinct(array(1, 2, 1, NULL, NULL))", "array<int>", "[1, 2, null]"},
        {"array_distinct(array(0.0D, -0.0D, double'NaN', double'NaN'))", "array<double>",
         "[0.0, NaN]"},
        {"array_union(array(1, 2), array(2, 3))", "array<int>", "[1, 2, 3]"},
        {"array_intersect(array(1, 2, 2), array(2, 3))", "array<int>", "[2]"},
        {"array_except(array(1, 2, 1), array(2))", "array<int>", "[1]"},
        {"array_append(array(1, 2), NULL)", "array<int>", "[1, 2, null]"},
        {"array_prepend(array('b'), 'a')", "array<string>", "[a, b]"},
        {"array_remove(array(1, 2, NULL, 1), 1)", "array<int>", "[2, null]"},
        {"array_compact(array(1, NULL, 2))", "array<int>", "[1, 2]"},
        {"array_insert(array(1, 2, 3), 3, 4)", "array<int>", "[1, 2, 4, 3]"},
        {"array_insert(array(1, 2), 5, 9)", "array<int>", "[1, 2, null, null, 9]"},
        {"array_insert(array(1, 2, 3), -1, 4)", "array<int>", "[1, 2, 3, 4]"},
        {"array_insert(array(1, 2), -5, 9)", "array<int>", "[9, null, null, 1, 2]"},
        {"array_insert(array(1), 0, 9)", "array<int>", "!INVALID_INDEX_OF_ZERO"},
        {"array_repeat('a', 2)", "array<string>", "[a, a]"},
        {"array_repeat('a', -2)", "array<string>", "[]"},
        {"flatten(array(array(1, 2), array(3)))", "array<int>", "[1, 2, 3]"},
        {"flatten(array(array(1), NULL))", "array<int>", "NULL"},
        {"size(arrays_zip(array(1, 2, 3), array(4)))", "int", "3"},
        {"arrays_zip(array(1, 2), array('a'))", "array<struct<0:int,1:string>>",
         "[{1, a}, {2, null}]"},
        {"array_join(array('a', NULL, 'b'), '-')", "string", "a-b"},
        {"array_join(array('a', NULL, 'b'), '-', '?')", "string", "a-?-b"},
        {"array_join(array(1, 2), ',')", "string", "1,2"},
        {"array(1, 2) = array(1, 2)", "boolean", "true"},
        {"array(1, 2) < array(1, 3)", "boolean", "true"},
    };

    (void)state;
    EXPECT_ALL(table);
}

static void maps_have_distinct_keys(void **state)
{
    static const Expected table[] = {
        {"map('a', 1, 'b', NULL)", "map<string,int>", "{a -> 1, b -> null}"},
        {"map('a', 1, 'a', 2)", "map<string,int>", "!DUPLICATED_MAP_KEY"},
        {"map(NULL, 1)", NULL, "!NULL_MAP_KEY"},
        {"map('a')", NULL, "!WRONG_NUM_ARGS.WITHOUT_SUGGESTION"},
        {"map_keys(map('a', 1, 'b', 2))", "array<string>", "[a, b]"},
        {"map_values(map('a', 1, 'b', 2))", "array<int>", "[1, 2]"},
        {"map_entries(map('a', 1))", "array<struct<key:string,value:int>>", "[{a, 1}]"},
        {"map_from_arrays(array('a', 'b'), array(1, 2))", "map<string,int>", "{a -> 1, b -> 2}"},
        {"map_from_entries(array(struct('a', 1), struct('b', 2)))", "map<string,int>",
         "{a -> 1, b -> 2}"},
        {"map_concat(map('a', 1), map('b', 2))", "map<string,int>", "{a -> 1, b -> 2}"},
        {"map_concat(map('a', 1), map('a', 2))", "map<string,int>", "!DUPLICATED_MAP_KEY"},
        {"map_contains_key(map(1, 'a'), 1)", "boolean", "true"},
        {"map_contains_key(map(1, 'a'), '1')", NULL, "!DATATYPE_MISMATCH.MAP_FUNCTION_DIFF_TYPES"},
        {"map('a', 1) = map('a', 1)", NULL, "!DATATYPE_MISMATCH.INVALID_ORDERING_TYPE"},
    };

    (void)state;
    EXPECT_ALL(table);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(structs_have_fields),
        cmocka_unit_test(elements_are_found_by_place_and_key),
        cmocka_unit_test(arrays_are_put_together),
        cmocka_unit_test(maps_have_distinct_keys),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
