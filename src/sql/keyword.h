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
#define KEYWORDS(W)                                                                               \
    W(AGGREGATE) W(ALL) W(ALTER) W(ALWAYS) W(ANALYZE) W(AND) W(ANTI) W(ANY) W(ANY_VALUE)          \
    W(ARRAY) W(AS) W(ASC) W(AUTO) W(BEGIN) W(BERNOULLI) W(BETWEEN) W(BOTH) W(BUCKET) W(BY)        \
    W(CACHE) W(CASCADE) W(CASE) W(CAST) W(CATALOG) W(CATALOGS) W(CDC) W(CHANGES) W(CHECK)         \
    W(CLEAR) W(CLUSTER) W(CLUSTERED) W(CODEGEN) W(COLLATE) W(COLLATION) W(COLUMN) W(COLUMNS)      \
    W(COMMENT) W(CONSTRAINT) W(COST) W(CREATE) W(CROSS) W(CUBE) W(CURRENT) W(DATABASE)            \
    W(DATABASES) W(DATE) W(DATEADD) W(DATEDIFF) W(DATE_ADD) W(DATE_DIFF) W(DAY) W(DAYOFYEAR)      \
    W(DAYS) W(DECLARE) W(DEFAULT) W(DELAY) W(DELETE) W(DESC) W(DESCRIBE) W(DIRECTORY)             \
    W(DISTINCT) W(DISTRIBUTE) W(DIV) W(DROP) W(ELSE) W(EMIT) W(END) W(ENFORCED) W(ESCAPE)         \
    W(EXCEPT) W(EXCLUDE) W(EXECUTE) W(EXISTS) W(EXPECT) W(EXPLAIN) W(EXTEND) W(EXTENDED)          \
    W(EXTERNAL) W(EXTRACT) W(FALSE) W(FILTER) W(FIRST) W(FLOW) W(FOLLOWING) W(FOR) W(FOREIGN)     \
    W(FORMATTED) W(FROM) W(FULL) W(FUNCTION) W(FUNCTIONS) W(GENERATED) W(GLOBAL) W(GROUP)         \
    W(GROUPING) W(HAVING) W(HOUR) W(HOURS) W(IDENTIFIED) W(IDENTIFIER) W(IF) W(IGNORE) W(ILIKE)   \
    W(IN) W(INCLUDE) W(INNER) W(INSERT) W(INTERSECT) W(INTERVAL) W(INTO) W(IS) W(JOIN) W(JSON)    \
    W(KEY) W(LAST) W(LATERAL) W(LAZY) W(LEADING) W(LEFT) W(LEVEL) W(LIKE) W(LIMIT) W(LOCAL)       \
    W(LOCATION) W(LOGICAL) W(MAP) W(MATERIALIZED) W(MAX) W(MERGE) W(MICROSECOND) W(MICROSECONDS)  \
    W(MILLISECOND) W(MILLISECONDS) W(MINUS) W(MINUTE) W(MINUTES) W(MONTH) W(MONTHS) W(NAME)       \
    W(NAMESPACE) W(NAMESPACES) W(NANOSECOND) W(NANOSECONDS) W(NATURAL) W(NORELY) W(NOT) W(NULL)   \
    W(NULLS) W(OF) W(OFFSET) W(ON) W(ONCE) W(OPTIONS) W(OR) W(ORDER) W(OUT) W(OUTER) W(OVER)      \
    W(OVERLAY) W(OVERWRITE) W(PARTITION) W(PARTITIONED) W(PARTITIONS) W(PERCENT) W(PIVOT)         \
    W(PLACING) W(POSITION) W(PRECEDING) W(PRIMARY) W(PURGE) W(QUALIFY) W(QUARTER) W(QUERY)        \
    W(RANGE) W(RECURSION) W(RECURSIVE) W(REDUCE) W(REFERENCES) W(REFRESH) W(REGEXP) W(RELY)       \
    W(REPEATABLE) W(REPLACE) W(RESET) W(RESPECT) W(RESTRICT) W(RIGHT) W(RLIKE) W(ROLLUP) W(ROW)   \
    W(ROWS) W(SCHEDULE) W(SCHEMA) W(SCHEMAS) W(SECOND) W(SECONDS) W(SELECT) W(SEMI) W(SET)        \
    W(SETS) W(SHOW) W(SINGLE) W(SOME) W(SORT) W(STORED) W(STREAM) W(STREAMING) W(STRUCT)          \
    W(SUBSTR) W(SUBSTRING) W(SYSTEM_TIME) W(SYSTEM_VERSION) W(TABLE) W(TABLES) W(TABLESAMPLE)     \
    W(TBLPROPERTIES) W(TEMP) W(TEMPORARY) W(THEN) W(TIME) W(TIMEDIFF) W(TIMESTAMP)                \
    W(TIMESTAMPADD) W(TIMESTAMPDIFF) W(TIMESTAMP_LTZ) W(TIMESTAMP_NTZ) W(TO) W(TRAILING)          \
    W(TRANSFORM) W(TRIM) W(TRUE) W(TRUNCATE) W(TRY_CAST) W(UNBOUNDED) W(UNCACHE) W(UNION)         \
    W(UNIQUE) W(UNKNOWN) W(UNPIVOT) W(UPDATE) W(USE) W(USING) W(VALUES) W(VAR) W(VARIABLE)        \
    W(VERSION) W(VIEW) W(VIEWS) W(WATERMARK) W(WEEK) W(WEEKS) W(WHEN) W(WHERE) W(WINDOW) W(WITH)  \
    W(WITHIN) W(X) W(YEAR) W(YEARS) W(ZONE)
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
