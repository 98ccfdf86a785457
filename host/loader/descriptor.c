/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Descriptors come from files that others built. They are looked at in the order in which they can
 * be trusted: first the size, then what every descriptor begins with, then what only its kind has.
 * Descriptors grow at their end, so a larger one is of a newer library and fine; one that is
 * smaller than that of the first release of its ABI is not.
 */
#include "loader/descriptor.h"

#include "loader/loader.h"

typedef struct {
  const BelfryPlugin *plugin;
  const char *path;
} Descriptor;

/* What each struct had in the first release of its ABI: all up to the member that was its last. A
 * reserved pointer that gets a name does not move that end, a member after it is no part of it. */
#define SIZE_UP_TO(Type, last) (G_STRUCT_OFFSET (Type, last) + sizeof (((Type *)NULL)->last))

#define FIRST_OPTION_SIZE  SIZE_UP_TO (BelfryOption, reserved)
#define FIRST_SECTION_SIZE SIZE_UP_TO (BelfrySectionKind, expand)

static const gsize first_sizes[BELFRY_N_KINDS] = {
  [BELFRY_KIND_HOOK] = SIZE_UP_TO (BelfryHook, reserved),
  [BELFRY_KIND_POLLER] = SIZE_UP_TO (BelfryPoller, reserved),
  [BELFRY_KIND_ENGINE] = SIZE_UP_TO (BelfryEngine, reserved),
  [BELFRY_KIND_REPORTER] = SIZE_UP_TO (BelfryReporter, reserved),
  [BELFRY_KIND_BOT] = SIZE_UP_TO (BelfryBot, reserved),
  [BELFRY_KIND_VIEW] = SIZE_UP_TO (BelfryView, reserved),
  [BELFRY_KIND_AUTH] = SIZE_UP_TO (BelfryAuth, reserved),
};

static gboolean G_GNUC_PRINTF (3, 4)
    refuse (GError **error, const char *path, const char *format, ...)
{
  g_autofree char *what = NULL;
  va_list arguments;

  va_start (arguments, format);
  what = g_strdup_vprintf (format, arguments);
  va_end (arguments);
  g_set_error (error, BELFRY_ERROR, BELFRY_ERROR_UNSUPPORTED, "'%s' %s", path, what);
  return FALSE;
}

static gboolean
check_size (const Descriptor *self, gsize wanted, gsize symbol_bytes, GError **error)
{
  gsize size = symbol_bytes == 0 || symbol_bytes >= sizeof (gsize) ? self->plugin->size : 0;

  if (size < wanted || (symbol_bytes > 0 && size > symbol_bytes))
    return refuse (error, self->path,
                   "has a descriptor of %" G_GSIZE_FORMAT " bytes, this host needs %" G_GSIZE_FORMAT
                   ", build it against this version of belfry-plugin-1",
                   symbol_bytes > 0 ? MIN (size, symbol_bytes) : size, wanted);
  return TRUE;
}

static gboolean
check_kind (const Descriptor *self, GError **error)
{
  BelfryKind file_kind = BELFRY_N_KINDS;
  g_autofree char *name = NULL;
  BelfryKind kind = self->plugin->kind;

  if ((guint)kind >= BELFRY_N_KINDS)
    return refuse (error, self->path,
                   "is of kind %u, which this host does not know, build it against this version of "
                   "belfry-plugin-1",
                   (guint)kind);
  if (belfry_loader_parse_file_name (self->path, &file_kind, &name) && file_kind != kind)
    return refuse (error, self->path, "is a plugin of kind %s and not %s, rename it to %s-%s.so",
                   belfry_kind_get_name (kind), belfry_kind_get_name (file_kind),
                   belfry_kind_get_name (kind), name);
  return TRUE;
}

static gboolean
check_abi (const Descriptor *self, GError **error)
{
  guint ours = belfry_kind_get_abi (self->plugin->kind);

  if (self->plugin->abi == ours)
    return TRUE;
  return refuse (error, self->path,
                 "speaks ABI %u of %s plugins and this host speaks %u, build it against this "
                 "version of belfry-plugin-1, or install the host that it was built for",
                 self->plugin->abi, belfry_kind_get_name (self->plugin->kind), ours);
}

static gboolean
is_empty (const char *text)
{
  return text == NULL || text[0] == '\0';
}

static gboolean
check_rows (const Descriptor *self, GError **error)
{
  const BelfryPlugin *plugin = self->plugin;

  if (plugin->options != NULL && plugin->option_size < FIRST_OPTION_SIZE)
    return refuse (error, self->path,
                   "has option rows of %" G_GSIZE_FORMAT " bytes, this host needs %" G_GSIZE_FORMAT
                   ", build it against this version of belfry-plugin-1",
                   plugin->option_size, FIRST_OPTION_SIZE);
  if (plugin->sections != NULL && plugin->section_size < FIRST_SECTION_SIZE)
    return refuse (error, self->path,
                   "has section rows of %" G_GSIZE_FORMAT " bytes, this host needs %" G_GSIZE_FORMAT
                   ", build it against this version of belfry-plugin-1",
                   plugin->section_size, FIRST_SECTION_SIZE);
  return TRUE;
}

static gboolean
check_texts (const Descriptor *self, GError **error)
{
  const BelfryPlugin *plugin = self->plugin;
  const struct {
    const char *member;
    const char *text;
    gboolean needed;
  } texts[] = {
    { "name", plugin->name, TRUE },
    { "summary", plugin->summary, TRUE },
    { "version", plugin->version, FALSE },
    { "licence", plugin->licence, FALSE },
  };

  for (gsize i = 0; i < G_N_ELEMENTS (texts); i++) {
    if (texts[i].needed && is_empty (texts[i].text))
      return refuse (error, self->path, "has no %s, give its descriptor a .%s", texts[i].member,
                     texts[i].member);
    if (texts[i].text != NULL && !g_utf8_validate (texts[i].text, -1, NULL))
      return refuse (error, self->path, "has a .%s that is no UTF-8, write it as text",
                     texts[i].member);
  }
  return TRUE;
}

/* what the host calls without asking whether it is there */
static gboolean
check_functions (const Descriptor *self, GError **error)
{
  const BelfryHook *hook = (const BelfryHook *)self->plugin;
  const BelfryPoller *poller = (const BelfryPoller *)self->plugin;

  if (self->plugin->kind == BELFRY_KIND_HOOK && hook->translate == NULL)
    return refuse (error, self->path, "has no translate, give its descriptor a .translate");
  if (self->plugin->kind == BELFRY_KIND_POLLER && poller->poll == NULL)
    return refuse (error, self->path, "has no poll, give its descriptor a .poll");
  return TRUE;
}

gboolean
belfry_descriptor_check (const BelfryPlugin *plugin,
                         gsize symbol_bytes,
                         const char *path,
                         GError **error)
{
  const Descriptor self = { plugin, path };

  if (!check_size (&self, sizeof (BelfryPlugin), symbol_bytes, error) ||
      !check_kind (&self, error) || !check_abi (&self, error) ||
      !check_size (&self, first_sizes[plugin->kind], symbol_bytes, error))
    return FALSE;
  return check_texts (&self, error) && check_functions (&self, error) && check_rows (&self, error);
}
