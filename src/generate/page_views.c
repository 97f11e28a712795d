/*
 * page_views.c: what visitors look at before they buy. View i is record i. One in five is of nobody
 * who signed in: customer_id is NULL. A session_id stands for one customer (or one of a few hundred
 * strangers) and the half hour of the view.
 */
#include "base/hash.h"
#include "generate/put.h"
#include "generate/shop.h"
#include "generate/skew.h"

#define SESSION_US (INT64_C(1800) * 1000000)
#define STRANGERS 300
#define ITEMS 1000

static const StreamColumn columns[] = {
    {"view_id", "BIGINT"},  {"customer_id", "BIGINT"}, {"session_id", "STRING"},
    {"page", "STRING"},     {"category", "STRING"},    {"referrer", "STRING"},
    {"duration_ms", "INT"}, {"ts", "TIMESTAMP"},
};
enum { VIEW_ID, CUSTOMER_ID, SESSION_ID, PAGE, CATEGORY, REFERRER, DURATION_MS, TS };

static const char *const constraints[] = {
    "view_id NOT NULL",
    "CONSTRAINT positive_duration CHECK (duration_ms >= 0)",
};

static const char *const invalid_kinds[] = {"view_id_null", "duration_negative"};
enum { VIEW_ID_NULL, DURATION_NEGATIVE };

static const char *const referrers[] = {"search", "direct", "newsletter", "social", "partner"};

static void page_views_row(const GenerateOptions *options, RowSeed *seed, StreamRow *out)
{
    Random *random = &seed->random;
    int64_t customer = shop_customer_draw(options, random);
    bool stranger = random_below(random, 5) == 0;
    uint64_t visitor =
        stranger ? (uint64_t)INT64_MAX + random_below(random, STRANGERS) : (uint64_t)customer;
    uint64_t half_hour = (uint64_t)(seed->time_us / SESSION_US);
    int category = shop_category_draw(random);
    uint64_t item = skew_draw(skew_octaves(ITEMS), random);
    uint64_t referrer = skew_draw(skew_octaves(COUNT_OF(referrers)), random);
    uint64_t part = random_next(random) >> 32;
    int64_t duration_ms = 200 + (int64_t)((((part * part) >> 32) * 180000) >> 32);
    char *session = out->scratch;
    char *page;
    char *p;

    if (seed->invalid == DURATION_NEGATIVE)
        duration_ms = -duration_ms;
    p = page = put_hex64(session, hash_mix(seed->stream_key ^ visitor, half_hour));
    p = put_char(p, '/');
    p = put_str(p, str_of(shop_categories[category]));
    p = put_char(p, '/');
    p = put_uint64(p, item + 1);
    out->fields[VIEW_ID] =
        seed->invalid == VIEW_ID_NULL ? field_null() : field_integer(seed->index);
    out->fields[CUSTOMER_ID] = stranger ? field_null() : field_integer(customer);
    out->fields[SESSION_ID] = field_text((Str){session, 16});
    out->fields[PAGE] = field_text((Str){page, (uint32_t)(p - page)});
    out->fields[CATEGORY] = field_text(str_of(shop_categories[category]));
    out->fields[REFERRER] = field_text(str_of(referrers[referrer]));
    out->fields[DURATION_MS] = field_integer(duration_ms);
    out->fields[TS] = field_time(seed->time_us);
    out->group = category;
    out->amounts[0] = duration_ms;
}

const Stream stream_page_views = {
    .name = "page_views",
    .doc = "Pages of the shop that customers and strangers looked at, and for how long.",
    .params = PARAM_SHOP,
    .columns = columns,
    .column_count = COUNT_OF(columns),
    .key = "customer_id",
    .constraints = constraints,
    .constraint_count = COUNT_OF(constraints),
    .invalid_kinds = invalid_kinds,
    .invalid_count = COUNT_OF(invalid_kinds),
    .group_name = "category",
    .groups = shop_categories,
    .group_count = SHOP_CATEGORY_COUNT,
    .amount_names = {"duration_ms"},
    .amount_kinds = {FIELD_INTEGER},
    .row = page_views_row,
};
