/*
 * libraries.h: the libraries that this program runs with, by the versions they tell of themselves.
 */
#ifndef WEIR_CLI_LIBRARIES_H
#define WEIR_CLI_LIBRARIES_H

#include "base/arena.h"

typedef struct Library {
    const char *name;
    const char *version;
} Library;

/* Ended by one without a name; in `arena`. */
const Library *libraries_list(Arena *arena);
const char *compiler_version(void); /* What built this program. */

#endif
