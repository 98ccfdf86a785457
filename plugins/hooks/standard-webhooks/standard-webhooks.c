/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The standard-webhooks dialect: any sender of JSON, without C. Signed as the Standard Webhooks
 * specification 1.0 says, or as the section describes the sender's own way.
 */
#include "standard-webhooks-translate.h"

#include <string.h>

static const BelfryChoice form_choices[] = {
  { "hex", BELFRY_SIGNATURE_SHA256_HEX, N_ ("hexadecimal digits") },
  { "sha256=hex", BELFRY_SIGNATURE_SHA256_PREFIXED, N_ ("sha256= and hexadecimal digits") },
  { "base64", BELFRY_SIGNATURE_SHA256_BASE64, N_ ("base64") },
  { NULL },
};

#define STRICT .template_flags = BELFRY_TEMPLATE_STRICT

static const BelfryOption standard_webhooks_options[] = {
  BELFRY_EXPRESSION (BelfryStandardWebhooks,
                     when,
                     "when",
                     STRICT,
                     .default_text = "true",
                     .sample = "body.event == 'push'",
                     .help = N_ ("which requests mean changes")),
  BELFRY_TEMPLATE (BelfryStandardWebhooks,
                   event,
                   "event",
                   .default_text = "{{ body.type }}",
                   .help = N_ ("what the delivery log calls the event; a name that is not there is "
                               "left out")),
  BELFRY_EXPRESSION (BelfryStandardWebhooks,
                     for_each,
                     "for-each",
                     STRICT,
                     .sample = "body.commits",
                     .help = N_ ("a list, each element of which becomes a change; absent: one")),
  BELFRY_BOOLEAN (BelfryStandardWebhooks,
                  reverse,
                  "reverse",
                  .default_text = "false",
                  .help = N_ ("the list has the newest first")),
  BELFRY_TEMPLATE (BelfryStandardWebhooks,
                   author,
                   "author",
                   STRICT,
                   .required = TRUE,
                   .sample = "{{ item.author.name }}",
                   .help = N_ ("author of a change")),
  BELFRY_TEMPLATE (BelfryStandardWebhooks,
                   comments,
                   "comments",
                   STRICT,
                   .required = TRUE,
                   .sample = "{{ item.message }}",
                   .help = N_ ("what a change says of itself")),
  BELFRY_TEMPLATE (BelfryStandardWebhooks,
                   revision,
                   "revision",
                   STRICT,
                   .sample = "{{ item.id }}",
                   .help = N_ ("revision")),
  BELFRY_TEMPLATE (BelfryStandardWebhooks,
                   branch,
                   "branch",
                   STRICT,
                   .sample = "{{ body.ref }}",
                   .help = N_ ("branch")),
  BELFRY_BOOLEAN (BelfryStandardWebhooks,
                  strip_ref,
                  "strip-ref",
                  .default_text = "true",
                  .help = N_ ("take refs/heads/ from the branch")),
  BELFRY_TEMPLATE (BelfryStandardWebhooks,
                   repository,
                   "repository",
                   STRICT,
                   .sample = "{{ body.repository.url }}",
                   .help = N_ ("address of the repository")),
  BELFRY_TEMPLATE (BelfryStandardWebhooks,
                   project,
                   "project",
                   STRICT,
                   .sample = "{{ body.repository.name }}",
                   .help = N_ ("project")),
  BELFRY_TEMPLATE (BelfryStandardWebhooks,
                   category,
                   "category",
                   STRICT,
                   .sample = "push",
                   .help = N_ ("category")),
  BELFRY_TEMPLATE (BelfryStandardWebhooks,
                   revlink,
                   "revlink",
                   STRICT,
                   .sample = "{{ item.url }}",
                   .help = N_ ("page of the revision")),
  BELFRY_TEMPLATE (BelfryStandardWebhooks,
                   codebase,
                   "codebase",
                   STRICT,
                   .sample = "{{ query.codebase }}",
                   .help = N_ ("codebase")),
  BELFRY_EXPRESSION (BelfryStandardWebhooks,
                     files,
                     "files",
                     STRICT,
                     .sample = "item.added + item.modified",
                     .help = N_ ("list of the files; absent: unknown")),
  BELFRY_TEMPLATE (BelfryStandardWebhooks,
                   timestamp,
                   "timestamp",
                   STRICT,
                   .sample = "{{ item.timestamp }}",
                   .help = N_ ("when it was made, as a date; absent: now")),
  BELFRY_MAP (BelfryStandardWebhooks,
              properties,
              "property",
              .element = BELFRY_OPTION_EXPRESSION,
              STRICT,
              .sample = "body.event",
              .help = N_ ("a property, which keeps its JSON type")),
  BELFRY_LIST (BelfryStandardWebhooks,
               pass_headers,
               "pass-headers",
               .default_text = "",
               .help = N_ ("headers that templates may see, as headers['x-name']")),
  BELFRY_STRING (BelfryStandardWebhooks,
                 signature_header,
                 "signature-header",
                 .sample = "X-Signature",
                 .help = N_ ("where a sender of another kind has its HMAC-SHA256 of the body")),
  BELFRY_ENUM (BelfryStandardWebhooks,
               signature_form,
               "signature-form",
               .default_text = "hex",
               .choices = form_choices,
               .help = N_ ("how that is written")),
  BELFRY_STRING (BelfryStandardWebhooks,
                 token_header,
                 "token-header",
                 .sample = "X-Token",
                 .help = N_ ("where a sender that cannot sign has the secret itself")),
  BELFRY_STRING (BelfryStandardWebhooks,
                 id_header,
                 "id-header",
                 .default_text = "webhook-id",
                 .help = N_ ("where the sender's own id of a delivery stands")),
  { NULL },
};

/* RFC 9110 §5.1: a token */
static gboolean
is_header_name (const char *name)
{
  return name[0] != '\0' && strspn (name, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
                                          "0123456789!#$%&'*+-.^_`|~") == strlen (name);
}

static void
standard_webhooks_check (gconstpointer self, const BelfryCheck *check)
{
  const BelfryStandardWebhooks *webhooks = self;
  const struct {
    const char *key;
    const char *value;
  } headers[] = {
    { "id-header", webhooks->id_header },
    { "signature-header", webhooks->signature_header },
    { "token-header", webhooks->token_header },
  };

  for (guint i = 0; i < G_N_ELEMENTS (headers); i++)
    if (headers[i].value != NULL && !is_header_name (headers[i].value))
      belfry_problems_add (check->problems, BELFRY_SEVERITY_ERROR, check->section, headers[i].key,
                           "'%s' is no name of a header", headers[i].value);
  if (webhooks->signature_header != NULL && webhooks->token_header != NULL)
    belfry_problems_add (check->problems, BELFRY_SEVERITY_ERROR, check->section, "token-header",
                         "signature-header is there too, and a signature proves more; keep that");
  /* who may choose the id of what was signed long ago may send it again and again */
  if (webhooks->signature_header == NULL && webhooks->token_header == NULL &&
      g_ascii_strcasecmp (webhooks->id_header, "webhook-id") != 0)
    belfry_problems_add (check->problems, BELFRY_SEVERITY_ERROR, check->section, "id-header",
                         "of webhook-id, -timestamp and -signature the first is the id that is "
                         "signed; take the key out");
  if (webhooks->signature_header == NULL &&
      belfry_section_find (check->section, "signature-form") != NULL)
    belfry_problems_add (check->problems, BELFRY_SEVERITY_ERROR, check->section, "signature-form",
                         "applies only with signature-header");
}

/* the one way in which this section's sender proves itself */
static void
standard_webhooks_describe (gpointer self, BelfryHook *hook)
{
  BelfryStandardWebhooks *webhooks = self;
  BelfrySignature *signature = &webhooks->signatures[0];

  *signature = (BelfrySignature){ "webhook-signature", BELFRY_SIGNATURE_STANDARD_WEBHOOKS, 1 };
  if (webhooks->token_header != NULL) {
    signature->header = webhooks->token_header;
    signature->scheme = g_ascii_strcasecmp (webhooks->token_header, "Authorization") == 0
                            ? BELFRY_SIGNATURE_BEARER
                            : BELFRY_SIGNATURE_TOKEN;
  }
  if (webhooks->signature_header != NULL) {
    signature->header = webhooks->signature_header;
    signature->scheme = webhooks->signature_form;
  }
  webhooks->id_headers[0] = webhooks->id_header;
  hook->signatures = webhooks->signatures;
  hook->signature_size = sizeof (BelfrySignature);
  hook->delivery_id_headers = webhooks->id_headers;
}

static BelfryTranslation *
standard_webhooks_translate (gconstpointer self, BelfryRequest *request)
{
  return belfry_standard_webhooks_translate (self, request);
}

static const BelfrySignature standard_webhooks_signatures[] = {
  { "webhook-signature", BELFRY_SIGNATURE_STANDARD_WEBHOOKS, 1 },
  { NULL },
};
static const char *const standard_webhooks_delivery_headers[] = { "webhook-id", NULL };

BELFRY_DEFINE_HOOK (
  .name                = "standard-webhooks",
  .summary             = N_("Takes JSON of any sender, by templates"),
  .options             = standard_webhooks_options,
  .instance_size       = sizeof (BelfryStandardWebhooks),
  .check               = standard_webhooks_check,
  .signatures          = standard_webhooks_signatures,
  .delivery_id_headers = standard_webhooks_delivery_headers,
  .describe            = standard_webhooks_describe,
  .translate           = standard_webhooks_translate,
);
