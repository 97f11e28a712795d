/*
 * keyword.h: the words the parser knows.
 *
 * By default nearly every word of Spark SQL is also a name: `SELECT date FROM timestamp` is a
 * query. So a keyword is a property of a word token, and the parser asks for it only where the
 * grammar has one. The few that may not name a table (strict) are those that would make joins
 * ambiguous.
 */
#ifndef WEIR_SQL_KEYWORD_H
#define WEIR_SQL_KEYWORD_H

#include <stdbool.h>

#include "base/str.h"

/* In the order of strcmp: keyword_of searches by halving. */
/* clang-format off */
#define KEYWORDS(X)                                                                               \
    X(AGGREGATE) X(ALL) X(ALTER) X(ALWAYS) X(ANALYZE) X(AND) X(ANTI) X(ANY) X(ANY_VALUE)          \
    X(ARRAY) X(AS) X(ASC) X(AUTO) X(BEGIN) X(BERNOULLI) X(BETWEEN) X(BOTH) X(BUCKET) X(BY)        \
    X(CACHE) X(CASCADE) X(CASE) X(CAST) X(CATALOG) X(CATALOGS) X(CDC) X(CHANGES) X(CHECK)         \
    X(CLEAR) X(CLUSTER) X(CLUSTERED) X(CODEGEN) X(COLLATE) X(COLLATION) X(COLUMN) X(COLUMNS)      \
    X(COMMENT) X(CONSTRAINT) X(COST) X(CREATE) X(CROSS) X(CUBE) X(CURRENT) X(DATABASE)            \
    X(DATABASES) X(DATE) X(DATEADD) X(DATEDIFF) X(DATE_ADD) X(DATE_DIFF) X(DAY) X(DAYOFYEAR)      \
    X(DAYS) X(DECLARE) X(DEFAULT) X(DELAY) X(DELETE) X(DESC) X(DESCRIBE) X(DIRECTORY)             \
    X(DISTINCT) X(DISTRIBUTE) X(DIV) X(DROP) X(ELSE) X(EMIT) X(END) X(ENFORCED) X(ESCAPE)         \
    X(EXCEPT) X(EXCLUDE) X(EXECUTE) X(EXISTS) X(EXPECT) X(EXPLAIN) X(EXTEND) X(EXTENDED)          \
    X(EXTERNAL) X(EXTRACT) X(FALSE) X(FILTER) X(FIRST) X(FLOW) X(FOLLOWING) X(FOR) X(FOREIGN)     \
    X(FORMATTED) X(FROM) X(FULL) X(FUNCTION) X(FUNCTIONS) X(GENERATED) X(GLOBAL) X(GROUP)         \
    X(GROUPING) X(HAVING) X(HOUR) X(HOURS) X(IDENTIFIED) X(IDENTIFIER) X(IF) X(IGNORE) X(ILIKE)   \
    X(IN) X(INCLUDE) X(INNER) X(INSERT) X(INTERSECT) X(INTERVAL) X(INTO) X(IS) X(JOIN) X(JSON)    \
    X(KEY) X(LAST) X(LATERAL) X(LAZY) X(LEADING) X(LEFT) X(LEVEL) X(LIKE) X(LIMIT) X(LOCAL)       \
    X(LOCATION) X(LOGICAL) X(MAP) X(MATERIALIZED) X(MAX) X(MERGE) X(MICROSECOND) X(MICROSECONDS)  \
    X(MILLISECOND) X(MILLISECONDS) X(MINUS) X(MINUTE) X(MINUTES) X(MONTH) X(MONTHS) X(NAME)       \
    X(NAMESPACE) X(NAMESPACES) X(NANOSECOND) X(NANOSECONDS) X(NATURAL) X(NORELY) X(NOT) X(NULL)   \
    X(NULLS) X(OF) X(OFFSET) X(ON) X(ONCE) X(OPTIONS) X(OR) X(ORDER) X(OUT) X(OUTER) X(OVER)      \
    X(OVERLAY) X(OVERWRITE) X(PARTITION) X(PARTITIONED) X(PARTITIONS) X(PERCENT) X(PIVOT)         \
    X(PLACING) X(POSITION) X(PRECEDING) X(PRIMARY) X(PURGE) X(QUALIFY) X(QUARTER) X(QUERY)        \
    X(RANGE) X(RECURSION) X(RECURSIVE) X(REDUCE) X(REFERENCES) X(REFRESH) X(REGEXP) X(RELY)       \
    X(REPEATABLE) X(REPLACE) X(RESET) X(RESPECT) X(RESTRICT) X(RIGHT) X(RLIKE) X(ROLLUP) X(ROW)   \
    X(ROWS) X(SCHEDULE) X(SCHEMA) X(SCHEMAS) X(SECOND) X(SECONDS) X(SELECT) X(SEMI) X(SET)        \
    X(SETS) X(SHOW) X(SINGLE) X(SOME) X(SORT) X(STORED) X(STREAM) X(STREAMING) X(STRUCT)          \
    X(SUBSTR) X(SUBSTRING) X(SYSTEM_TIME) X(SYSTEM_VERSION) X(TABLE) X(TABLES) X(TABLESAMPLE)     \
    X(TBLPROPERTIES) X(TEMP) X(TEMPORARY) X(THEN) X(TIME) X(TIMEDIFF) X(TIMESTAMP)                \
    X(TIMESTAMPADD) X(TIMESTAMPDIFF) X(TIMESTAMP_LTZ) X(TIMESTAMP_NTZ) X(TO) X(TRAILING)          \
    X(TRANSFORM) X(TRIM) X(TRUE) X(TRUNCATE) X(TRY_CAST) X(UNBOUNDED) X(UNCACHE) X(UNION)         \
    X(UNIQUE) X(UNKNOWN) X(UNPIVOT) X(UPDATE) X(USE) X(USING) X(VALUES) X(VAR) X(VARIABLE)        \
    X(VERSION) X(VIEW) X(VIEWS) X(WATERMARK) X(WEEK) X(WEEKS) X(WHEN) X(WHERE) X(WINDOW) X(WITH)  \
    X(WITHIN) X(X) X(YEAR) X(YEARS) X(ZONE)
/* clang-format on */

#define KEYWORD_ENUM(name) KEYWORD_##name,
typedef enum Keyword {
    KEYWORD_NONE,
    KEYWORDS(KEYWORD_ENUM) KEYWORD_COUNT,
} Keyword;
#undef KEYWORD_ENUM

/* KEYWORD_NONE for any other word; ASCII case does not matter. */
Keyword keyword_of(Str word);
const char *keyword_text(Keyword keyword); /* In capitals; "" for none. */
/* May not be the name or alias of a table without backquotes. */
bool keyword_is_strict(Keyword keyword);

#endif
