/*
 * url.h: a URL taken apart as java.net.URI takes it (RFC 2396).
 */
#ifndef WEIR_EXPR_URL_H
#define WEIR_EXPR_URL_H

#include "base/str.h"

/* Parts are views of the text; data == NULL: there is none. */
typedef struct Url {
    Str scheme, authority, user_info, host, path, query, fragment;
} Url;

bool url_parse(Str text, Url *out); /* False: no URL. */

/* application/x-www-form-urlencoded. */
void url_encode(StrBuf *out, Str text);
bool url_decode(StrBuf *out, Str text); /* False: % without two digits. */

#endif
