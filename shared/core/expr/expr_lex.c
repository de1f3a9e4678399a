#include "expr_inner.h"

#include <string.h>

static bool is_space(uint8_t byte)
{
    return byte == ' ' || byte == '\t' || byte == '\n' || byte == '\r';
}

static bool is_digit(uint8_t byte)
{
    return byte >= '0' && byte <= '9';
}

/* Letters of other scripts are bytes from 0x80 on: XML allows nearly all of them in names. */
static bool starts_name(uint8_t byte)
{
    return (byte >= 'a' && byte <= 'z') || (byte >= 'A' && byte <= 'Z') || byte == '_' ||
           byte >= 0x80;
}

static bool continues_name(uint8_t byte)
{
    return starts_name(byte) || is_digit(byte) || byte == '-' || byte == '.';
}

static void skip_space(struct lexer *lexer)
{
    while (lexer->rest.size != 0 && is_space(lexer->rest.data[0])) {
        lexer->rest = span_cut(lexer->rest, 1, lexer->rest.size);
    }
}

static uint8_t byte_at(struct span text, size_t at)
{
    return at < text.size ? text.data[at] : 0;
}

static struct token take(struct lexer *lexer, enum token_kind kind, size_t size)
{
    struct token token = {kind, span_cut(lexer->rest, 0, size)};
    lexer->rest = span_cut(lexer->rest, size, lexer->rest.size);
    return token;
}

static size_t number_size(struct span text)
{
    size_t size = 0;
    while (is_digit(byte_at(text, size))) {
        size++;
    }
    if (byte_at(text, size) == '.') {
        size++;
        while (is_digit(byte_at(text, size))) {
            size++;
        }
    }
    return size;
}

static struct token take_literal(struct lexer *lexer)
{
    struct span text = lexer->rest;
    const uint8_t *end = memchr(text.data + 1, text.data[0], text.size - 1);
    if (end == NULL) {
        return take(lexer, TOKEN_BAD, text.size);
    }
    struct token token = take(lexer, TOKEN_LITERAL, (size_t)(end - text.data) + 1);
    token.text = span_cut(token.text, 1, token.text.size - 2);
    return token;
}

static size_t name_size(struct span text)
{
    size_t size = 1;
    while (continues_name(byte_at(text, size))) {
        size++;
    }
    if (byte_at(text, size) == ':' && starts_name(byte_at(text, size + 1))) {
        size += 2;
        while (continues_name(byte_at(text, size))) {
            size++;
        }
    } else if (byte_at(text, size) == ':' && byte_at(text, size + 1) == '*') {
        size += 2;
    }
    return size;
}

static bool is_operator_name(struct span name)
{
    return span_is(name, "and") || span_is(name, "or") || span_is(name, "div") ||
           span_is(name, "mod");
}

static struct token take_name(struct lexer *lexer)
{
    struct token token = take(lexer, TOKEN_NAME, name_size(lexer->rest));
    if (lexer->operand_before && is_operator_name(token.text)) {
        token.kind = TOKEN_SYMBOL;
        return token;
    }
    skip_space(lexer);
    if (byte_at(lexer->rest, 0) == '(') {
        token.kind = TOKEN_CALL;
    } else if (byte_at(lexer->rest, 0) == ':' && byte_at(lexer->rest, 1) == ':') {
        (void)take(lexer, TOKEN_SYMBOL, 2);
        token.kind = TOKEN_AXIS;
    }
    return token;
}

static size_t symbol_size(struct span text)
{
    static const char *const doubles[] = {"..", "//", "!=", "<=", ">="};
    for (size_t i = 0; i < sizeof(doubles) / sizeof(doubles[0]); i++) {
        if (span_starts_with(text, doubles[i])) {
            return 2;
        }
    }
    return text.data[0] != 0 && strchr("()[].@,/|+-=<>*", text.data[0]) != NULL ? 1 : 0;
}

static struct token next(struct lexer *lexer)
{
    if (lexer->rest.size == 0) {
        return (struct token){TOKEN_END, lexer->rest};
    }
    uint8_t first = lexer->rest.data[0];
    if (first == '"' || first == '\'') {
        return take_literal(lexer);
    }
    if (is_digit(first) || (first == '.' && is_digit(byte_at(lexer->rest, 1)))) {
        return take(lexer, TOKEN_NUMBER, number_size(lexer->rest));
    }
    if (starts_name(first)) {
        return take_name(lexer);
    }
    size_t size = symbol_size(lexer->rest);
    return size == 0 ? take(lexer, TOKEN_BAD, 1) : take(lexer, TOKEN_SYMBOL, size);
}

/* Is what just ended an operand, so that a following '*' multiplies? */
static bool ends_operand(const struct token *token)
{
    if (token->kind == TOKEN_SYMBOL) {
        return span_is(token->text, ")") || span_is(token->text, "]") ||
               span_is(token->text, ".") || span_is(token->text, "..");
    }
    return token->kind == TOKEN_NUMBER || token->kind == TOKEN_LITERAL || token->kind == TOKEN_NAME;
}

struct token lexer_next(struct lexer *lexer)
{
    skip_space(lexer);
    struct span before = lexer->rest;
    struct token token = next(lexer);
    if (token.kind == TOKEN_SYMBOL && span_is(token.text, "*") && !lexer->operand_before) {
        token.kind = TOKEN_NAME; /* any node */
    }
    if (token.kind == TOKEN_BAD) {
        token.text = before;
    }
    lexer->operand_before = ends_operand(&token);
    return token;
}
