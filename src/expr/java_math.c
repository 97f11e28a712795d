/*
 * java_math.c: fdlibm's algorithms (java_math.h): the argument reduced, a polynomial, the parts put
 * together; the order of the operations and the coefficients are what gives the last bit.
 */
#include "expr/java_math.h"

#include <math.h>
#include <stdint.h>
#include <string.h>

static const double ln2_high = 6.93147180369123816490e-01, ln2_low = 1.90821492927058770002e-10,
                    inverse_ln2 = 1.44269504088896338700e+00, two54 = 0x1p54,
                    half_pi = 1.57079632679489655800e+00, half_pi_low = 6.12323399573676603587e-17,
                    quarter_pi = 7.85398163397448278999e-01, pi = 3.1415926535897931160e+00,
                    pi_low = 1.2246467991473531772e-16;

static uint64_t bits_of(double x)
{
    uint64_t bits;

    memcpy(&bits, &x, sizeof bits);
    return bits;
}

static double of_bits(uint64_t bits)
{
    double x;

    memcpy(&x, &bits, sizeof x);
    return x;
}

static int32_t high_word(double x)
{
    return (int32_t)(uint32_t)(bits_of(x) >> 32);
}

static uint32_t low_word(double x)
{
    return (uint32_t)bits_of(x);
}

static double with_high(double x, int32_t high)
{
    return of_bits((uint64_t)(uint32_t)high << 32 | low_word(x));
}

static double without_low(double x)
{
    return of_bits(bits_of(x) & UINT64_C(0xFFFFFFFF00000000));
}

/* x with n added to its exponent. */
static double add_exponent(double x, int n)
{
    return with_high(x, (int32_t)((uint32_t)high_word(x) + ((uint32_t)n << 20)));
}

/* ── exp, log ──────────────────────────────────────────────────────────────────────────────────*/

/* The rational function that exp and pow share: of a reduced argument. */
static double exp_polynomial(double t)
{
    return t * (1.66666666666666019037e-01 +
                t * (-2.77777777770155933842e-03 +
                     t * (6.61375632143793436117e-05 +
                          t * (-1.65339022054652515390e-06 + t * 4.13813679705723846039e-08))));
}

double java_exp(double x)
{
    int32_t hx = high_word(x) & 0x7FFFFFFF;
    double high = 0, low = 0, c, y;
    int k = 0;

    if (isnan(x) || isinf(x))
        return isnan(x) || x > 0 ? x : 0;
    if (x > 7.09782712893383973096e+02)
        return HUGE_VAL;
    if (x < -7.45133219101941108420e+02)
        return 0;
    if (hx > 0x3FD62E42) { /* |x| > ln2 / 2 */
        if (hx < 0x3FF0A2B2) { /* |x| < 3 ln2 / 2 */
            k = x < 0 ? -1 : 1;
            high = x - (x < 0 ? -ln2_high : ln2_high);
            low = x < 0 ? -ln2_low : ln2_low;
        } else {
            k = (int)(inverse_ln2 * x + (x < 0 ? -0.5 : 0.5));
            high = x - k * ln2_high;
            low = k * ln2_low;
        }
        x = high - low;
    } else if (hx < 0x3E300000) { /* |x| < 2^-28 */
        return 1 + x;
    }
    c = x - exp_polynomial(x * x);
    if (k == 0)
        return 1 - (x * c / (c - 2) - x);
    y = 1 - (low - x * c / (2 - c) - high);
    return k >= -1021 ? add_exponent(y, k) : add_exponent(y, k + 1000) * 0x1p-1000;
}

double java_log(double x)
{
    int32_t hx = high_word(x), i;
    double f, s, z, w, t1, t2, r, half_square, dk;
    int k = 0;

    if (isnan(x) || x < 0)
        return NAN;
    if (x == 0)
        return -HUGE_VAL;
    if (isinf(x))
        return x;
    if (hx < 0x00100000) {
        k = -54;
        x *= two54;
        hx = high_word(x);
    }
    k += (hx >> 20) - 1023;
    hx &= 0x000FFFFF;
    i = (hx + 0x95F64) & 0x100000;
    x = with_high(x, hx | (i ^ 0x3FF00000));
    k += i >> 20;
    f = x - 1;
    dk = k;
    if ((0x000FFFFF & (2 + hx)) < 3) { /* |f| < 2^-20 */
        if (f == 0)
            return k == 0 ? 0 : dk * ln2_high + dk * ln2_low;
        r = f * f * (0.5 - 0.33333333333333333 * f);
        return k == 0 ? f - r : dk * ln2_high - (r - dk * ln2_low - f);
    }
    s = f / (2 + f);
    z = s * s;
    w = z * z;
    t1 = w * (3.999999999940941908e-01 + w * (2.222219843214978396e-01 + w * 1.531383769920937332e-01));
    t2 = z * (6.666666666666735130e-01 +
              w * (2.857142874366239149e-01 +
                   w * (1.818357216161805012e-01 + w * 1.479819860511658591e-01)));
    r = t2 + t1;
    if (((hx - 0x6147A) | (0x6B851 - hx)) > 0) {
        half_square = 0.5 * f * f;
        return k == 0 ? f - (half_square - s * (half_square + r))
                      : dk * ln2_high - (half_square - (s * (half_square + r) + dk * ln2_low) - f);
    }
    return k == 0 ? f - s * (f - r) : dk * ln2_high - (s * (f - r) - dk * ln2_low - f);
}

double java_log10(double x)
{
    int32_t hx = high_word(x), i;
    double y;
    int k = 0;

    if (isnan(x) || x < 0)
        return NAN;
    if (x == 0)
        return -HUGE_VAL;
    if (isinf(x))
        return x;
    if (hx < 0x00100000) {
        k = -54;
        x *= two54;
        hx = high_word(x);
    }
    k += (hx >> 20) - 1023;
    i = k < 0;
    y = k + i;
    x = with_high(x, (hx & 0x000FFFFF) | (0x3FF - i) << 20);
    return y * 3.01029995663611771306e-01 +
           (y * 3.69423907715893078616e-13 + 4.34294481903251816668e-01 * java_log(x));
}

/* ── pow ───────────────────────────────────────────────────────────────────────────────────────*/

/* 0: y is no whole number, 1: an odd one, 2: an even one. */
static int parity(double y)
{
    double magnitude = fabs(y);

    if (magnitude >= 0x1p53)
        return 2;
    if (magnitude != floor(magnitude))
        return 0;
    return fmod(magnitude, 2) == 1 ? 1 : 2;
}

/* log2(|x|) as a sum of two, for a y that is not huge. */
static double log2_parts(double ax, double *low)
{
    static const double bp[] = {1, 1.5}, dp_high[] = {0, 5.84962487220764160156e-01},
                        dp_low[] = {0, 1.35003920212974897128e-08};
    static const double cp = 9.61796693925975554329e-01, cp_high = 9.61796700954437255859e-01,
                        cp_low = -7.02846165095275826516e-09;
    int32_t ix = high_word(ax), j;
    double u, v, ss, s_high, s_low, t_high, t_low, s2, r, p_high, p_low, z_high, z_low, t, t1;
    int n = 0, k;

    if (ix < 0x00100000) {
        ax *= 0x1p53;
        n -= 53;
        ix = high_word(ax);
    }
    n += (ix >> 20) - 0x3FF;
    j = ix & 0x000FFFFF;
    ix = j | 0x3FF00000;
    if (j <= 0x3988E) { /* |x| < sqrt(3/2) */
        k = 0;
    } else if (j < 0xBB67A) { /* |x| < sqrt(3) */
        k = 1;
    } else {
        k = 0;
        n++;
        ix -= 0x00100000;
    }
    ax = with_high(ax, ix);
    u = ax - bp[k];
    v = 1 / (ax + bp[k]);
    ss = u * v;
    s_high = without_low(ss);
    t_high = with_high(0, ((ix >> 1) | 0x20000000) + 0x00080000 + (k << 18));
    t_low = ax - (t_high - bp[k]);
    s_low = v * (u - s_high * t_high - s_high * t_low);
    s2 = ss * ss;
    r = s2 * s2 *
        (5.99999999999994648725e-01 +
         s2 * (4.28571428578550184252e-01 +
               s2 * (3.33333329818377432918e-01 +
                     s2 * (2.72728123808534006489e-01 +
                           s2 * (2.30660745775561754067e-01 + s2 * 2.06975017800338417784e-01)))));
    r += s_low * (s_high + ss);
    s2 = s_high * s_high;
    t_high = without_low(3 + s2 + r);
    t_low = r - (t_high - 3 - s2);
    u = s_high * t_high;
    v = s_low * t_high + t_low * ss;
    p_high = without_low(u + v);
    p_low = v - (p_high - u);
    z_high = cp_high * p_high;
    z_low = cp_low * p_high + p_low * cp + dp_low[k];
    t = n;
    t1 = without_low(z_high + z_low + dp_high[k] + t);
    *low = z_low - (t1 - t - dp_high[k] - z_high);
    return t1;
}

/* The same for a huge y: then x is near 1, or the result is 0 or infinite. */
static double log2_parts_near_one(double ax, double *low)
{
    double t = ax - 1;
    double w = t * t * (0.5 - t * (0.3333333333333333333333 - t * 0.25));
    double u = 1.44269502162933349609e+00 * t;
    double v = t * 1.92596299112661746887e-08 - w * inverse_ln2;
    double t1 = without_low(u + v);

    *low = v - (t1 - u);
    return t1;
}

/* 2^(high + low), high + low = z. */
static double exp2_parts(double sign, double z, double high, double low)
{
    static const double ln2 = 6.93147180559945286227e-01, ln2_h = 6.93147182464599609375e-01,
                        ln2_l = -1.90465429995776804525e-09;
    int32_t j = high_word(z), i = j & 0x7FFFFFFF, n = 0;
    int k = (i >> 20) - 0x3FF;
    double t, t1, u, v, w, r;

    if (i > 0x3FE00000) { /* |z| > 0.5 */
        n = (int32_t)((uint32_t)j + (UINT32_C(0x00100000) >> (k + 1)));
        k = ((n & 0x7FFFFFFF) >> 20) - 0x3FF;
        t = with_high(0, n & ~(0x000FFFFF >> k));
        n = ((n & 0x000FFFFF) | 0x00100000) >> (20 - k);
        if (j < 0)
            n = -n;
        high -= t;
    }
    t = without_low(low + high);
    u = t * ln2_h;
    v = (low - (t - high)) * ln2 + t * ln2_l;
    z = u + v;
    w = v - (z - u);
    t = z * z;
    t1 = z - exp_polynomial(t);
    r = z * t1 / (t1 - 2) - (w + z * w);
    z = 1 - (r - z);
    j = (int32_t)((uint32_t)high_word(z) + ((uint32_t)n << 20));
    return sign * (j >> 20 <= 0 ? scalbn(z, n) : with_high(z, j));
}

double java_pow(double x, double y)
{
    double ax = fabs(x), sign = 1, t1, t2, y1, high, low, z;
    int32_t iy = high_word(y) & 0x7FFFFFFF;
    int odd;

    if (y == 0)
        return 1;
    if (isnan(x) || isnan(y))
        return NAN;
    odd = parity(y);
    if (isinf(y))
        return ax == 1 ? NAN : (ax > 1) == (y > 0) ? HUGE_VAL : 0;
    if (y == 1)
        return x;
    if (y == -1)
        return 1 / x;
    if (y == 2)
        return x * x;
    if (y == 0.5 && !signbit(x))
        return sqrt(x);
    if (isinf(x) || x == 0 || ax == 1) {
        z = y < 0 ? 1 / ax : ax;
        if (signbit(x) && ax == 1 && odd == 0)
            return NAN;
        return signbit(x) && odd == 1 ? -z : z;
    }
    if (x < 0 && odd == 0)
        return NAN;
    if (x < 0 && odd == 1)
        sign = -1;
    if (iy > 0x41E00000) { /* |y| > 2^31 */
        if (high_word(ax) < 0x3FEFFFFF)
            return y < 0 ? sign * HUGE_VAL : sign * 0.0;
        if (high_word(ax) > 0x3FF00000)
            return y > 0 ? sign * HUGE_VAL : sign * 0.0;
        t1 = log2_parts_near_one(ax, &t2);
    } else {
        t1 = log2_parts(ax, &t2);
    }
    y1 = without_low(y);
    low = (y - y1) * t1 + y * t2;
    high = y1 * t1;
    z = low + high;
    if (z > 1024 || (z == 1024 && low + 8.0085662595372944372e-17 > z - high))
        return sign * HUGE_VAL;
    if (z < -1075 || (z == -1075 && low <= z - high))
        return sign * 0.0;
    return exp2_parts(sign, z, high, low);
}

/* ── hyperbolic ────────────────────────────────────────────────────────────────────────────────*/

double java_cosh(double x)
{
    int32_t ix = high_word(x) & 0x7FFFFFFF;
    double t, w;

    if (isnan(x) || isinf(x))
        return x * x;
    if (ix < 0x3FD62E43) { /* |x| < ln2 / 2 */
        t = expm1(fabs(x));
        w = 1 + t;
        return ix < 0x3C800000 ? w : 1 + t * t / (w + w);
    }
    if (ix < 0x40360000) { /* |x| < 22 */
        t = java_exp(fabs(x));
        return 0.5 * t + 0.5 / t;
    }
    if (ix < 0x40862E42)
        return 0.5 * java_exp(fabs(x));
    if (fabs(x) <= 7.10475860073943863426e+02) {
        w = java_exp(0.5 * fabs(x));
        return 0.5 * w * w;
    }
    return HUGE_VAL;
}

double java_sinh(double x)
{
    int32_t ix = high_word(x) & 0x7FFFFFFF;
    double t, w, h = x < 0 ? -0.5 : 0.5;

    if (isnan(x) || isinf(x))
        return x + x;
    if (ix < 0x40360000) { /* |x| < 22 */
        if (ix < 0x3E300000)
            return x;
        t = expm1(fabs(x));
        return ix < 0x3FF00000 ? h * (2 * t - t * t / (t + 1)) : h * (t + t / (t + 1));
    }
    if (ix < 0x40862E42)
        return h * java_exp(fabs(x));
    if (fabs(x) <= 7.10475860073943863426e+02) {
        w = java_exp(0.5 * fabs(x));
        return h * w * w;
    }
    return x * 1e307;
}

/* ── inverse trigonometric ─────────────────────────────────────────────────────────────────────*/

static double asin_ratio(double t)
{
    double p = t * (1.66666666666666657415e-01 +
                    t * (-3.25565818622400915405e-01 +
                         t * (2.01212532134862925881e-01 +
                              t * (-4.00555345006794114027e-02 +
                                   t * (7.91534994289814532176e-04 +
                                        t * 3.47933107596021167570e-05)))));
    double q = 1 + t * (-2.40339491173441421878e+00 +
                        t * (2.02094576023350569471e+00 +
                             t * (-6.88283971605453293030e-01 + t * 7.70381505559019352791e-02)));

    return p / q;
}

double java_asin(double x)
{
    int32_t ix = high_word(x) & 0x7FFFFFFF;
    double t, s, w, c, p, q;

    if (!(fabs(x) <= 1))
        return NAN;
    if (fabs(x) == 1)
        return x * half_pi + x * half_pi_low;
    if (ix < 0x3FE00000) { /* |x| < 0.5 */
        if (ix < 0x3E400000)
            return x;
        return x + x * asin_ratio(x * x);
    }
    w = 1 - fabs(x);
    t = w * 0.5;
    s = sqrt(t);
    if (ix >= 0x3FEF3333) { /* |x| > 0.975 */
        w = asin_ratio(t);
        t = half_pi - (2 * (s + s * w) - half_pi_low);
    } else {
        w = without_low(s);
        c = (t - w * w) / (s + w);
        p = 2 * s * asin_ratio(t) - (half_pi_low - 2 * c);
        q = quarter_pi - 2 * w;
        t = quarter_pi - (p - q);
    }
    return x > 0 ? t : -t;
}

double java_acos(double x)
{
    int32_t ix = high_word(x) & 0x7FFFFFFF;
    double z, s, w, c, df;

    if (!(fabs(x) <= 1))
        return NAN;
    if (fabs(x) == 1)
        return x > 0 ? 0 : pi + 2 * half_pi_low;
    if (ix < 0x3FE00000) { /* |x| < 0.5 */
        if (ix <= 0x3C600000)
            return half_pi + half_pi_low;
        return half_pi - (x - (half_pi_low - x * asin_ratio(x * x)));
    }
    if (x < 0) {
        z = (1 + x) * 0.5;
        s = sqrt(z);
        w = asin_ratio(z) * s - half_pi_low;
        return pi - 2 * (s + w);
    }
    z = (1 - x) * 0.5;
    s = sqrt(z);
    df = without_low(s);
    c = (z - df * df) / (s + df);
    w = asin_ratio(z) * s + c;
    return 2 * (df + w);
}

double java_atan(double x)
{
    static const double high[] = {4.63647609000806093515e-01, 7.85398163397448278999e-01,
                                  9.82793723247329054082e-01, 1.57079632679489655800e+00},
                        low[] = {2.26987774529616870924e-17, 3.06161699786838301793e-17,
                                 1.39033110312309984516e-17, 6.12323399573676603587e-17};
    int32_t hx = high_word(x), ix = hx & 0x7FFFFFFF;
    double z, w, s1, s2;
    int part = -1;

    if (isnan(x))
        return x;
    if (ix >= 0x44100000) /* |x| >= 2^66 */
        return x > 0 ? high[3] + low[3] : -high[3] - low[3];
    if (ix < 0x3FDC0000) { /* |x| < 0.4375 */
        if (ix < 0x3E200000)
            return x;
    } else {
        x = fabs(x);
        if (ix < 0x3FE60000) {
            part = 0;
            x = (2 * x - 1) / (2 + x);
        } else if (ix < 0x3FF30000) {
            part = 1;
            x = (x - 1) / (x + 1);
        } else if (ix < 0x40038000) {
            part = 2;
            x = (x - 1.5) / (1 + 1.5 * x);
        } else {
            part = 3;
            x = -1 / x;
        }
    }
    z = x * x;
    w = z * z;
    s1 = z * (3.33333333333329318027e-01 +
              w * (1.42857142725034663711e-01 +
                   w * (9.09088713343650656196e-02 +
                        w * (6.66107313738753120669e-02 +
                             w * (4.97687799461593236017e-02 + w * 1.62858201153657823623e-02)))));
    s2 = w * (-1.99999999998764832476e-01 +
              w * (-1.11111104054623557880e-01 +
                   w * (-7.69187620504482999495e-02 +
                        w * (-5.83357013379057348645e-02 + w * -3.65315727442169155270e-02))));
    if (part < 0)
        return x - x * (s1 + s2);
    z = high[part] - (x * (s1 + s2) - low[part] - x);
    return hx < 0 ? -z : z;
}

double java_atan2(double y, double x)
{
    int32_t ix = high_word(x) & 0x7FFFFFFF, iy = high_word(y) & 0x7FFFFFFF;
    int k, quadrant = (signbit(y) != 0) | (signbit(x) != 0) << 1;
    double z;

    if (isnan(x) || isnan(y) || isinf(x) || isinf(y) || x == 0 || y == 0)
        return atan2(y, x); /* Multiples of pi / 4: no two opinions. */
    if (x == 1)
        return java_atan(y);
    k = (iy - ix) >> 20;
    if (k > 60)
        z = half_pi + 0.5 * pi_low;
    else if (signbit(x) && k < -60)
        z = 0;
    else
        z = java_atan(fabs(y / x));
    switch (quadrant) {
    case 0:
        return z;
    case 1:
        return -z;
    case 2:
        return pi - (z - pi_low);
    default:
        return z - pi_low - pi;
    }
}

/* ── roots ─────────────────────────────────────────────────────────────────────────────────────*/

double java_cbrt(double x)
{
    static const double c = 5.42857142857142815906e-01, d = -7.05306122448979611050e-01,
                        e = 1.41428571428571436819e+00, f = 1.60714285714285720630e+00,
                        g = 3.57142857142857150787e-01;
    double ax = fabs(x), t, r, s, w;

    if (isnan(x) || isinf(x) || x == 0)
        return x;
    if (high_word(ax) < 0x00100000) {
        t = ax * two54;
        t = with_high(t, (int32_t)((uint32_t)high_word(t) / 3 + 696219795u));
    } else {
        t = with_high(0, (int32_t)((uint32_t)high_word(ax) / 3 + 715094163u));
    }
    r = t * t / ax;
    s = c + r * t;
    t *= g + f / (s + e + d / s);
    t = with_high(0, (int32_t)((uint32_t)high_word(t) + 1));
    s = t * t;
    r = ax / s;
    w = t + t;
    r = (r - t) / (w + r);
    t = t + t * r;
    return x < 0 ? -t : t;
}

double java_hypot(double x, double y)
{
    double a = fabs(x), b = fabs(y), t1, t2, y1, y2, w, swap;
    int32_t ha, hb;
    int k = 0;

    if (isinf(x) || isinf(y))
        return HUGE_VAL;
    if (isnan(x) || isnan(y))
        return NAN;
    if (b > a) {
        swap = a;
        a = b;
        b = swap;
    }
    ha = high_word(a);
    hb = high_word(b);
    if (ha - hb > 0x3C00000) /* a / b > 2^60 */
        return a + b;
    if (ha > 0x5F300000) { /* a > 2^500 */
        a = add_exponent(a, -600);
        b = add_exponent(b, -600);
        k = 600;
    }
    if (hb < 0x20B00000) { /* b < 2^-500 */
        if (b < 0x1p-1022) {
            if (b == 0)
                return a;
            b *= 0x1p1022;
            a *= 0x1p1022;
            k -= 1022;
        } else {
            a = add_exponent(a, 600);
            b = add_exponent(b, 600);
            k -= 600;
        }
    }
    w = a - b;
    if (w > b) {
        t1 = without_low(a);
        t2 = a - t1;
        w = sqrt(t1 * t1 - (b * -b - t2 * (a + t1)));
    } else {
        a = a + a;
        y1 = without_low(b);
        y2 = b - y1;
        t1 = with_high(0, high_word(a));
        t2 = a - t1;
        w = sqrt(t1 * y1 - (w * -w - (t1 * y2 + t2 * b)));
    }
    return k ? scalbn(w, k) : w;
}
