/*
 * url.c: the grammar of RFC 2396, as Java reads it.
 *
 *     [scheme:][//authority]path[?query][#fragment]
 *     authority = [user@]host[:port], or anything else of its characters (then it has no host)
 *
 * Characters beyond ASCII may stand anywhere but in scheme and host.
 */
#include "expr/url.h"

#include <ctype.h>

static bool is_unreserved(unsigned char c)
{
    return isalnum(c) || (c && strchr("-_.!~*'()", c));
}

/* Whether all characters are unreserved, escaped, beyond ASCII, or of `also`. */
static bool all_of(Str text, const char *also)
{
    for (uint32_t i = 0; i < text.bytes; i++) {
        unsigned char c = (unsigned char)text.data[i];

        if (c == '%') {
            if (i + 2 >= text.bytes || !isxdigit((unsigned char)text.data[i + 1]) ||
                !isxdigit((unsigned char)text.data[i + 2]))
                return false;
            i += 2;
        } else if (c < 0x80 && !is_unreserved(c) && !(c && strchr(also, c))) {
            return false;
        }
    }
    return true;
}

/* Cuts off what stands before the first of `stops`. */
static Str take_until(Str *rest, const char *stops)
{
    uint32_t at = 0;
    Str taken;

    while (at < rest->bytes && !(rest->data[at] && strchr(stops, rest->data[at])))
        at++;
    taken = str_slice(*rest, 0, at);
    *rest = str_slice(*rest, at, rest->bytes);
    return taken;
}

/* ── the authority ─────────────────────────────────────────────────────────────────────────────*/

static bool is_ipv4(Str host)
{
    int parts = 0;
    Str part;

    while (str_split(&host, '.', &part)) {
        int64_t value;

        if (part.bytes == 0 || part.bytes > 3 || !isdigit((unsigned char)part.data[0]) ||
            !str_to_int64(part, &value) || value > 255)
            return false;
        parts++;
    }
    return parts == 4;
}

/* Labels of letters, digits and inner hyphens; the last begins with a letter. */
static bool is_hostname(Str host)
{
    Str label, last = STR_EMPTY;

    if (host.bytes && host.data[host.bytes - 1] == '.')
        host.bytes--;
    if (!host.bytes)
        return false;
    while (str_split(&host, '.', &label)) {
        if (!label.bytes || label.data[0] == '-' || label.data[label.bytes - 1] == '-')
            return false;
        for (uint32_t i = 0; i < label.bytes; i++) {
            if (!isalnum((unsigned char)label.data[i]) && label.data[i] != '-')
                return false;
        }
        last = label;
    }
    return isalpha((unsigned char)last.data[0]);
}

static bool is_ipv6(Str inner)
{
    uint32_t colons = 0;

    for (uint32_t i = 0; i < inner.bytes && inner.data[i] != '%'; i++) {
        char c = inner.data[i];

        if (!isxdigit((unsigned char)c) && c != ':' && c != '.')
            return false;
        colons += c == ':';
    }
    return colons >= 2;
}

/* False: no server; the authority may still be a name. */
static bool parse_server(Url *url)
{
    Str rest = url->authority, user = {0}, host, port = STR_EMPTY;
    ptrdiff_t at = str_find_char(rest, '@'), end;

    if (at >= 0) {
        user = str_slice(rest, 0, (uint32_t)at);
        rest = str_slice(rest, (uint32_t)at + 1, rest.bytes);
        if (!all_of(user, ";:&=+$,"))
            return false;
    }
    if (rest.bytes && rest.data[0] == '[') {
        end = str_find_char(rest, ']');
        if (end < 0 || !is_ipv6(str_slice(rest, 1, (uint32_t)end)))
            return false;
        host = str_slice(rest, 0, (uint32_t)end + 1);
        rest = str_slice(rest, (uint32_t)end + 1, rest.bytes);
    } else {
        host = take_until(&rest, ":");
        if (!is_ipv4(host) && !is_hostname(host))
            return false;
    }
    if (rest.bytes) {
        if (rest.data[0] != ':')
            return false;
        port = str_slice(rest, 1, rest.bytes);
    }
    for (uint32_t i = 0; i < port.bytes; i++) {
        if (!isdigit((unsigned char)port.data[i]) || port.bytes > 9)
            return false;
    }
    url->user_info = user;
    url->host = host;
    return true;
}

static bool parse_authority(Url *url, Str *rest)
{
    *rest = str_slice(*rest, 2, rest->bytes);
    url->authority = take_until(rest, "/?#");
    if (url->authority.bytes == 0) {
        url->authority = (Str){0};
        return rest->bytes > 0; /* file:///path */
    }
    if (parse_server(url))
        return true;
    return url->authority.data[0] != '[' && all_of(url->authority, "$,;:@&=+");
}

/* ── the whole ─────────────────────────────────────────────────────────────────────────────────*/

#define URI_CHARS ";/?:@&=+$,[]"

static bool parse_scheme(Url *url, Str *rest)
{
    Str left = *rest, scheme = take_until(&left, ":/?#");

    if (left.bytes == 0 || left.data[0] != ':')
        return true; /* There is none. */
    if (!scheme.bytes || !isalpha((unsigned char)scheme.data[0]))
        return false;
    for (uint32_t i = 0; i < scheme.bytes; i++) {
        if (!isalnum((unsigned char)scheme.data[i]) && !strchr("+-.", scheme.data[i]))
            return false;
    }
    url->scheme = scheme;
    *rest = str_slice(left, 1, left.bytes);
    return rest->bytes > 0;
}

bool url_parse(Str text, Url *out)
{
    Url url = {0};
    Str rest = text, before;

    if (!parse_scheme(&url, &rest))
        return false;
    before = take_until(&rest, "#");
    if (rest.bytes) {
        url.fragment = str_slice(rest, 1, rest.bytes);
        if (!all_of(url.fragment, URI_CHARS))
            return false;
    }
    if (url.scheme.data && (!before.bytes || before.data[0] != '/')) {
        *out = url; /* mailto:a@b.c has no parts. */
        return before.bytes && all_of(before, URI_CHARS);
    }
    if (str_starts_with(before, STR("//")) && !parse_authority(&url, &before))
        return false;
    url.path = take_until(&before, "?");
    if (before.bytes) {
        url.query = str_slice(before, 1, before.bytes);
        if (!all_of(url.query, URI_CHARS))
            return false;
    }
    *out = url;
    return all_of(url.path, ":@&=+$,;/");
}

/* ── encoding ──────────────────────────────────────────────────────────────────────────────────*/

void url_encode(StrBuf *out, Str text)
{
    for (uint32_t i = 0; i < text.bytes; i++) {
        unsigned char c = (unsigned char)text.data[i];

        if (isalnum(c) || (c && strchr(".-*_", c)))
            strbuf_add_char(out, (char)c);
        else if (c == ' ')
            strbuf_add_char(out, '+');
        else
            strbuf_printf(out, "%%%02X", c);
    }
}

static int hex_digit(char c)
{
    if (isdigit((unsigned char)c))
        return c - '0';
    return isxdigit((unsigned char)c) ? (c | 0x20) - 'a' + 10 : -1;
}

bool url_decode(StrBuf *out, Str text)
{
    for (uint32_t i = 0; i < text.bytes; i++) {
        int high, low;

        if (text.data[i] != '%') {
            strbuf_add_char(out, text.data[i] == '+' ? ' ' : text.data[i]);
            continue;
        }
        if (i + 2 >= text.bytes)
            return false;
        high = hex_digit(text.data[++i]);
        low = hex_digit(text.data[++i]);
        if (high < 0 || low < 0)
            return false;
        strbuf_add_char(out, (char)(high << 4 | low));
    }
    return true;
}
