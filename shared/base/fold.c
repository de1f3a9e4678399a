#include "fold.h"

#include <utf8proc.h>

#include "utf8.h"

/* The longest compatibility decomposition (U+FDFA) has 18 characters. */
#define DECOMPOSED_MAX 32

/* Left out before it is taken apart: Unicode would make a letter of it (ya-w, U+2D61). */
#define TIFINAGH_LABIALISATION 0x2D6Fu

#define DROPPED 0u            /* written or not, it means the same */
#define SPACE   (uint32_t)' ' /* whatever parts words */

struct mapping {
    uint32_t from;
    uint32_t to;
};

/* What no Unicode property says. Letters with a hamza above or below have already been taken
   apart, and the hamza dropped as a mark. */
static const struct mapping mappings[] = {
    {0x0621, DROPPED}, /* hamza on the line: as often left out as written */
    {0x0629, 0x0647},  /* teh marbuta to heh */
    {0x0640, DROPPED}, /* tatweel */
    {0x0649, 0x064A},  /* alef maksura to yeh */
    {0x0671, 0x0627},  /* alef wasla to alef */
    {0x06A9, 0x0643},  /* keheh to kaf */
    {0x06AC, 0x0643},  /* kaf with dot above, to kaf */
    {0x06AD, 0x0643},  /* kaf with three dots, written for g in Morocco */
    {0x06AF, 0x0643},  /* gaf */
    {0x06BE, 0x0647},  /* heh doachashmee to heh */
    {0x06C1, 0x0647},  /* heh goal to heh */
    {0x06CC, 0x064A},  /* Farsi yeh to yeh */
    {0x0762, 0x0643},  /* keheh with dot above */
    {0x0763, 0x0643},  /* keheh with three dots above */
};

static uint32_t map_letter(uint32_t character)
{
    for (size_t i = 0; i < sizeof mappings / sizeof mappings[0]; i++) {
        if (mappings[i].from == character) {
            return mappings[i].to;
        }
    }
    return character;
}

static uint32_t fold_character(uint32_t character)
{
    if (character >= 0x0660 && character <= 0x0669) {
        return '0' + (character - 0x0660);
    }
    if (character >= 0x06F0 && character <= 0x06F9) {
        return '0' + (character - 0x06F0);
    }
    /* Spacing modifier letters: the half rings of transliteration, as in Sa(ayn)id. */
    if (character >= 0x02B0 && character <= 0x02FF) {
        return DROPPED;
    }
    utf8proc_category_t category = utf8proc_category((utf8proc_int32_t)character);
    bool letter = category >= UTF8PROC_CATEGORY_LU && category <= UTF8PROC_CATEGORY_LO;
    bool number = category >= UTF8PROC_CATEGORY_ND && category <= UTF8PROC_CATEGORY_NO;
    return letter || number ? map_letter(character) : SPACE;
}

struct folding {
    struct buf *buf;
    bool started; /* a word stands in the output */
    bool parted;  /* something between words has been seen since */
};

static void add_folded(struct folding *folding, uint32_t character)
{
    uint32_t folded = fold_character(character);
    if (folded == DROPPED) {
        return;
    }
    if (folded == SPACE) {
        folding->parted = true;
        return;
    }
    if (folding->parted && folding->started) {
        buf_add_byte(folding->buf, ' ');
    }
    uint8_t bytes[4];
    buf_add(folding->buf, bytes, utf8_put(folded, bytes));
    folding->started = true;
    folding->parted = false;
}

/* Character by character: marks are dropped, so their order needs no second pass, and the library
   takes no memory. */
static void add_character(struct folding *folding, uint32_t character)
{
    const utf8proc_option_t options = UTF8PROC_DECOMPOSE | UTF8PROC_COMPAT | UTF8PROC_CASEFOLD |
                                      UTF8PROC_STRIPMARK | UTF8PROC_IGNORE;
    utf8proc_int32_t parts[DECOMPOSED_MAX];
    int boundary = UTF8PROC_BOUNDCLASS_START;
    utf8proc_ssize_t count = utf8proc_decompose_char((utf8proc_int32_t)character, parts,
                                                     DECOMPOSED_MAX, options, &boundary);
    for (utf8proc_ssize_t i = 0; i < count && i < DECOMPOSED_MAX; i++) {
        add_folded(folding, (uint32_t)parts[i]);
    }
}

enum err fold_add(struct buf *buf, struct span text)
{
    struct folding folding = {.buf = buf};
    if (!utf8_valid(text, NULL)) {
        return ERR_UTF8;
    }
    while (text.size > 0) {
        uint32_t character = utf8_next(&text);
        if (character != TIFINAGH_LABIALISATION) {
            add_character(&folding, character);
        }
    }
    return buf_error(buf);
}
