/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Form bodies and queries: whatever comes, either an error or arguments that are UTF-8 without NUL,
 * and twice the same. An input is a line with the content type, a line with the query, and the
 * body.
 */
#include "fuzz.h"

#include "belfry-plugin.h"

#include <string.h>

int
LLVMFuzzerInitialize (int *argc, char ***argv)
{
  (void)argc;
  (void)argv;
  return 0;
}

static void
check_argument (const char *name, const char *value)
{
  g_assert_true (g_utf8_validate (name, -1, NULL));
  g_assert_true (g_utf8_validate (value, -1, NULL));
}

int
LLVMFuzzerTestOneInput (const uint8_t *data, size_t size)
{
  g_autofree char *type = fuzz_take_text (&data, &size, '\n');
  g_autofree char *query = fuzz_take_text (&data, &size, '\n');
  g_autoptr (GBytes) body = g_bytes_new (data, size);
  const BelfryRequestFields fields = {
    .size = sizeof fields, .method = "POST", .path = "/", .query = query, .body = body
  };
  g_autoptr (BelfryRequest) request = belfry_request_new (&fields);
  g_autoptr (GError) error = NULL;
  BelfryForm *form = NULL;

  belfry_request_add_header (request, "Content-Type", type);
  form = belfry_request_get_arguments (request, &error);
  g_assert_true ((form == NULL) == (error != NULL));
  if (form == NULL)
    g_assert_true (g_utf8_validate (error->message, -1, NULL));
  for (guint i = 0; form != NULL && i < belfry_form_get_count (form); i++)
    check_argument (belfry_form_get_name (form, i), belfry_form_get_value (form, i));
  g_assert_true (belfry_request_get_arguments (request, NULL) == form);
  return 0;
}
