#include "sql/ast.h"

const char *interval_unit_name(AstIntervalUnit unit)
{
    static const char *const names[] = {
        [AST_UNIT_NONE] = "",
        [AST_UNIT_YEAR] = "YEAR",
        [AST_UNIT_MONTH] = "MONTH",
        [AST_UNIT_WEEK] = "WEEK",
        [AST_UNIT_DAY] = "DAY",
        [AST_UNIT_HOUR] = "HOUR",
        [AST_UNIT_MINUTE] = "MINUTE",
        [AST_UNIT_SECOND] = "SECOND",
        [AST_UNIT_MILLISECOND] = "MILLISECOND",
        [AST_UNIT_MICROSECOND] = "MICROSECOND",
        [AST_UNIT_NANOSECOND] = "NANOSECOND",
    };

    return names[unit];
}

const char *binary_op_text(AstBinaryOp op)
{
    static const char *const texts[] = {
        [AST_BINARY_MULTIPLY] = "*",
        [AST_BINARY_DIVIDE] = "/",
        [AST_BINARY_MODULO] = "%",
        [AST_BINARY_DIV] = "DIV",
        [AST_BINARY_ADD] = "+",
        [AST_BINARY_SUBTRACT] = "-",
        [AST_BINARY_CONCAT] = "||",
        [AST_BINARY_SHIFT_LEFT] = "<<",
        [AST_BINARY_SHIFT_RIGHT] = ">>",
        [AST_BINARY_SHIFT_RIGHT_UNSIGNED] = ">>>",
        [AST_BINARY_BIT_AND] = "&",
        [AST_BINARY_BIT_XOR] = "^",
        [AST_BINARY_BIT_OR] = "|",
        [AST_BINARY_EQUAL] = "=",
        [AST_BINARY_NOT_EQUAL] = "<>",
        [AST_BINARY_LESS] = "<",
        [AST_BINARY_LESS_EQUAL] = "<=",
        [AST_BINARY_GREATER] = ">",
        [AST_BINARY_GREATER_EQUAL] = ">=",
        [AST_BINARY_EQUAL_NULL_SAFE] = "<=>",
    };

    return texts[op];
}

const char *join_kind_text(AstJoinKind kind)
{
    static const char *const texts[] = {
        [AST_JOIN_INNER] = "INNER JOIN",
        [AST_JOIN_CROSS] = "CROSS JOIN",
        [AST_JOIN_COMMA] = ",",
        [AST_JOIN_LEFT] = "LEFT OUTER JOIN",
        [AST_JOIN_RIGHT] = "RIGHT OUTER JOIN",
        [AST_JOIN_FULL] = "FULL OUTER JOIN",
        [AST_JOIN_SEMI] = "LEFT SEMI JOIN",
        [AST_JOIN_ANTI] = "LEFT ANTI JOIN",
    };

    return texts[kind];
}

const char *statement_kind_name(AstStatementKind kind)
{
    static const char *const names[] = {
        [AST_STATEMENT_QUERY] = "SELECT",
        [AST_STATEMENT_CREATE_TABLE] = "CREATE TABLE",
        [AST_STATEMENT_CREATE_FLOW] = "CREATE FLOW",
        [AST_STATEMENT_CREATE_VIEW] = "CREATE VIEW",
        [AST_STATEMENT_DROP] = "DROP",
        [AST_STATEMENT_INSERT] = "INSERT",
        [AST_STATEMENT_MULTI_INSERT] = "INSERT",
        [AST_STATEMENT_DELETE] = "DELETE",
        [AST_STATEMENT_UPDATE] = "UPDATE",
        [AST_STATEMENT_TRUNCATE] = "TRUNCATE TABLE",
        [AST_STATEMENT_SET] = "SET",
        [AST_STATEMENT_RESET] = "RESET",
        [AST_STATEMENT_SET_TIME_ZONE] = "SET TIME ZONE",
        [AST_STATEMENT_DECLARE_VARIABLE] = "DECLARE VARIABLE",
        [AST_STATEMENT_SET_VARIABLE] = "SET VARIABLE",
        [AST_STATEMENT_EXPLAIN] = "EXPLAIN",
        [AST_STATEMENT_SHOW] = "SHOW",
        [AST_STATEMENT_DESCRIBE] = "DESCRIBE",
        [AST_STATEMENT_USE] = "USE",
        [AST_STATEMENT_CACHE] = "CACHE TABLE",
        [AST_STATEMENT_UNCACHE] = "UNCACHE TABLE",
        [AST_STATEMENT_REFRESH] = "REFRESH TABLE",
    };

    return kind < AST_STATEMENT_KIND_COUNT ? names[kind] : "";
}

const AstProperty *property_find(const AstPropertyList *list, const char *key)
{
    for (size_t i = list->count; i-- > 0;)
        if (str_is_nocase(list->items[i].key, key))
            return &list->items[i];
    return NULL;
}
