#include "xform_text.h"

#include <string.h>

#include "xform.h"

static const struct xform_piece *wording(const struct xform_text *text, size_t language,
                                         enum xform_text_form form)
{
    return language < text->language_count ? text->wordings[language * XFORM_TEXT_FORM_COUNT + form]
                                           : NULL;
}

const struct xform_piece *xform_text_pick(const struct xform_text *text, size_t language,
                                          size_t default_language, enum xform_text_form form)
{
    if (text == NULL) {
        return NULL;
    }
    const struct xform_piece *found = wording(text, language, form);
    found = found != NULL ? found : wording(text, default_language, form);
    for (size_t i = 0; found == NULL && i < text->language_count; i++) {
        found = wording(text, i, form);
    }
    return found;
}

/* How forms name the languages of the region when they give no code. */
static const struct {
    const char *code, *names[6];
} known_names[] = {
    {"ar",
     {"arabic", "arabe", "\xd8\xa7\xd9\x84\xd8\xb9\xd8\xb1\xd8\xa8\xd9\x8a\xd8\xa9",
      "\xd8\xb9\xd8\xb1\xd8\xa8\xd9\x8a", NULL}},
    {"fr",
     {"french",
      "fran\xc3\xa7"
      "ais",
      "francais", NULL}},
    {"zgh",
     {"tamazight", "amazigh", "berber",
      "\xe2\xb5\x9c\xe2\xb4\xb0\xe2\xb5\x8e\xe2\xb4\xb0\xe2\xb5\xa3\xe2\xb5\x89\xe2\xb5\x96\xe2\xb5"
      "\x9c",
      NULL}},
    {"en", {"english", "anglais", NULL}},
    {"es", {"spanish", "espa\xc3\xb1ol", "espanol", NULL}},
};

static bool same_letters(struct span a, const char *b)
{
    size_t i = 0;
    for (; i < a.size && b[i] != '\0'; i++) {
        uint8_t byte = a.data[i];
        byte = byte >= 'A' && byte <= 'Z' ? (uint8_t)(byte - 'A' + 'a') : byte;
        uint8_t other = (uint8_t)b[i];
        other = other >= 'A' && other <= 'Z' ? (uint8_t)(other - 'A' + 'a') : other;
        if (byte != other) {
            return false;
        }
    }
    return i == a.size && b[i] == '\0';
}

/* "Français (fr)" -> "fr"; empty when there are no brackets. */
static struct span code_in_brackets(const char *name)
{
    const char *open = strrchr(name, '(');
    const char *close = open == NULL ? NULL : strchr(open, ')');
    return close == NULL ? span_of("") : span_from(open + 1, (size_t)(close - open) - 1);
}

static struct span before_brackets(const char *name)
{
    const char *open = strrchr(name, '(');
    struct span text = open == NULL ? span_of(name) : span_from(name, (size_t)(open - name));
    while (text.size != 0 && text.data[text.size - 1] == ' ') {
        text.size--;
    }
    return text;
}

static bool is_known_name(struct span name, const char *code)
{
    for (size_t i = 0; i < sizeof(known_names) / sizeof(known_names[0]); i++) {
        for (size_t j = 0;
             strcmp(known_names[i].code, code) == 0 && known_names[i].names[j] != NULL; j++) {
            if (same_letters(name, known_names[i].names[j])) {
                return true;
            }
        }
    }
    return false;
}

bool xform_has_language(const struct xform *form, const char *wanted, size_t *ret)
{
    for (size_t i = 0; i < form->language_count; i++) {
        const char *name = form->languages[i];
        if (same_letters(span_of(wanted), name) || same_letters(code_in_brackets(name), wanted)) {
            *ret = i;
            return true;
        }
    }
    for (size_t i = 0; i < form->language_count; i++) {
        if (is_known_name(before_brackets(form->languages[i]), wanted)) {
            *ret = i;
            return true;
        }
    }
    return false;
}

size_t xform_language(const struct xform *form, const char *wanted)
{
    size_t found = form->default_language;
    (void)xform_has_language(form, wanted, &found);
    return found;
}
