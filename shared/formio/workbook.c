#include LIBZIP_HEADER

#include <string.h>

#include "workbook_inner.h"

#define RELATIONS_MAX 400

static const uint8_t ole_magic[8] = {0xd0, 0xcf, 0x11, 0xe0, 0xa1, 0xb1, 0x1a, 0xe1};

enum err workbook_fault(const struct workbook *workbook, struct diag *diag, const char *what)
{
    return diag_set(diag, ERR_BAD_FORM, workbook->file, what, NULL);
}

/* ---- what the file is when it is no .xlsx */

/* An encrypted workbook is an OLE file with a stream of this name, in UTF-16. */
static bool has_encrypted_package(struct span bytes)
{
    static const char name[] = "E\0n\0c\0r\0y\0p\0t\0e\0d\0P\0a\0c\0k\0a\0g\0e";
    size_t size = sizeof(name);
    for (size_t i = 0; i + size <= bytes.size; i++) {
        if (bytes.data[i] == 'E' && memcmp(bytes.data + i, name, size) == 0) {
            return true;
        }
    }
    return false;
}

static const char *what_instead(struct span bytes)
{
    if (bytes.size == 0) {
        return "it is empty: choose the workbook again";
    }
    if (bytes.size >= sizeof(ole_magic) && memcmp(bytes.data, ole_magic, sizeof(ole_magic)) == 0) {
        return has_encrypted_package(bytes)
                   ? "it has a password: open it in Excel, take the password off (File, Info, "
                     "Protect Workbook) and save it"
                   : "it is an old Excel workbook (.xls), whatever its name: open it in Excel or "
                     "LibreOffice and save it as .xlsx";
    }
    if (span_starts_with(bytes, "PK")) {
        return NULL;
    }
    if (span_starts_with(bytes, "<") || span_starts_with(bytes, "\xef\xbb\xbf<")) {
        return "it is XML or a web page, not a workbook: an XForm's name ends in .xml; else save "
               "it as .xlsx";
    }
    return "it is no Excel workbook: save it as .xlsx (a .csv has no sheets)";
}

/* ---- parts */

bool workbook_has_part(const struct workbook *workbook, const char *name)
{
    return zip_name_locate(workbook->zip, name, 0) >= 0;
}

static int read_part(void *ctx, char *to, int size)
{
    struct part *part = ctx;
    if (size <= 0) {
        return size;
    }
    zip_int64_t count = zip_fread(part->file, to, (zip_uint64_t)size);
    if (count < 0) {
        return -1;
    }
    part->read_size += (uint64_t)count;
    part->too_large = part->read_size > WORKBOOK_PART_MAX;
    return part->too_large ? -1 : (int)count;
}

static int keep_open(void *ctx)
{
    (void)ctx; /* part_close() closes it */
    return 0;
}

enum err part_open(struct workbook *workbook, const char *name, struct part *ret, struct diag *diag)
{
    zip_stat_t about;
    *ret = (struct part){.workbook = workbook, .name = name};
    if (zip_stat(workbook->zip, name, 0, &about) != 0) {
        return workbook_fault(workbook, diag,
                              "a part of it is missing: open it in Excel and save it again");
    }
    if ((about.valid & ZIP_STAT_SIZE) != 0 && about.size > WORKBOOK_PART_MAX) {
        return diag_set(diag, ERR_TOO_LARGE, workbook->file, "512 MiB a sheet", NULL);
    }
    if ((about.valid & ZIP_STAT_ENCRYPTION_METHOD) != 0 && about.encryption_method != ZIP_EM_NONE) {
        return workbook_fault(workbook, diag, "it has a password: take it off and save it");
    }
    ret->file = zip_fopen(workbook->zip, name, 0);
    if (ret->file == NULL) {
        return workbook_fault(workbook, diag, "it is damaged: open it in Excel and save it again");
    }
    ret->reader = xmlReaderForIO(read_part, keep_open, ret, NULL, NULL,
                                 XML_PARSE_NONET | XML_PARSE_NOERROR | XML_PARSE_NOWARNING |
                                     XML_PARSE_NOCDATA);
    if (ret->reader == NULL) {
        part_close(ret);
        return diag_set(diag, ERR_NOMEM, NULL);
    }
    return OK;
}

void part_close(struct part *part)
{
    if (part->reader != NULL) {
        xmlFreeTextReader(part->reader);
    }
    if (part->file != NULL) {
        (void)zip_fclose(part->file);
    }
    part->reader = NULL;
    part->file = NULL;
}

enum err part_next(struct part *part, bool *ret_more, struct diag *diag)
{
    int more = xmlTextReaderRead(part->reader);
    *ret_more = more == 1;
    if (part->too_large) {
        return diag_set(diag, ERR_TOO_LARGE, part->workbook->file, "512 MiB a sheet", NULL);
    }
    if (part->no_memory) {
        return diag_set(diag, ERR_NOMEM, NULL);
    }
    if (more < 0 ||
        (more == 1 && xmlTextReaderNodeType(part->reader) == XML_READER_TYPE_DOCUMENT_TYPE)) {
        return workbook_fault(part->workbook, diag,
                              "it is damaged or cut off: copy it again, or open it in Excel and "
                              "save it again");
    }
    return OK;
}

static bool is_at(const struct part *part, int type, const char *local_name)
{
    return xmlTextReaderNodeType(part->reader) == type &&
           strcmp((const char *)xmlTextReaderConstLocalName(part->reader), local_name) == 0;
}

bool part_starts(const struct part *part, const char *local_name)
{
    return is_at(part, XML_READER_TYPE_ELEMENT, local_name);
}

bool part_ends(const struct part *part, const char *local_name)
{
    return is_at(part, XML_READER_TYPE_END_ELEMENT, local_name) ||
           (part_starts(part, local_name) && xmlTextReaderIsEmptyElement(part->reader) == 1);
}

const char *part_attribute(struct part *part, const char *local_name, struct arena *arena)
{
    const char *found = NULL;
    for (int more = xmlTextReaderMoveToFirstAttribute(part->reader); more == 1 && found == NULL;
         more = xmlTextReaderMoveToNextAttribute(part->reader)) {
        if (strcmp((const char *)xmlTextReaderConstLocalName(part->reader), local_name) == 0) {
            const xmlChar *value = xmlTextReaderConstValue(part->reader);
            found = value == NULL ? NULL : arena_text(arena, (const char *)value);
            part->no_memory = part->no_memory || (value != NULL && found == NULL);
        }
    }
    (void)xmlTextReaderMoveToElement(part->reader);
    return found;
}

const char *part_text(const struct part *part)
{
    int type = xmlTextReaderNodeType(part->reader);
    if (type != XML_READER_TYPE_TEXT && type != XML_READER_TYPE_CDATA &&
        type != XML_READER_TYPE_WHITESPACE && type != XML_READER_TYPE_SIGNIFICANT_WHITESPACE) {
        return NULL;
    }
    return (const char *)xmlTextReaderConstValue(part->reader);
}

/* ---- the workbook's own parts */

/* "worksheets/sheet1.xml" in "xl/workbook.xml", "/xl/worksheets/..." from the top. */
static const char *target_part(struct workbook *workbook, const char *target)
{
    char path[300];
    struct span rest = span_of(target);
    if (span_starts_with(rest, "/")) {
        return arena_span_text(&workbook->arena, span_cut(rest, 1, rest.size));
    }
    struct buf text;
    buf_init(&text, workbook->mem, sizeof(path));
    buf_add_text(&text, "xl/");
    buf_add_span(&text, rest);
    const char *part = buf_error(&text) == OK ? arena_span_text(&workbook->arena, buf_span(&text))
                                              : arena_text(&workbook->arena, "");
    buf_release(&text);
    return part;
}

/* <sheet name="survey" r:id="rId1"/>: the id becomes a part when the relations are read. */
static enum err read_sheet_names(struct workbook *workbook, struct diag *diag)
{
    struct part part;
    bool more = true;
    enum err e = part_open(workbook, "xl/workbook.xml", &part, diag);
    while (e == OK && more) {
        e = part_next(&part, &more, diag);
        if (e != OK || !more) {
            break;
        }
        if (part_starts(&part, "workbookPr")) {
            const char *value = part_attribute(&part, "date1904", &workbook->arena);
            workbook->from_1904 = value != NULL && (value[0] == '1' || value[0] == 't');
        } else if (part_starts(&part, "sheet") && workbook->sheet_count < WORKBOOK_SHEETS_MAX) {
            struct workbook_sheet *sheet = &workbook->sheets[workbook->sheet_count];
            sheet->name = part_attribute(&part, "name", &workbook->arena);
            sheet->part = part_attribute(&part, "id", &workbook->arena);
            workbook->sheet_count += sheet->name != NULL && sheet->part != NULL ? 1 : 0;
        }
    }
    part_close(&part);
    return e;
}

struct relation {
    const char *id, *target, *type;
};

static bool ends_with(const char *text, const char *end)
{
    size_t size = strlen(text), end_size = strlen(end);
    return size >= end_size && strcmp(text + size - end_size, end) == 0;
}

static void use_relation(struct workbook *workbook, const struct relation *relation)
{
    const char *part = target_part(workbook, relation->target);
    if (part == NULL) {
        return;
    }
    if (ends_with(relation->type, "/sharedStrings")) {
        workbook->strings_part = part;
    } else if (ends_with(relation->type, "/styles")) {
        workbook->styles_part = part;
    }
    for (size_t i = 0; i < workbook->sheet_count; i++) {
        if (strcmp(workbook->sheets[i].part, relation->id) == 0) {
            workbook->sheets[i].part = part;
        }
    }
}

static enum err read_relations(struct workbook *workbook, struct diag *diag)
{
    struct part part;
    bool more = true;
    size_t count = 0;
    enum err e = part_open(workbook, "xl/_rels/workbook.xml.rels", &part, diag);
    while (e == OK && more && count < RELATIONS_MAX) {
        e = part_next(&part, &more, diag);
        if (e == OK && more && part_starts(&part, "Relationship")) {
            struct relation relation = {.id = part_attribute(&part, "Id", &workbook->arena),
                                        .target = part_attribute(&part, "Target", &workbook->arena),
                                        .type = part_attribute(&part, "Type", &workbook->arena)};
            if (relation.id != NULL && relation.target != NULL && relation.type != NULL) {
                use_relation(workbook, &relation);
                count++;
            }
        }
    }
    part_close(&part);
    return e;
}

static enum err open_zip(struct workbook *workbook, struct span bytes, struct diag *diag)
{
    zip_error_t error;
    zip_error_init(&error);
    zip_source_t *source = zip_source_buffer_create(bytes.data, bytes.size, 0, &error);
    workbook->zip =
        source == NULL ? NULL : zip_open_from_source(source, ZIP_RDONLY | ZIP_CHECKCONS, &error);
    if (source != NULL && workbook->zip == NULL) {
        zip_source_free(source);
    }
    zip_error_fini(&error);
    if (workbook->zip == NULL) {
        return workbook_fault(workbook, diag,
                              "it is damaged or cut off: copy it again, or open it in Excel and "
                              "save it again");
    }
    if (!workbook_has_part(workbook, "xl/workbook.xml")) {
        return workbook_fault(
            workbook, diag,
            workbook_has_part(workbook, "content.xml")
                ? "it is an OpenDocument file (.ods): open it in LibreOffice and save it as .xlsx"
                : "it is a zip archive but no Excel workbook: choose the .xlsx itself");
    }
    return OK;
}

static enum err open_parts(struct workbook *workbook, struct span bytes, struct diag *diag)
{
    const char *instead = what_instead(bytes);
    if (instead != NULL) {
        return workbook_fault(workbook, diag, instead);
    }
    enum err e = open_zip(workbook, bytes, diag);
    e = e != OK ? e : read_sheet_names(workbook, diag);
    e = e != OK ? e : read_relations(workbook, diag);
    if (e == OK && workbook->sheet_count == 0) {
        e = workbook_fault(workbook, diag, "it has no sheets");
    }
    e = e != OK || workbook->strings_part == NULL ? e : workbook_read_strings(workbook, diag);
    return e != OK || workbook->styles_part == NULL ? e : workbook_read_styles(workbook, diag);
}

enum err workbook_open(const struct mem *mem, struct span bytes, const char *file,
                       struct workbook **ret, struct diag *diag)
{
    if (bytes.size > WORKBOOK_MAX) {
        return diag_set(diag, ERR_TOO_LARGE, file, "64 MiB", NULL);
    }
    struct workbook *workbook = mem->resize(mem->ctx, NULL, sizeof(*workbook));
    if (workbook == NULL) {
        return diag_set(diag, ERR_NOMEM, NULL);
    }
    memset(workbook, 0, sizeof(*workbook));
    workbook->mem = mem;
    workbook->file = file;
    arena_init(&workbook->arena, mem, 2 * (size_t)WORKBOOK_STRINGS_MAX);
    enum err e = open_parts(workbook, bytes, diag);
    if (e != OK) {
        workbook_close(workbook);
        return diag_keep(diag, e);
    }
    *ret = workbook;
    return OK;
}

void workbook_close(struct workbook *workbook)
{
    if (workbook == NULL) {
        return;
    }
    if (workbook->zip != NULL) {
        zip_discard(workbook->zip);
    }
    arena_release(&workbook->arena);
    (void)workbook->mem->resize(workbook->mem->ctx, workbook, 0);
}

size_t workbook_sheet_count(const struct workbook *workbook)
{
    return workbook->sheet_count;
}

const char *workbook_sheet_name(const struct workbook *workbook, size_t sheet)
{
    return workbook->sheets[sheet].name;
}

static char lower(char letter)
{
    return letter >= 'A' && letter <= 'Z' ? (char)(letter - 'A' + 'a') : letter;
}

static bool same_name(const char *given, const char *name)
{
    given += strspn(given, " \t\n");
    while (*name != '\0' && lower(*given) == lower(*name)) {
        given++;
        name++;
    }
    return *name == '\0' && given[strspn(given, " \t\n")] == '\0';
}

size_t workbook_find_sheet(const struct workbook *workbook, const char *name)
{
    for (size_t i = 0; i < workbook->sheet_count; i++) {
        if (same_name(workbook->sheets[i].name, name)) {
            return i;
        }
    }
    return SIZE_MAX;
}

void workbook_column_name(size_t column, char ret[8])
{
    char reversed[8];
    size_t count = 0;
    for (size_t rest = column + 1; rest != 0 && count < 7; rest = (rest - 1) / 26) {
        reversed[count++] = (char)('A' + (rest - 1) % 26);
    }
    for (size_t i = 0; i < count; i++) {
        ret[i] = reversed[count - 1 - i];
    }
    ret[count] = '\0';
}
