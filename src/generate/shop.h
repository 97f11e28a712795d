/*
 * shop.h: what orders, customers and page_views have in common: one shop with its customers and
 * its categories, so that the streams can be joined.
 */
#ifndef WEIR_GENERATE_SHOP_H
#define WEIR_GENERATE_SHOP_H

#include "generate/generate.h"

#define SHOP_CATEGORY_COUNT 12

extern const char *const shop_categories[SHOP_CATEGORY_COUNT]; /* Most popular first. */

/* A customer, some far more often than others; the popular ones are spread over the ids. */
int64_t shop_customer_draw(const GenerateOptions *options, Random *random);
int shop_category_draw(Random *random);

static inline StreamField field_integer(int64_t number)
{
    return (StreamField){.kind = FIELD_INTEGER, .number = number};
}

static inline StreamField field_time(int64_t time_us)
{
    return (StreamField){.kind = FIELD_TIME, .number = time_us};
}

static inline StreamField field_text(Str text)
{
    return (StreamField){.kind = FIELD_TEXT, .text = text};
}

static inline StreamField field_null(void)
{
    return (StreamField){.kind = FIELD_NULL};
}

#endif
