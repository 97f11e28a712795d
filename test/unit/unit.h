/*
 * unit.h: what every unit test includes: cmocka with what it needs, and the error printed when a
 * call that should succeed fails.
 */
#ifndef WEIR_TEST_UNIT_H
#define WEIR_TEST_UNIT_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/error.h"

/* assert that `call` (which takes &err) is true, and say why when it is not. */
#define assert_ok(call)                                                                            \
    do {                                                                                           \
        Error err = {0};                                                                           \
        if (!(call))                                                                               \
            fail_msg("%s: %s", #call, err.text);                                                   \
    } while (0)

#define assert_str_is(str, text)                                                                   \
    do {                                                                                           \
        Str actual_ = (str);                                                                       \
        const char *expected_ = (text);                                                            \
        if (actual_.bytes != strlen(expected_) ||                                                  \
            memcmp(actual_.data, expected_, actual_.bytes) != 0)                                   \
            fail_msg("'%.*s' is not '%s'", (int)actual_.bytes, actual_.data, expected_);           \
    } while (0)

#endif
