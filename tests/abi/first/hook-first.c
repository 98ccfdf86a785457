/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A hook of the first release of its ABI: every form of answer, and options of many types. */
#include <belfry-plugin.h>

typedef struct {
  char *branch;
  gboolean careful;
  gint64 most;
  double share;
  gint64 pause_us;
  gint64 size_bytes;
  int colour;
  guint moods;
  char **names;
  BelfryMap *labels;
  BelfrySecret *token;
  BelfryTemplate *text;
  GRegex *pattern;
} First;

static const BelfryChoice colours[] = { { "red", 0, "as a rose" },
                                        { "blue", 1, "as the sky" },
                                        { NULL } };
static const BelfryChoice moods[] = { { "glad", 1, "it passed" },
                                      { "sad", 2, "it failed" },
                                      { NULL } };

/* clang-format off */
static const BelfryOption options[] = {
  BELFRY_STRING (First, branch, "branch", .default_text = "main", .help = "taken where none is said"),
  BELFRY_BOOLEAN (First, careful, "careful", .default_text = "true", .help = "whether to look twice"),
  BELFRY_INTEGER (First, most, "most", .default_text = "3", .minimum = 1, .maximum = 9, .help = "changes"),
  BELFRY_DOUBLE (First, share, "share", .default_text = "0.5", .help = "a part"),
  BELFRY_DURATION (First, pause_us, "pause", .default_text = "5s", .help = "a time"),
  BELFRY_SIZE (First, size_bytes, "size", .default_text = "1KiB", .help = "a size"),
  BELFRY_ENUM (First, colour, "colour", .choices = colours, .default_text = "blue", .help = "a colour"),
  BELFRY_FLAGS (First, moods, "moods", .choices = moods, .help = "moods"),
  BELFRY_LIST (First, names, "names", .help = "some names"),
  BELFRY_MAP (First, labels, "label", .element = BELFRY_OPTION_STRING, .help = "labels"),
  BELFRY_SECRET (First, token, "token", .help = "a token"),
  BELFRY_TEMPLATE (First, text, "text", .default_text = "{{ who }} was here", .help = "a template"),
  BELFRY_REGEX (First, pattern, "pattern", .help = "a pattern"),
  { NULL },
};
/* clang-format on */

static char *
first_render (const First *self, const char *who, GError **error)
{
  g_autoptr (JsonObject) variables = json_object_new ();

  json_object_set_string_member (variables, "who", who);
  return belfry_template_render (self->text, variables, "en", 0, error);
}

static BelfryTranslation *
first_translate (gconstpointer state, BelfryRequest *request)
{
  const First *self = state;
  const char *who = belfry_request_get_argument (request, "who");
  g_autoptr (GPtrArray) changes = g_ptr_array_new_with_free_func (belfry_record_unref);
  g_autoptr (GError) local = NULL;
  g_autofree char *text = NULL;
  BelfryChange *change = NULL;

  if (who == NULL)
    return belfry_translation_new_nothing ("'%s' says nobody", belfry_request_get_path (request));
  text = first_render (self, who, &local);
  if (text == NULL || self->most != 3 || self->colour != 1 ||
      self->pause_us != 5 * G_USEC_PER_SEC || self->size_bytes != 1024)
    return belfry_translation_new_malformed ("the options are not what they were");
  change = belfry_change_new ();
  belfry_record_set_text (&change->author, who);
  belfry_record_set_text (&change->comments, text);
  belfry_record_set_text (&change->branch, self->branch);
  belfry_record_set_text (&change->revision, "1");
  change->properties = belfry_properties_new ();
  belfry_properties_set_text (change->properties, "label",
                              self->labels != NULL ? belfry_map_lookup (self->labels, "a") : "none",
                              "Change");
  g_ptr_array_add (changes, change);
  return belfry_translation_new_changes (g_steal_pointer (&changes));
}

static const BelfrySignature signatures[] = {
  { "X-First-Signature", BELFRY_SIGNATURE_SHA256_HEX, 1 },
  { NULL },
};

BELFRY_DEFINE_HOOK (
  .name          = "first",
  .summary       = "Takes what somebody says",
  .options       = options,
  .instance_size = sizeof (First),
  .signatures    = signatures,
  .translate     = first_translate,
);
