/*
 * csv.h: the csv format: RFC 4180 with Spark's options.
 *
 *     sep            ',': one or more characters
 *     quote          '"', one character
 *     comment        a record that begins with this character has no values; none
 *     quoteAll       'true': every value is written in quotes, NULLs too
 *     emptyValue     what an empty text is written as, besides two quotes
 *     escape         '\': in a quoted value it takes the special meaning from a quote or itself; a
 *                    doubled quote is one too (RFC 4180). Set it to '"' for the RFC alone
 *     nullValue      what a NULL looks like, besides nothing. A quoted value is never NULL
 *     ignoreLeadingWhiteSpace, ignoreTrailingWhiteSpace   'true': without blanks around values
 *     header         a file begins with the columns' names (whoever reads the file skips them)
 *
 * Values stand in the order of FormatOptions.record_schema; a STRICT decoder refuses a record with
 * more or fewer of them, a PERMISSIVE one takes missing ones for NULL.
 */
#ifndef WEIR_FORMAT_CSV_H
#define WEIR_FORMAT_CSV_H

#include "format/format.h"

extern const Format format_csv;

/* A record cut into its values, without their quotes: what schema_of_csv looks at. Bad quotes or bad
 * options: no values. */
typedef struct CsvCut {
    Str *values;
    uint32_t count;
} CsvCut;
CsvCut csv_cut(Arena *arena, Str record, const FormatOptions *options);

#endif
