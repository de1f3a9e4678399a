/*
 * pattern.h - regular expressions with bounded work (PCRE2, UTF, no JIT, match and depth limits).
 */
#ifndef PATTERN_H
#define PATTERN_H

#include "err.h"
#include "mem.h"
#include "span.h"

struct pattern;

/* Java's escapes of letters are read too, since forms are written for ODK Collect: \uXXXX, and
   \p{IsArabic}, \p{InArabic}, \p{Alpha} and the like.
   The whole text must match (as XLSForm's regex(): anchored by the caller's own ^ and $ only when
   `whole` is false). Fails with ERR_FORMAT when the expression is wrong or longer than 1,000 bytes.
 */
MUST_CHECK enum err pattern_new(const struct mem *mem, struct span expression, bool whole,
                                struct pattern **ret, struct diag *diag);
void pattern_free(struct pattern *pattern);

/*
 * ERR_TOO_LARGE when the work limit was hit (within about 20 ms), ERR_UTF8 for invalid text,
 * ERR_NOMEM. A pattern has room for one match at a time: one thread uses it.
 */
MUST_CHECK enum err pattern_match(const struct pattern *pattern, struct span text, bool *ret);

#endif
