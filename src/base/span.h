/*
 * span.h: a place in SQL text. Every token, tree node and typed expression remembers its own.
 */
#ifndef WEIR_BASE_SPAN_H
#define WEIR_BASE_SPAN_H

#include <stdint.h>

typedef struct Span {
    uint32_t offset; /* Of the first byte in the file. */
    uint32_t bytes;
    uint32_t line;   /* From 1; 0: no place known. */
    uint32_t column; /* From 1, in characters. */
} Span;

#define SPAN_NONE ((Span){0})

#endif
