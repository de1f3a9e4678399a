/* picture: the small copy of a real JPEG, by the library that made it. */
#include "test.h"

#include <string.h>
#include <turbojpeg.h>

#include "picture_thumb.h"
#include "test_mem.h"

static void make(struct buf *ret, int width, int height)
{
    static unsigned char pixels[1200 * 900 * 3];
    unsigned char *jpeg = NULL;
    unsigned long size = 0;
    for (size_t i = 0; i < sizeof pixels; i++) {
        pixels[i] = (unsigned char)(i / 977 + i % 251);
    }
    tjhandle handle = tjInitCompress();
    assert_int_equal(
        tjCompress2(handle, pixels, width, 0, height, TJPF_RGB, &jpeg, &size, TJSAMP_420, 80, 0),
        0);
    buf_add(ret, jpeg, size);
    tjFree(jpeg);
    tjDestroy(handle);
}

static void sides(const struct buf *jpeg, int *width, int *height)
{
    int sampling = 0;
    int colours = 0;
    tjhandle handle = tjInitDecompress();
    assert_int_equal(
        tjDecompressHeader3(handle, jpeg->data, jpeg->size, width, height, &sampling, &colours), 0);
    tjDestroy(handle);
}

static void a_photograph_gets_a_small_copy_of_its_shape(void **state)
{
    (void)state;
    static const int shapes[][2] = {{1200, 900}, {900, 1200}, {256, 256},
                                    {257, 3},    {1, 1},      {1200, 1}};
    struct test_mem memory;
    struct buf image;
    struct buf thumb;
    test_mem_init(&memory, 0);
    buf_init(&image, &memory.mem, 4u << 20);
    buf_init(&thumb, &memory.mem, 65536);
    for (size_t i = 0; i < COUNT_OF(shapes); i++) {
        int width = 0;
        int height = 0;
        buf_clear(&image);
        buf_clear(&thumb);
        make(&image, shapes[i][0], shapes[i][1]);
        assert_int_equal(picture_thumb(NULL, buf_span(&image), "image/jpeg", 256, &thumb), OK);
        sides(&thumb, &width, &height);
        assert_true(width >= 1 && height >= 1);
        assert_true((width <= 256 && height <= 256) || height == 1);
        assert_true((width > height) == (shapes[i][0] > shapes[i][1]));
    }
    buf_release(&image);
    buf_release(&thumb);
    assert_int_equal(memory.live_count, 0);
}

static void what_is_no_whole_jpeg_gets_none_or_what_there_is(void **state)
{
    (void)state;
    struct test_mem memory;
    struct buf image;
    struct buf thumb;
    test_mem_init(&memory, 0);
    buf_init(&image, &memory.mem, 4u << 20);
    buf_init(&thumb, &memory.mem, 65536);
    make(&image, 300, 200);
    assert_int_equal(picture_thumb(NULL, buf_span(&image), "image/png", 256, &thumb),
                     ERR_FILE_DAMAGED);
    for (size_t size = 0; size < image.size; size += 7) {
        uint8_t *exact = memory.mem.resize(memory.mem.ctx, NULL, size + 1);
        assert_non_null(exact);
        memcpy(exact, image.data, size);
        buf_clear(&thumb);
        enum err e = picture_thumb(NULL, span_from(exact, size), "image/jpeg", 256, &thumb);
        assert_true(e == OK || e == ERR_FILE_DAMAGED);
        memory.mem.resize(memory.mem.ctx, exact, 0);
    }
    buf_release(&image);
    buf_release(&thumb);
    assert_int_equal(memory.live_count, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_photograph_gets_a_small_copy_of_its_shape),
        cmocka_unit_test(what_is_no_whole_jpeg_gets_none_or_what_there_is),
    };
    return cmocka_run_group_tests_name("picture", tests, NULL, NULL);
}
