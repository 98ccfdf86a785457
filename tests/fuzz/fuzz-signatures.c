/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Who may knock, asked by who does not know the secret: nothing that a stranger writes into headers
 * and body is let in, whatever the scheme; what is signed rightly is let in whatever the body is.
 * An input is header lines, an empty line, and the body.
 */
#include "fuzz.h"

#include "hooks/signature.h"

#include <string.h>

static const BelfrySignature rows[][3] = {
  { { "X-Hub-Signature-256", BELFRY_SIGNATURE_SHA256_PREFIXED, 1 },
    { "X-Hub-Signature", BELFRY_SIGNATURE_SHA1_PREFIXED, 2 },
    { NULL } },
  { { "webhook-signature", BELFRY_SIGNATURE_STANDARD_WEBHOOKS, 1 },
    { "X-Gitlab-Token", BELFRY_SIGNATURE_TOKEN, 2 },
    { NULL } },
  { { "X-Gitea-Signature", BELFRY_SIGNATURE_SHA256_HEX, 1 }, { NULL } },
  { { "Authorization", BELFRY_SIGNATURE_BEARER, 1 }, { NULL } },
  { { "Hook-Hmac", BELFRY_SIGNATURE_MD5_HEX, 1 }, { NULL } },
};
static char *secret = NULL;

int
LLVMFuzzerInitialize (int *argc, char ***argv)
{
  (void)argc;
  (void)argv;
  /* nobody can guess it, and no comparison betrays it to who watches the program */
  secret = g_uuid_string_random ();
  return 0;
}

static BelfryRequest *
make_request (const uint8_t *data, size_t size)
{
  g_autoptr (GPtrArray) headers = g_ptr_array_new_with_free_func (g_free);
  g_autoptr (GBytes) body = NULL;
  BelfryRequestFields fields = { .size = sizeof fields, .method = "POST", .path = "/" };
  BelfryRequest *request = NULL;

  while (size > 0 && headers->len < 100) {
    char *line = fuzz_take_text (&data, &size, '\n');

    g_ptr_array_add (headers, line);
    if (line[0] == '\0')
      break;
  }
  body = g_bytes_new (data, size);
  fields.body = body;
  request = belfry_request_new (&fields);
  for (guint i = 0; i < headers->len; i++) {
    char *line = g_ptr_array_index (headers, i);
    char *colon = strchr (line, ':');

    if (colon == NULL || colon == line)
      continue;
    *colon = '\0';
    belfry_request_add_header (request, line, g_strchug (colon + 1));
  }
  return request;
}

static gboolean
knock (const BelfrySignature *signatures, BelfryRequest *request)
{
  const BelfryHook hook = { .signatures = signatures, .signature_size = sizeof (BelfrySignature) };
  g_autoptr (BelfrySecret) known = belfry_secret_new_value (secret);
  const BelfryHookKeys keys = { .secret = known,
                                .allow_sha1 = TRUE,
                                .tolerance = 300 * (gint64)G_USEC_PER_SEC };
  guint generation = 0;
  const char *reason = NULL;

  return belfry_signature_verify (&hook, &keys, request, &generation, &reason);
}

static gboolean
knock_rightly (BelfryRequest *stranger)
{
  GBytes *body = belfry_request_get_body (stranger);
  const BelfryRequestFields fields = {
    .size = sizeof fields, .method = "POST", .path = "/", .body = body
  };
  g_autoptr (BelfryRequest) request = belfry_request_new (&fields);
  g_autofree char *digest =
      belfry_hmac_hex (G_CHECKSUM_SHA256, secret, strlen (secret), g_bytes_get_data (body, NULL),
                       g_bytes_get_size (body));
  g_autofree char *value = g_strconcat ("sha256=", digest, NULL);

  belfry_request_add_header (request, "x-hub-signature-256", value);
  return knock (rows[0], request);
}

int
LLVMFuzzerTestOneInput (const uint8_t *data, size_t size)
{
  g_autoptr (BelfryRequest) request = make_request (data, size);

  for (guint i = 0; i < G_N_ELEMENTS (rows); i++)
    g_assert_false (knock (rows[i], request));
  g_assert_true (knock_rightly (request));
  return 0;
}
