/*
 * raw.h: the raw format: a record is the value of the only column, a STRING or BINARY.
 */
#ifndef WEIR_FORMAT_RAW_H
#define WEIR_FORMAT_RAW_H

#include "format/format.h"

extern const Format format_raw;

#endif
