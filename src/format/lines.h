/*
 * lines.h: records that are lines, ended by LF or CR LF.
 */
#ifndef WEIR_FORMAT_LINES_H
#define WEIR_FORMAT_LINES_H

#include "base/str.h"

/* As Format.next_record: the first line of `text`. */
size_t line_next(Str text, bool at_end, Str *record);

#endif
