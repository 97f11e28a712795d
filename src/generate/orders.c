/*
 * orders.c: what customers buy. Order i is record i; prices belong to the category, low ones more
 * often than high ones; half of the quantities are 1, half of the rest 2, and so on up to 10.
 */
#include "generate/shop.h"

static const StreamColumn columns[] = {
    {"order_id", "BIGINT"},     {"customer_id", "BIGINT"}, {"category", "STRING"},
    {"price", "DECIMAL(10,2)"}, {"quantity", "INT"},       {"ts", "TIMESTAMP"},
};
enum { ORDER_ID, CUSTOMER_ID, CATEGORY, PRICE, QUANTITY, TS };

static const char *const constraints[] = {
    "order_id NOT NULL",
    "CONSTRAINT positive_price CHECK (price > 0)",
};

static const char *const invalid_kinds[] = {"order_id_null", "price_negative", "price_zero"};
enum { ORDER_ID_NULL, PRICE_NEGATIVE, PRICE_ZERO };

/* In hundredths. */
static const struct {
    int32_t low;
    int32_t high;
} price_ranges[SHOP_CATEGORY_COUNT] = {
    {250, 1800}, {200, 2500},  {150, 3000},  {499, 4500},   {799, 2999},    {599, 12000},
    {999, 7999}, {899, 35000}, {450, 60000}, {1299, 24000}, {1999, 250000}, {4900, 480000},
};

static int64_t price_draw(int category, Random *random)
{
    uint64_t part = random_next(random) >> 32; /* Of the range, as a fraction of 2^32. */
    uint64_t span = (uint64_t)(price_ranges[category].high - price_ranges[category].low);

    return price_ranges[category].low + (int64_t)(((part * part) >> 32) * span >> 32);
}

static int64_t quantity_draw(Random *random)
{
    return 1 + __builtin_ctzll(random_next(random) | 1u << 9);
}

static void orders_row(const GenerateOptions *options, RowSeed *seed, StreamRow *out)
{
    int64_t customer = shop_customer_draw(options, &seed->random);
    int category = shop_category_draw(&seed->random);
    int64_t price = price_draw(category, &seed->random);
    int64_t quantity = quantity_draw(&seed->random);
    StreamField order_id = field_integer(seed->index);

    if (seed->invalid == ORDER_ID_NULL)
        order_id = field_null();
    else if (seed->invalid == PRICE_NEGATIVE)
        price = -price;
    else if (seed->invalid == PRICE_ZERO)
        price = 0;
    out->fields[ORDER_ID] = order_id;
    out->fields[CUSTOMER_ID] = field_integer(customer);
    out->fields[CATEGORY] = field_text(str_of(shop_categories[category]));
    out->fields[PRICE] = (StreamField){.kind = FIELD_DECIMAL2, .number = price};
    out->fields[QUANTITY] = field_integer(quantity);
    out->fields[TS] = field_time(seed->time_us);
    out->group = category;
    out->amounts[0] = quantity;
    out->amounts[1] = price * quantity;
}

const Stream stream_orders = {
    .name = "orders",
    .doc = "Orders of a shop: who bought what, at which price, when.",
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
    .amount_names = {"quantity", "revenue"},
    .amount_kinds = {FIELD_INTEGER, FIELD_DECIMAL2},
    .row = orders_row,
};
