#include "base/assert.h"

#include <stdio.h>
#include <stdlib.h>

void assert_failed(const char *file, int line, const char *condition)
{
    fprintf(stderr,
            "weir: internal error: %s:%d: %s\n"
            "This is a bug in weir; nothing that was committed is lost. Start again to go on from\n"
            "the last commit, and please report the line above.\n",
            file, line, condition);
    fflush(stderr);
    abort();
}
