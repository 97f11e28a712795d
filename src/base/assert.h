/*
 * assert.h: what only a bug can break.
 *
 * ASSERT stays in the shipped program: a broken invariant stops the process, and a restart goes on
 * from the last checkpoint. Bad input, a full disk and a lost server are errors (error.h), never
 * assertions. DEBUG_ASSERT is for checks that walk whole structures; it is compiled into debug and
 * sanitizer builds only (WEIR_DEBUG).
 */
#ifndef WEIR_BASE_ASSERT_H
#define WEIR_BASE_ASSERT_H

#include "base/attributes.h"

NORETURN COLD void assert_failed(const char *file, int line, const char *condition);

#define ASSERT(condition)                                                                          \
    do {                                                                                           \
        if (UNLIKELY(!(condition)))                                                                \
            assert_failed(__FILE__, __LINE__, #condition);                                         \
    } while (0)

#ifdef WEIR_DEBUG
#define DEBUG_ASSERT(condition) ASSERT(condition)
#else
#define DEBUG_ASSERT(condition) ((void)sizeof(!(condition)))
#endif

#define UNREACHABLE() assert_failed(__FILE__, __LINE__, "unreachable")

#endif
