#include "cli/libraries.h"

#define PCRE2_CODE_UNIT_WIDTH 8

#include <cjson/cJSON.h>
#include <curl/curl.h>
#include <libpq-fe.h>
#include <lz4.h>
#include <microhttpd.h>
#include <openssl/crypto.h>
#include <pcre2.h>
#include <sqlite3.h>
#include <utf8proc.h>
#include <zlib.h>
#include <zstd.h>

static const char *pcre2_version(Arena *arena)
{
    char *text = arena_zalloc(arena, (size_t)pcre2_config(PCRE2_CONFIG_VERSION, NULL) + 1);

    (void)pcre2_config(PCRE2_CONFIG_VERSION, text);
    return text;
}

static const char *postgres_version(Arena *arena)
{
    int version = PQlibVersion();

    return arena_printf(arena, "%d.%d", version / 10000, version % 10000);
}

const Library *libraries_list(Arena *arena)
{
    const Library libraries[] = {
        {"sqlite", sqlite3_libversion()},
        {"libmicrohttpd", MHD_get_version()},
        {"libcurl", curl_version_info(CURLVERSION_NOW)->version},
        {"openssl", OpenSSL_version(OPENSSL_VERSION_STRING)},
        {"libpq", postgres_version(arena)},
        {"zstd", ZSTD_versionString()},
        {"lz4", LZ4_versionString()},
        {"zlib", zlibVersion()},
        {"pcre2", pcre2_version(arena)},
        {"utf8proc", utf8proc_version()},
        {"cjson", cJSON_Version()},
        {NULL, NULL},
    };

    return arena_copy(arena, libraries, sizeof libraries);
}

const char *compiler_version(void)
{
#ifdef __clang__
    return "clang " __clang_version__;
#else
    return "gcc " __VERSION__;
#endif
}
