/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The file is a template (data/init) filled in with answers. It is written beside its name, read as
 * the daemon would read it, and gets the name when that finds no error; nothing that is there is
 * overwritten. A hook's secret is made here and lies in a file of its own that only the daemon's
 * user may read, so that the keyfile holds none.
 */
#include "init-private.h"

#include "ask.h"
#include "config/config.h"
#include "places/places.h"
#include "private-file.h"
#include "store/files.h"

#include <glib/gstdio.h>
#include <stdio.h>
#include <string.h>
#include <sys/random.h>
#include <unistd.h>

#define SECRET_BYTES   32
#define SHARED_MODE    0640
#define SECRETS_FOLDER "secrets"

/* the template */

/* as a keyfile spells it */
static char *
spell (const char *text)
{
  g_auto (GStrv) parts = g_strsplit (text, "\\", -1);

  return g_strjoinv ("\\\\", parts);
}

/* "make;make check" are commands; what names a kind of step is left as it is */
static char *
spell_steps (const char *checkout, const char *text)
{
  g_auto (GStrv) items = g_strsplit (text, ";", -1);
  g_autoptr (GString) steps = g_string_new (checkout);

  for (guint i = 0; items[i] != NULL; i++) {
    const char *item = g_strstrip (items[i]);
    gsize word = strspn (item, "abcdefghijklmnopqrstuvwxyz-");
    g_autofree char *spelled = spell (item);

    if (item[0] != '\0')
      g_string_append_printf (steps, ";%s%s",
                              word > 0 && item[word] == ':' ? "" : "command:", spelled);
  }
  return g_string_free (g_steal_pointer (&steps), FALSE);
}

static char *
dup_secret_path (const BelfryInit *self, const char *hook)
{
  g_autofree char *folder = g_path_get_dirname (self->path);
  g_autofree char *name = g_strconcat ("hook-", hook, NULL);

  return g_build_filename (folder, SECRETS_FOLDER, name, NULL);
}

static JsonArray *
describe_hooks (const BelfryInit *self)
{
  JsonArray *hooks = json_array_new ();

  for (guint i = 0; self->hooks != NULL && self->hooks[i] != NULL; i++) {
    JsonObject *hook = json_object_new ();
    g_autofree char *file = dup_secret_path (self, self->hooks[i]);

    json_object_set_string_member (hook, "name", self->hooks[i]);
    json_object_set_string_member (hook, "file", file);
    json_array_add_object_element (hooks, hook);
  }
  return hooks;
}

static JsonObject *
make_variables (const BelfryInit *self)
{
  JsonObject *variables = json_object_new ();
  g_autofree char *steps =
      spell_steps (self->answers[BELFRY_INIT_VCS], self->answers[BELFRY_INIT_STEPS]);

  for (guint i = 0; i < BELFRY_N_INIT_QUESTIONS; i++) {
    g_autofree char *spelled = self->answers[i] != NULL ? spell (self->answers[i]) : NULL;
    g_autofree char *name = g_strdup (belfry_init_get_name ((BelfryInitQuestion)i));

    g_strdelimit (name, "-", '_');
    json_object_set_string_member (variables, name, spelled != NULL ? spelled : "");
  }
  json_object_set_string_member (variables, "steps", steps);
  json_object_set_string_member (variables, "file", self->path);
  json_object_set_array_member (variables, "hooks", describe_hooks (self));
  return variables;
}

/* (transfer full) (nullable) */
static char *
render (const BelfryInit *self, GError **error)
{
  g_autofree char *path = g_build_filename (belfry_places_get_data (), "init", "belfry.conf", NULL);
  const BelfryTemplateSettings settings = BELFRY_TEMPLATE_SETTINGS_INIT;
  g_autoptr (BelfryTemplate) template = NULL;
  g_autoptr (JsonObject) variables = make_variables (self);
  g_autofree char *text = NULL;

  if (!g_file_get_contents (path, &text, NULL, error))
    return NULL;
  template = belfry_template_new (path, text, &settings, error);
  if (template == NULL)
    return NULL;
  return belfry_template_render (template, variables, "en", 0, error);
}

/* files */

static gboolean
write_secret (BelfryInit *self, const char *hook, GError **error)
{
  g_autofree char *path = dup_secret_path (self, hook);
  g_autofree char *folder = g_path_get_dirname (path);
  guchar bytes[SECRET_BYTES] = { 0 };
  g_autoptr (GString) text = g_string_sized_new (2 * SECRET_BYTES + 2);
  gboolean written = FALSE;

  if (!belfry_shared_folder_create (folder, error))
    return FALSE;
  if (getrandom (bytes, sizeof bytes, 0) != (gssize)sizeof bytes)
    return belfry_file_fail ("making the secret of", path, error);
  for (gsize i = 0; i < sizeof bytes; i++)
    g_string_append_printf (text, "%02x", bytes[i]);
  g_string_append_c (text, '\n');
  written = belfry_private_file_create (path, text->str, error);
  explicit_bzero (text->str, text->len);
  explicit_bzero (bytes, sizeof bytes);
  if (written)
    g_ptr_array_add (self->written, g_steal_pointer (&path));
  return written;
}

static gboolean
write_secrets (BelfryInit *self, GError **error)
{
  for (guint i = 0; self->hooks != NULL && self->hooks[i] != NULL; i++)
    if (!write_secret (self, self->hooks[i], error))
      return FALSE;
  return TRUE;
}

/* (transfer full) (nullable): what the daemon would make of the file; NULL: it was said why not */
static BelfryConfig *
read_as_daemon (const char *path, GError **error)
{
  g_autoptr (BelfryLoader) loader = belfry_loader_new (NULL);
  g_autoptr (BelfryProblems) problems = belfry_problems_new ();
  g_autoptr (BelfryConfig) config = belfry_config_load (path, loader, problems);

  belfry_print_problems (problems, BELFRY_SEVERITY_WARNING, "");
  if (config != NULL && belfry_problems_get_count (problems, BELFRY_SEVERITY_FAILURE) == 0)
    return g_steal_pointer (&config);
  g_set_error (error, BELFRY_ERROR, BELFRY_ERROR_CONFIG,
               "these answers make no configuration that works; nothing was written");
  return NULL;
}

static void
print_next (const BelfryInit *self, const BelfryConfig *config)
{
  printf ("wrote %s\n", self->path);
  for (guint i = 0; self->hooks != NULL && self->hooks[i] != NULL; i++) {
    g_autofree char *secret = dup_secret_path (self, self->hooks[i]);

    printf ("hook %s: at the forge, the address is %schange_hook/%s, the content type "
            "application/json, the secret what stands in %s\n",
            self->hooks[i], config->host.url != NULL ? config->host.url : "/", self->hooks[i],
            secret);
  }
  printf ("next: belfry run --config %s\n", self->path);
}

static gboolean
write_config (BelfryInit *self, const char *partial, GError **error)
{
  g_autofree char *rendered = render (self, error);
  g_autofree char *text = rendered != NULL ? g_strconcat (rendered, "\n", NULL) : NULL;
  g_autoptr (BelfryConfig) config = NULL;

  if (text == NULL || !write_secrets (self, error) ||
      !belfry_shared_file_create (partial, text, SHARED_MODE, error))
    return FALSE;
  config = read_as_daemon (partial, error);
  if (config == NULL || !belfry_file_give_name (partial, self->path, error))
    return FALSE;
  print_next (self, config);
  return TRUE;
}

gboolean
belfry_init_write (BelfryInit *self, GError **error)
{
  g_autofree char *folder = g_path_get_dirname (self->path);
  g_autofree char *partial = g_strconcat (self->path, ".new", NULL);
  g_autofree char *secrets = g_build_filename (folder, SECRETS_FOLDER, NULL);

  if (!belfry_shared_folder_create (folder, error))
    return FALSE;
  g_unlink (partial);
  if (write_config (self, partial, error))
    return TRUE;
  g_unlink (partial);
  for (guint i = 0; i < self->written->len; i++)
    g_unlink (g_ptr_array_index (self->written, i));
  g_rmdir (secrets); /* where nothing else is in it */
  return FALSE;
}
